// zstd: frames in a row, and frames to be skipped between them; anything else behind them let be.
#include <zstd.h>
#include <zstd_errors.h>

#include <bit>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

// The largest window whose bytes fit into what a decoder may hold.
constexpr int kWindowLog = std::bit_width(limits::kUnpackBytes) - 1;

// One frame, of either sort.
class Zstd final : public Decoder {
 public:
  Zstd() : stream_(ZSTD_createDStream()) {
    if (stream_ != nullptr) static_cast<void>(ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kWindowLog));
  }
  ~Zstd() override { static_cast<void>(ZSTD_freeDStream(stream_)); }

 protected:
  Result<Step> step(Input& input, std::span<std::byte> into) override {
    if (stream_ == nullptr) return Step{0, State::too_large};
    const auto window = input.ahead();
    if (!window.ok()) return window.error();
    ZSTD_inBuffer in{window->data(), window->size(), 0};
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    const std::size_t said = ZSTD_decompressStream(stream_, &out, &in);
    input.take(in.pos);
    if (ZSTD_isError(said) == 0) return Step{out.pos, said == 0 ? State::ended : State::going};
    const ZSTD_ErrorCode code = ZSTD_getErrorCode(said);
    const bool too_large = code == ZSTD_error_frameParameter_windowTooLarge || code == ZSTD_error_memory_allocation;
    return Step{out.pos, too_large ? State::too_large : State::damaged};
  }

 private:
  ZSTD_DStream* stream_;
};

class ZstdFrames final : public MemberStream {
 public:
  using MemberStream::MemberStream;

 protected:
  Result<std::unique_ptr<Decoder>> begin() override {
    const auto head = input_.ahead(4);
    if (!head.ok()) return head.error();
    const std::uint32_t magic = head->size() < 4 ? 0 : little32(*head, 0);
    const bool frame = magic == ZSTD_MAGICNUMBER || (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
    return frame ? zstd_decoder() : std::unique_ptr<Decoder>();
  }
};

}  // namespace

std::unique_ptr<Decoder> zstd_decoder() { return std::make_unique<Zstd>(); }

Opened open_zstd(const Packed& packed) {
  return one_part(packed, std::make_unique<ZstdFrames>(*packed.stream, "not a zstd file"));
}

}  // namespace ambit::unpack
