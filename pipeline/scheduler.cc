#include "pipeline/scheduler.h"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <latch>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/exhausted.h"

namespace ambit {

struct Scheduler::Impl {
  // Written under `mutex`. Pulling a task is serial on purpose: the walk is a stream, and a batch of objects costs
  // far less to pull than to sweep.
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Source> discovered;
  Source main;
  bool main_ended = false;
  bool stopped = false;
  std::exception_ptr failure;  // what a task or a source threw, the first
  std::size_t running = 0;

  Task pull(std::size_t worker) {
    std::unique_lock lock(mutex);
    for (;;) {
      if (stopped) return {};
      while (!discovered.empty()) {
        if (Task task = discovered.front()(worker)) return begin(std::move(task));
        discovered.pop_front();
      }
      if (!main_ended) {
        if (Task task = main(worker)) return begin(std::move(task));
        main_ended = true;
      }
      if (running == 0) {
        changed.notify_all();
        return {};
      }
      changed.wait(lock);
    }
  }

  Task begin(Task task) {
    ++running;
    return task;
  }

  // A task that ends, however it does: the others wait until none is running.
  struct Running {
    explicit Running(Impl& of) : impl(of) {}
    ~Running() { impl.end(); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    Impl& impl;
  };

  void fail(std::exception_ptr thrown) {
    const std::lock_guard lock(mutex);
    if (failure == nullptr) failure = std::move(thrown);
    stopped = true;
    changed.notify_all();
  }

  void end() {
    const std::lock_guard lock(mutex);
    if (--running == 0 || !discovered.empty()) changed.notify_all();
  }

  void work(std::size_t worker) {
    try {
      while (Task task = pull(worker)) {
        const Running running_task{*this};
        task(worker);
      }
    } catch (...) { fail(std::current_exception()); }
  }
};

Scheduler::Scheduler(std::size_t workers) : workers_(workers), impl_(std::make_unique<Impl>()) {}
Scheduler::~Scheduler() = default;

namespace {

// What oneTBB carries to another thread. Its own synchronisation lies in a library that ThreadSanitizer does not see,
// so this one reading of two words is excused by name in tests/tsan.supp; everything beyond is ordered by the mutex.
template <class Impl>
struct Entrance {
  Impl* impl;
  std::size_t worker;
  void operator()() const { enter_worker(*this); }
};
template <class Impl>
[[gnu::noinline]] void enter_worker(const Entrance<Impl>& entrance) {  // a name that the suppression can find
  entrance.impl->work(entrance.worker);
}

}  // namespace

void Scheduler::run(Source source) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->main = std::move(source);
    impl_->main_ended = false;
  }
  // oneTBB keeps to the number of processors unless told otherwise; the operator's word counts.
  const tbb::global_control allow(tbb::global_control::max_allowed_parallelism, workers_ + 1);
  tbb::task_arena arena(static_cast<int>(workers_), 1);
  arena.execute([impl = impl_.get(), workers = workers_] {
    tbb::task_group group;
    for (std::size_t worker = 1; worker < workers; ++worker) group.run(Entrance<Impl>{impl, worker});
    impl->work(0);
    group.wait();
  });
  if (impl_->failure != nullptr) std::rethrow_exception(std::exchange(impl_->failure, nullptr));
}

void Scheduler::feed(Source source) {
  const std::lock_guard lock(impl_->mutex);
  impl_->discovered.push_back(std::move(source));
  impl_->changed.notify_all();
}

void Scheduler::stop() {
  const std::lock_guard lock(impl_->mutex);
  impl_->stopped = true;
  impl_->changed.notify_all();
}

bool Scheduler::is_stopped() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->stopped;
}

Parallel parallel_on(Scheduler& scheduler) {
  return {scheduler.workers(), [&scheduler](std::size_t count, const Parallel::Piece& call) {
            scheduler.run([next = std::size_t{0}, count, &call](std::size_t) mutable -> Scheduler::Task {
              if (next == count) return {};
              return [piece = next++, &call](std::size_t worker) { call(piece, worker); };
            });
          }};
}

struct Ticker::Impl {
  static constexpr std::chrono::milliseconds kPeriod{100};
  std::function<void()> tick;
  std::mutex mutex;
  std::condition_variable wake;
  bool ended = false;
  std::thread thread;

  void loop() {
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, kPeriod, [this] { return ended; })) call();
    call();
  }
  // A call that finds no memory is left out: the next one may have it.
  void call() const {
    try {
      tick();
    } catch (const std::bad_alloc&) {}
  }
};

Ticker::Ticker(std::function<void()> tick) : impl_(std::make_unique<Impl>()) {
  impl_->tick = std::move(tick);
  impl_->thread = std::thread([impl = impl_.get()] { impl->loop(); });
}

Ticker::~Ticker() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ended = true;
  }
  impl_->wake.notify_all();
  impl_->thread.join();
}

Result<> threads_for(std::size_t workers) {
  constexpr std::size_t kBesides = 4;  // who saves, who watches, who reads ahead
  std::latch all(1);
  std::vector<std::jthread> threads;
  Result<> granted;
  try {
    threads.reserve(workers + kBesides);
    while (threads.size() < workers + kBesides) threads.emplace_back([&all] { all.wait(); });
  } catch (const std::system_error&) {
    granted = Error{ErrorKind::usage,
                    "the system grants this process " + std::to_string(threads.size()) + " threads, and " +
                        std::to_string(workers) + " workers need " + std::to_string(workers + kBesides),
                    "", error_of(Resource::processes).remedy};
  } catch (const std::bad_alloc&) { granted = error_of(Resource::memory); }
  all.count_down();
  return granted;
}

std::size_t hardware_workers() { return static_cast<std::size_t>(tbb::info::default_concurrency()); }

}  // namespace ambit
