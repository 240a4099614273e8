// What an object may expand to, with all that is in it: reached at the same byte in every run, however many workers
// take it apart.
//
// One worker reads the object front to back; what it reads counts in one sum. Small containers in it are bundled, and
// each bundle is taken apart by whoever is free; what comes out of these counts in a second sum, in the order of the
// bundles: every bundle has its turn. A bundle may use a grant without asking. One that needs more waits until all
// before it are through, so that what is left is known; and a grant is given while what all turns but the last
// limits::kTurnsAtOnce have used leaves any.
//
// Turns must begin in their order, and end whatever happens.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "pipeline/limits_unpack.h"
#include "pipeline/object.h"
#include "pipeline/scope.h"

namespace ambit {

// Bytes that an object of `object_bytes` may expand to.
[[nodiscard]] std::uint64_t most_expanded(const UnpackLimits& limits, std::uint64_t object_bytes);

class Turns {
 public:
  // The clock starts. `gave_up`: the run has ended and nobody need wait any more. `limits` outlives it.
  Turns(const UnpackLimits& limits, std::uint64_t object_bytes, std::function<bool()> gave_up);
  // What the turn, whose number counts from 0, may use without asking. Waits for one long before it.
  [[nodiscard]] std::uint64_t begin(std::uint64_t turn);
  // What those before it have left. Waits for them.
  [[nodiscard]] std::uint64_t left_to(std::uint64_t turn);
  void end(std::uint64_t turn, std::uint64_t used);

  [[nodiscard]] const UnpackLimits& limits() const { return limits_; }
  [[nodiscard]] std::chrono::steady_clock::time_point begun() const { return begun_; }

 private:
  void wait_for(std::unique_lock<std::mutex>& lock, std::uint64_t turns);  // until so many have ended
  [[nodiscard]] std::uint64_t& used_before(std::uint64_t turn) { return sums_[turn % sums_.size()]; }

  const UnpackLimits& limits_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  const std::uint64_t most_, grant_;
  const std::function<bool()> gave_up_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::uint64_t through_ = 0;                                   // all turns before this one have ended
  std::map<std::uint64_t, std::uint64_t> early_;                // what turns used that ended before one before them
  std::array<std::uint64_t, limits::kTurnsAtOnce + 1> sums_{};  // of the last turns that are through, and the next
};

class Expansion {
 public:
  // Counts from now on, by itself. `limits` outlives it.
  Expansion(const UnpackLimits& limits, std::uint64_t object_bytes);
  // In a turn, which begins and ends with it; by the clock of the turns.
  Expansion(std::shared_ptr<Turns> turns, std::uint64_t turn);
  ~Expansion();
  Expansion(const Expansion&) = delete;
  Expansion& operator=(const Expansion&) = delete;

  // So many bytes more came out. How many of them count: fewer where a limit is reached.
  [[nodiscard]] std::uint64_t admit(std::uint64_t bytes);
  // Which limit is reached.
  [[nodiscard]] WalkTrouble over() const { return over_; }

 private:
  const UnpackLimits& limits_;
  const std::chrono::steady_clock::time_point begun_;
  const std::shared_ptr<Turns> turns_;
  const std::uint64_t turn_ = 0;
  std::uint64_t most_;
  bool is_known_;  // that most_ is all
  std::uint64_t used_ = 0;
  WalkTrouble over_ = WalkTrouble::none;
};

}  // namespace ambit
