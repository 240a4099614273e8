#include "pipeline/scheduler.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <new>
#include <set>
#include <thread>

namespace ambit::scheduler_test {
namespace {

TEST(Scheduler, does_every_task_once_at_any_number_of_workers) {
  for (const std::size_t workers : {1UL, 2UL, 8UL}) {
    Scheduler scheduler(workers);
    int next = 0;
    std::mutex mutex;
    std::multiset<int> done;
    scheduler.run([&](std::size_t) -> Scheduler::Task {
      if (next == 1'000) return {};
      return [&, mine = next++](std::size_t worker) {
        EXPECT_LT(worker, workers);
        const std::lock_guard lock(mutex);
        done.insert(mine);
      };
    });
    EXPECT_EQ(done.size(), 1'000U);
    EXPECT_EQ(std::set<int>(done.begin(), done.end()).size(), 1'000U);
  }
}

TEST(Scheduler, never_gives_one_worker_two_tasks_at_a_time) {
  Scheduler scheduler(8);
  std::array<std::atomic<int>, 8> busy{};
  int next = 0;
  scheduler.run([&](std::size_t) -> Scheduler::Task {
    if (next++ == 2'000) return {};
    return [&](std::size_t worker) {
      EXPECT_EQ(busy[worker].fetch_add(1), 0);
      busy[worker].fetch_sub(1);
    };
  });
}

TEST(Scheduler, does_discovered_work_before_it_ends) {
  for (const std::size_t workers : {1UL, 4UL}) {
    Scheduler scheduler(workers);
    std::atomic<int> spans{0};
    bool given = false;
    scheduler.run([&](std::size_t) -> Scheduler::Task {
      if (std::exchange(given, true)) return {};
      return [&](std::size_t) {
        for (int object = 0; object < 10; ++object) {
          scheduler.feed([&, left = 50](std::size_t) mutable -> Scheduler::Task {
            if (left-- == 0) return {};
            return [&](std::size_t) { ++spans; };
          });
        }
      };
    });
    EXPECT_EQ(spans, 500);
  }
}

// The others would wait for ever for a task that never ends. Tasks come without end here: that it ends at all is what
// was thrown. (How many begin until then is not bounded: unwinding takes its time.)
TEST(Scheduler, ends_and_says_what_was_thrown_in_a_task_or_where_tasks_come_from) {
  for (const std::size_t workers : {1UL, 2UL, 4UL}) {
    for (const bool in_task : {true, false}) {
      Scheduler scheduler(workers);
      std::atomic<std::uint64_t> begun{0}, next{0};
      const auto source = [&](std::size_t) -> Scheduler::Task {
        if (next++ == 20 && !in_task) throw std::bad_alloc();
        return [&](std::size_t) {
          if (begun.fetch_add(1) == 20 && in_task) throw std::bad_alloc();
        };
      };
      EXPECT_THROW(scheduler.run(source), std::bad_alloc);
      const std::uint64_t until_the_end = begun;
      EXPECT_GE(until_the_end, in_task ? 21U : 20U);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      EXPECT_EQ(begun, until_the_end);
    }
  }
}

TEST(Scheduler, begins_nothing_more_once_stopped) {
  Scheduler scheduler(4);
  std::atomic<int> done{0};
  std::atomic<int> late{0};
  std::atomic<bool> stopped{false};
  scheduler.run([&](std::size_t) -> Scheduler::Task {
    return [&](std::size_t) {
      if (stopped) ++late;
      if (++done != 100) return;
      scheduler.stop();
      stopped = true;
    };
  });
  EXPECT_LE(late, 3);  // the other workers' tasks, pulled before the stop
}

}  // namespace
}  // namespace ambit::scheduler_test
