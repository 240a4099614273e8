// Unicode, as far as the matcher needs it. The one door to ICU.
//
// Two texts are the same to the matcher when their *plain* text is the same: canonical decomposition, then (unless
// case matters) simple case folding of every character, with full-width forms, Latin ligatures and spaces of any kind
// replaced by what they stand for. Plain text is computed character by character: plain(ab) = plain(a)plain(b).
// That is what makes the exact check of a candidate a single walk: every character read from the evidence must
// account for the next few characters of the identifier's plain text. Nothing is looked up in a list of variants.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ambit::match {

using Codes = std::u32string;  // code points

// Strict: overlong forms, surrogates and everything above U+10FFFF are refused.
[[nodiscard]] std::optional<Codes> decode_utf8(std::string_view text);
void append_utf8(std::string& out, char32_t code);
void append_utf16(std::string& out, char32_t code, bool big_endian);

[[nodiscard]] Codes to_nfc(const Codes& text);
[[nodiscard]] Codes to_nfd(const Codes& text);
[[nodiscard]] char32_t to_lower(char32_t code);
[[nodiscard]] char32_t to_upper(char32_t code);
[[nodiscard]] char32_t to_title(char32_t code);

[[nodiscard]] bool is_word(char32_t code);       // letter, mark, digit or connector (the underscore)
[[nodiscard]] bool is_letter(char32_t code);     // letter or mark
[[nodiscard]] bool is_alnum(char32_t code);      // letter or digit
[[nodiscard]] bool is_space(char32_t code);      // the blank and its kin of any width, but no control
[[nodiscard]] bool is_ideograph(char32_t code);  // Han, kana, Hangul

// The plain text of one character: `count` code points, never none.
struct Plain {
  std::array<char32_t, 18> codes;
  std::size_t count = 0;
  [[nodiscard]] std::u32string_view view() const { return {codes.data(), count}; }
};
[[nodiscard]] Plain plain_of(char32_t code, bool ignore_case);
[[nodiscard]] Codes plain_text(const Codes& text, bool ignore_case);

// A character that stands for a stretch of plain text.
struct Variant {
  char32_t code = 0;
  bool rare = false;  // such as KELVIN SIGN for k: nobody's ordinary spelling, yet it must be found
};

// Which characters have a given plain text. Remembers its answers; belongs to one builder.
class Variants {
 public:
  Variants();
  // All characters (but full-width ones) whose plain text is exactly `text`.
  [[nodiscard]] const std::vector<Variant>& of(std::u32string_view text, bool ignore_case);

 private:
  // Looked up some hundred times for each literal, so without making a string of what is looked for.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::u32string_view text) const { return std::hash<std::u32string_view>{}(text); }
  };
  std::array<std::unordered_map<Codes, std::vector<Variant>, Hash, std::equal_to<>>, 2> seen_;  // by ignore_case
  std::array<std::unordered_map<Codes, std::vector<char32_t>>, 2> never_composed_;              // by plain text
};

// The full-width twin of a printable ASCII character or of the space, else 0.
[[nodiscard]] char32_t full_width(char32_t code);

// All characters that equal one of the inclusive `ranges` when case is ignored; sorted, disjoint.
using CodeRange = std::pair<char32_t, char32_t>;
[[nodiscard]] std::vector<CodeRange> close_over_case(const std::vector<CodeRange>& ranges);
// What \w means: is_word() as ranges.
[[nodiscard]] const std::vector<CodeRange>& word_ranges();

}  // namespace ambit::match
