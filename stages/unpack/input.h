// Input: what decoders read from: a window that moves over a stream of bytes, or jumps about in a content.
//
// A decoder asks for what lies ahead, looks at it in place and takes what it used. The last few bytes that were taken
// stay in the window, because decoders read in words and find at the end that they took too much.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "pipeline/byte_stream.h"
#include "pipeline/object.h"

namespace ambit::unpack {

inline constexpr std::size_t kWindowBytes = 128 * 1024;

class Input {
 public:
  explicit Input(ByteStream& stream, std::size_t window_bytes = kWindowBytes);
  // `content` is open and has `size` bytes.
  Input(Content& content, std::uint64_t size, std::size_t window_bytes = kWindowBytes);

  // What comes next: all that the window holds, at least min(want, what is left) bytes. Empty only at the end. Valid
  // until the next call of ahead() or skip(). Error: fewer are there than wanted, because the source failed.
  [[nodiscard]] Result<std::span<const std::byte>> ahead(std::size_t want = 1);
  void take(std::size_t count);       // of what ahead() showed
  void give_back(std::size_t count);  // of what was taken last, at most kBackBytes
  // Takes what comes next, as ByteStream::read.
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> into);
  // Moves on; fewer bytes than asked for only at the end.
  [[nodiscard]] Result<std::uint64_t> skip(std::uint64_t count);
  // Bytes before the next one.
  [[nodiscard]] std::uint64_t offset() const { return base_ + at_; }
  // Only over a content: the next byte is that at `offset`.
  void seek(std::uint64_t offset);
  // From `offset` on nothing is shown, as if the source ended there.
  void end_at(std::uint64_t offset) { end_ = offset; }
  void end_nowhere() { end_ = UINT64_MAX; }

  static constexpr std::size_t kBackBytes = 16;

 private:
  [[nodiscard]] Result<std::size_t> fetch(std::span<std::byte> into);
  void fill(std::size_t want);
  [[nodiscard]] std::size_t visible() const;

  ByteStream* stream_ = nullptr;
  Content* content_ = nullptr;
  std::uint64_t size_ = 0;  // of the content
  std::unique_ptr<std::byte[]> window_;
  std::size_t capacity_;
  std::uint64_t base_ = 0;           // offset of the window's first byte
  std::size_t at_ = 0, filled_ = 0;  // in the window: the next byte, the end
  std::uint64_t end_ = UINT64_MAX;   // set by end_at()
  bool dry_ = false;                 // the source has no more
  std::optional<Error> failure_;     // … because of this
};

// What an input has left, as it comes.
class Rest final : public ByteStream {
 public:
  explicit Rest(Input input) : input_(std::move(input)) {}
  [[nodiscard]] Input& input() { return input_; }
  Result<std::size_t> read(std::span<std::byte> into) override { return input_.read(into); }

 private:
  Input input_;
};

// Bytes as characters, to compare and search.
[[nodiscard]] inline std::string_view chars(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
// Numbers in bytes, least byte first.
[[nodiscard]] inline std::uint64_t little(std::span<const std::byte> bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}
[[nodiscard]] inline std::uint16_t little16(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(little(bytes, at, 2));
}
[[nodiscard]] inline std::uint32_t little32(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint32_t>(little(bytes, at, 4));
}
[[nodiscard]] inline std::uint64_t little64(std::span<const std::byte> bytes, std::size_t at) {
  return little(bytes, at, 8);
}
// The same of four, highest byte first.
[[nodiscard]] inline std::uint32_t big32(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

[[nodiscard]] inline Error evidence_error(const char* what) { return Error{ErrorKind::evidence, what, {}, {}}; }

}  // namespace ambit::unpack
