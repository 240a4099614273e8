// What tells a secret from a word that stands for one: "hunter2!" from "changeme", "${PASSWORD}" and "xxxxxxxx".
#pragma once

#include <cstddef>
#include <string_view>

#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {

// Bits per character, of the characters as they are: of letters at random 4 and more, of words about 3.
[[nodiscard]] double entropy(std::string_view text);
// Kinds of characters in it: small, capital, digit, other.
[[nodiscard]] int kinds_of_characters(std::string_view text);
// Text that stands where a secret would: a variable, a call, a mask, "example", a type, the word itself.
[[nodiscard]] bool is_placeholder(std::string_view text);

[[nodiscard]] bool is_base64(char c);  // of the standard's alphabet, without '='
[[nodiscard]] bool is_token(char c);   // letters, digits and - _ . ~ + / =

// A whole verdict of one grade, whatever stands around it.
[[nodiscard]] inline Verdict graded(std::size_t begin, std::size_t end, Grade grade) {
  return {begin, end, grade, grade};
}

}  // namespace ambit::scrutiny
