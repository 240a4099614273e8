// The five escaped forms. Each has one reader that goes forward; going backward means to try the few places at
// which an escape that ends here could begin and to keep those that the forward reader confirms.
#include <algorithm>
#include <optional>

#include "stages/match/reading.h"

namespace ambit::match {
namespace {

char char_at(Bytes window, std::size_t at) {
  return at < window.size() ? static_cast<char>(std::to_integer<unsigned char>(window[at])) : '\0';
}

std::optional<std::uint32_t> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A') + 10;
  return std::nullopt;
}

std::optional<std::uint32_t> hex_number(Bytes window, std::size_t at, std::size_t digits) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const auto digit = hex_value(char_at(window, at + i));
    if (!digit || at + i >= window.size()) return std::nullopt;
    value = value << 4 | *digit;
  }
  return value;
}

bool is_code(std::uint32_t value) { return value <= 0x10ffff && (value < 0xd800 || value >= 0xe000); }

// Length of a quoted-printable soft line break at `at`: "=" line end, white space allowed between; 0 if none.
std::size_t soft_break(Bytes window, std::size_t at) {
  if (char_at(window, at) != '=') return 0;
  std::size_t i = at + 1;
  while (i < at + 3 && (char_at(window, i) == ' ' || char_at(window, i) == '\t')) ++i;
  if (char_at(window, i) == '\r') ++i;
  return char_at(window, i) == '\n' ? i + 1 - at : 0;
}

std::size_t soft_break_before(Bytes window, std::size_t at) {
  if (at == 0 || char_at(window, at - 1) != '\n') return 0;
  for (std::size_t length = 2; length <= std::min<std::size_t>(at, 5); ++length) {
    if (soft_break(window, at - length) == length) return length;
  }
  return 0;
}

// One byte that is written in others.
struct EscapedByte {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // that it takes; 0: there is none
};
template <char kSign>
EscapedByte signed_byte(Bytes window, std::size_t at) {
  const auto value = hex_number(window, at + 1, 2);
  return char_at(window, at) == kSign && value ? EscapedByte{*value, 3} : EscapedByte{};
}
constexpr auto percent_byte = signed_byte<'%'>, quoted_byte = signed_byte<'='>;
EscapedByte digits_byte(Bytes window, std::size_t at) {
  const auto value = hex_number(window, at, 2);
  return value ? EscapedByte{*value, 2} : EscapedByte{};
}
// \xXX or \OOO, as web servers write their logs, git its paths, and C its strings.
EscapedByte slashed_byte(Bytes window, std::size_t at) {
  if (char_at(window, at) != '\\') return {};
  if (char_at(window, at + 1) == 'x') {
    const auto value = hex_number(window, at + 2, 2);
    return value ? EscapedByte{*value, 4} : EscapedByte{};
  }
  std::uint32_t value = 0;
  for (std::size_t i = at + 1; i < at + 4; ++i) {
    const char digit = char_at(window, i);
    if (digit < '0' || digit > '7') return {};
    value = value << 3 | static_cast<std::uint32_t>(digit - '0');
  }
  return value <= 0xff ? EscapedByte{value, 4} : EscapedByte{};
}

// UTF-8 whose bytes are written so; in quoted-printable with soft breaks between them.
Glyph escaped_utf8(Bytes window, std::size_t at, EscapedByte (*read)(Bytes, std::size_t), bool breaks) {
  std::array<std::byte, 4> bytes{};
  std::size_t i = at;
  for (std::size_t count = 0; count < bytes.size();) {
    if (breaks && count > 0) i += soft_break(window, i);
    const EscapedByte byte = read(window, i);
    if (byte.bytes == 0) return {};
    bytes[count++] = static_cast<std::byte>(byte.value);
    i += byte.bytes;
    const Glyph glyph = utf8_next(Bytes(bytes).first(count), 0);
    if (glyph.bytes == count) return {glyph.code, static_cast<std::uint32_t>(i - at), true};
  }
  return {};
}

// A byte that is no UTF-8 is a character of Latin-1.
Glyph latin1(const EscapedByte& byte) {
  if (byte.bytes == 0 || byte.value < 0xa0) return {};
  return {byte.value, static_cast<std::uint32_t>(byte.bytes), true};
}

void add_quoted_before(Bytes window, std::size_t at, Glyphs& out) {
  if (at < 3 || quoted_byte(window, at - 3).bytes == 0) return;
  for (std::size_t length = 3; length <= std::min(at, kMaxGlyphBytes); ++length) {
    const Glyph glyph = escaped_utf8(window, at - length, quoted_byte, true);
    if (glyph.bytes == length) return out.add(glyph);
  }
  if (const Glyph glyph = latin1(quoted_byte(window, at - 3)); glyph.bytes != 0) out.add(glyph);
}

// %uXXXX is what JavaScript's escape() writes.
Glyph percent_escape(Bytes window, std::size_t at) {
  const Glyph glyph = escaped_utf8(window, at, percent_byte, false);
  if (glyph.bytes != 0) return glyph;
  const bool is_unit = char_at(window, at) == '%' && (char_at(window, at + 1) | 0x20) == 'u';
  if (!is_unit) return latin1(percent_byte(window, at));
  const auto unit = hex_number(window, at + 2, 4);
  return unit && is_code(*unit) ? Glyph{*unit, 6, true} : Glyph{};
}
Glyph digits_utf8(Bytes window, std::size_t at) { return escaped_utf8(window, at, digits_byte, false); }

