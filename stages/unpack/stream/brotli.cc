// brotli (RFC 7932): one stream, without a signature and without a checksum; web servers keep pages so, and send them.
#include <brotli/decode.h>

#include <array>

#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

// Its window is 16 MiB at most: the larger ones are not of the standard, and not switched on.
class Brotli final : public Decoder {
 public:
  Brotli() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {}
  ~Brotli() override { BrotliDecoderDestroyInstance(state_); }

 protected:
  Result<Step> step(Input& input, std::span<std::byte> into) override {
    if (state_ == nullptr) return Step{0, State::too_large};
    const auto window = input.ahead();
    if (!window.ok()) return window.error();
    std::size_t unread = window->size(), room = into.size();
    const auto* next = reinterpret_cast<const std::uint8_t*>(window->data());
    auto* out = reinterpret_cast<std::uint8_t*>(into.data());
    const BrotliDecoderResult said = BrotliDecoderDecompressStream(state_, &unread, &next, &room, &out, nullptr);
    input.take(window->size() - unread);
    const std::size_t made = into.size() - room;
    if (said == BROTLI_DECODER_RESULT_SUCCESS) return Step{made, State::ended};
    if (said != BROTLI_DECODER_RESULT_ERROR) return Step{made, State::going};
    const BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(state_);
    const bool no_memory =
        code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
    return Step{made, no_memory ? State::too_large : State::damaged};
  }

 private:
  BrotliDecoderState* state_;
};

constexpr std::size_t kMostTried = 1 << 20;  // bytes of what may come out of a head

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
  const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  if (state == nullptr) return false;
  std::array<std::uint8_t, 4096> plain;
  std::size_t unread = head.size();
  const auto* next = reinterpret_cast<const std::uint8_t*>(head.data());
  for (std::size_t made = 0; made < kMostTried;) {
    std::size_t room = plain.size();
    auto* out = plain.data();
    const auto said = BrotliDecoderDecompressStream(state.get(), &unread, &next, &room, &out, nullptr);
    made += plain.size() - room;
    if (said == BROTLI_DECODER_RESULT_SUCCESS) return unread == 0 && head.size() >= size;
    if (said == BROTLI_DECODER_RESULT_ERROR) return false;
    if (said == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return head.size() < size;
  }
  return true;
}

Opened open_brotli(const Packed& packed) {
  return one_part(packed, std::make_unique<BrotliStream>(*packed.stream, "not a stream of brotli"));
}

}  // namespace ambit::unpack
