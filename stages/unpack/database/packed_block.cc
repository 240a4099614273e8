#include "stages/unpack/database/packed_block.h"

#include <algorithm>
#include <cstring>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/stream/decoder.h"
#include "stages/unpack/stream/inflated.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

std::optional<std::string> all_of(ByteStream& plain) {
  constexpr std::size_t kStep = 64 * limits::KiB;
  std::string out;
  while (out.size() <= limits::kMaxDatabaseBlock) {
    const std::size_t had = out.size();
    out.resize(had + kStep);
    const auto got = plain.read(std::as_writable_bytes(std::span(out).subspan(had)));
    out.resize(had + (got.ok() ? *got : 0));
    if (!got.ok()) return std::nullopt;
    if (*got == 0) return out;
  }
  return std::nullopt;
}

class ViewThenEmbedded final : public Unpacker {
 public:
  ViewThenEmbedded(std::unique_ptr<MadeText> text, const Packed& packed)
      : packed_(packed), text_(text.get()), view_(as_view(std::move(text))) {}

  Result<std::optional<Part>> next() override {
    if (!is_begun_) {
      is_begun_ = true;
      Part part;
      part.is = Part::Is::view;
      return std::optional(std::move(part));
    }
    if (packed_.content == nullptr) return std::optional<Part>();
    if (embedded_ == nullptr) {
      std::vector<std::byte> piece(64 * limits::KiB);
      for (auto got = view_->read(piece); got.ok() && *got > 0; got = view_->read(piece)) continue;
      Opened embedded = open_embedded_beside(packed_, text_->take_shown(), false);
      if (!embedded.ok()) return embedded.error();
      embedded_ = std::move(embedded).value();
    }
    return embedded_->next();
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    return embedded_ != nullptr ? embedded_->read(into) : view_->read(into);
  }
  [[nodiscard]] std::uint64_t written_until() const override {
    return embedded_ != nullptr ? embedded_->written_until() : 0;
  }

 private:
  const Packed packed_;
  MadeText* const text_;
  std::unique_ptr<ByteStream> view_;  // of text_
  bool is_begun_ = false;
  std::unique_ptr<Unpacker> embedded_;
};

// What a decoder makes of bytes in memory.
class DecodedBytes final : public ByteStream {
 public:
  DecodedBytes(std::unique_ptr<Decoder> decoder, std::string_view packed)
      : bytes_(span_stream(packed)),
        input_(*bytes_, std::clamp<std::size_t>(packed.size(), 4 * limits::KiB, kWindowBytes)),
        decoder_(std::move(decoder)) {}
  Result<std::size_t> read(std::span<std::byte> into) override { return decoder_->read(input_, into); }

 private:
  std::unique_ptr<ByteStream> bytes_;
  Input input_;
  std::unique_ptr<Decoder> decoder_;
};

}  // namespace

std::optional<std::string> unpacked_block(BlockPacking packing, std::string_view packed, std::uint64_t plain_bytes) {
  const auto bytes = std::as_bytes(std::span(packed));
  if (packing == BlockPacking::zlib) return all_of(*inflated_zlib(packed));
  if (packing == BlockPacking::deflate || packing == BlockPacking::zstd) {
    DecodedBytes decoded(packing == BlockPacking::zstd ? zstd_decoder() : inflate_decoder(), packed);
    return all_of(decoded);
  }
  if (plain_bytes > limits::kMaxDatabaseBlock) return std::nullopt;
  Result<std::string> plain = packing == BlockPacking::lz4 ? lz4_block(bytes, static_cast<std::size_t>(plain_bytes))
                                                           : snappy_block(bytes, limits::kMaxDatabaseBlock);
  if (!plain.ok()) return std::nullopt;
  return std::move(plain).value();
}

Opened view_then_embedded(std::unique_ptr<MadeText> text, const Packed& packed) {
  return Opened(std::make_unique<ViewThenEmbedded>(std::move(text), packed));
}

void MadeText::note_shown(Places places) {
  constexpr std::uint64_t kBetween = 16;  // what stands between two blocks
  const bool goes_on = !shown_.empty() && places.begin <= shown_.back().end + kBetween;
  if (goes_on) {
    shown_.back().end = std::max(shown_.back().end, places.end);
  } else {
    shown_.push_back(places);
  }
}

Result<std::size_t> MadeText::read(std::span<std::byte> into) {
  while (given_ == text_.size()) {
    text_.clear();
    given_ = 0;
    if (is_over_) return is_damaged_ ? Result<std::size_t>(evidence_error(damaged_)) : std::size_t{0};
    is_over_ = !advance();
  }
  const std::size_t bytes = std::min(into.size(), text_.size() - given_);
  std::memcpy(into.data(), text_.data() + given_, bytes);
  given_ += bytes;
  return bytes;
}

}  // namespace ambit::unpack
