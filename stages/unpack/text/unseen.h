// Characters that nobody sees, in UTF-8: they stand within words, for whoever lays a text out, and are no part of them.
//
//   soft hyphen U+00AD; no width U+200B to U+200D, U+2060, U+FEFF; direction U+200E, U+200F, U+202A to U+202E,
//   U+2066 to U+2069
#pragma once

#include <string_view>

namespace ambit::unpack {

// Where, from `at` on, the next byte is with which one of them may begin, or a NUL; npos: nowhere.
[[nodiscard]] std::size_t find_unseen_lead(std::string_view text, std::size_t at = 0);

// Whether `character` is one of them. `lead_before`: what the character before it begins with.
[[nodiscard]] bool is_unseen(std::string_view character, char lead_before);

// Whether `text` has one of them anywhere but at its front, where a byte order mark stands.
[[nodiscard]] bool holds_unseen(std::string_view text);

}  // namespace ambit::unpack
