// Spelling: how encoders write a character in each form. Only what Hyperscan must look for depends on this list; the
// check (literal.h) accepts any mix. A style whose bytes are the plain UTF-8 ones for a given literal adds nothing.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/pattern.h"

namespace ambit::match {

// Appends the ways in which one character may be written; none: this style cannot write it.
using Spell = void (*)(char32_t code, std::vector<std::string>& out);

struct Style {
  Form form;
  Spell spell;
  char32_t unless = 0;               // a text with this character is written in another style
  bool (*only)(char32_t) = nullptr;  // a text without any such character is not written so
};

// Each `unit` bytes as `sign` and two hexadecimal digits for each of them; cores are caseless.
[[nodiscard]] std::string hex_escaped(std::string_view bytes, std::string_view sign, std::size_t unit = 1);

// The styles of the forms that are written with escapes.
[[nodiscard]] std::span<const Style> escaped_styles();
// Quoted-printable as mail bodies have it, which may be broken by a soft line end anywhere.
extern const Spell kQuotedBody;

}  // namespace ambit::match
