// run.json: what the run was and what its time went into. Not deterministic, so it stands apart from the index.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/scheduler.h"
#include "pipeline/stats.h"
#include "pipeline/triage.h"
#include "pipeline/triage_engine.h"

namespace ambit {

struct RunReport {
  const TriageOptions& options;
  const PatternSet& patterns;
  std::vector<WorkTotal> work;
  std::size_t workers = 0;
  std::vector<std::uint64_t> exhibit_bytes;
  double compile_seconds = 0, sweep_seconds = 0, seconds = 0;
  std::uint64_t objects = 0, hits = 0;
};
[[nodiscard]] std::string to_json(const RunReport& report);

// SHA-256 of every exhibit that has bytes of its own, one exhibit per worker at a time; nothing for a folder, and
// nothing where a read fails.
[[nodiscard]] std::vector<std::optional<std::array<std::uint8_t, 32>>> hash_images(const Engine& engine,
                                                                                   Scheduler& scheduler);

}  // namespace ambit