Glyph entity(Bytes window, std::size_t at) {
  if (char_at(window, at) != '&') return {};
  std::array<char, 10> text{};
  std::size_t length = 0;
  while (length < text.size() && char_at(window, at + 1 + length) != ';') {
    text[length] = char_at(window, at + 1 + length);
    ++length;
  }
  if (char_at(window, at + 1 + length) != ';' || length < 2) return {};
  const auto bytes = static_cast<std::uint32_t>(length + 2);
  if (text[0] != '#') {
    const char32_t code = entity_code({text.data(), length});
    return code == 0 ? Glyph{} : Glyph{code, bytes, true};
  }
  const bool is_hex = text[1] == 'x' || text[1] == 'X';
  std::uint32_t value = 0;
  for (std::size_t i = is_hex ? 2 : 1; i < length; ++i) {
    const auto digit = hex_value(text[i]);
    if (!digit || (!is_hex && *digit > 9)) return {};
    value = value * (is_hex ? 16 : 10) + *digit;
  }
  return value != 0 && is_code(value) ? Glyph{value, bytes, true} : Glyph{};
}

Glyph json_escape(Bytes window, std::size_t at) {
  if (char_at(window, at) != '\\') return {};
  const char kind = char_at(window, at + 1);
  if (kind == '"' || kind == '\\' || kind == '/') return {static_cast<char32_t>(kind), 2, true};
  constexpr std::string_view kLetters = "nrtbf";
  constexpr std::u32string_view kControls = U"\n\r\t\b\f";
  if (const auto found = kLetters.find(kind); found != kLetters.npos) return {kControls[found], 2, true};
  if (kind == 'x' || (kind >= '0' && kind <= '7')) {
    const Glyph glyph = escaped_utf8(window, at, slashed_byte, false);
    if (glyph.bytes != 0) return glyph;
    const EscapedByte byte = slashed_byte(window, at);  // JavaScript's: the number of a character
    return {byte.value, static_cast<std::uint32_t>(byte.bytes), true};
  }
  if (kind != 'u') return {};
  const auto unit = hex_number(window, at + 2, 4);
  if (!unit) return {};
  if (is_code(*unit)) return {*unit, 6, true};
  const auto low = hex_number(window, at + 8, 4);
  if (*unit >= 0xdc00 || char_at(window, at + 6) != '\\' || char_at(window, at + 7) != 'u') return {};
  if (!low || *low < 0xdc00 || *low > 0xdfff) return {};
  return {0x10000 + ((*unit - 0xd800) << 10) + (*low - 0xdc00), 12, true};
}

void add(Glyph glyph, Glyphs& out) {
  if (glyph.bytes != 0) out.add(glyph);
}

void quoted_next(Bytes window, std::size_t at, Glyphs& out) {
  const std::size_t skipped = soft_break(window, at);
  const auto add_after_break = [&](Glyph glyph) {
    if (glyph.bytes == 0) return;
    glyph.bytes += static_cast<std::uint32_t>(skipped);
    glyph.escaped = true;
    out.add(glyph);
  };
  const Glyph glyph = escaped_utf8(window, at + skipped, quoted_byte, true);
  add_after_break(glyph.bytes != 0 ? glyph : latin1(quoted_byte(window, at + skipped)));
  if (char_at(window, at + skipped) == '_') add_after_break({U' ', 1, true});
  if (skipped != 0) add_after_break(utf8_next(window, at + skipped));
}

// A soft break belongs to the character after which it stands, so that the first one of a match begins with itself.
void quoted_before(Bytes window, std::size_t at, Glyphs& out) {
  const std::size_t skipped = soft_break_before(window, at);
  Glyphs found;
  add_quoted_before(window, at - skipped, found);
  if (at > skipped && char_at(window, at - skipped - 1) == '_') found.add({U' ', 1, true});
  if (skipped != 0) add(utf8_before(window, at - skipped), found);
  for (Glyph glyph : found) {
    glyph.bytes += static_cast<std::uint32_t>(skipped);
    glyph.escaped = true;
    out.add(glyph);
  }
}

}  // namespace

void escaped_next(Form form, Bytes window, std::size_t at, Glyphs& out) {
  switch (form) {
    case Form::percent:
      add(percent_escape(window, at), out);
      if (char_at(window, at) == '+') out.add({U' ', 1, true});
      return;
    case Form::quoted_printable:
      return quoted_next(window, at, out);
    case Form::html:
      return add(entity(window, at), out);
    case Form::json:
      return add(json_escape(window, at), out);
    case Form::hex:
      return add(digits_utf8(window, at), out);
    default:
      return;
  }
}

void escaped_before(Form form, Bytes window, std::size_t at, Glyphs& out) {
  if (at == 0) return;
  const char last = char_at(window, at - 1);
  const auto try_lengths = [&](auto reader, std::initializer_list<std::size_t> lengths) {
    for (const std::size_t length : lengths) {
      if (length > at) continue;
      const Glyph glyph = reader(window, at - length);
      if (glyph.bytes == length) out.add(glyph);
    }
  };
  switch (form) {
    case Form::percent:
      try_lengths(percent_escape, {12, 9, 6, 3});  // the longest first, as below
      if (last == '+') out.add({U' ', 1, true});
      return;
    case Form::quoted_printable:
      return quoted_before(window, at, out);
    case Form::html:
      if (last == ';') try_lengths(entity, {4, 5, 6, 7, 8, 9, 10, 11, 12});
      return;
    case Form::json:
      // The longest first: the last byte of a character in UTF-8 is one by itself in Latin-1.
      return try_lengths(json_escape, {16, 12, 8, 6, 4, 2});
    case Form::hex:
      return try_lengths(digits_utf8, {2, 4, 6, 8});
    default:
      return;
  }
}

}  // namespace ambit::match
