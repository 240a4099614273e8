// The escaped forms but json (reading_slashes.cc). Each has one reader that goes forward; going backward means to try
// the few places at which an escape that ends here could begin and to keep those that the forward reader confirms. What
// was escaped and then once more, as a page within a page or an address within an address, is read too.
#include <algorithm>

#include "stages/match/code_page.h"
#include "stages/match/escapes.h"

namespace ambit::match {
namespace {

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

template <char kSign>
EscapedByte signed_byte(Bytes window, std::size_t at) {
  const auto value = hex_number(window, at + 1, 2);
  return char_at(window, at) == kSign && value ? EscapedByte{*value, 3} : EscapedByte{};
}
constexpr auto percent_byte = signed_byte<'%'>, quoted_byte = signed_byte<'='>;
// Of a text that was percent-encoded and then once more: %25XX.
EscapedByte percent_twice_byte(Bytes window, std::size_t at) {
  if (const EscapedByte sign = percent_byte(window, at); sign.bytes == 0 || sign.value != '%') return {};
  const auto value = hex_number(window, at + 3, 2);
  return value ? EscapedByte{*value, 5} : EscapedByte{};
}
EscapedByte digits_byte(Bytes window, std::size_t at) {
  const auto value = hex_number(window, at, 2);
  return value ? EscapedByte{*value, 2} : EscapedByte{};
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
  const Glyph glyph = escaped_utf8(window, at, percent_byte);
  if (glyph.bytes != 0) return glyph;
  const bool is_unit = char_at(window, at) == '%' && (char_at(window, at + 1) | 0x20) == 'u';
  if (!is_unit) return latin1(percent_byte(window, at));
  const auto unit = hex_number(window, at + 2, 4);
  return unit && is_code(*unit) ? Glyph{*unit, 6, true} : Glyph{};
}
Glyph percent_twice(Bytes window, std::size_t at) {
  const Glyph glyph = escaped_utf8(window, at, percent_twice_byte);
  return glyph.bytes != 0 ? glyph : latin1(percent_twice_byte(window, at));
}
Glyph digits_utf8(Bytes window, std::size_t at) { return escaped_utf8(window, at, digits_byte); }

// Text and semicolon of an entity, from behind its sign on.
Glyph entity_text(Bytes window, std::size_t at) {
  std::array<char, 10> text{};
  std::size_t length = 0;
  while (length < text.size() && char_at(window, at + length) != ';') {
    text[length] = char_at(window, at + length);
    ++length;
  }
  if (char_at(window, at + length) != ';' || length < 2) return {};
  const auto bytes = static_cast<std::uint32_t>(length + 1);
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

// Behind a sign, which may itself be written so.
Glyph entity_behind(std::string_view sign, Bytes window, std::size_t at) {
  for (std::size_t i = 0; i < sign.size(); ++i) {
    if (char_at(window, at + i) != sign[i]) return {};
  }
  Glyph glyph = entity_text(window, at + sign.size());
  if (glyph.bytes != 0) glyph.bytes += static_cast<std::uint32_t>(sign.size());
  return glyph;
}
Glyph entity(Bytes window, std::size_t at) { return entity_behind("&", window, at); }
Glyph entity_twice(Bytes window, std::size_t at) { return entity_behind("&amp;", window, at); }

// A byte of UTF-8 that was taken for a character of this code page, and is written in UTF-8 itself. What a page has no
// character for becomes a control, and programs that say Latin-1 make all of 80 to 9f controls.
template <Form kPage>
EscapedByte mistaken_byte(Bytes window, std::size_t at) {
  const Glyph glyph = utf8_next(window, at);
  if (glyph.bytes == 0 || glyph.code < 0x80) return {};
  const std::uint32_t byte = glyph.code < 0xa0 ? glyph.code : byte_of_code(kPage, glyph.code);
  return byte == 0 ? EscapedByte{} : EscapedByte{byte, glyph.bytes};
}
Glyph twice_western(Bytes window, std::size_t at) {
  return escaped_utf8(window, at, mistaken_byte<Form::windows_1252>);
}
Glyph twice_central(Bytes window, std::size_t at) {
  return escaped_utf8(window, at, mistaken_byte<Form::windows_1250>);
}
Glyph twice_cyrillic(Bytes window, std::size_t at) {
  return escaped_utf8(window, at, mistaken_byte<Form::windows_1251>);
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

Glyph escaped_utf8(Bytes window, std::size_t at, ReadByte read, bool breaks) {
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

void escaped_next(Form form, Bytes window, std::size_t at, Glyphs& out) {
  switch (form) {
    case Form::percent:
      add(percent_escape(window, at), out);
      add(percent_twice(window, at), out);
      if (char_at(window, at) == '+') out.add({U' ', 1, true});
      return;
    case Form::quoted_printable:
      return quoted_next(window, at, out);
    case Form::html:
      add(entity_twice(window, at), out);
      return add(entity(window, at), out);
    case Form::json:
      return slashed_next(window, at, out);
    case Form::utf8_twice:
      add(twice_western(window, at), out);
      add(twice_central(window, at), out);
      return add(twice_cyrillic(window, at), out);
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
      // The longest first: the last byte of a character in UTF-8 is one by itself in Latin-1.
      try_lengths(percent_twice, {20, 15, 10, 5});
      try_lengths(percent_escape, {12, 9, 6, 3});
      if (last == '+') out.add({U' ', 1, true});
      return;
    case Form::quoted_printable:
      return quoted_before(window, at, out);
    case Form::html:
      if (last != ';') return;
      try_lengths(entity_twice, {8, 9, 10, 11, 12, 13, 14, 15, 16});
      return try_lengths(entity, {4, 5, 6, 7, 8, 9, 10, 11, 12});
    case Form::json:
      return slashed_before(window, at, out);
    case Form::utf8_twice:
      for (const auto reader : {twice_western, twice_central, twice_cyrillic}) {
        try_lengths(reader, {12, 11, 10, 9, 8, 7, 6, 5, 4});
      }
      return;
    case Form::hex:
      return try_lengths(digits_utf8, {2, 4, 6, 8});
    default:
      return;
  }
}

}  // namespace ambit::match
