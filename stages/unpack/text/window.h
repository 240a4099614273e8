// A window on a stream: the bytes that come next, looked at before they are taken. For formats whose pieces end at a
// line that says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "pipeline/byte_stream.h"

namespace ambit::unpack {

class Window {
 public:
  // `from` outlives the window, which never holds more than `capacity` bytes.
  Window(ByteStream& from, std::size_t capacity) : from_(from), capacity_(capacity) {}

  // Reads until the view holds `bytes` (at most the capacity) or the stream ends.
  void ensure(std::size_t bytes);
  [[nodiscard]] std::string_view view() const;
  void drop(std::size_t bytes);  // of the view
  // Nothing comes behind the view.
  [[nodiscard]] bool ended() const { return ended_; }
  // Why nothing comes, if that is not the end of the stream.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  // Of the view's first byte in the stream.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  ByteStream& from_;
  std::size_t capacity_;
  // Of room_ bytes; not set to anything before they are read, for most streams are much shorter.
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t room_ = 0;
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t offset_ = 0;
  bool ended_ = false;
  std::optional<Error> failure_;
};

// A stream whose first bytes may be looked at before it is read.
class Peeked final : public ByteStream {
 public:
  Peeked(std::unique_ptr<ByteStream> from, std::size_t bytes);
  [[nodiscard]] std::string_view head() const { return window_.view(); }  // before the first read()
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  std::unique_ptr<ByteStream> from_;
  Window window_;
};

}  // namespace ambit::unpack
