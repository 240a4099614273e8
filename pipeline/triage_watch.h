// Watch: looks at a run from a thread of its own, several times a second, and tells what it sees: the sink, which shows
// it; status.json in the run directory, for other processes; and, when nothing moves any more, who holds what.
//
// A stall is told by the object's id, not by its locator: whoever reads the log of the night may not know what the
// servers hold. The id is the sealer's pseudonym of the locator: `ambit unseal --object` finds its line for the court.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/limits.h"
#include "pipeline/scheduler.h"
#include "pipeline/triage.h"
#include "pipeline/triage_engine.h"
#include "pipeline/triage_speed.h"
#include "pipeline/triage_status.h"
#include "pipeline/triage_sweep.h"

namespace ambit {

class Watch {
 public:
  // What is watched; all of it outlives the watch.
  struct Subject {
    Sweep& sweep;
    const Counters& counters;
    const std::vector<std::unique_ptr<Worker>>& workers;
    const Engine& engine;
    const record::CaseKey& key;
    const TriageOptions& options;
    ProgressSink& sink;
    double stall_seconds = limits::kStallSeconds;
  };
  explicit Watch(const Subject& subject);
  // Where end() was not called, the status is left, for whoever asks what became of the run.
  ~Watch();

  // The sweep is through, or stopped; what follows is the phase "record".
  void sweep_ended();
  // Nothing is looked at any more, and the status is gone: the run directory can be closed.
  void end();

 private:
  using Clock = std::chrono::steady_clock;

  void look();
  [[nodiscard]] Progress progress();
  // Grows as long as anything moves.
  [[nodiscard]] std::uint64_t moves() const;
  void tell_stall(double still_seconds);
  [[nodiscard]] std::string held_by(std::size_t worker) const;

  const Subject subject_;
  const Clock::time_point start_ = Clock::now();
  StatusFile status_;
  std::atomic<bool> recording_{false};
  // Touched by the ticker's thread alone.
  Speedometer speed_;
  std::uint64_t moved_ = 0;
  Clock::time_point moved_at_ = start_;
  double next_status_ = 0;
  bool stall_told_ = false;
  std::optional<Ticker> ticker_;  // last: its thread uses all of the above
};

}  // namespace ambit
