#include "stages/match/literal.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "stages/match/code_page.h"
#include "stages/match/gap.h"
#include "stages/match/multibyte.h"
#include "stages/match/reading.h"

namespace ambit::match {
namespace {

struct Walk {
  std::size_t at = 0;
  bool escaped = false;
};

// Reads from one place on until the literal ends. Where two readings account for the next stretch (a run of backslashes
// may be one or several), what follows decides.
class Walker {
 public:
  Walker(const Literal& literal, Form form, Bytes window, std::size_t origin)
      : literal_(literal), form_(form), window_(window), origin_(origin), gaps_(has_gaps(form)) {}

  std::optional<Walk> back(Walk walk, std::size_t position) {
    while (position > 0) {
      const bool may_part = gaps_ && literal_.plain[position - 1] == U' ';
      if (const std::size_t gap = may_part ? gap_before(form_, window_, walk.at) : 0; gap > 0) {
        --position;
        walk.at -= gap;
        continue;
      }
      std::optional<Step> step;
      for (const Glyph& glyph : read_before(form_, window_, walk.at)) {
        const Plain plain = plain_of(glyph.code, literal_.ignore_case);
        if (plain.count > position || !fits(plain, position - plain.count)) continue;
        if (step && tries_++ < kMostTries) {
          if (const auto walked = back(step->walk, step->position)) return walked;
        }
        step = Step{{walk.at - glyph.bytes, walk.escaped || glyph.escaped}, position - plain.count};
      }
      if (!step || origin_ - step->walk.at > literal_.width) return std::nullopt;
      walk = step->walk;
      position = step->position;
    }
    return walk;
  }

  std::optional<Walk> on(Walk walk, std::size_t position) {
    while (position < literal_.plain.size()) {
      const bool may_part = gaps_ && literal_.plain[position] == U' ';
      if (const std::size_t gap = may_part ? gap_next(form_, window_, walk.at) : 0; gap > 0) {
        ++position;
        walk.at += gap;
        continue;
      }
      std::optional<Step> step;
      for (const Glyph& glyph : read_next(form_, window_, walk.at)) {
        const Plain plain = plain_of(glyph.code, literal_.ignore_case);
        if (!fits(plain, position)) continue;
        if (step && tries_++ < kMostTries) {
          if (const auto walked = on(step->walk, step->position)) return walked;
        }
        step = Step{{walk.at + glyph.bytes, walk.escaped || glyph.escaped}, position + plain.count};
      }
      if (!step || step->walk.at - origin_ > literal_.width) return std::nullopt;
      walk = step->walk;
      position = step->position;
    }
    return walk;
  }

 private:
  static constexpr std::size_t kMostTries = 64;  // evidence may be made to have a choice at every character
  struct Step {
    Walk walk;
    std::size_t position = 0;
  };
  [[nodiscard]] bool fits(const Plain& plain, std::size_t position) const {
    return std::u32string_view(literal_.plain).substr(position, plain.count) == plain.view();
  }

  const Literal& literal_;
  Form form_;
  Bytes window_;
  std::size_t origin_;
  bool gaps_;
  std::size_t tries_ = 0;
};

bool is_escaped(Form form) {
  return form == Form::percent || form == Form::quoted_printable || form == Form::html || form == Form::json ||
         form == Form::hex || form == Form::utf8_twice || is_code_page(form);
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
  const auto walk = Walker(literal, form, window, begin).on({begin, false}, 0);
  if (!walk || (is_escaped(form) && !walk->escaped)) return std::nullopt;
  return Found{begin, walk->at};
}

std::optional<Found> find_around(const Literal& literal, Form form, Bytes window, std::size_t position,
                                 std::size_t at) {
  const auto begin = Walker(literal, form, window, at).back({at, false}, position);
  const auto found = begin ? find_at(literal, form, window, begin->at) : std::nullopt;
  const bool amid = found && is_multibyte(form) && is_amid_letters(form, window, found->begin, found->end);
  return amid ? std::nullopt : found;
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
