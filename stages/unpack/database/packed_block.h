// Blocks in which databases pack what they keep, in memory from begin to end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/byte_stream.h"
#include "stages/unpack/formats.h"

namespace ambit::unpack {

enum class BlockPacking : std::uint8_t { snappy, zlib, deflate, lz4, zstd };

// The plain bytes, of which there are at most limits::kMaxDatabaseBlock and, of lz4, just `plain_bytes`. Nothing: it is
// damaged, or longer.
[[nodiscard]] std::optional<std::string> unpacked_block(BlockPacking packing, std::string_view packed,
                                                        std::uint64_t plain_bytes = 0);

// A text that is made piece by piece, of bytes that are packed in part.
class MadeText : public ByteStream {
 public:
  // At the end the error `damaged`, if something could not be read.
  explicit MadeText(const char* damaged) : damaged_(damaged) {}
  Result<std::size_t> read(std::span<std::byte> into) final;

  // Where bytes stood that begin like something packed, and were that which the text was made of; by place.
  [[nodiscard]] std::vector<Places> take_shown() { return std::move(shown_); }

 protected:
  // Appends to text_, or not; false: it was the last.
  virtual bool advance() = 0;
  void note_damage() { is_damaged_ = true; }
  void note_shown(Places places);

  std::string text_;

 private:
  const char* const damaged_;
  std::size_t given_ = 0;
  bool is_over_ = false, is_damaged_ = false;
  std::vector<Places> shown_;
};

// A view of the text, and behind it as members what stands amid the bytes of the object, where it can be read at any
// place.
[[nodiscard]] Opened view_then_embedded(std::unique_ptr<MadeText> text, const Packed& packed);

}  // namespace ambit::unpack
