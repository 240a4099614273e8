// lzop: one or several of
//
//   member := 89 "LZO" 00 0d 0a 1a 0a  version:2 library:2 [needed:2] method:1 [level:1] flags:4 [filter:4] mode:4
//   time:4
//             [high time:4] name-length:1 name sum:4 [extra] block… 0:4               numbers: highest byte first
//   block  := length:4 packed-length:4 [sums of the plain bytes] [sums of the packed ones] bytes
//
// What is in brackets goes by version and flags. A block whose two lengths are the same is stored. Sums are not asked
// for.
#include <algorithm>

#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"
#include "stages/unpack/stream/lzo.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kLzop = "\x89LZO\0\r\n\x1a\n"sv;
constexpr std::uint32_t kFilter = 0x800, kExtra = 0x40;
constexpr std::size_t kMostBlock = 8 * 1024 * 1024;  // lzop writes 256 KiB, and may write 64 MiB

class LzopMember final : public BlockwiseDecoder {
 public:
  explicit LzopMember(std::uint32_t flags) : flags_(flags) {}

 protected:
  Result<State> next_block(Input& input) override {
    const auto head = input.ahead(8);
    if (!head.ok()) return head.error();
    if (head->size() < 4) return State::damaged;
    const std::size_t plain = big32(*head, 0);
    if (plain == 0) return input.take(4), State::ended;
    if (head->size() < 8) return State::damaged;
    const std::size_t packed = big32(*head, 4);
    if (packed > plain) return State::damaged;
    if (plain > kMostBlock) return State::too_large;
    const auto sums = [&](std::uint32_t adler, std::uint32_t crc) {
      return ((flags_ & adler) != 0 ? 4U : 0U) + ((flags_ & crc) != 0 ? 4U : 0U);
    };
    const std::size_t skip = 8 + sums(1, 0x100) + (packed < plain ? sums(2, 0x200) : 0);
    const auto skipped = input.skip(skip);
    if (!skipped.ok()) return skipped.error();
    packed_.resize(packed);
    std::size_t filled = 0;
    while (filled < packed) {
      const auto got = input.read(std::span(packed_).subspan(filled));
      if (!got.ok()) return got.error();
      if (*got == 0) return State::damaged;
      filled += *got;
    }
    if (packed == plain) return plain_.swap(packed_), State::going;
    plain_.resize(plain);
    const auto made = unpack_lzo(packed_, plain_);
    plain_.resize(made.value_or(0));
    return made ? State::going : State::damaged;
  }

 private:
  const std::uint32_t flags_;
  std::vector<std::byte> packed_;
};

class Lzop final : public MemberStream {
 public:
  using MemberStream::MemberStream;

 protected:
  Result<std::unique_ptr<Decoder>> begin() override {
    constexpr std::size_t kMostHeader = 9 + 25 + 4 + 255 + 4;
    constexpr unsigned kLater = 0x0940;  // the version that has what is in brackets
    const auto window = input_.ahead(kMostHeader + 8);
    if (!window.ok()) return window.error();
    const std::span<const std::byte> head = *window;
    if (!chars(head).starts_with(kLzop) || head.size() < kLzop.size() + 30) return std::unique_ptr<Decoder>();
    const auto big16 = [&](std::size_t at) {
      return static_cast<unsigned>(head[at]) << 8 | static_cast<unsigned>(head[at + 1]);
    };
    const bool is_later = big16(9) >= kLater;
    const std::size_t method_at = 9 + (is_later ? 6 : 4), flags_at = method_at + (is_later ? 2 : 1);
    const std::uint32_t flags = big32(head, flags_at);
    if ((flags & kFilter) != 0 || static_cast<unsigned>(head[method_at]) > 3)
      return evidence_error("an lzop file with a filter");
    const std::size_t name_at = flags_at + 4 + 4 + 4 + (is_later ? 4 : 0);
    std::size_t end = name_at + 1 + static_cast<std::size_t>(head[name_at]) + 4;
    if (end + 4 > head.size()) return evidence_error("the header of an lzop file is cut");
    if ((flags & kExtra) != 0) end += 4 + std::size_t{big32(head, end)} + 4;
    const auto skipped = input_.skip(end);
    if (!skipped.ok()) return skipped.error();
    return std::unique_ptr<Decoder>(std::make_unique<LzopMember>(flags));
  }
};

}  // namespace

Opened open_lzop(const Packed& packed) {
  return one_part(packed, std::make_unique<Lzop>(*packed.stream, "not an lzop file"));
}

}  // namespace ambit::unpack
