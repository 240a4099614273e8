#include "stages/unpack/database/postgres_value.h"

#include <algorithm>
#include <span>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/input.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kHeadBytes = 4;
constexpr std::uint32_t kSizeBits = 30, kIsLz4 = 1;
// Bytes out for a byte in: eight times 273 from 25, and 255 from one.
constexpr std::uint64_t kMostPglz = 88, kMostLz4 = 255;

enum class Came { whole, in_part, wrong };

// Appends what comes out, at most `most` bytes. Whole: just as many, and nothing is left.
Came append_pglz(std::string_view packed, std::size_t most, std::string& plain) {
  std::size_t at = 0;
  const auto next = [&] { return static_cast<std::uint8_t>(packed[at++]); };
  while (at < packed.size() && plain.size() < most) {
    unsigned control = next();
    for (int i = 0; i < 8 && at < packed.size() && plain.size() < most; ++i, control >>= 1) {
      if ((control & 1) == 0) {
        plain.push_back(packed[at++]);
        continue;
      }
      if (packed.size() - at < 2) return Came::in_part;
      const unsigned first = next(), second = next();
      const std::size_t distance = (first & 0xf0) << 4 | second;
      std::size_t length = (first & 0x0f) + 3;
      if (length == 18 && at == packed.size()) return Came::in_part;
      if (length == 18) length += next();
      if (distance == 0 || distance > plain.size()) return Came::wrong;
      for (length = std::min(length, most - plain.size()); length > 0; --length) {
        plain.push_back(plain[plain.size() - distance]);
      }
    }
  }
  if (at < packed.size()) return Came::wrong;
  return plain.size() == most ? Came::whole : Came::in_part;
}

}  // namespace

std::optional<PostgresPlain> postgres_plain(std::string_view stored, PostgresTail tail) {
  if (stored.size() <= kHeadBytes) return std::nullopt;
  const std::uint32_t head = little32(std::as_bytes(std::span(stored)), 0);
  const std::uint32_t method = head >> kSizeBits;
  const std::uint64_t declared = head & ((1U << kSizeBits) - 1);
  const std::string_view packed = stored.substr(kHeadBytes);
  const std::uint64_t ratio = method == kIsLz4 ? kMostLz4 : kMostPglz;
  if (method > kIsLz4 || declared <= packed.size()) return std::nullopt;
  const bool is_cut = tail == PostgresTail::may_be_missing;
  if (!is_cut && declared > packed.size() * ratio) return std::nullopt;
  const auto most = static_cast<std::size_t>(
      std::min({declared, packed.size() * ratio, std::uint64_t{limits::kMaxPostgresValueBytes}}));
  PostgresPlain plain;
  if (method == kIsLz4) {
    // With room for one more, so that it must end there.
    Result<std::string> block = lz4_block(std::as_bytes(std::span(packed)), most + 1);
    if (!block.ok()) return std::nullopt;
    plain.bytes = std::move(block).value();
    plain.is_whole = plain.bytes.size() == declared;
    return plain;
  }
  plain.bytes.reserve(std::min(most, packed.size() * 4));
  const Came came = append_pglz(packed, most, plain.bytes);
  // More than is read: its first bytes are right.
  const bool is_too_long = came == Came::wrong && plain.bytes.size() == most && most < declared;
  if (came == Came::wrong && !is_too_long) return std::nullopt;
  plain.is_whole = came == Came::whole && most == declared;
  return plain;
}

}  // namespace ambit::unpack
