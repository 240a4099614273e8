// ByteSource: a row of bytes that can be read at any place: an image, a volume in it, a decrypted volume, a file that
// is itself an image.
//
// Shared by all workers: every call is const, positional and safe from any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pipeline/result.h"

namespace ambit {

// A run of bytes known to be data or to be a hole, from `offset` on.
struct DataRun {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool hole = false;  // reads as zeros without touching the disk
};

class ByteSource {
 public:
  ByteSource() = default;
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // Bytes in all.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Reads up to `into.size()` bytes at `offset`; fewer only at the end. Error: ErrorKind::io for a device that refuses,
  // ErrorKind::evidence for an image whose own structure is damaged there.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const = 0;
  // The run of data or hole that holds `offset`; never empty while offset < size(). The default knows no holes.
  [[nodiscard]] virtual DataRun run_at(std::uint64_t offset) const { return {offset, size() - offset, false}; }
  // A hint that [offset, offset + length) is read soon.
  virtual void will_need(std::uint64_t /*offset*/, std::uint64_t /*length*/) const {}
};

}  // namespace ambit
