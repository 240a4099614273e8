// Stats: what the time went into. One Stopwatch per worker, read by nobody else until the run ends; the few
// counters that progress shows are atomics of their own cache line.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/facts.h"

namespace ambit {

enum class Work : std::uint8_t { walk, open, read, unpack, hash, match, decide, scrutinise, record, wait };
inline constexpr std::size_t kWorks = 10;
inline constexpr std::array<std::string_view, kWorks> kWorkNames = {"walk",  "open",   "read",       "unpack", "hash",
                                                                    "match", "decide", "scrutinise", "record", "wait"};

// Charges the time since the last charge to a kind of work. Costs one reading of the clock (some 20 ns).
class Stopwatch {
 public:
  void start() { last_ = Clock::now(); }
  void charge(Work work, std::uint64_t bytes = 0) {
    const Clock::time_point now = Clock::now();
    Entry& entry = entries_[static_cast<std::size_t>(work)];
    // Written by the owner alone; relaxed atomics so that progress may look at any time.
    entry.ns.store(entry.ns.load(std::memory_order_relaxed) + static_cast<std::uint64_t>((now - last_).count()),
                   std::memory_order_relaxed);
    entry.bytes.store(entry.bytes.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
    last_ = now;
  }
  // What the time from here on goes into; charge() says so when it is over, this while it lasts.
  void begin(Work work) { doing_.store(work, std::memory_order_relaxed); }
  [[nodiscard]] Work doing() const { return doing_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t ns(Work work) const { return at(work).ns.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t bytes(Work work) const { return at(work).bytes.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;
  static_assert(std::is_same_v<Clock::period, std::nano>);
  struct Entry {
    std::atomic<std::uint64_t> ns{0}, bytes{0};
  };
  [[nodiscard]] const Entry& at(Work work) const { return entries_[static_cast<std::size_t>(work)]; }
  std::array<Entry, kWorks> entries_;
  std::atomic<Work> doing_{Work::wait};
  Clock::time_point last_ = Clock::now();
};

// What progress counts. Written by all workers, relaxed: nothing depends on it.
struct alignas(64) Counters {
  explicit Counters(std::size_t exhibits) : exhibit_bytes(exhibits) {}
  std::atomic<std::uint64_t> objects{0}, hits{0}, released{0}, exceptions{0};
  std::atomic<std::uint64_t> settled{0};                                           // objects, after the sweep
  std::array<std::atomic<std::uint64_t>, kExceptionReasons> exceptions_by_reason;  // objects that have it
  std::vector<std::atomic<std::uint64_t>> exhibit_bytes;                           // swept, by exhibit
  void sweep_bytes(std::uint32_t exhibit, std::uint64_t bytes) {
    exhibit_bytes[exhibit].fetch_add(bytes, std::memory_order_relaxed);
  }
};

struct WorkTotal {
  std::string_view name;
  double seconds = 0;  // summed over the workers
  std::uint64_t bytes = 0;
};
[[nodiscard]] inline std::vector<WorkTotal> total_work(const std::vector<const Stopwatch*>& watches) {
  std::vector<WorkTotal> out;
  for (std::size_t i = 0; i < kWorks; ++i) {
    WorkTotal total{kWorkNames[i], 0, 0};
    for (const Stopwatch* watch : watches) {
      total.seconds += static_cast<double>(watch->ns(static_cast<Work>(i))) / 1e9;
      total.bytes += watch->bytes(static_cast<Work>(i));
    }
    out.push_back(total);
  }
  return out;
}

// The kind of work that took the most time, other than waiting.
[[nodiscard]] inline std::string_view bottleneck(const std::vector<WorkTotal>& totals) {
  const WorkTotal* most = nullptr;
  for (const WorkTotal& total : totals) {
    if (total.name == kWorkNames[static_cast<std::size_t>(Work::wait)]) continue;
    if (most == nullptr || total.seconds > most->seconds) most = &total;
  }
  return most == nullptr ? "" : most->name;
}

}  // namespace ambit
