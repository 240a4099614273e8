// snappy: blocks, which databases keep in their own ways, and the framed form, which is a file:
//
//   file  := chunk…
//   chunk := ff length:3 "sNaPpY" | 00 length:3 sum:4 block | 01 length:3 sum:4 bytes | other length:3 bytes
//
// Other chunks of 80 and above are passed; below they are no snappy that is known. The sums are not asked.
#include <snappy.h>

#include <algorithm>

#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

constexpr std::string_view kSnappyMark{"\xff\x06\0\0sNaPpY", 10};

class SnappyFrames final : public BlockwiseDecoder {
  static constexpr std::size_t kHeadBytes = 4, kSumBytes = 4;
  static constexpr std::size_t kMostPlain = 64 * 1024, kMostPacked = 80 * 1024;  // its own bound, and what that takes

 protected:
  Result<State> next_block(Input& input) override {
    enum : std::uint8_t { kPacked = 0x00, kStored = 0x01, kLeastPassed = 0x80 };
    plain_.clear();
    const auto head = input.ahead(kHeadBytes);
    if (!head.ok()) return head.error();
    if (head->empty()) return State::ended;
    if (head->size() < kHeadBytes) return State::damaged;
    const auto kind = static_cast<std::uint8_t>((*head)[0]);
    const std::size_t length = little32(*head, 0) >> 8;
    if (kind >= kLeastPassed) {
      const auto passed = input.skip(kHeadBytes + length);
      if (!passed.ok()) return passed.error();
      return *passed == kHeadBytes + length ? State::going : State::damaged;
    }
    if (kind > kStored || length < kSumBytes || length > kMostPacked) return State::damaged;
    input.take(kHeadBytes);
    const auto chunk = input.ahead(length);
    if (!chunk.ok()) return chunk.error();
    if (chunk->size() < length) return State::damaged;
    const auto bytes = chunk->first(length).subspan(kSumBytes);
    if (kind == kStored) {
      plain_.assign(bytes.begin(), bytes.end());
    } else {
      const Result<std::string> block = snappy_block(bytes, kMostPlain);
      if (!block.ok()) return State::damaged;
      const auto made = std::as_bytes(std::span(*block));
      plain_.assign(made.begin(), made.end());
    }
    input.take(length);
    return State::going;
  }
};

class SnappyFile final : public MemberStream {
 public:
  using MemberStream::MemberStream;

 protected:
  Result<std::unique_ptr<Decoder>> begin() override {
    const auto head = input_.ahead(kSnappyMark.size());
    if (!head.ok()) return head.error();
    const bool is_frame = chars(*head).starts_with(kSnappyMark);
    return is_frame ? std::make_unique<SnappyFrames>() : std::unique_ptr<Decoder>();
  }
};

}  // namespace

Result<std::string> snappy_block(std::span<const std::byte> packed, std::size_t most_bytes) {
  constexpr std::size_t kMostRatio = 24;  // 64 from three
  const auto* const bytes = reinterpret_cast<const char*>(packed.data());
  std::size_t declared = 0;
  if (!snappy::GetUncompressedLength(bytes, packed.size(), &declared) || declared > most_bytes ||
      declared / kMostRatio > packed.size()) {
    return evidence_error("a block of snappy is damaged");
  }
  std::string plain(declared, '\0');
  if (!snappy::RawUncompress(bytes, packed.size(), plain.data())) return evidence_error("a block of snappy is damaged");
  return plain;
}

Opened open_snappy(const Packed& packed) {
  return one_part(packed, std::make_unique<SnappyFile>(*packed.stream, "not a snappy file"));
}

}  // namespace ambit::unpack
