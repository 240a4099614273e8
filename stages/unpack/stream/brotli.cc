// brotli (RFC 7932): one stream, without a signature and without a checksum; web servers keep pages so, and send them.
#include <brotli/decode.h>

#include <array>

#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

// The library's decoder. Its window is 16 MiB at most: the larger ones are not of the standard, and not switched on.
class BrotliState {
 public:
  BrotliState() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {}
  ~BrotliState() { BrotliDecoderDestroyInstance(state_); }
  BrotliState(const BrotliState&) = delete;
  BrotliState& operator=(const BrotliState&) = delete;

  struct Made {
    BrotliDecoderResult said;
    std::size_t taken, made;
  };
  [[nodiscard]] bool is_there() const { return state_ != nullptr; }
  Made decode(std::span<const std::byte> packed, std::span<std::byte> into) {
    std::size_t unread = packed.size(), room = into.size();
    const auto* next = reinterpret_cast<const std::uint8_t*>(packed.data());
    auto* out = reinterpret_cast<std::uint8_t*>(into.data());
    const BrotliDecoderResult said = BrotliDecoderDecompressStream(state_, &unread, &next, &room, &out, nullptr);
    return {said, packed.size() - unread, into.size() - room};
  }
  [[nodiscard]] bool wants_memory() const {
    const BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(state_);
    return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
  }

 private:
  BrotliDecoderState* state_;
};

class Brotli final : public Decoder {
 protected:
  Result<Step> step(Input& input, std::span<std::byte> into) override {
    if (!state_.is_there()) return Step{0, State::too_large};
    const auto window = input.ahead();
    if (!window.ok()) return window.error();
    const auto [said, taken, made] = state_.decode(*window, into);
    input.take(taken);
    if (said == BROTLI_DECODER_RESULT_SUCCESS) return Step{made, State::ended};
    if (said != BROTLI_DECODER_RESULT_ERROR) return Step{made, State::going};
    return Step{made, state_.wants_memory() ? State::too_large : State::damaged};
  }

 private:
  BrotliState state_;
};

class BrotliStream final : public MemberStream {
 public:
  using MemberStream::MemberStream;

 protected:
  Result<std::unique_ptr<Decoder>> begin() override {
    return is_first() ? std::unique_ptr<Decoder>(std::make_unique<Brotli>()) : std::unique_ptr<Decoder>();
  }
};

}  // namespace

bool is_brotli(std::span<const std::byte> head, std::uint64_t size) {
  constexpr std::size_t kMostTried = 1 << 20;  // bytes of what may come out of a head
  BrotliState state;
  if (!state.is_there()) return false;
  std::array<std::byte, 4096> plain;
  auto packed = head;
  for (std::size_t tried = 0; tried < kMostTried;) {
    const auto [said, taken, made] = state.decode(packed, plain);
    packed = packed.subspan(taken);
    tried += made;
    if (said == BROTLI_DECODER_RESULT_SUCCESS) return packed.empty() && head.size() >= size;
    if (said == BROTLI_DECODER_RESULT_ERROR) return false;
    if (said == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return head.size() < size;
  }
  return true;
}

Opened open_brotli(const Packed& packed) {
  return one_part(packed, std::make_unique<BrotliStream>(*packed.stream, "not a stream of brotli"));
}

}  // namespace ambit::unpack
