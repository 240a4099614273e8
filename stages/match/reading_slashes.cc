// What is written behind backslashes: strings of JSON and of programs, the logs of web servers, paths as git shows
// them.
//
//   letter    = sign ( "u" XXXX | "u{" X… "}" | "U" XXXXXXXX | "x" XX | "x{" X… "}" | OOO | one of nrtbf )
//   backslash = sign sign
//   quote     = sign less one, sign, a quote or a slash
//   css       = "\" X… and one blank, which belongs to it
//   doubled   = two quotes, as SQL and CSV write one
//   sign      = "\", in a string within a string "\\", in one within that "\\\\"
//
// One letter beyond U+FFFF is two of \uXXXX. One of UTF-8 may be written byte by byte, by \xXX or \OOO.
#include <algorithm>

#include "stages/match/escapes.h"

namespace ambit::match {
namespace {

constexpr std::size_t kMostSlashes = 9;
constexpr std::size_t kMostSlashedBytes = 20;  // four bytes of UTF-8 as \\xXX

std::size_t slashes_at(Bytes window, std::size_t at) {
  std::size_t count = 0;
  while (count < kMostSlashes && char_at(window, at + count) == '\\') ++count;
  return count;
}

bool is_quote(char c) { return c == '"' || c == '\''; }

// One byte behind so many backslashes.
template <std::size_t kSign>
EscapedByte slashed_byte(Bytes window, std::size_t at) {
  if (slashes_at(window, at) != kSign) return {};
  const std::size_t begin = at + kSign;
  if (char_at(window, begin) == 'x') {
    const auto value = hex_number(window, begin + 1, 2);
    return value ? EscapedByte{*value, kSign + 3} : EscapedByte{};
  }
  std::uint32_t value = 0;
  for (std::size_t i = begin; i < begin + 3; ++i) {
    const char digit = char_at(window, i);
    if (digit < '0' || digit > '7') return {};
    value = value << 3 | static_cast<std::uint32_t>(digit - '0');
  }
  return value <= 0xff ? EscapedByte{value, kSign + 3} : EscapedByte{};
}

Glyph slashed_bytes(Bytes window, std::size_t at, ReadByte read) {
  const Glyph glyph = escaped_utf8(window, at, read);
  if (glyph.bytes != 0) return glyph;
  const EscapedByte byte = read(window, at);  // JavaScript's: the number of a character
  return {byte.value, static_cast<std::uint32_t>(byte.bytes), true};
}

// Up to six digits from `at` on; bytes: how many.
EscapedByte hex_digits(Bytes window, std::size_t at) {
  EscapedByte out;
  for (; out.bytes < 6; ++out.bytes) {
    const auto digit = hex_value(char_at(window, at + out.bytes));
    if (!digit) break;
    out.value = out.value << 4 | *digit;
  }
  return out;
}

// {X…}
Glyph braced(Bytes window, std::size_t at) {
  if (char_at(window, at) != '{') return {};
  const EscapedByte number = hex_digits(window, at + 1);
  const bool is_whole = number.bytes > 0 && is_code(number.value) && char_at(window, at + 1 + number.bytes) == '}';
  return is_whole ? Glyph{number.value, static_cast<std::uint32_t>(number.bytes + 2), true} : Glyph{};
}

// The unit of \uXXXX whose digits begin at `at`, and the one behind it where that is a pair's second.
Glyph slashed_units(Bytes window, std::size_t at, std::size_t sign) {
  const auto unit = hex_number(window, at, 4);
  if (!unit) return {};
  if (is_code(*unit)) return {*unit, 4, true};
  if (*unit >= 0xdc00 || slashes_at(window, at + 4) != sign || char_at(window, at + 4 + sign) != 'u') return {};
  const auto low = hex_number(window, at + 5 + sign, 4);
  if (!low || *low < 0xdc00 || *low > 0xdfff) return {};
  return {0x10000 + ((*unit - 0xd800) << 10) + (*low - 0xdc00), static_cast<std::uint32_t>(sign + 9), true};
}

Glyph behind(std::size_t bytes, Glyph glyph) {
  if (glyph.bytes != 0) glyph.bytes += static_cast<std::uint32_t>(bytes);
  return glyph;
}

// What stands behind a sign of so many backslashes.
Glyph slashed_letter(Bytes window, std::size_t at, std::size_t sign) {
  const std::size_t begin = at + sign;
  const char kind = char_at(window, begin);
  constexpr std::string_view kLetters = "nrtbf";
  constexpr std::u32string_view kControls = U"\n\r\t\b\f";
  if (const auto found = kLetters.find(kind); found != kLetters.npos)
    return {kControls[found], static_cast<std::uint32_t>(sign + 1), true};
  if (kind == 'u' || kind == 'x') {
    if (const Glyph glyph = braced(window, begin + 1); glyph.bytes != 0) return behind(sign + 1, glyph);
  }
  if (kind == 'u') return behind(sign + 1, slashed_units(window, begin + 1, sign));
  if (kind == 'U') {
    const auto value = hex_number(window, begin + 1, 8);
    return value && is_code(*value) ? Glyph{*value, static_cast<std::uint32_t>(sign + 9), true} : Glyph{};
  }
  if (sign > 2 || (kind != 'x' && (kind < '0' || kind > '7'))) return {};
  return slashed_bytes(window, at, sign == 1 ? slashed_byte<1> : slashed_byte<2>);
}

// The number of a letter that is not ASCII, with the blank that ends it and without.
void css_next(Bytes window, std::size_t at, Glyphs& out) {
  const EscapedByte number = hex_digits(window, at + 1);
  if (number.bytes < 2 || number.value < 0x80 || !is_code(number.value)) return;
  const auto bytes = static_cast<std::uint32_t>(1 + number.bytes);
  const char next = char_at(window, at + bytes);
  if (next == ' ' || next == '\t' || next == '\n') out.add({number.value, bytes + 1, true});
  out.add({number.value, bytes, true});
}

void add_if_any(Glyph glyph, Glyphs& out) {
  if (glyph.bytes != 0) out.add(glyph);
}

}  // namespace

void slashed_next(Bytes window, std::size_t at, Glyphs& out) {
  const std::size_t run = slashes_at(window, at);
  if (run == 0) {
    const char quote = char_at(window, at);
    if (is_quote(quote) && char_at(window, at + 1) == quote) out.add({static_cast<char32_t>(quote), 2, true});
    return;
  }
  const char after = char_at(window, at + run);
  const bool may_be_escaped = is_quote(after) || after == '/';
  for (const std::size_t sign : {1U, 2U, 4U}) {
    if (run >= 2 * sign) out.add({U'\\', static_cast<std::uint32_t>(2 * sign), true});
    if (run == sign) add_if_any(slashed_letter(window, at, sign), out);
    const bool is_escaped = may_be_escaped && (run == 2 * sign - 1 || (run == sign && sign > 1 && after == '/'));
    if (is_escaped) out.add({static_cast<char32_t>(after), static_cast<std::uint32_t>(run + 1), true});
  }
  if (run == 1) css_next(window, at, out);
}

void slashed_before(Bytes window, std::size_t at, Glyphs& out) {
  for (std::size_t length = std::min(at, kMostSlashedBytes); length > 1; --length) {
    const char first = char_at(window, at - length);
    if (first != '\\' && (length > 2 || !is_quote(first))) continue;
    Glyphs readings;
    slashed_next(window, at - length, readings);
    for (const Glyph& glyph : readings) {
      if (glyph.bytes == length) out.add(glyph);
    }
  }
}

}  // namespace ambit::match
