// ByteStream: bytes that come once, front to back: a file as a decompressor makes it, a member as an archive is read.
#pragma once

#include <cstddef>
#include <span>

#include "pipeline/result.h"

namespace ambit {

class ByteStream {
 public:
  ByteStream() = default;
  virtual ~ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  // The next bytes, up to `into.size()` (not empty) of them; 0 at the end and from then on. Error: ErrorKind::evidence
  // where what they are made from is damaged, ErrorKind::io where a device refuses; what came before counts, nothing
  // comes after.
  [[nodiscard]] virtual Result<std::size_t> read(std::span<std::byte> into) = 0;
};

}  // namespace ambit
