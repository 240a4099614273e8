#include "pipeline/cli/arguments.h"

#include <CLI/CLI.hpp>

namespace ambit::cli {

Argument Argument::required() {
  option_->required();
  return *this;
}
Argument Argument::type_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}
Argument Argument::range(std::uint64_t least, std::uint64_t most) {
  option_->check(CLI::Range(least, most));
  return *this;
}
Argument Argument::one_of(const Words& values) {
  option_->check(CLI::IsMember(values));
  return *this;
}
Argument Argument::shows_default() {
  option_->capture_default_str();
  return *this;
}
Argument Argument::needs(const Argument& other) {
  option_->needs(other.option_);
  return *this;
}

Argument Arguments::add_option(const std::string& name, std::string& into, const std::string& help) {
  return Argument(*app_->add_option(name, into, help));
}
Argument Arguments::add_option(const std::string& name, Words& into, const std::string& help) {
  return Argument(*app_->add_option(name, into, help));
}
Argument Arguments::add_option(const std::string& name, std::uint64_t& into, const std::string& help) {
  return Argument(*app_->add_option(name, into, help));
}
Argument Arguments::add_option(const std::string& name, std::optional<std::uint64_t>& into, const std::string& help) {
  return Argument(*app_->add_option(name, into, help));
}
void Arguments::add_flag(const std::string& name, bool& into, const std::string& help) {
  app_->add_flag(name, into, help);
}
void Arguments::footer(const std::string& text) { app_->footer(text); }
Arguments Arguments::add_subcommand(const std::string& name, const std::string& help) {
  return Arguments(*app_->add_subcommand(name, help));
}
void Arguments::require_subcommand() { app_->require_subcommand(1); }
bool Arguments::parsed() const { return app_->parsed(); }

Program::Program(const std::string& name, const std::string& version, const std::string& help)
    : app_(std::make_unique<CLI::App>(help, name)) {
  app_->set_version_flag("--version", version);
  app_->require_subcommand(1);
  const auto formatter = app_->get_formatter();
  formatter->column_width(34);
  for (const char* noise : {"TEXT", "REQUIRED"}) formatter->label(noise, "");
  formatter->label("SUBCOMMAND", "COMMAND");
  formatter->label("Subcommands", "Commands");
}
Program::~Program() = default;

Arguments Program::add_command(const std::string& name, const std::string& help, std::function<void()> chosen) {
  CLI::App* const command = app_->add_subcommand(name, help);
  command->final_callback(std::move(chosen));
  return Arguments(*command);
}

void Program::footer(const std::string& text) { app_->footer(text); }

Program::Parsed Program::parse(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    (void)app_->exit(asked);
    return {Parsed::Is::answered, "", ""};
  } catch (const CLI::ParseError& problem) {
    std::string command = app_->get_name();
    for (const CLI::App* sub : app_->get_subcommands()) command += " " + sub->get_name();
    return {Parsed::Is::mistaken, problem.what(), std::move(command)};
  }
  return {};
}

std::string Program::help() const { return app_->help(); }

}  // namespace ambit::cli
