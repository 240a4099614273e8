#include "stages/match/gap.h"

#include <array>
#include <string_view>

#include "stages/match/unicode.h"

namespace ambit::match {
namespace {

std::size_t most_of(Form form) {
  return form == Form::utf16le || form == Form::utf16be ? 2 * kMaxGapBytes : kMaxGapBytes;
}

// The first reading of what stands there; bytes == 0: none.
Glyph sign_next(Form form, Bytes window, std::size_t at) {
  const Glyphs readings = read_next(form, window, at);
  return readings.count > 0 ? readings.list[0] : Glyph{};
}
Glyph sign_before(Form form, Bytes window, std::size_t at) {
  const Glyphs readings = read_before(form, window, at);
  return readings.count > 0 ? readings.list[0] : Glyph{};
}

bool is_blank(const Glyph& sign) { return sign.bytes > 0 && (sign.code == U'\t' || is_space(sign.code)); }
bool is_sign(const Glyph& sign, char32_t code) { return sign.bytes > 0 && sign.code == code; }

// Blanks and ends of lines as strings in SQL, JSON and pages write them.
struct Written {
  std::u32string_view text;
  bool ends_line = false;
};
constexpr std::array kWritten = {Written{U"\\n", true}, Written{U"\\r", true}, Written{U"\\t"},
                                 Written{U"&nbsp;"},    Written{U"&#160;"},    Written{U"&#xa0;"}};
constexpr std::size_t kLongestTag = 22;

constexpr char32_t in_lower_case(char32_t code) { return code >= U'A' && code <= U'Z' ? code + 32 : code; }

// Bytes of `text` at `at`; 0: something else stands there.
std::size_t written_next(Form form, Bytes window, std::size_t at, std::u32string_view text) {
  std::size_t end = at;
  for (const char32_t code : text) {
    const Glyph sign = sign_next(form, window, end);
    if (sign.bytes == 0 || in_lower_case(sign.code) != code) return 0;
    end += sign.bytes;
  }
  return end - at;
}

// "<", a letter, "/" or, in strings, "\/", what is neither "<" nor ">" nor a control, ">".
std::size_t tag_next(Form form, Bytes window, std::size_t at) {
  Glyph sign = sign_next(form, window, at);
  if (!is_sign(sign, U'<')) return 0;
  std::size_t end = at + sign.bytes;
  for (std::size_t signs = 1; signs < kLongestTag; ++signs) {
    sign = sign_next(form, window, end);
    if (sign.bytes == 0 || sign.code < U' ' || sign.code > U'~' || sign.code == U'<') return 0;
    const char32_t code = in_lower_case(sign.code);
    if (signs == 1 && code != U'/' && code != U'\\' && (code < U'a' || code > U'z')) return 0;
    end += sign.bytes;
    if (is_sign(sign, U'>')) return signs > 1 ? end - at : 0;
  }
  return 0;
}

// One piece of a gap, and whether a line ends with it.
struct Piece {
  std::size_t bytes = 0;
  bool ends_line = false;
};
Piece piece_next(Form form, Bytes window, std::size_t at) {
  const Glyph sign = sign_next(form, window, at);
  if (is_blank(sign)) return {sign.bytes};
  if (is_sign(sign, U'\r') || is_sign(sign, U'\n')) {
    const Glyph second = is_sign(sign, U'\r') ? sign_next(form, window, at + sign.bytes) : Glyph{};
    return {static_cast<std::size_t>(sign.bytes) + (is_sign(second, U'\n') ? second.bytes : 0U), true};
  }
  if (is_sign(sign, U'<')) return {tag_next(form, window, at)};
  if (!is_sign(sign, U'\\') && !is_sign(sign, U'&')) return {};
  for (const Written& written : kWritten) {
    std::size_t bytes = written_next(form, window, at, written.text);
    if (bytes == 0) continue;
    if (written.text == U"\\r") bytes += written_next(form, window, at + bytes, U"\\n");
    return {bytes, written.ends_line};
  }
  return {};
}

// Whether a gap may end with what stands before `at`.
bool may_end_gap(Form form, Bytes window, std::size_t at) {
  const Glyph sign = sign_before(form, window, at);
  if (is_blank(sign) || is_sign(sign, U'\r') || is_sign(sign, U'\n')) return true;
  if (is_sign(sign, U'>') || is_sign(sign, U';')) return true;
  const bool is_letter = is_sign(sign, U'n') || is_sign(sign, U'r') || is_sign(sign, U't');
  return is_letter && is_sign(sign_before(form, window, at - sign.bytes), U'\\');
}

}  // namespace

// One end of a line at most, and only behind it the marks of what is quoted.
std::size_t gap_next(Form form, Bytes window, std::size_t at) {
  const std::size_t most = most_of(form);
  std::size_t end = at;
  for (bool has_line_ended = false; end - at <= most;) {
    if (has_line_ended && is_sign(sign_next(form, window, end), U'>')) {
      end += sign_next(form, window, end).bytes;
      continue;
    }
    const Piece piece = piece_next(form, window, end);
    if (piece.bytes == 0 || (piece.ends_line && has_line_ended)) break;
    has_line_ended = has_line_ended || piece.ends_line;
    end += piece.bytes;
  }
  return end - at <= most ? end - at : 0;
}

// The longest gap that ends there. Where it begins nothing tells but that from there on it is one.
std::size_t gap_before(Form form, Bytes window, std::size_t at) {
  if (!may_end_gap(form, window, at)) return 0;
  const std::size_t most = most_of(form);
  std::size_t longest = 0;
  for (std::size_t begin = at; at - begin < most;) {
    const Glyph sign = sign_before(form, window, begin);
    if (sign.bytes == 0 || at - begin + sign.bytes > most) break;
    begin -= sign.bytes;
    if (gap_next(form, window.first(at), begin) == at - begin) longest = at - begin;
  }
  return longest;
}

}  // namespace ambit::match
