// Command: what `ambit NAME` does. One file per command in this folder, one row each in main.cc.
#pragma once

#include <functional>
#include <string_view>

#include "pipeline/cli/arguments.h"
#include "pipeline/result.h"

namespace ambit::cli {

// What the shell gets. The numbers are part of the contract: scripts rely on them.
enum class Exit : int {
  complete = 0,
  operator_must_act = 1,
  with_exceptions = 2,  // complete, but some object could not be fully examined
  stopped = 3,          // on request, with a checkpoint
};

using Action = std::function<Exit(const Words& command_line)>;  // as typed, for run.json

// Registers the options of one command and returns what to do once they are parsed.
using Register = Action (*)(Arguments arguments);

Action add_check(Arguments arguments);
Action add_triage(Arguments arguments);
Action add_status(Arguments arguments);
Action add_census(Arguments arguments);
Action add_list(Arguments arguments);
Action add_ls(Arguments arguments);
Action add_explain(Arguments arguments);
Action add_verify(Arguments arguments);
Action add_audit(Arguments arguments);
Action add_canary(Arguments arguments);
Action add_unseal(Arguments arguments);
Action add_export(Arguments arguments);
Action add_keygen(Arguments arguments);
Action add_detectors(Arguments arguments);
Action add_detect(Arguments arguments);
Action add_hashset(Arguments arguments);

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
