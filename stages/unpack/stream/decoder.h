// Decoder: compressed bytes in, plain bytes out; one compressed stream from its first byte to its last. And the
// unpacker of files that hold nothing but such streams.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stages/unpack/input.h"
#include "stages/unpack/unpack.h"

namespace ambit::unpack {

// What the Error says of a stream that is whole, as far as anybody knows.
inline constexpr std::string_view kTooLarge = "decompressing takes more memory than is allowed";

class Decoder {
 public:
  Decoder() = default;
  virtual ~Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // The next plain bytes; 0 at the end, where the input stands behind the last compressed byte. Error(evidence):
  // damaged or cut, after all that could be decoded was given.
  [[nodiscard]] Result<std::size_t> read(Input& input, std::span<std::byte> into);

 protected:
  enum class State { going, ended, damaged, too_large };
  struct Step {
    std::size_t made = 0;
    State state = State::going;
  };
  // Decodes some; if it neither makes nor takes anything, it never will: the input is cut, or not what it says it is.
  // At the end of the input ahead() is empty. Error: the input's.
  [[nodiscard]] virtual Result<Step> step(Input& input, std::span<std::byte> into) = 0;

 private:
  bool ended_ = false;
  std::optional<Error> failure_;
};

// A decoder whose stream is blocks that come out whole.
class BlockwiseDecoder : public Decoder {
 protected:
  // Replaces plain_ by what the next block holds; it may be nothing.
  [[nodiscard]] virtual Result<State> next_block(Input& input) = 0;

  std::vector<std::byte> plain_;

 private:
  Result<Step> step(Input& input, std::span<std::byte> into) final;

  std::size_t given_ = 0;  // of plain_
};

// Deflate without a wrapper.
[[nodiscard]] std::unique_ptr<Decoder> inflate_decoder();
[[nodiscard]] std::unique_ptr<Decoder> inflate64_decoder();  // Deflate64
// Whether two bytes are the header of a zlib stream, which deflate and a checksum follow.
[[nodiscard]] bool begins_like_zlib(std::span<const std::byte> head);
// Whether the first bytes of an object are those of a zlib stream, or of a film of Flash: something comes out of them.
[[nodiscard]] bool is_zlib(std::span<const std::byte> head);
// Whether an object of `size` bytes that begins with these may be a stream of brotli, and is one if that is all of it.
[[nodiscard]] bool is_brotli(std::span<const std::byte> head, std::uint64_t size);
[[nodiscard]] std::unique_ptr<Decoder> bzip2_decoder();
[[nodiscard]] std::unique_ptr<Decoder> xz_decoder();
// A .lzma file. `header`: bytes that stand before the input's first.
[[nodiscard]] std::unique_ptr<Decoder> lzma_decoder(std::vector<std::byte> header = {});
[[nodiscard]] std::unique_ptr<Decoder> zstd_decoder();

// One block of lz4 without a frame: its first `most_bytes` bytes, or all. Error(evidence): damaged.
[[nodiscard]] Result<std::string> lz4_block(std::span<const std::byte> packed, std::size_t most_bytes);

// One block of lzf, of just so many plain bytes. Error(evidence): damaged.
[[nodiscard]] Result<std::string> lzf_block(std::span<const std::byte> packed, std::size_t plain_bytes);
// One block of snappy, which says how long it becomes. Error(evidence): damaged, or longer.
[[nodiscard]] Result<std::string> snappy_block(std::span<const std::byte> packed, std::size_t most_bytes);

[[nodiscard]] std::uint32_t crc32(std::uint32_t before, std::span<const std::byte> bytes);

// Streams in a row, decoded into one. Each format says how its next one begins and what stands behind it.
class MemberStream : public ByteStream {
 public:
  // `none`: the error where no stream stands at the beginning.
  MemberStream(ByteStream& packed, const char* none) : input_(packed), none_(none) {}
  Result<std::size_t> read(std::span<std::byte> into) final;
  // Where the last stream ends that was decoded, or where it cannot be decoded further.
  [[nodiscard]] std::uint64_t packed_until() const { return until_; }

 protected:
  // The decoder of the stream that begins here; null if none does. What stands behind the last is let be.
  [[nodiscard]] virtual Result<std::unique_ptr<Decoder>> begin() = 0;
  virtual void made(std::span<const std::byte> /*bytes*/) {}
  // Behind a stream. Error: it was not what its trailer says. The streams behind it are decoded all the same, the
  // first such error is told at the end.
  [[nodiscard]] virtual Result<> end() { return Ok{}; }
  [[nodiscard]] Result<> skip_zeros();
  [[nodiscard]] bool is_first() const { return is_first_; }  // no stream has begun yet

  Input input_;

 private:
  std::unique_ptr<Decoder> decoder_;
  std::uint64_t begin_ = 0;  // where the stream that is being decoded begins
  std::uint64_t until_ = 0;
  const char* const none_;
  bool is_first_ = true, over_ = false;
  std::optional<Error> failure_;
};

// An unpacker of one part.
[[nodiscard]] std::unique_ptr<Unpacker> one_part(Part part, std::unique_ptr<ByteStream> bytes);
// … which has the name of its file without the compressor's ending.
[[nodiscard]] std::unique_ptr<Unpacker> one_part(const Packed& packed, std::unique_ptr<ByteStream> bytes);
// `file_name` without the ending that a compressor added; .tgz becomes .tar.
[[nodiscard]] std::string name_inside(std::string_view file_name);

}  // namespace ambit::unpack
