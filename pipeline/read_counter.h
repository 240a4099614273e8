// Counts how an image is read: so that a run can tell whether it went over the disk once, and how often it jumped.
//
// Written by all workers, with relaxed atomics: numbers for a report, nothing depends on them.
#pragma once

#include <atomic>

#include "pipeline/byte_source.h"

namespace ambit {

class ReadCounter final : public ByteSource {
 public:
  explicit ReadCounter(const ByteSource& source) : source_(source) {}

  std::uint64_t size() const override { return source_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    Result<std::size_t> got = source_.read_at(offset, into);
    const std::uint64_t count = got.ok() ? *got : 0;
    bytes_.fetch_add(count, std::memory_order_relaxed);
    if (last_end_.exchange(offset + count, std::memory_order_relaxed) != offset) {
      seeks_.fetch_add(1, std::memory_order_relaxed);
    }
    return got;
  }
  DataRun run_at(std::uint64_t offset) const override { return source_.run_at(offset); }
  void will_need(std::uint64_t offset, std::uint64_t length) const override { source_.will_need(offset, length); }

  // The walk is through: what was read so far are the books of volumes and file systems.
  void end_walk() { walk_bytes_.store(bytes_.load()); }

  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(); }
  [[nodiscard]] std::uint64_t walk_bytes() const { return walk_bytes_.load(); }
  // Reads that did not begin where the one before ended; with several workers most chunks do not.
  [[nodiscard]] std::uint64_t seeks() const { return seeks_.load(); }

 private:
  const ByteSource& source_;
  mutable std::atomic<std::uint64_t> bytes_{0}, seeks_{0}, last_end_{0};
  std::atomic<std::uint64_t> walk_bytes_{0};
};

}  // namespace ambit
