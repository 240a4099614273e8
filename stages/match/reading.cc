#include "stages/match/reading.h"

#include <algorithm>

#include "stages/match/code_page.h"
#include "stages/match/multibyte.h"

namespace ambit::match {
namespace {

std::uint32_t unit_at(Bytes window, std::size_t at, bool big_endian) {
  const std::uint32_t first = byte_at(window, at), second = byte_at(window, at + 1);
  return big_endian ? first << 8 | second : second << 8 | first;
}

constexpr bool is_high(std::uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
constexpr bool is_low(std::uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }
constexpr char32_t joined(std::uint32_t high, std::uint32_t low) {
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

Glyph utf16_next(Bytes window, std::size_t at, bool big_endian) {
  if (window.size() < 2 || at > window.size() - 2) return {};
  const std::uint32_t unit = unit_at(window, at, big_endian);
  if (is_low(unit)) return {};
  if (!is_high(unit)) return {unit, 2};
  if (at + 4 > window.size()) return {};
  const std::uint32_t low = unit_at(window, at + 2, big_endian);
  return is_low(low) ? Glyph{joined(unit, low), 4} : Glyph{};
}

Glyph page_glyph(Form page, std::uint32_t byte) {
  if (page == Form::ibm037) {
    const char32_t ebcdic = code_of_ebcdic(static_cast<unsigned char>(byte));
    return ebcdic == 0 ? Glyph{} : Glyph{ebcdic, 1, true};
  }
  if (byte < 0x80) return {byte, 1};
  const char32_t code = code_of_byte(page, static_cast<unsigned char>(byte));
  return code == 0 ? Glyph{} : Glyph{code, 1, true};
}

Glyph utf16_before(Bytes window, std::size_t at, bool big_endian) {
  if (at < 2) return {};
  const std::uint32_t unit = unit_at(window, at - 2, big_endian);
  if (is_high(unit)) return {};
  if (!is_low(unit)) return {unit, 2};
  if (at < 4) return {};
  const std::uint32_t high = unit_at(window, at - 4, big_endian);
  return is_high(high) ? Glyph{joined(high, unit), 4} : Glyph{};
}

}  // namespace

Glyph utf8_next(Bytes window, std::size_t at) {
  if (at >= window.size()) return {};
  const std::uint32_t lead = byte_at(window, at);
  if (lead < 0x80) return {lead, 1};
  const std::uint32_t length = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : 4;
  if (lead < 0xc2 || lead > 0xf4 || length > window.size() - at) return {};
  char32_t code = lead & (0x7fU >> length);
  for (std::uint32_t i = 1; i < length; ++i) {
    const std::uint32_t next = byte_at(window, at + i);
    if ((next & 0xc0) != 0x80) return {};
    code = code << 6 | (next & 0x3f);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (overlong || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) return {};
  return {code, length};
}

Glyph utf8_before(Bytes window, std::size_t at) {
  for (std::size_t length = 1; length <= std::min<std::size_t>(at, 4); ++length) {
    if ((byte_at(window, at - length) & 0xc0) == 0x80) continue;
    const Glyph glyph = utf8_next(window.first(at), at - length);
    return glyph.bytes == length ? glyph : Glyph{};
  }
  return {};
}

Glyphs read_next(Form form, Bytes window, std::size_t at) {
  Glyphs out;
  Glyph plain;
  if (form == Form::utf16le || form == Form::utf16be) {
    plain = utf16_next(window, at, form == Form::utf16be);
  } else if (is_multibyte(form)) {
    multibyte_next(form, window, at, out);
  } else if (is_code_page(form)) {
    if (at < window.size()) plain = page_glyph(form, byte_at(window, at));
  } else {
    if (form != Form::utf8) escaped_next(form, window, at, out);
    if (form != Form::hex) plain = utf8_next(window, at);
  }
  if (plain.bytes != 0) out.add(plain);
  return out;
}

Glyphs read_before(Form form, Bytes window, std::size_t at) {
  Glyphs out;
  Glyph plain;
  if (form == Form::utf16le || form == Form::utf16be) {
    plain = utf16_before(window, at, form == Form::utf16be);
  } else if (is_multibyte(form)) {
    multibyte_before(form, window, at, out);
  } else if (is_code_page(form)) {
    if (at > 0) plain = page_glyph(form, byte_at(window, at - 1));
  } else {
    if (form != Form::utf8) escaped_before(form, window, at, out);
    if (form != Form::hex) plain = utf8_before(window, at);
  }
  if (plain.bytes != 0) out.add(plain);
  return out;
}

}  // namespace ambit::match
