// ASCII character classes, and the character at a place.
#pragma once

#include <string_view>

#include "pipeline/ascii.h"

namespace ambit::scrutiny {

// The character at `i`, or NUL beyond the ends.
constexpr char at(std::string_view text, std::size_t i) { return i < text.size() ? text[i] : '\0'; }

}  // namespace ambit::scrutiny
