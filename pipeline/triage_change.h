// Whether the exhibits are at the end of a run what they were at its beginning.
#pragma once

#include <vector>

#include "pipeline/triage.h"
#include "pipeline/triage_engine.h"
#include "pipeline/triage_sweep.h"
#include "stages/open/condition.h"

namespace ambit {

// Of each exhibit, in their order.
[[nodiscard]] std::vector<ExhibitCondition> conditions_of(const Engine& engine);
// What happened to each since `before`. One that is not what it was counts as an exception, and the operator is told.
[[nodiscard]] std::vector<ExhibitChange> changes_since(const std::vector<ExhibitCondition>& before,
                                                       const Engine& engine, Counters& counters, ProgressSink& sink);

}  // namespace ambit
