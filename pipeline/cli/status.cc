// ambit status DIR: how a run stands, from another shell while it goes on, and afterwards.
#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "pipeline/cli/command.h"
#include "pipeline/cli/progress.h"
#include "pipeline/cli/quantity.h"
#include "pipeline/cli/screen.h"
#include "pipeline/triage.h"
#include "stages/record/run_reader.h"

namespace ambit::cli {
namespace {

using Json = nlohmann::ordered_json;

// What became of a run that has left a status.
struct State {
  const char* name;
  Exit exit;
};
constexpr State kRunning{"running", Exit::complete};
constexpr State kElsewhere{"elsewhere", Exit::complete};
constexpr State kStopped{"stopped", Exit::stopped};
constexpr State kDead{"dead", Exit::operator_must_act};

State state_of(const RunStatus& status) {
  switch (liveness(status)) {
    case Liveness::runs:
      return kRunning;
    case Liveness::elsewhere:
      return status.progress.phase == "stopped" ? kStopped : kElsewhere;
    case Liveness::dead:
      break;
  }
  return status.progress.phase == "stopped" ? kStopped : kDead;
}

std::string state_text(const State& state, const RunStatus& status) {
  const double age = static_cast<double>(std::max<std::int64_t>(0, std::time(nullptr) - status.written));
  const std::string ago = duration_text(age) + " ago";
  if (state.name == kRunning.name) return fmt::format("running as process {}, seen {}", status.process, ago);
  if (state.name == kElsewhere.name) {
    return fmt::format(
        "seen {}, on another machine, before this one was started again, or in another container: whether "
        "it runs cannot be told from here",
        ago);
  }
  if (state.name == kStopped.name)
    return fmt::format("stopped on request {}; --resume goes on from its checkpoint", ago);
  return fmt::format(
      "process {} is dead: killed, or the machine went down, {}; --resume goes on from the last checkpoint",
      status.process, ago);
}

Exit print_unfinished(const RunStatus& status, bool json) {
  const State state = state_of(status);
  if (json) {
    Json out = {{"state", state.name}};
    out.update(Json::parse(to_json(status)));
    write_out(out.dump(1) + "\n");
    return state.exit;
  }
  ScreenSize size = terminal_size(STDOUT_FILENO);
  if (!isatty(STDOUT_FILENO)) size = {120, 200};
  for (const ScreenLine& line : screen(status.progress, {}, size)) write_out(line.text + "\n");
  write_out(state_text(state, status) + "\n");
  return state.exit;
}

Exit print_finished(const record::RunReader& run, bool json) {
  const auto census = run.census();
  if (!census) return fail(census.error());
  const auto exceptions = run.exceptions();
  if (!exceptions) return fail(exceptions.error());
  std::uint64_t objects = 0, bytes = 0, excepted = 0;
  for (const record::CensusRow& row : *census) {
    objects += row.items;
    bytes += row.bytes;
  }
  for (const record::ExceptionRow& row : *exceptions) excepted += row.objects;
  const Exit exit = excepted == 0 ? Exit::complete : Exit::with_exceptions;
  const char* const state = excepted == 0 ? "complete" : "complete with exceptions";
  if (json) {
    const Json out = {{"state", state}, {"objects", objects}, {"bytes", bytes}, {"exceptions", excepted}};
    write_out(out.dump(1) + "\n");
  } else {
    write_out(fmt::format("{}: {} objects, {}\n", state, grouped(objects), bytes_text(bytes)));
  }
  return exit;
}

Exit status(const std::string& directory, bool json) {
  const auto unfinished = read_status(directory);
  if (!unfinished) return fail(unfinished.error());
  if (*unfinished) return print_unfinished(**unfinished, json);
  const auto run = record::RunReader::open(directory);
  if (run) return print_finished(*run, json);
  if (!std::filesystem::exists(directory + "/work")) return fail(run.error());
  return fail({ErrorKind::io, "the run is not finished, and ended before or after it said how it stands", directory,
               "ambit triage with the same order, exhibits and --resume goes on with it"});
}

}  // namespace

Action add_status(Arguments arguments) {
  struct Options {
    std::string directory;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  arguments.add_option("DIR", options->directory, "Run directory").required();
  arguments.add_flag("--json", options->json, "As JSON");
  arguments.footer(
      "Exit codes: 0 it runs, or is complete; 2 complete with exceptions; 3 stopped with a checkpoint; 1 it is dead, "
      "or no "
      "run.");
  return [options](const Words&) { return status(options->directory, options->json); };
}

}  // namespace ambit::cli
