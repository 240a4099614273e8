// From an order file to the stages it asks for.
#pragma once

#include <string>
#include <vector>

#include "pipeline/limits.h"
#include "pipeline/order.h"
#include "pipeline/parallel.h"
#include "pipeline/triage.h"
#include "pipeline/triage_engine.h"

namespace ambit {

// The order with everything that can be checked before an exhibit is opened: syntax, names, patterns, detectors.
struct CheckedOrder {
  Scope scope;
  PatternSet patterns;
  DetectorSet detectors;
  std::string detectors_sha256;        // hex, over the texts of the detectors in the order of their file names
  std::vector<OrderProblem> problems;  // not empty: the rest means nothing
  double compile_seconds = 0;
};
[[nodiscard]] CheckedOrder load_order(const std::string& path, const Parallel& parallel);

// Bytes: what the operator gave, or what a run has when nothing was given.
[[nodiscard]] inline std::uint64_t memory_budget(const TriageOptions& options) {
  return options.memory != 0 ? options.memory : limits::kDefaultMemory;
}

}  // namespace ambit
