#include "stages/match/base64.h"

#include <algorithm>
#include <array>

#include "pipeline/base64.h"

namespace ambit::match {
namespace {

// With the letters of URLs.
constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values = kBase64Values;
  values['-'] = 62;
  values['_'] = 63;
  return values;
}();

unsigned char at_byte(Bytes window, std::size_t at) { return std::to_integer<unsigned char>(window[at]); }
bool is_blank(unsigned char c) { return c == '\r' || c == '\n' || c == ' ' || c == '\t'; }
constexpr std::size_t kMaxFold = 4;  // a line end and the white space of a folded header

// Where the next base64 character at or after `at` stands, over one line break; window.size() if none.
std::size_t next_place(Bytes window, std::size_t at) {
  std::size_t i = at;
  bool line_end = false;
  while (i < window.size() && i < at + kMaxFold && is_blank(at_byte(window, i)))
    line_end |= at_byte(window, i++) == '\n';
  if (i >= window.size() || kValues[at_byte(window, i)] == kNoBase64) return window.size();
  return i == at || line_end ? i : window.size();
}

// The same before `at`.
std::optional<std::size_t> place_before(Bytes window, std::size_t at) {
  std::size_t i = at;
  bool line_end = false;
  while (i > 0 && at - i < kMaxFold && is_blank(at_byte(window, i - 1))) line_end |= at_byte(window, --i) == '\n';
  if (i == 0 || kValues[at_byte(window, i - 1)] == kNoBase64) return std::nullopt;
  if (i != at && !line_end) return std::nullopt;
  return i - 1;
}

// Collects the places of up to `before` characters before `at` and `after` characters from it on. Returns how many
// there are before.
std::size_t collect(Bytes window, std::size_t at, std::size_t before, std::size_t after, Base64Scratch& scratch) {
  scratch.places.clear();
  for (std::size_t i = at; scratch.places.size() < before;) {
    const auto place = place_before(window, i);
    if (!place) break;
    scratch.places.push_back(static_cast<std::uint32_t>(*place));
    i = *place;
  }
  std::reverse(scratch.places.begin(), scratch.places.end());
  const std::size_t count = scratch.places.size();
  for (std::size_t i = at; scratch.places.size() < count + after; ++i) {
    i = next_place(window, i);
    if (i >= window.size()) break;
    scratch.places.push_back(static_cast<std::uint32_t>(i));
  }
  return count;
}

// Decodes from character `first` on, which begins a group.
void decode(Bytes window, std::size_t first, Base64Scratch& scratch) {
  scratch.decoded.clear();
  std::uint32_t bits = 0, have = 0;
  for (std::size_t i = first; i < scratch.places.size(); ++i) {
    bits = bits << 6 | kValues[at_byte(window, scratch.places[i])];
    have += 6;
    if (have < 8) continue;
    have -= 8;
    scratch.decoded.push_back(static_cast<std::byte>(bits >> have & 0xff));
  }
}

// Number of the group's character in which the first determined one of a text at this alignment stands.
constexpr std::size_t first_sextet(unsigned alignment) { return (8 * alignment + 5) / 6; }

bool decode_around(Bytes window, std::size_t at, unsigned alignment, std::size_t most, Base64Scratch& scratch) {
  const std::size_t reach = most * 16 / 3 + 12;  // four bytes a character, and a neighbour
  const std::size_t before = collect(window, at, reach, reach, scratch);
  const std::size_t sextet = first_sextet(alignment);
  scratch.forget();
  // The group that holds the core's first character begins `sextet` characters before it. Where the base64 text
  // begins inside that group it is cut off or foreign; the bits it lacks are then not the literal's.
  if (before < sextet) return false;
  scratch.at = at;
  scratch.alignment = alignment;
  scratch.first = (before - sextet) % 4;
  scratch.begin = (before - sextet - scratch.first) / 4 * 3 + alignment;
  decode(window, scratch.first, scratch);
  return true;
}

}  // namespace

std::string base64_core(std::string_view bytes, unsigned alignment, bool url_safe) {
  std::string out;
  const std::size_t last = 8 * (alignment + bytes.size()) / 6;
  for (std::size_t sextet = first_sextet(alignment); sextet < last; ++sextet) {
    unsigned value = 0;
    for (std::size_t bit = 6 * sextet; bit < 6 * sextet + 6; ++bit) {
      const auto byte = static_cast<unsigned char>(bytes[bit / 8 - alignment]);
      value = value << 1 | (byte >> (7 - bit % 8) & 1U);
    }
    const char plain = kBase64Letters[value];
    out.push_back(!url_safe ? plain : plain == '+' ? '-' : plain == '/' ? '_' : plain);
  }
  return out;
}

std::optional<Found> find_in_base64(const Literal& literal, Form inner, Bytes window, std::size_t position,
                                    unsigned alignment, std::size_t at, std::size_t most, Base64Scratch& scratch) {
  if ((scratch.at != at || scratch.alignment != alignment) && !decode_around(window, at, alignment, most, scratch)) {
    return std::nullopt;
  }
  if (scratch.begin > scratch.decoded.size()) return std::nullopt;
  const auto found = find_around(literal, inner, scratch.decoded, position, scratch.begin);
  if (!found || !stands_alone(literal, inner, scratch.decoded, *found)) return std::nullopt;
  const std::size_t begin = scratch.places[scratch.first + found->begin * 8 / 6];
  const std::size_t end = scratch.places[scratch.first + (found->end * 8 + 5) / 6 - 1] + std::size_t{1};
  if (end - begin > literal.width) return std::nullopt;
  return Found{begin, end};
}

}  // namespace ambit::match
