// xz, .lzma and lzip, by liblzma.
//
// xz and lzip: streams in a row; xz pads with zeros between them, four at a time. A .lzma is one stream. What stands
// behind the last one is let be, as the tools do for lzip and .lzma.
#include <lzma.h>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

class Lzma final : public Decoder {
 public:
  using Begin = lzma_ret (*)(lzma_stream*);
  Lzma(Begin begin, std::vector<std::byte> header) : header_(std::move(header)) { begun_ = begin(&stream_); }
  ~Lzma() override { lzma_end(&stream_); }

 protected:
  Result<Step> step(Input& input, std::span<std::byte> into) override {
    if (begun_ != LZMA_OK) return Step{0, State::too_large};
    const auto window = input.ahead();
    if (!window.ok()) return window.error();
    const bool in_header = header_taken_ < header_.size();
    const std::span<const std::byte> from = in_header ? std::span(header_).subspan(header_taken_) : *window;
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(from.data());
    stream_.avail_in = from.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(into.data());
    stream_.avail_out = into.size();
    lzma_ret said = lzma_code(&stream_, LZMA_RUN);
    const std::size_t taken = from.size() - stream_.avail_in, made = into.size() - stream_.avail_out;
    if (in_header) {
      header_taken_ += taken;
      if (said == LZMA_OK) return header_taken_ == header_.size() ? step(input, into) : Step{0, State::damaged};
    } else {
      input.take(taken);
    }
    switch (said) {
      case LZMA_STREAM_END:
        return Step{made, State::ended};
      case LZMA_OK:
      case LZMA_BUF_ERROR:  // nothing taken, nothing made: the input is at its end
        return Step{made, State::going};
      case LZMA_MEMLIMIT_ERROR:
      case LZMA_MEM_ERROR:
        return Step{made, State::too_large};
      default:
        return Step{made, State::damaged};
    }
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  lzma_ret begun_ = LZMA_PROG_ERROR;
  std::vector<std::byte> header_;
  std::size_t header_taken_ = 0;
};

lzma_ret begin_xz(lzma_stream* stream) { return lzma_stream_decoder(stream, limits::kUnpackBytes, 0); }
lzma_ret begin_lzma(lzma_stream* stream) { return lzma_alone_decoder(stream, limits::kUnpackBytes); }
lzma_ret begin_lzip(lzma_stream* stream) { return lzma_lzip_decoder(stream, limits::kUnpackBytes, 0); }

class Streams final : public MemberStream {
 public:
  Streams(ByteStream& packed, Lzma::Begin decoder, std::string_view signature, bool padded)
      : MemberStream(packed, "not a file of xz or its kin"),
        decoder_(decoder),
        signature_(signature),
        padded_(padded) {}

 protected:
  Result<std::unique_ptr<Decoder>> begin() override {
    if (!is_first() && padded_) {
      const Result<> padding = skip_zeros();
      if (!padding.ok()) return padding.error();
    }
    const auto head = input_.ahead(6);
    if (!head.ok()) return head.error();
    const bool more = is_first() || (!signature_.empty() && chars(*head).starts_with(signature_));
    return more ? std::unique_ptr<Decoder>(std::make_unique<Lzma>(decoder_, std::vector<std::byte>()))
                : std::unique_ptr<Decoder>();
  }

 private:
  Lzma::Begin decoder_;
  std::string_view signature_;
  bool padded_;
};

}  // namespace

std::unique_ptr<Decoder> xz_decoder() { return std::make_unique<Lzma>(begin_xz, std::vector<std::byte>()); }
std::unique_ptr<Decoder> lzma_decoder(std::vector<std::byte> header) {
  return std::make_unique<Lzma>(begin_lzma, std::move(header));
}

namespace {

Opened open_streams(const Packed& packed, Lzma::Begin decoder, std::string_view signature, bool padded) {
  return one_part(packed, std::make_unique<Streams>(*packed.stream, decoder, signature, padded));
}

}  // namespace

Opened open_xz(const Packed& packed) {
  return open_streams(packed, begin_xz, std::string_view("\xfd\x37zXZ\0", 6), true);
}
Opened open_lzma(const Packed& packed) { return open_streams(packed, begin_lzma, {}, false); }
Opened open_lzip(const Packed& packed) { return open_streams(packed, begin_lzip, "LZIP", false); }

}  // namespace ambit::unpack
