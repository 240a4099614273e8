// bzip2: streams in a row (pbzip2 makes one for every 900 KB), anything else behind them let be.
#include <bzlib.h>

#include <algorithm>

#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

class Bunzip final : public Decoder {
 public:
  Bunzip() { ready_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK; }
  ~Bunzip() override { static_cast<void>(BZ2_bzDecompressEnd(&stream_)); }

 protected:
  Result<Step> step(Input& input, std::span<std::byte> into) override {
    if (!ready_) return Step{0, State::too_large};
    constexpr std::size_t kMostAtOnce = 1U << 30;
    const auto window = input.ahead();
    if (!window.ok()) return window.error();
    stream_.next_in = reinterpret_cast<char*>(const_cast<std::byte*>(window->data()));
    stream_.avail_in = static_cast<unsigned>(window->size());
    stream_.next_out = reinterpret_cast<char*>(into.data());
    const auto room = static_cast<unsigned>(std::min(into.size(), kMostAtOnce));
    stream_.avail_out = room;
    const int said = BZ2_bzDecompress(&stream_);
    input.take(window->size() - stream_.avail_in);
    const State state = said == BZ_STREAM_END ? State::ended : said == BZ_OK ? State::going : State::damaged;
    return Step{room - stream_.avail_out, state};
  }

 private:
  bz_stream stream_{};
  bool ready_ = false;
};

class Bzip2 final : public MemberStream {
 public:
  using MemberStream::MemberStream;

 protected:
  Result<std::unique_ptr<Decoder>> begin() override {
    const auto head = input_.ahead(4);
    if (!head.ok()) return head.error();
    return chars(*head).starts_with("BZh") ? bzip2_decoder() : std::unique_ptr<Decoder>();
  }
};

}  // namespace

std::unique_ptr<Decoder> bzip2_decoder() { return std::make_unique<Bunzip>(); }

Opened open_bzip2(const Packed& packed) {
  return one_part(packed, std::make_unique<Bzip2>(*packed.stream, "not a bzip2 file"));
}

}  // namespace ambit::unpack
