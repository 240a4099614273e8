// Command: what `ambit NAME` does. One file per command in this folder, one row each in main.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.h"

namespace CLI {
class App;
}

namespace ambit::cli {

// What the shell gets. The numbers are part of the contract: scripts rely on them.
enum class Exit : int {
  complete = 0,
  operator_must_act = 1,
  with_exceptions = 2,  // complete, but some object could not be fully examined
  stopped = 3,          // on request, with a checkpoint
};

using Words = std::vector<std::string>;
using Action = std::function<Exit(const Words& command_line)>;  // as typed, for run.json

// Registers the options of one command and returns what to do once they are parsed.
using Register = Action (*)(CLI::App& app);

Action add_check(CLI::App& app);
Action add_triage(CLI::App& app);
Action add_status(CLI::App& app);
Action add_census(CLI::App& app);
Action add_list(CLI::App& app);
Action add_ls(CLI::App& app);
Action add_explain(CLI::App& app);
Action add_verify(CLI::App& app);
Action add_audit(CLI::App& app);
Action add_canary(CLI::App& app);
Action add_unseal(CLI::App& app);
Action add_export(CLI::App& app);
Action add_keygen(CLI::App& app);
Action add_detectors(CLI::App& app);
Action add_detect(CLI::App& app);
Action add_hashset(CLI::App& app);

// Standard output; control characters and marks that reorder text become '?'. A reader that went away (`ambit list |
// head`) is no error: see output_broken().
void write_out(std::string_view text);
// Standard error, where messages and progress go.
void write_err(std::string_view text);

// True once standard output takes no more; long listings stop then.
[[nodiscard]] bool output_broken();

// `ambit: WHAT (WHERE)` and the remedy, on standard error.
Exit fail(const Error& error);

}  // namespace ambit::cli
