// The bytes of a Content, front to back: what an object on the disk is unpacked from. And a piece of one.
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

// Bytes [begin, begin + size) of a content, which is open and outlives it.
class ContentPiece final : public Content {
 public:
  ContentPiece(Content& content, std::uint64_t begin, std::uint64_t size)
      : content_(content), begin_(begin), size_(size) {}
  Result<ContentInfo> open() override { return ContentInfo{size_, std::nullopt, 0}; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override;

 private:
  Content& content_;
  const std::uint64_t begin_, size_;
};

}  // namespace ambit
