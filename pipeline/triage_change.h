// Whether the exhibits are at the end of a run, and where it is resumed, what they were at its beginning.
#pragma once

#include <string>
#include <vector>

#include "pipeline/triage.h"
#include "pipeline/triage_engine.h"
#include "pipeline/triage_sweep.h"
#include "stages/open/condition.h"

namespace ambit {

// Of each exhibit, in their order.
[[nodiscard]] std::vector<ExhibitCondition> conditions_of(const Engine& engine);
// By what a run that is resumed knows an exhibit again: size, time of change and ends of its files, not where the
// system has mounted them. Of a folder nothing, because its objects are held against those that are done.
[[nodiscard]] std::string mark_of(const ExhibitCondition& condition);
// What happened to each since `before`. One that is not what it was counts as an exception, and the operator is told.
[[nodiscard]] std::vector<ExhibitChange> changes_since(const std::vector<ExhibitCondition>& before,
                                                       const Engine& engine, Counters& counters, ProgressSink& sink);

}  // namespace ambit
