// The bytes of a Content, front to back: what an object on the disk is unpacked from.
#pragma once

#include <cstdint>

#include "pipeline/byte_stream.h"
#include "pipeline/object.h"

namespace ambit {

class ContentStream final : public ByteStream {
 public:
  // `content` is open, has `size` bytes and outlives the stream.
  ContentStream(Content& content, std::uint64_t size) : content_(content), size_(size) {}
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  Content& content_;
  std::uint64_t size_, at_ = 0;
};

}  // namespace ambit
