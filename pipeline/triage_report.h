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
#include "stages/open/condition.h"

namespace ambit {

struct RunReport {
  const TriageOptions& options;
  const PatternSet& patterns;
  std::vector<WorkTotal> work;
  std::size_t workers = 0;
  std::vector<std::uint64_t> exhibit_bytes;
  std::vector<ExhibitChange> exhibit_changes = {};
  double compile_seconds = 0, sweep_seconds = 0, seconds = 0;
  std::uint64_t objects = 0, hits = 0;
  std::uint64_t resumptions = 0;
  // How the images were read.
  struct Reading {
    std::uint64_t bytes = 0;        // in all
    std::uint64_t walk_bytes = 0;   // for the books of volumes and file systems; the sweep reads them too
    std::uint64_t again_bytes = 0;  // by the workers, beyond the one reading of the sweep: leads, seams, the scrutiny
    std::uint64_t seeks = 0;        // reads that did not begin where the one before ended
  } reading = {};
};
[[nodiscard]] std::string to_json(const RunReport& report);

// SHA-256 of every exhibit that has bytes of its own, one exhibit per worker at a time; nothing for a folder, and
// nothing where a read fails.
[[nodiscard]] std::vector<std::optional<std::array<std::uint8_t, 32>>> hash_images(const Engine& engine,
                                                                                   Scheduler& scheduler);

}  // namespace ambit
