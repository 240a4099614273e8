#include "stages/scrutinise/fold.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ambit::scrutiny {
namespace {

constexpr std::size_t kFewestLetters = 6;  // a@b.co: the shortest finding there is

bool is_letter(std::byte b) {
  const auto c = std::to_integer<unsigned char>(b);
  return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

bool is_unit(std::span<const std::byte> bytes, std::size_t i, std::size_t letter) {
  return bytes[i + 1 - letter] == std::byte{0} && is_letter(bytes[i + letter]);
}

// Four units at once: none, or the byte order in which all of them have a zero beside something else than a zero. One
// look in three units meets every stretch of six.
constexpr std::size_t kStep = 6;
enum class Glance : std::uint8_t { none, little, big };
std::uint64_t word_at(const std::byte* bytes) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}
bool has_zero(std::uint64_t word) { return ((word - 0x0101010101010101) & ~word & 0x8080808080808080) != 0; }
Glance glance(std::uint64_t word) {
  constexpr std::uint64_t kFirst = 0x00ff00ff00ff00ff;
  if (word == 0) return Glance::none;
  if ((word & ~kFirst) == 0) return Glance::little;
  return (word & kFirst) == 0 ? Glance::big : Glance::none;
}

}  // namespace

void Folded::fold(std::span<const std::byte> bytes, std::uint64_t offset) {
  text_.clear();
  stretches_.clear();
  std::size_t done = offset % 2;  // no unit before it is wanted any more
  for (std::size_t i = done; i + sizeof(std::uint64_t) <= bytes.size(); i += kStep) {
    const std::uint64_t word = word_at(bytes.data() + i);
    if (!has_zero(word)) {  // most text has no zeros at all: on to the first look that meets one
      const void* const zero = std::memchr(bytes.data() + i, 0, bytes.size() - i);
      if (zero == nullptr) break;
      const auto place = static_cast<std::size_t>(static_cast<const std::byte*>(zero) - bytes.data());
      i += (place - (i + sizeof word)) / kStep * kStep;
      continue;
    }
    const Glance seen = glance(word);
    if (seen == Glance::none) continue;
    const std::size_t letter = seen == Glance::little ? 0 : 1;
    std::size_t begin = i, end = i;
    while (begin >= done + 2 && is_unit(bytes, begin - 2, letter)) begin -= 2;
    while (end + 1 < bytes.size() && is_unit(bytes, end, letter)) end += 2;
    if (end == i || end - begin < 2 * kFewestLetters) continue;
    stretches_.push_back({text_.size(), {begin + letter, letter == 0 ? ByteOrder::little : ByteOrder::big}});
    for (std::size_t p = begin + letter; p < end; p += 2) text_.push_back(static_cast<char>(bytes[p]));
    text_.push_back('\0');
    done = end;
    i = end - kStep;
  }
}

Folded::Place Folded::place_of(std::size_t i) const {
  const auto after = std::upper_bound(stretches_.begin(), stretches_.end(), i,
                                      [](std::size_t at, const Stretch& s) { return at < s.text_begin; });
  const Stretch& stretch = *std::prev(after);
  return {stretch.first.letter + 2 * (i - stretch.text_begin), stretch.first.order};
}

}  // namespace ambit::scrutiny
