// What an object may expand to: the same bytes count, however many workers take it apart and whichever is slow.
#include "pipeline/triage_expansion.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace ambit::expansion_test {
namespace {

UnpackLimits limits_of(std::uint64_t bytes) {
  UnpackLimits limits;
  limits.expanded_bytes = bytes;
  return limits;
}

// What each of the turns may use of what it wants, taken up in their order by so many threads.
std::vector<std::uint64_t> admitted(const UnpackLimits& limits, const std::vector<std::uint64_t>& wanted,
                                    std::size_t threads, std::uint64_t piece) {
  const auto turns = std::make_shared<Turns>(limits, 1, [] { return false; });
  std::vector<std::uint64_t> out(wanted.size());
  std::mutex mutex;
  std::size_t next = 0;
  std::vector<std::thread> workers;
  for (std::size_t worker = 0; worker < threads; ++worker) {
    workers.emplace_back([&, worker] {
      std::mt19937 random(static_cast<std::uint32_t>(worker + threads));
      for (;;) {
        std::unique_lock lock(mutex);
        const std::size_t turn = next++;
        lock.unlock();
        if (turn >= wanted.size()) return;
        Expansion expansion(turns, turn);
        for (std::uint64_t left = wanted[turn]; left > 0 && expansion.over() == WalkTrouble::none;) {
          const std::uint64_t step = std::min(left, piece);
          out[turn] += expansion.admit(step);
          left -= step;
          if (random() % 8 == 0) std::this_thread::yield();
        }
        if (random() % 16 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  return out;
}

TEST(Expansion, admits_the_same_bytes_of_every_turn_at_any_number_of_threads) {
  std::mt19937 random(31);
  for (const std::uint64_t most : {0U, 1'000U, 6'400U, 100'000U, 1'000'000U}) {
    std::vector<std::uint64_t> wanted(500);
    for (auto& bytes : wanted) bytes = random() % 20 == 0 ? random() % 30'000 : random() % 900;
    const UnpackLimits limits = limits_of(most);
    const std::vector<std::uint64_t> alone = admitted(limits, wanted, 1, 100);
    for (const std::size_t threads : {2U, 3U, 8U}) {
      for (const std::uint64_t piece : {37U, 1'000U})
        EXPECT_EQ(admitted(limits, wanted, threads, piece), alone) << most;
    }
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_LE(alone[i], wanted[i]);
      sum += alone[i];
    }
    EXPECT_LE(sum, 2 * most);
    EXPECT_EQ(alone == wanted, most == 1'000'000U);
  }
}

TEST(Expansion, a_turn_may_use_all_that_those_before_it_have_left) {
  const UnpackLimits limits = limits_of(1'000);
  EXPECT_EQ(admitted(limits, {400, 2'000, 5, 100}, 2, 10), (std::vector<std::uint64_t>{400, 600, 5, 15}));
}

TEST(Expansion, one_that_waits_goes_on_when_the_run_has_ended) {
  std::atomic<bool> ended{false};
  const UnpackLimits limits = limits_of(1'000);
  const auto turns = std::make_shared<Turns>(limits, 1, [&] { return ended.load(); });
  const Expansion never_ends(turns, 0);
  std::thread waiter([&] {
    Expansion expansion(turns, 1);
    static_cast<void>(expansion.admit(500));
  });
  ended.store(true);
  waiter.join();
}

TEST(Expansion, by_itself_ends_at_the_byte_that_the_limits_say) {
  UnpackLimits limits = limits_of(UINT64_MAX);
  limits.ratio = 10;
  Expansion small(limits, 100), large(limits, limits::kFreeExpandedBytes);
  EXPECT_EQ(small.admit(limits::kFreeExpandedBytes), limits::kFreeExpandedBytes) << "so much is free";
  EXPECT_EQ(small.over(), WalkTrouble::none);
  EXPECT_EQ(small.admit(1), 0U);
  EXPECT_EQ(small.over(), WalkTrouble::expansion_limit);
  EXPECT_EQ(large.admit(UINT64_MAX), 10 * limits::kFreeExpandedBytes);
  EXPECT_EQ(large.over(), WalkTrouble::expansion_limit);
  limits.seconds = 0;
  Expansion late(limits, 100);
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_EQ(late.admit(7), 7U);
  EXPECT_EQ(late.over(), WalkTrouble::timeout);
}

}  // namespace
}  // namespace ambit::expansion_test
