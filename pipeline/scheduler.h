// Scheduler: workers and the feed of work. The only file that knows threads.
//
// Work is pulled, never pushed ahead: a worker that is free asks the source for the next task, one worker at a time;
// so what waits in memory is bounded by the number of workers, whatever the evidence. Work that is discovered on the
// way (the spans of a huge object) is a source of its own and goes first, so that an object which was begun is
// finished before a new one is taken up. Nothing waits for an earlier object to finish.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "pipeline/parallel.h"
#include "pipeline/result.h"

namespace ambit {

class Scheduler {
 public:
  // A piece of work; `worker` is in [0, workers()) and belongs to one running task at a time.
  using Task = std::function<void(std::size_t worker)>;
  // Makes the next task, or an empty one at the end. Called by one worker at a time.
  using Source = std::function<Task(std::size_t worker)>;

  explicit Scheduler(std::size_t workers);
  ~Scheduler();

  [[nodiscard]] std::size_t workers() const { return workers_; }

  // Runs until `source` and all sources added by feed() are at their end and every task is done.
  void run(Source source);
  // From within a task: more work. It is taken up before the main source is asked again.
  void feed(Source source);
  // From any thread: no further task is begun.
  void stop();
  // From any thread: somebody asked it to stop, or a task threw.
  [[nodiscard]] bool is_stopped() const;

 private:
  struct Impl;
  std::size_t workers_;
  std::unique_ptr<Impl> impl_;
};

// The workers of a scheduler, for a stage that has many like pieces of work. `scheduler` outlives it, and runs nothing
// else meanwhile.
[[nodiscard]] Parallel parallel_on(Scheduler& scheduler);

// Calls a function several times a second from a thread of its own, until destroyed; once more at the end.
class Ticker {
 public:
  explicit Ticker(std::function<void()> tick);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Whether the system grants a run of so many workers the threads it needs: as many are begun at once, and end. To be
// asked before a Scheduler runs: where one of its threads is refused, oneTBB ends the process with a message of its
// own.
[[nodiscard]] Result<> threads_for(std::size_t workers);

// How many workers the machine is made for.
[[nodiscard]] std::size_t hardware_workers();

}  // namespace ambit
