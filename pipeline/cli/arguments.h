// What a command can be called with. CLI11 reads it, behind this one door: its templates are dear to compile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace ambit::cli {

using Words = std::vector<std::string>;

// One argument, to say more of it.
class Argument {
 public:
  explicit Argument(CLI::Option& option) : option_(&option) {}
  Argument required();
  // What --help calls the value.
  Argument type_name(const std::string& name);
  Argument range(std::uint64_t least, std::uint64_t most);
  Argument one_of(const Words& values);
  // --help shows what it is where nothing is given.
  Argument shows_default();
  // It is an error without the other.
  Argument needs(const Argument& other);

 private:
  CLI::Option* option_;
};

// The arguments of a command. What is given is written to `into`, which outlives the parsing. A name without "-" takes
// its place among the words.
class Arguments {
 public:
  explicit Arguments(CLI::App& app) : app_(&app) {}
  Argument add_option(const std::string& name, std::string& into, const std::string& help);
  Argument add_option(const std::string& name, Words& into, const std::string& help);
  Argument add_option(const std::string& name, std::uint64_t& into, const std::string& help);
  Argument add_option(const std::string& name, std::optional<std::uint64_t>& into, const std::string& help);
  void add_flag(const std::string& name, bool& into, const std::string& help);
  // The last lines of --help.
  void footer(const std::string& text);
  Arguments add_subcommand(const std::string& name, const std::string& help);
  void require_subcommand();
  // Whether this is the command that was called.
  [[nodiscard]] bool parsed() const;

 private:
  CLI::App* app_;
};

// A program of several commands.
class Program {
 public:
  Program(const std::string& name, const std::string& version, const std::string& help);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // `chosen` is called once this command's arguments are there; at most one command's is.
  Arguments add_command(const std::string& name, const std::string& help, std::function<void()> chosen);

  // The last lines of its own --help; commands that are added later have them too.
  void footer(const std::string& text);

  struct Parsed {
    enum class Is : std::uint8_t { command, answered, mistaken };
    Is is = Is::command;
    std::string problem;  // mistaken
    std::string command;  // … and the command of which it was: "ambit triage"
  };
  // Answers --help and --version by itself.
  [[nodiscard]] Parsed parse(int argc, char** argv);
  [[nodiscard]] std::string help() const;

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace ambit::cli
