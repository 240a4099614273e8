#include "pipeline/triage_change.h"

#include <string>

#include "stages/record/seal.h"

namespace ambit {

std::vector<ExhibitCondition> conditions_of(const Engine& engine) {
  std::vector<ExhibitCondition> conditions;
  for (const auto& exhibit : engine.exhibits) conditions.push_back(condition_of(*exhibit));
  return conditions;
}

std::string mark_of(const ExhibitCondition& condition) {
  std::string mark;
  for (const FileCondition& file : condition) {
    if (file.is_folder) continue;
    if (!mark.empty()) mark += ' ';
    mark += std::to_string(file.bytes) + " " + std::to_string(file.modified_ns) + " " + record::to_hex(file.ends);
  }
  return mark;
}

std::vector<ExhibitChange> changes_since(const std::vector<ExhibitCondition>& before, const Engine& engine,
                                         Counters& counters, ProgressSink& sink) {
  const std::vector<ExhibitCondition> after = conditions_of(engine);
  std::vector<ExhibitChange> changes;
  for (std::size_t i = 0; i < before.size(); ++i) {
    changes.push_back(change_between(before[i], after[i]));
    if (changes.back() == ExhibitChange::none) continue;
    counters.exceptions.fetch_add(1, std::memory_order_relaxed);
    sink.on_note("exhibit " + engine.exhibits[i]->name() + " has " + std::string(to_string(changes.back())) +
                 " while it was read: what was found in it may be of before or of after");
  }
  return changes;
}

}  // namespace ambit
