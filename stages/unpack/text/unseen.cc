#include "stages/unpack/text/unseen.h"

#include <cstdint>
#include <cstring>

namespace ambit::unpack {
namespace {

// Of characters from U+0580 on: Hebrew, Arabic, and what follows. Letters of many of these join to the next one, or do
// not, by U+200C and U+200D: there they are how a word is spelled.
constexpr unsigned char kFirstJoiningLead = 0xd6;

bool is_within(std::string_view c, std::string_view first, std::string_view last) { return c >= first && c <= last; }

}  // namespace

bool is_unseen(std::string_view c, char lead_before) {
  if (c == "\xc2\xad" || c == "\xe2\x80\x8b" || c == "\xe2\x81\xa0" || c == "\xef\xbb\xbf") return true;
  if (c == "\xe2\x80\x8c" || c == "\xe2\x80\x8d") return static_cast<unsigned char>(lead_before) < kFirstJoiningLead;
  if (c.size() != 3) return false;
  return is_within(c, "\xe2\x80\x8e", "\xe2\x80\x8f") || is_within(c, "\xe2\x80\xaa", "\xe2\x80\xae") ||
         is_within(c, "\xe2\x81\xa6", "\xe2\x81\xa9");
}

std::size_t find_unseen_lead(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kHigh = 0x8080808080808080, kOnes = 0x0101010101010101;
  while (at < text.size()) {
    std::uint64_t eight = 0;
    if (at + sizeof eight <= text.size()) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if (((eight | (eight - kOnes)) & kHigh) == 0) {  // ASCII without a NUL
        at += sizeof eight;
        continue;
      }
    }
    const char c = text[at];
    if (c == '\0' || c == '\xc2' || c == '\xe2' || c == '\xef') return at;
    ++at;
  }
  return std::string_view::npos;
}

bool holds_unseen(std::string_view text) {
  char lead = ' ';
  std::size_t noted = 0;
  for (std::size_t at = find_unseen_lead(text); at < text.size(); at = find_unseen_lead(text, at + 1)) {
    for (; noted < at; ++noted) lead = (text[noted] & 0xc0) != 0x80 ? text[noted] : lead;
    if (at > 0 && is_unseen(text.substr(at, text[at] == '\xc2' ? 2 : 3), lead)) return true;
  }
  return false;
}

}  // namespace ambit::unpack
