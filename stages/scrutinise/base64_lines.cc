#include "stages/scrutinise/base64_lines.h"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "pipeline/base64.h"

namespace ambit::scrutiny {
namespace {

bool is_control(unsigned char c) { return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f; }

constexpr std::size_t kPart = 16;

constexpr std::size_t kBlock = 4 * kPart;

// Of a block, a bit for each byte: `breaks` are those below the digits: controls, space, signs up to '*', what is not
// ASCII. The few signs among the digits are let pass, for the decoder looks again.
struct BlockMasks {
  std::uint64_t breaks = 0, newlines = 0;
};
BlockMasks masks_of(const char* block) {
  BlockMasks out;
  const auto add = [&](std::size_t part) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + part * kPart));
    const auto mask = [&](__m128i lanes) {
      return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(lanes))) << (part * kPart);
    };
    out.breaks |= mask(_mm_cmplt_epi8(bytes, _mm_set1_epi8('+')));
    out.newlines |= mask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
  };
  add(0);
  add(1);
  add(2);
  add(3);
  return out;
}

// The highest bit of each part of 16 bits that has one set.
std::uint64_t parts_with_any(std::uint64_t mask) {
  constexpr std::uint64_t kLow = 0x7fff7fff7fff7fff;
  return (((mask & kLow) + kLow) | mask) & ~kLow;
}

}  // namespace

// Appends what the line decodes to; nothing of it, and false, where it is none.
bool Base64Lines::decode(std::string_view line, std::size_t offset) {
  const std::size_t padding = line.ends_with("==") ? 2 : line.ends_with('=') ? 1 : 0;
  const std::size_t kept = text_.size();
  for (std::size_t at = 0; at < line.size(); at += 4) {
    const std::size_t digits = at + 4 < line.size() ? 4 : 4 - padding;
    std::uint32_t bits = 0;
    bool good = true;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::uint8_t value = i < digits ? base64_value(line[at + i]) : std::uint8_t{0};
      good = good && value != kNoBase64;
      bits = bits << 6 | (value & 0x3fU);
    }
    for (std::size_t i = 0; i + 1 < digits; ++i) {
      const auto byte = static_cast<unsigned char>(bits >> (16 - 8 * i) & 0xffU);
      good = good && !is_control(byte);
      text_.push_back(static_cast<char>(byte));
      sources_.push_back(static_cast<std::uint32_t>((offset + at) * 4 + i));
    }
    if (good) continue;
    text_.resize(kept);
    sources_.resize(kept);
    return false;
  }
  return true;
}

// A line of kFewestDigits holds a whole part of the grid, wherever it begins, and the newline before it stands in the
// part before its first one: so most text is passed over at a look per block.
void Base64Lines::read(std::span<const std::byte> bytes) {
  static_assert(kFewestDigits >= 2 * kPart - 1);
  text_.clear();
  sources_.clear();
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::array<char, kBlock> rest{};  // the last bytes, filled up with breaks
  constexpr std::uint64_t kEnd = std::uint64_t{1} << (kBlock - 1);
  BlockMasks before{kEnd, kEnd};  // the text begins like a line
  std::size_t done = 0;
  for (std::size_t block = 0; block < all.size(); block += kBlock) {
    const char* place = all.data() + block;
    if (all.size() - block < kBlock) {
      std::memcpy(rest.data(), place, all.size() - block);
      place = rest.data();
    }
    const BlockMasks here = masks_of(place);
    // Of each part what stands before it.
    const BlockMasks shifted{here.breaks << kPart | before.breaks >> (kBlock - kPart),
                             here.newlines << kPart | before.newlines >> (kBlock - kPart)};
    before = here;
    std::uint64_t firsts = ~parts_with_any(here.breaks) & parts_with_any(shifted.newlines);
    for (; firsts != 0; firsts &= firsts - 1) {
      const auto part = static_cast<unsigned>(std::countr_zero(firsts)) / kPart * kPart;
      // Nothing but digits between the newline and the part.
      const auto breaks = static_cast<std::uint16_t>(shifted.breaks >> part);
      const auto newlines = static_cast<std::uint16_t>(shifted.newlines >> part);
      if (std::bit_width(breaks) != std::bit_width(newlines) || block + part < done) continue;
      done = block + part + static_cast<std::size_t>(std::bit_width(newlines)) - kPart;
      read_block(all, done);
    }
  }
}

void Base64Lines::read_block(std::string_view all, std::size_t& at) {
  const std::size_t kept = text_.size();
  const std::size_t line_end = std::min(all.find('\n', at), all.size());
  if (line_end - at < kFewestDigits || line_end - at > kMostDigits + 1) return;
  while (at < all.size() && read_line(all, at)) {}
  if (text_.size() == kept) return;
  text_.push_back('\0');
  sources_.push_back(0);
}

// The line that begins at `at`, which is moved behind it. Whether the next one may go on with its block.
bool Base64Lines::read_line(std::string_view all, std::size_t& at) {
  const std::size_t begin = at, end = std::min(all.find('\n', begin), all.size());
  at = end + 1;
  std::string_view line = all.substr(begin, end - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty() || line.size() % 4 != 0 || line.size() > kMostDigits || !decode(line, begin)) return false;
  return line.size() >= kFewestDigits && !line.ends_with('=');
}

Base64Lines::Place Base64Lines::place_of(std::size_t begin, std::size_t end) const {
  // Byte `i` of a group of three lies in its digits i and i + 1.
  static constexpr std::array<std::size_t, 3> kOwnFirst = {0, 2, 3}, kOwnLast = {0, 1, 3};
  const std::size_t first = sources_[begin] / 4, first_byte = sources_[begin] % 4;
  const std::size_t last = sources_[end - 1] / 4, last_byte = sources_[end - 1] % 4;
  return {first + first_byte, last + last_byte + 2, first + kOwnFirst[first_byte], last + kOwnLast[last_byte]};
}

}  // namespace ambit::scrutiny
