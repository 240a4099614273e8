// lz4: frames in a row, frames to be skipped among them; and the form from before there were frames, which Linux still
// uses for its kernels:
//
//   legacy := 02 21 4c 18 (packed-length:4 packed)…     each but the last block: 8 MiB
//
// It has no end: it goes on to the end of the file or to a length that is the first bytes of another frame.
//
// And dovecot's own, for mails in a maildir or a dbox:
//
//   dovecot := "Dovecot-LZ4" 0d 2a 9b c5 longest:4 (packed-length:4 packed)…     highest byte first
//
// A block comes out whole or not at all: a cut costs up to the four or eight megabytes of its block.
#include <lz4.h>
#include <lz4frame.h>

#include <algorithm>

#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kDovecot = "Dovecot-LZ4\x0d\x2a\x9b\xc5"sv;
constexpr std::uint32_t kFrame = 0x184d2204, kLegacy = 0x184c2102, kSkippable = 0x184d2a50;

bool is_skippable(std::uint32_t magic) { return (magic & 0xfffffff0) == kSkippable; }

class Lz4Frame final : public Decoder {
 public:
  Lz4Frame() {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) != 0) context_ = nullptr;
  }
  ~Lz4Frame() override { static_cast<void>(LZ4F_freeDecompressionContext(context_)); }

 protected:
  Result<Step> step(Input& input, std::span<std::byte> into) override {
    if (context_ == nullptr) return Step{0, State::too_large};
    const auto window = input.ahead();
    if (!window.ok()) return window.error();
    std::size_t taken = window->size(), made = into.size();
    const std::size_t said = LZ4F_decompress(context_, into.data(), &made, window->data(), &taken, nullptr);
    if (LZ4F_isError(said) != 0) return Step{0, State::damaged};
    input.take(taken);
    return Step{made, said == 0 ? State::ended : State::going};
  }

 private:
  LZ4F_dctx* context_ = nullptr;
};

// Blocks with their lengths before them: those of kernels, and dovecot's.
class Lz4Blocks final : public BlockwiseDecoder {
 public:
  // `block_bytes`: the most that comes out of one. The input stands behind the magic number.
  Lz4Blocks(bool is_dovecot, std::size_t block_bytes) : is_dovecot_(is_dovecot), block_bytes_(block_bytes) {}

 protected:
  Result<State> next_block(Input& input) override {
    constexpr std::size_t kLengthBytes = 4;
    const auto head = input.ahead(kLengthBytes);
    if (!head.ok()) return head.error();
    if (head->size() < kLengthBytes) return head->empty() ? State::ended : State::damaged;
    const std::uint32_t length = is_dovecot_ ? big32(*head, 0) : little32(*head, 0);
    if (!is_dovecot_ && (length == kFrame || length == kLegacy || is_skippable(length))) return State::ended;
    if (length > static_cast<std::uint32_t>(LZ4_COMPRESSBOUND(block_bytes_))) return State::damaged;
    input.take(kLengthBytes);
    packed_.clear();
    while (packed_.size() < length) {
      const auto window = input.ahead();
      if (!window.ok()) return window.error();
      if (window->empty()) return State::damaged;
      const std::size_t step = std::min<std::size_t>(window->size(), length - packed_.size());
      packed_.insert(packed_.end(), window->begin(), window->begin() + static_cast<std::ptrdiff_t>(step));
      input.take(step);
    }
    plain_.resize(block_bytes_);
    const int made =
        LZ4_decompress_safe(reinterpret_cast<const char*>(packed_.data()), reinterpret_cast<char*>(plain_.data()),
                            static_cast<int>(length), static_cast<int>(block_bytes_));
    plain_.resize(static_cast<std::size_t>(std::max(0, made)));
    return made < 0 ? State::damaged : State::going;
  }

 private:
  const bool is_dovecot_;
  const std::size_t block_bytes_;
  std::vector<std::byte> packed_;
};

class Lz4Frames final : public MemberStream {
 public:
  using MemberStream::MemberStream;

 protected:
  Result<std::unique_ptr<Decoder>> begin() override {
    constexpr std::size_t kLegacyBlock = 8 * 1024 * 1024;
    const auto head = input_.ahead(kDovecot.size() + 4);
    if (!head.ok()) return head.error();
    const std::uint32_t magic = head->size() < 4 ? 0 : little32(*head, 0);
    if (magic == kFrame || is_skippable(magic)) return std::unique_ptr<Decoder>(std::make_unique<Lz4Frame>());
    if (magic == kLegacy) return blocks(false, 4, kLegacyBlock);
    if (!chars(*head).starts_with(kDovecot) || head->size() < kDovecot.size() + 4) return std::unique_ptr<Decoder>();
    const std::size_t longest = big32(*head, kDovecot.size());
    if (longest == 0 || longest > kLegacyBlock) return evidence_error("an lz4 file of dovecot is damaged");
    return blocks(true, kDovecot.size() + 4, longest);
  }

 private:
  // Behind a header of so many bytes, which was looked at.
  Result<std::unique_ptr<Decoder>> blocks(bool is_dovecot, std::size_t header_bytes, std::size_t block_bytes) {
    input_.take(header_bytes);
    return std::unique_ptr<Decoder>(std::make_unique<Lz4Blocks>(is_dovecot, block_bytes));
  }
};

}  // namespace

Result<std::string> lz4_block(std::span<const std::byte> packed, std::size_t most_bytes) {
  constexpr std::size_t kMostRatio = 255;
  most_bytes = std::min({most_bytes, packed.size() * kMostRatio, std::size_t{LZ4_MAX_INPUT_SIZE}});
  if (packed.size() > LZ4_MAX_INPUT_SIZE) return evidence_error("a block of lz4 is too long");
  std::string plain(most_bytes, '\0');
  const int most = static_cast<int>(most_bytes);
  const int made = LZ4_decompress_safe_partial(reinterpret_cast<const char*>(packed.data()), plain.data(),
                                               static_cast<int>(packed.size()), most, most);
  if (made < 0) return evidence_error("a block of lz4 is damaged");
  plain.resize(static_cast<std::size_t>(made));
  return plain;
}

Opened open_lz4(const Packed& packed) {
  return one_part(packed, std::make_unique<Lz4Frames>(*packed.stream, "not an lz4 file"));
}

}  // namespace ambit::unpack
