#include "stages/match/gap.h"

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

}  // namespace

std::size_t gap_next(Form form, Bytes window, std::size_t at) {
  const std::size_t most = most_of(form);
  std::size_t end = at;
  const auto pass = [&](bool quoted) {
    while (end - at <= most) {
      const Glyph sign = sign_next(form, window, end);
      if (!is_blank(sign) && !(quoted && is_sign(sign, U'>'))) return;
      end += sign.bytes;
    }
  };
  pass(false);
  const std::size_t line = end;
  for (const char32_t code : {U'\r', U'\n'}) {
    if (const Glyph sign = sign_next(form, window, end); is_sign(sign, code)) end += sign.bytes;
  }
  if (end > line) pass(true);
  return end - at <= most ? end - at : 0;
}

std::size_t gap_before(Form form, Bytes window, std::size_t at) {
  const std::size_t most = most_of(form);
  std::size_t begin = at;
  while (at - begin < most) {
    const Glyph sign = sign_before(form, window, begin);
    const bool may_stand = is_blank(sign) || is_sign(sign, U'\r') || is_sign(sign, U'\n') || is_sign(sign, U'>');
    if (!may_stand || at - begin + sign.bytes > most) break;
    begin -= sign.bytes;
  }
  while (begin < at && gap_next(form, window.first(at), begin) != at - begin) {
    begin += sign_next(form, window, begin).bytes;
  }
  return at - begin;
}

}  // namespace ambit::match
