// The sweep: every object of every exhibit once, and the second look at what it caught.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "pipeline/residue.h"
#include "pipeline/scheduler.h"
#include "pipeline/triage_engine.h"

namespace ambit {

class Sweep {
 public:
  // `engine` and `workers` outlive the sweep; there is one worker per worker of the scheduler.
  Sweep(const Engine& engine, std::vector<std::unique_ptr<Worker>>& workers, Scheduler& scheduler, Counters& counters);
  ~Sweep();

  // Runs to the end, or until stop() or until a verdict cannot be written (then the Error says why).
  [[nodiscard]] Result<> run();
  // From any thread.
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_.load(); }

 private:
  struct Huge;  // an object that several workers share, span by span

  [[nodiscard]] Scheduler::Task next_task(std::size_t worker);
  void sweep_object(Worker& worker, Object object);
  void sweep_whole(Worker& worker, Object& object, Facts& facts);
  void share(Object object, const Facts& facts);
  void sweep_span(Worker& worker, Huge& huge, std::uint64_t begin, std::uint64_t end);
  void end_residue_span(Worker& worker, Huge& huge, ResidueRun::Span span);
  void end_file_span(Worker& worker, Huge& huge, ResidueRun::Span span);
  void judge(Worker& worker, Object& object, Facts& facts);
  void scrutinise(Worker& worker, Object& object, Facts& facts);
  void fail(Error error);

  const Engine& engine_;
  std::vector<std::unique_ptr<Worker>>& workers_;
  Scheduler& scheduler_;
  Counters& counters_;
  std::size_t next_exhibit_ = 0;          // touched by next_task() alone
  std::unique_ptr<ObjectSource> source_;  // likewise
  std::atomic<bool> stopped_{false};
  std::mutex failure_mutex_;
  std::optional<Error> failure_;  // the first one
};

}  // namespace ambit
