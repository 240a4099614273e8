#include "stages/unpack/archive/tar_header.h"

#include <algorithm>
#include <string_view>

#include "stages/unpack/input.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kSumAt = 148, kSumBytes = 8;

// A number, octal or binary; 0 where there is none.
std::int64_t number(std::span<const std::byte> field) {
  const auto first = static_cast<std::uint8_t>(field[0]);
  if ((first & 0x80) != 0) {
    auto value = static_cast<std::uint64_t>((first & 0x40) != 0 ? -1 : 0);
    value = value << 6 | (first & 0x3f);
    for (const std::byte b : field.subspan(1)) value = value << 8 | static_cast<std::uint8_t>(b);
    return static_cast<std::int64_t>(value);
  }
  std::uint64_t value = 0;
  bool begun = false;
  for (const char c : chars(field)) {
    if (c == ' ' && !begun) continue;
    if (c < '0' || c > '7') break;
    value = value << 3 | static_cast<std::uint64_t>(c - '0');
    begun = true;
  }
  return static_cast<std::int64_t>(value);
}

std::uint64_t count(std::span<const std::byte> field) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, number(field)));
}

std::string_view text(std::span<const std::byte> block, std::size_t at, std::size_t length) {
  const std::string_view field = chars(block.subspan(at, length));
  return field.substr(0, std::min(field.find('\0'), field.size()));
}

void pieces_of(std::span<const std::byte> block, std::size_t at, std::size_t most, std::vector<Run>& pieces) {
  constexpr std::size_t kPieceBytes = 24, kNumberBytes = 12;
  for (std::size_t i = 0; i < most; ++i, at += kPieceBytes) {
    if (block[at] == std::byte{0}) return;
    if (!add_piece(pieces, count(block.subspan(at, kNumberBytes)), count(block.subspan(at + 12, kNumberBytes)))) return;
  }
}

std::string joined_name(std::span<const std::byte> block) {
  const std::string_view name = text(block, 0, 100), magic = chars(block.subspan(257, 8));
  const bool star = chars(block.subspan(508, 4)) == std::string_view("tar\0", 4);
  const std::string_view prefix =
      magic.starts_with(std::string_view("ustar\0", 6)) ? text(block, 345, star ? 131 : 155) : std::string_view{};
  if (prefix.empty()) return std::string(name);
  return std::string(prefix).append(prefix.ends_with('/') ? "" : "/").append(name);
}

}  // namespace

bool add_piece(std::vector<Run>& pieces, std::uint64_t start, std::uint64_t length) {
  const std::uint64_t end = pieces.empty() ? 0 : pieces.back().end();
  const std::uint64_t place = pieces.empty() ? 0 : pieces.back().place_end();
  if (start < end || length > UINT64_MAX / 4 - std::min(UINT64_MAX / 4, start)) return false;
  pieces.push_back({start, place, length});
  return true;
}

bool is_tar_header(std::span<const std::byte> block) {
  if (block.size() < kTarBlock) return false;
  // Octal digits between blanks and zeros: of random bytes with any digit in them one in some thousands would fit.
  const std::span<const std::byte> field = block.subspan(kSumAt, kSumBytes);
  const std::string_view digits = chars(field);
  if (digits.find_first_not_of("01234567 \0"sv) != std::string_view::npos ||
      digits.find_first_of("01234567") == std::string_view::npos) {
    return false;
  }
  std::int64_t sum = 0, signed_sum = 0;
  for (std::size_t i = 0; i < kTarBlock; ++i) {
    const std::byte b = i >= kSumAt && i < kSumAt + kSumBytes ? std::byte{' '} : block[i];
    sum += static_cast<std::uint8_t>(b);
    signed_sum += static_cast<std::int8_t>(b);
  }
  const std::int64_t declared = number(field);
  // Blanks alone: a block of zeros whose field says "0400" is no header.
  return (declared == sum || declared == signed_sum) && sum != static_cast<std::int64_t>(kSumBytes) * ' ';
}

std::optional<TarHeader> parse_tar_header(std::span<const std::byte> block) {
  if (!is_tar_header(block)) return std::nullopt;
  TarHeader out;
  out.name = joined_name(block);
  out.type = chars(block)[156];
  out.size = count(block.subspan(124, 12));
  out.modified = number(block.subspan(136, 12));
  out.link = text(block, 157, 100);
  if (out.type == 'S') {
    pieces_of(block, 386, 4, out.pieces);
    out.more_pieces = block[482] != std::byte{0};
    out.real_size = count(block.subspan(483, 12));
  }
  return out;
}

bool parse_tar_pieces(std::span<const std::byte> block, std::vector<Run>& pieces) {
  pieces_of(block, 0, 21, pieces);
  return block[504] != std::byte{0};
}

}  // namespace ambit::unpack
