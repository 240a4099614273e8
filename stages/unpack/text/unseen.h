// Characters that nobody sees, in UTF-8: they stand within words, for whoever lays a text out, and are no part of them.
//
//   soft hyphen U+00AD; no width U+200B to U+200D, U+2060, U+FEFF; direction U+200E, U+200F, U+202A to U+202E,
//   U+2066 to U+2069
#pragma once

#include <string_view>

namespace ambit::unpack {

// What they begin with.
inline constexpr std::string_view kUnseenLeads = "\xc2\xe2\xef";

// Whether `character` is one of them. `lead_before`: what the character before it begins with.
[[nodiscard]] bool is_unseen(std::string_view character, char lead_before);

// Whether `text` has one of them anywhere but at its front, where a byte order mark stands.
[[nodiscard]] bool holds_unseen(std::string_view text);

}  // namespace ambit::unpack
