// Canaries: an exhibit of invented items, planted before a run and looked for in what the run released
// (stages/audit/canary.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/order.h"
#include "pipeline/result.h"

namespace ambit {

struct PlantOptions {
  std::string order, out;
  std::string registry;  // empty: `out` with ".registry.json" added
  std::uint64_t relevant = 0, private_items = 0;
  std::optional<std::uint64_t> seed;  // none: another one each time; it stands in the registry
};
struct PlantOutcome {
  std::string registry;
  std::uint64_t files = 0, bytes = 0, relevant = 0, private_items = 0;
  std::vector<std::string> rules;    // that the relevant ones satisfy
  std::vector<std::string> skipped;  // rules that are for release and that no text alone satisfies
};
// Writes the exhibit, a new folder, and the registry, a new file that only its owner may read. When the order is bad,
// `problems` holds all its mistakes and the result is an Error too. Error: order; usage, where no rule can be satisfied
// or there is something already; io, space.
[[nodiscard]] Result<PlantOutcome> plant_canaries(const PlantOptions& options, std::vector<OrderProblem>& problems);

// A share, and the interval that holds the true one with 95 per cent confidence (Clopper and Pearson).
struct CanaryShare {
  std::uint64_t planted = 0, seen = 0;
  double least = 0, most = 1;
};
struct CanaryReport {
  struct Row {
    std::string file, packing;
    std::string rule;   // of a relevant one
    std::string place;  // of a private one: the first file of the run in which it was seen
  };
  CanaryShare found, leaked;
  std::vector<Row> missed, leaks;
  std::uint64_t bytes_searched = 0;
  [[nodiscard]] bool holds() const { return missed.empty() && leaks.empty(); }
};
// Error: io, tampered, usage: the registry is of another order, or is none.
[[nodiscard]] Result<CanaryReport> check_canaries(const std::string& directory, const std::string& registry);

}  // namespace ambit
