// Base64: finding text in it.
//
// Three bytes make four characters, so a text looks different at each of three alignments, and its first and last
// character may share bits with the neighbours. What Hyperscan looks for is made of the characters that the text
// alone determines; the check decodes what stands around and reads the text itself, whatever its case. Line breaks
// (MIME folds at 76 characters) are skipped. Both alphabets are read alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stages/match/literal.h"

namespace ambit::match {

// The characters that `bytes` alone determines when its first byte stands at `alignment` (0..2) in a group of three.
[[nodiscard]] std::string base64_core(std::string_view bytes, unsigned alignment, bool url_safe);

// Decoded neighbourhood of the last candidate. Literals that share a core share it: "gmail.com" is decoded once for
// all of them. forget() when the window changes.
struct Base64Scratch {
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  std::size_t at = kNowhere;  // the candidate,
  unsigned alignment = 0;     // and its alignment
  std::size_t first = 0;      // of places: begins the first group decoded
  std::size_t begin = 0;      // of decoded: where the candidate's text begins
  void forget() { at = kNowhere; }
  std::vector<std::uint32_t> places;  // of each base64 character, in the window
  std::vector<std::byte> decoded;
};

// The occurrence around a core found at `at`. `position` and `alignment` are those of the core; `inner` is the form of
// the decoded bytes, UTF-8 or UTF-16LE; `most` is the number of characters of the longest of all literals.
[[nodiscard]] std::optional<Found> find_in_base64(const Literal& literal, Form inner, Bytes window,
                                                  std::size_t position, unsigned alignment, std::size_t at,
                                                  std::size_t most, Base64Scratch& scratch);

}  // namespace ambit::match
