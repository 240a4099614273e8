// Small pieces of a volume, read through one buffer: records and tables that are visited more or less in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/byte_source.h"

namespace ambit::walk {

// Numbers as NTFS, FAT and exFAT write them. The caller has checked that the bytes are there.
template <class T>
[[nodiscard]] T little(std::span<const std::byte> bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) value = static_cast<T>((value << 8 * (sizeof(T) > 1)) | T(bytes[at + i]));
  return value;
}

class ByteWindow {
 public:
  ByteWindow(const ByteSource& source, std::size_t bytes) : source_(source), buffer_(bytes) {}

  // The bytes [offset, offset + length), valid until the next call; empty where they cannot be read. `length` is at
  // most the window's.
  [[nodiscard]] std::span<const std::byte> at(std::uint64_t offset, std::size_t length);

 private:
  [[nodiscard]] bool fill(std::uint64_t offset, std::size_t length);

  const ByteSource& source_;
  std::vector<std::byte> buffer_;
  std::uint64_t begin_ = 0;
  std::size_t held_ = 0;
};

}  // namespace ambit::walk
