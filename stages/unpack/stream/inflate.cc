// Deflate, by ISA-L: two to three times as fast as zlib.
//
// What it decoded before it met damage may still lie in its own buffer, and the end of a stream may lie in the word of
// input that it read ahead; both are fetched here. The last bytes before damage, no more than a match is long, are not
// given: some of them may never have been written.
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <cstring>

#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

class Inflate final : public Decoder {
 public:
  Inflate() : state_(new inflate_state) { isal_inflate_init(state_.get()); }

 protected:
  Result<Step> step(Input& input, std::span<std::byte> into) override;

 private:
  std::unique_ptr<inflate_state> state_;
  bool damaged_ = false;
};

Result<Decoder::Step> Inflate::step(Input& input, std::span<std::byte> into) {
  inflate_state& s = *state_;
  constexpr std::size_t kMostAtOnce = 1U << 30;
  Step out;
  if (!damaged_) {
    const auto window = input.ahead();
    if (!window.ok()) return window.error();
    s.next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(window->data()));
    s.avail_in = static_cast<std::uint32_t>(window->size());
    s.next_out = reinterpret_cast<std::uint8_t*>(into.data());
    const auto room = static_cast<std::uint32_t>(std::min(into.size(), kMostAtOnce));
    s.avail_out = room;
    const int said = isal_inflate(&s);
    damaged_ = said < 0;
    // What it says is left is wrong by some bytes to either side once it met damage (2.30): the pointers are right. A
    // header that ends in the middle is kept by the library: it took what it holds.
    const auto moved = [](const std::uint8_t* to, const std::byte* from, std::size_t most) {
      const std::ptrdiff_t by = to - reinterpret_cast<const std::uint8_t*>(from);
      return static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(by, 0, static_cast<std::ptrdiff_t>(most)));
    };
    input.take(moved(s.next_in, window->data(), window->size()));
    out.made = moved(s.next_out, into.data(), room);
    // A match that it finds to be damaged it has counted already, without writing it; how long that is it does not
    // tell.
    if (said == ISAL_INVALID_SYMBOL || said == ISAL_INVALID_LOOKBACK) {
      const auto kept = static_cast<std::size_t>(std::max(0, s.tmp_out_valid - s.tmp_out_processed));
      const std::size_t doubtful = std::min<std::size_t>(ISAL_DEF_MAX_MATCH, kept + out.made);
      s.tmp_out_valid -= static_cast<int>(std::min(doubtful, kept));
      out.made -= doubtful - std::min(doubtful, kept);
    }
  }
  if (damaged_) {
    const auto left = static_cast<std::size_t>(std::max(0, s.tmp_out_valid - s.tmp_out_processed));
    const std::size_t now = std::min(left, into.size() - out.made);
    if (now > 0) std::memcpy(into.data() + out.made, s.tmp_out_buffer + s.tmp_out_processed, now);
    s.tmp_out_processed += static_cast<int>(now);
    out.made += now;
    if (now == left) out.state = State::damaged;
  } else if (s.block_state == ISAL_BLOCK_FINISH && s.tmp_out_processed == s.tmp_out_valid) {
    input.give_back(static_cast<std::size_t>(s.read_in_length / 8));
    s.read_in_length = 0;
    out.state = State::ended;
  }
  return out;
}

}  // namespace

std::unique_ptr<Decoder> inflate_decoder() { return std::make_unique<Inflate>(); }

}  // namespace ambit::unpack
