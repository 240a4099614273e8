#include "stages/match/spelling.h"

#include <string_view>

#include "stages/match/code_page.h"
#include "stages/match/reading.h"
#include "stages/match/unicode.h"

namespace ambit::match {
namespace {

using Spellings = std::vector<std::string>;

constexpr std::string_view kLowerHex = "0123456789abcdef";  // cores are caseless

std::string utf8(char32_t code) {
  std::string out;
  append_utf8(out, code);
  return out;
}

bool is_ascii_alnum(char32_t c) { return c < 0x80 && is_alnum(c); }
bool is_one_of(char32_t code, std::string_view list) {
  return code < 0x80 && list.find(static_cast<char>(code)) != list.npos;
}

std::string hex_number(char32_t value) {
  std::string out;
  for (std::size_t shift = 32; shift > 0; shift -= 4) {
    const char32_t digit = value >> (shift - 4) & 0xf;
    if (digit != 0 || !out.empty() || shift == 4) out.push_back(kLowerHex[digit]);
  }
  return out;
}

// Every byte of the character's UTF-8 as `sign` XX.
std::string bytes_escaped(char32_t code, std::string_view sign) { return hex_escaped(utf8(code), sign); }

std::string decimal_entity(char32_t code) { return "&#" + std::to_string(static_cast<std::uint32_t>(code)) + ";"; }
std::string hex_entity(char32_t code) { return "&#x" + hex_number(code) + ";"; }
void all_entities(char32_t code, Spellings& out) {
  out.push_back(decimal_entity(code));
  out.push_back(hex_entity(code));
  if (const auto name = entity_name(code); !name.empty()) out.push_back("&" + std::string(name) + ";");
  if (code == U'\'') out.push_back("&#039;");
}

std::string json_units(char32_t code) {
  std::string units;
  append_utf16(units, code, true);
  return hex_escaped(units, "\\u", 2);
}

// encodeURIComponent and its kin in every language.
void percent_component(char32_t code, Spellings& out) {
  const bool may_stand = is_one_of(code, "-_.!~*'()");
  if (is_ascii_alnum(code) || may_stand) out.push_back(utf8(code));
  if (!is_ascii_alnum(code)) out.push_back(bytes_escaped(code, "%"));
}
// application/x-www-form-urlencoded.
void percent_form(char32_t code, Spellings& out) {
  const bool safe = is_ascii_alnum(code) || is_one_of(code, "-_.*");
  out.push_back(code == U' ' ? "+" : safe ? utf8(code) : bytes_escaped(code, "%"));
}
// A path: only what may not stand there.
void percent_path(char32_t code, Spellings& out) {
  const bool unsafe = code >= 0x80 || is_one_of(code, " <>\"%`{}|\\^");
  out.push_back(unsafe ? bytes_escaped(code, "%") : utf8(code));
}

// The same, once more.
void percent_twice(char32_t code, Spellings& out) {
  out.push_back(is_ascii_alnum(code) || is_one_of(code, "-_.!~*'()") ? utf8(code) : bytes_escaped(code, "%25"));
}

bool is_latin1(char32_t code) { return code >= 0xa0 && code <= 0xff; }
// Of a page in Latin-1; and as JavaScript's escape() writes it.
void percent_latin1(char32_t code, Spellings& out) {
  is_latin1(code) ? out.push_back("%" + hex_number(code)) : percent_component(code, out);
}
void percent_unit(char32_t code, Spellings& out) {
  if (code < 0x80) return percent_component(code, out);
  std::string units;
  append_utf16(units, code, true);
  out.push_back(hex_escaped(units, "%u", 2));
}

bool is_markup(char32_t code) { return is_one_of(code, "&<>\"'"); }
// A page in UTF-8: markup characters alone.
void html_markup(char32_t code, Spellings& out) {
  is_markup(code) ? all_entities(code, out) : out.push_back(utf8(code));
}
// A page in ASCII: whatever is not ASCII too.
void html_ascii(char32_t code, Spellings& out) {
  if (code >= 0x80 || is_markup(code)) all_entities(code, out);
  if (code == U' ') all_entities(0xa0, out);
  if (code < 0x80) out.push_back(utf8(code));
}
// A page within a page.
void html_twice(char32_t code, Spellings& out) {
  if (code < 0x80 && !is_markup(code)) return out.push_back(utf8(code));
  const std::size_t before = out.size();
  all_entities(code, out);
  for (std::size_t i = before; i < out.size(); ++i) out[i].insert(1, "amp;");
}
// An address hidden from harvesters: the @, or the dot, or every character.
void html_at(char32_t code, Spellings& out) {
  if (is_one_of(code, "@.")) all_entities(code, out);
  if (code != U'@') out.push_back(utf8(code));
}
void html_dot(char32_t code, Spellings& out) { code == U'.' ? all_entities(code, out) : out.push_back(utf8(code)); }
void html_decimal(char32_t code, Spellings& out) { out.push_back(decimal_entity(code)); }
void html_hex(char32_t code, Spellings& out) { out.push_back(hex_entity(code)); }

// Strings of JSON and of JavaScript, plain ASCII or not; the slash may be escaped in either.
void json_markup(char32_t code, Spellings& out) {
  const bool must = is_one_of(code, "\"\\");
  if (must || code == U'/') out.push_back("\\" + utf8(code));
  if (!must) out.push_back(utf8(code));
}
void json_ascii(char32_t code, Spellings& out) {
  code < 0x80 ? json_markup(code, out) : out.push_back(json_units(code));
}
// Made safe for HTML.
void json_safe(char32_t code, Spellings& out) {
  is_one_of(code, "<>&'@+=\"") ? out.push_back(json_units(code)) : json_ascii(code, out);
}

// A string within a string, and one within that.
void json_nested(char32_t code, const std::string& sign, Spellings& out) {
  if (code >= 0x80) {
    std::string units;
    append_utf16(units, code, true);
    return out.push_back(hex_escaped(units, sign + "u", 2));
  }
  const std::string quoted = sign.substr(1) + sign + utf8(code);
  if (code == U'\\') return out.push_back(sign + sign);
  if (code == U'"') return out.push_back(quoted);
  out.push_back(utf8(code));
  if (code != U'/') return;
  out.push_back(sign + "/");
  out.push_back(quoted);
}
void json_twice(char32_t code, Spellings& out) { json_nested(code, "\\\\", out); }
void json_thrice(char32_t code, Spellings& out) { json_nested(code, "\\\\\\\\", out); }

// The number of a letter, as programs and style sheets write it.
void slashed_braces(char32_t code, Spellings& out) {
  code < 0x80 ? json_markup(code, out) : out.push_back("\\u{" + hex_number(code) + "}");
}
void slashed_x_braces(char32_t code, Spellings& out) {
  code < 0x80 ? json_markup(code, out) : out.push_back("\\x{" + hex_number(code) + "}");
}
void slashed_long(char32_t code, Spellings& out) {
  const std::string number = hex_number(code);
  code < 0x80 ? json_markup(code, out) : out.push_back("\\u" + std::string(8 - number.size(), '0') + number);
}
void slashed_css(char32_t code, Spellings& out) {
  if (code < 0x80) return out.push_back(utf8(code));
  out.push_back("\\" + hex_number(code));
  out.push_back("\\" + hex_number(code) + " ");
}
void slashed_css_long(char32_t code, Spellings& out) {
  const std::string number = hex_number(code);
  out.push_back(code < 0x80 ? utf8(code) : "\\" + std::string(6 - number.size(), '0') + number);
}

// Quotes as SQL, CSV and programs write them in quotes.
void quotes(char32_t code, Spellings& out) {
  const std::string sign = utf8(code);
  if (!is_one_of(code, "'\"")) return out.push_back(sign);
  out.push_back(sign + sign);
  out.push_back("\\" + sign);
}

// Not JSON, but with its sign: bytes that are not ASCII in the logs of web servers, and in paths as git shows them.
void slashed_hex(char32_t code, Spellings& out) {
  out.push_back(code >= 0x80 || is_one_of(code, "\"\\") ? bytes_escaped(code, "\\x") : utf8(code));
}
void slashed_hex_twice(char32_t code, Spellings& out) {
  out.push_back(code >= 0x80 ? bytes_escaped(code, "\\\\x") : utf8(code));
}
void slashed_latin1(char32_t code, Spellings& out) {
  is_latin1(code) ? out.push_back("\\x" + hex_number(code)) : json_markup(code, out);
}
void slashed_octal(char32_t code, Spellings& out) {
  if (code < 0x80) return json_markup(code, out);
  std::string octal;
  for (const char c : utf8(code)) {
    const auto byte = static_cast<unsigned char>(c);
    octal += {'\\', static_cast<char>('0' + (byte >> 6)), static_cast<char>('0' + (byte >> 3 & 7)),
              static_cast<char>('0' + (byte & 7))};
  }
  out.push_back(std::move(octal));
}

void quoted_latin1(char32_t code, Spellings& out) {
  out.push_back(is_latin1(code) ? "=" + hex_number(code) : code == U'=' ? "=3d" : utf8(code));
}
void quoted_body(char32_t code, Spellings& out) {
  out.push_back(code >= 0x80 || code == U'=' ? bytes_escaped(code, "=") : utf8(code));
}
// RFC 2047's Q encoding, in mail headers.
void quoted_header(char32_t code, Spellings& out) {
  if (code == U' ') out.push_back("_");
  if (is_ascii_alnum(code) || is_one_of(code, "!*+-/.")) out.push_back(utf8(code));
  if (!is_ascii_alnum(code) && !is_one_of(code, "!*+-/")) out.push_back(bytes_escaped(code, "="));
}

// Bytes of UTF-8 that were taken for characters of a code page, each of which is written in UTF-8.
std::string mistaken(char32_t code, Form page, bool has_controls) {
  std::string out;
  for (const char c : utf8(code)) {
    const auto byte = static_cast<unsigned char>(c);
    const char32_t taken = has_controls && byte < 0xa0 ? 0 : code_of_byte(page, byte);
    append_utf8(out, taken == 0 ? byte : taken);
  }
  return out;
}
void twice_western_styled(char32_t code, Spellings& out) {
  out.push_back(mistaken(code, Form::windows_1252, false));
  if (code >= 0x80) out.push_back(mistaken(code, Form::windows_1252, true));
}
void twice_central_styled(char32_t code, Spellings& out) { out.push_back(mistaken(code, Form::windows_1250, false)); }
void twice_cyrillic_styled(char32_t code, Spellings& out) { out.push_back(mistaken(code, Form::windows_1251, false)); }
bool is_beyond_latin1(char32_t code) { return code >= 0x100 && code < 0x180; }
bool is_cyrillic(char32_t code) { return code >= 0x400 && code < 0x530; }

constexpr Style kStyles[] = {
    {Form::quoted_printable, quoted_body},
    {Form::quoted_printable, quoted_header},
    {Form::quoted_printable, quoted_latin1},
    {Form::percent, percent_component},
    {Form::percent, percent_form},
    {Form::percent, percent_path},
    {Form::percent, percent_latin1},
    {Form::percent, percent_unit},
    {Form::percent, percent_twice},
    {Form::html, html_markup},
    {Form::html, html_ascii},
    {Form::html, html_at},
    {Form::html, html_dot, U'@'},
    {Form::html, html_decimal},
    {Form::html, html_hex},
    {Form::html, html_twice},
    {Form::json, json_markup},
    {Form::json, json_ascii},
    {Form::json, json_safe},
    {Form::json, slashed_hex},
    {Form::json, slashed_latin1},
    {Form::json, slashed_octal},
    {Form::json, json_twice},
    {Form::json, json_thrice},
    {Form::json, slashed_hex_twice},
    {Form::json, slashed_braces},
    {Form::json, slashed_x_braces},
    {Form::json, slashed_long},
    {Form::json, slashed_css},
    {Form::json, slashed_css_long},
    {Form::json, quotes},
    {Form::utf8_twice, twice_western_styled},
    {Form::utf8_twice, twice_central_styled, 0, is_beyond_latin1},
    {Form::utf8_twice, twice_cyrillic_styled, 0, is_cyrillic},
};

}  // namespace

std::string hex_escaped(std::string_view bytes, std::string_view sign, std::size_t unit) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % unit == 0) out += sign;
    const auto byte = static_cast<unsigned char>(bytes[i]);
    out += {kLowerHex[byte >> 4], kLowerHex[byte & 0xf]};
  }
  return out;
}

std::span<const Style> escaped_styles() { return kStyles; }
const Spell kQuotedBody = quoted_body;

}  // namespace ambit::match
