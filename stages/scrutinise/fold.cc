#include "stages/scrutinise/fold.h"

#include <algorithm>
#include <cstring>

namespace ambit::scrutiny {
namespace {

constexpr std::size_t kFewestLetters = 6;  // a@b.co: the shortest finding there is

bool is_letter(std::byte b) {
  const auto c = std::to_integer<unsigned char>(b);
  return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

// Where the stretch of one byte order that begins at `begin` ends.
std::size_t stretch_end(std::span<const std::byte> bytes, std::size_t begin, std::size_t letter) {
  std::size_t end = begin;
  while (end + 1 < bytes.size() && bytes[end + 1 - letter] == std::byte{0} && is_letter(bytes[end + letter])) end += 2;
  return end;
}

}  // namespace

void Folded::fold(std::span<const std::byte> bytes, std::uint64_t offset) {
  text_.clear();
  stretches_.clear();
  const std::size_t parity = offset % 2;
  for (std::size_t i = parity; i + 1 < bytes.size();) {
    const std::size_t letter = bytes[i] == std::byte{0} ? 1 : 0;
    const std::size_t end = stretch_end(bytes, i, letter);
    if (end - i >= 2 * kFewestLetters) {
      stretches_.push_back({text_.size(), {i + letter, letter == 0 ? ByteOrder::little : ByteOrder::big}});
      for (std::size_t p = i + letter; p < end; p += 2) text_.push_back(static_cast<char>(bytes[p]));
      text_.push_back('\0');
    }
    i = std::max(end, i + 2);
    if (i >= bytes.size()) return;
    const void* zero = std::memchr(bytes.data() + i, 0, bytes.size() - i);
    if (zero == nullptr) return;
    i = static_cast<std::size_t>(static_cast<const std::byte*>(zero) - bytes.data());
    i -= (i + parity) % 2;  // the unit that holds it
  }
}

Folded::Place Folded::place_of(std::size_t i) const {
  const auto after = std::upper_bound(stretches_.begin(), stretches_.end(), i,
                                      [](std::size_t at, const Stretch& s) { return at < s.text_begin; });
  const Stretch& stretch = *std::prev(after);
  return {stretch.first.letter + 2 * (i - stretch.text_begin), stretch.first.order};
}

}  // namespace ambit::scrutiny
