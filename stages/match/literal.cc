#include "stages/match/literal.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "stages/match/code_page.h"
#include "stages/match/reading.h"

namespace ambit::match {
namespace {

struct Walk {
  std::size_t at = 0;
  bool escaped = false;
};

bool is_at(Bytes window, std::size_t at, std::string_view list) {
  return at < window.size() && list.find(static_cast<char>(byte_at(window, at))) != std::string_view::npos;
}

// The blanks from `at` on that part two words: with one end of a line among them, and what mails put before a line that
// they quote. 0: none, or more than anybody writes.
std::size_t gap_next(Bytes window, std::size_t at) {
  std::size_t end = at;
  const auto pass = [&](std::string_view list) {
    while (end - at <= kMaxGapBytes && is_at(window, end, list)) ++end;
  };
  pass(" \t");
  const std::size_t line = end;
  if (is_at(window, end, "\r")) ++end;
  if (is_at(window, end, "\n")) ++end;
  if (end > line) pass(" \t>");
  return end - at <= kMaxGapBytes ? end - at : 0;
}

std::size_t gap_before(Bytes window, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && at - begin < kMaxGapBytes && is_at(window, begin - 1, " \t\r\n>")) --begin;
  while (begin < at && gap_next(window.first(at), begin) != at - begin) ++begin;
  return at - begin;
}

std::optional<Walk> walk_back(const Literal& literal, Form form, Bytes window, std::size_t position, std::size_t at) {
  Walk walk{at, false};
  while (position > 0) {
    const bool may_part = form == Form::utf8 && literal.plain[position - 1] == U' ';
    if (const std::size_t gap = may_part ? gap_before(window, walk.at) : 0; gap > 0) {
      --position;
      walk.at -= gap;
      continue;
    }
    bool moved = false;
    for (const Glyph& glyph : read_before(form, window, walk.at)) {
      const Plain plain = plain_of(glyph.code, literal.ignore_case);
      if (plain.count > position) continue;
      if (std::u32string_view(literal.plain).substr(position - plain.count, plain.count) != plain.view()) continue;
      position -= plain.count;
      walk.at -= glyph.bytes;
      walk.escaped |= glyph.escaped;
      moved = true;
      break;
    }
    if (!moved || at - walk.at > literal.width) return std::nullopt;
  }
  return walk;
}

std::optional<Walk> walk_forward(const Literal& literal, Form form, Bytes window, std::size_t at) {
  Walk walk{at, false};
  for (std::size_t position = 0; position < literal.plain.size();) {
    const bool may_part = form == Form::utf8 && literal.plain[position] == U' ';
    if (const std::size_t gap = may_part ? gap_next(window, walk.at) : 0; gap > 0) {
      ++position;
      walk.at += gap;
      continue;
    }
    bool moved = false;
    for (const Glyph& glyph : read_next(form, window, walk.at)) {
      const Plain plain = plain_of(glyph.code, literal.ignore_case);
      if (std::u32string_view(literal.plain).substr(position, plain.count) != plain.view()) continue;
      position += plain.count;
      walk.at += glyph.bytes;
      walk.escaped |= glyph.escaped;
      moved = true;
      break;
    }
    if (!moved || walk.at - at > literal.width) return std::nullopt;
  }
  return walk;
}

bool is_escaped(Form form) {
  return form == Form::percent || form == Form::quoted_printable || form == Form::html || form == Form::json ||
         form == Form::hex || is_code_page(form);
}

// An underscore that is a space: inside "=?charset?Q?…?=", which is never longer than 75 characters.
bool is_header_space(Bytes window, std::size_t at) {
  if (byte_at(window, at) != '_') return false;
  for (std::size_t i = at; i > 1 && at - i < 75 && byte_at(window, i) > ' '; --i) {
    if (byte_at(window, i) == '?' && (byte_at(window, i - 1) | 0x20U) == 'q' && byte_at(window, i - 2) == '?')
      return true;
  }
  return false;
}

bool is_printable(unsigned byte) { return byte >= 0x20 && byte != 0x7f && !(byte >= 0x80 && byte < 0xa0); }

// The text to the left of an ambiguous hit: … X 00 X 00 | X 00 …, `zero` being the place of the last 00. In LE such a
// run begins with X, in BE with 00; what stands before the run shows which.
std::optional<Form> order_by_beginning(Bytes window, std::size_t zero) {
  for (std::size_t pair = 0; pair < kOrderPairs; ++pair, zero -= 2) {
    if (zero == 0) return Form::utf16be;  // the object begins with the 00 of a first character
    const unsigned text = byte_at(window, zero - 1);
    if (text == 0) return std::nullopt;
    if (zero == 1) return Form::utf16le;  // the object begins with the X of a first character
    const unsigned before = byte_at(window, zero - 2);
    if (before == 0xfe && text == 0xff) return Form::utf16be;  // byte order mark
    if (before != 0) return is_printable(text) ? Form::utf16le : Form::utf16be;
  }
  return std::nullopt;
}

// The text to the right: … X 00 | X 00 X 00 …, `at` being the place of the first X after the hit.
std::optional<Form> order_by_end(Bytes window, std::size_t at) {
  for (std::size_t pair = 0; pair < kOrderPairs; ++pair, at += 2) {
    if (at >= window.size()) return Form::utf16le;  // the object ends with the 00 of a last character
    const unsigned text = byte_at(window, at);
    if (text == 0) return std::nullopt;
    if (at + 1 >= window.size()) return Form::utf16be;  // the object ends with the X of a last character
    if (byte_at(window, at + 1) != 0) return is_printable(text) ? std::nullopt : std::optional(Form::utf16le);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Found> find_at(const Literal& literal, Form form, Bytes window, std::size_t begin) {
  const auto walk = walk_forward(literal, form, window, begin);
  if (!walk || (is_escaped(form) && !walk->escaped)) return std::nullopt;
  return Found{begin, walk->at};
}

std::optional<Found> find_around(const Literal& literal, Form form, Bytes window, std::size_t position,
                                 std::size_t at) {
  const auto begin = walk_back(literal, form, window, position, at);
  return begin ? find_at(literal, form, window, begin->at) : std::nullopt;
}

bool word_begins(Form form, Bytes window, std::size_t at) {
  const Glyphs readings = read_before(form, window, at);
  if (readings.count == 0 || !is_word(readings.list[0].code)) return true;  // an escape stands first
  if (form != Form::utf8) return false;
  // Plain text inside an escaped one: "\nKim", "%20Kim", "=20Kim". The neighbour is what the escape stands for.
  for (const Form other : {Form::json, Form::percent, Form::quoted_printable}) {
    Glyphs escapes;
    escaped_before(other, window, at, escapes);
    if (escapes.count > 0 && escapes.list[0].bytes > 1 && !is_word(escapes.list[0].code)) return true;
  }
  return is_header_space(window, at - 1);
}

bool word_ends(Form form, Bytes window, std::size_t at) {
  const Glyphs readings = read_next(form, window, at);
  if (readings.count == 0 || !is_word(readings.list[0].code)) return true;
  return form == Form::utf8 && is_header_space(window, at);
}

bool stands_alone(const Literal& literal, Form form, Bytes window, const Found& found) {
  return !literal.whole_word || (word_begins(form, window, found.begin) && word_ends(form, window, found.end));
}

Form byte_order(Bytes window, std::size_t begin, std::size_t end) {
  // A neighbour's byte may make a full-width or Latin letter of the first or the last one.
  if (byte_at(window, begin - 1) != 0) return Form::utf16le;
  if (byte_at(window, end - 1) != 0) return Form::utf16be;
  const auto by_beginning = order_by_beginning(window, begin - 1);
  const auto by_end = by_beginning ? by_beginning : order_by_end(window, end);
  return by_end.value_or(Form::utf16le);
}

}  // namespace ambit::match
