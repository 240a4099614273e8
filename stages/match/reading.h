// Reading characters from evidence bytes in one form, forwards and backwards.
//
// A form is nothing but a way to read: percent text is UTF-8 in which some bytes are written %XX, HTML is UTF-8 in
// which some characters are entities, hexadecimal digits are UTF-8 of which all bytes are written XX. At one place
// there may be two readings ("+" is a plus or a space), so both functions give all of them. An invalid sequence has
// none. Everything is bounded: no character is longer than kMaxGlyphBytes in any form, whatever the evidence says.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "pipeline/pattern.h"

namespace ambit::match {

using Bytes = std::span<const std::byte>;

[[nodiscard]] inline std::uint32_t byte_at(Bytes window, std::size_t at) {
  return std::to_integer<std::uint32_t>(window[at]);
}

inline constexpr std::size_t kMaxGlyphBytes = 32;  // four =XX with a soft line break of five before each

struct Glyph {
  char32_t code = 0;
  std::uint32_t bytes = 0;  // of the window, never 0
  bool escaped = false;     // written in the form's own way, not as plain UTF-8
};

struct Glyphs {
  std::array<Glyph, 4> list;
  std::size_t count = 0;
  void add(Glyph glyph) {
    if (count < list.size()) list[count++] = glyph;
  }
  [[nodiscard]] const Glyph* begin() const { return list.data(); }
  [[nodiscard]] const Glyph* end() const { return list.data() + count; }
};

// The readings of the character that begins at `at`, or that ends there. `form` is a text form but base64.
[[nodiscard]] Glyphs read_next(Form form, Bytes window, std::size_t at);
[[nodiscard]] Glyphs read_before(Form form, Bytes window, std::size_t at);

// One character of plain UTF-8 or UTF-16 at `at`; bytes == 0 where there is none. Also for reading_escapes.cc.
[[nodiscard]] Glyph utf8_next(Bytes window, std::size_t at);
[[nodiscard]] Glyph utf8_before(Bytes window, std::size_t at);
void escaped_next(Form form, Bytes window, std::size_t at, Glyphs& out);
void escaped_before(Form form, Bytes window, std::size_t at, Glyphs& out);

// HTML's named characters: `name` without & and ;. 0 for an unknown name; empty for a character without a name.
[[nodiscard]] char32_t entity_code(std::string_view name);
[[nodiscard]] std::string_view entity_name(char32_t code);

}  // namespace ambit::match
