// What the readers of escapes share.
#pragma once

#include <optional>

#include "stages/match/reading.h"

namespace ambit::match {

// '\0' behind the window's end.
[[nodiscard]] inline char char_at(Bytes window, std::size_t at) {
  return at < window.size() ? static_cast<char>(std::to_integer<unsigned char>(window[at])) : '\0';
}
[[nodiscard]] std::optional<std::uint32_t> hex_value(char c);
[[nodiscard]] std::optional<std::uint32_t> hex_number(Bytes window, std::size_t at, std::size_t digits);
[[nodiscard]] constexpr bool is_code(std::uint32_t value) {
  return value <= 0x10ffff && (value < 0xd800 || value >= 0xe000);
}

// One byte that is written in others.
struct EscapedByte {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // that it takes; 0: there is none
};
using ReadByte = EscapedByte (*)(Bytes, std::size_t);
// UTF-8 whose bytes are written so; in quoted-printable with soft breaks between them.
[[nodiscard]] Glyph escaped_utf8(Bytes window, std::size_t at, ReadByte read, bool breaks = false);

// The form json (reading_slashes.cc).
void slashed_next(Bytes window, std::size_t at, Glyphs& out);
void slashed_before(Bytes window, std::size_t at, Glyphs& out);

}  // namespace ambit::match
