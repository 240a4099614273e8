// Character sets in which a letter has several bytes: those of Chinese, Japanese and Korean, which begin each letter
// with a byte from 0x80 on, and windows-1258 of Vietnamese, which writes a vowel and then its tone.
//
// Nothing in their bytes tells where a letter begins: the second half of one and the first half of the next are most
// often a letter, too. Before a find the bytes are read from a place at which a letter must begin. Where that leads
// into the middle of the find, and goes on well for longer than the find's own reading, it is none. Where neither
// breaks first it is one: what stands before a text in a database is no text.
#pragma once

#include <span>
#include <string_view>

#include "stages/match/reading.h"

namespace ambit::match {

[[nodiscard]] constexpr bool is_multibyte(Form form) { return form >= Form::windows_1258 && form <= Form::euc_kr; }
// All of them, in the order of their forms.
[[nodiscard]] std::span<const Form> multibyte_sets();

// A character of a set, and its bytes as one number, the first of them highest.
struct Coded {
  char32_t code = 0;
  std::uint32_t bytes = 0;
};
// The ways in which a set writes a character that is not ASCII, the usual one first. `form` is one of them, here and
// below.
[[nodiscard]] std::span<const Coded> writings_of(Form form, char32_t code);
[[nodiscard]] std::string bytes_of(const Coded& coded);

// The readings of the character that begins at `at`, or that ends there; the likeliest first.
void multibyte_next(Form form, Bytes window, std::size_t at, Glyphs& out);
void multibyte_before(Form form, Bytes window, std::size_t at, Glyphs& out);

// True where [begin, end) begins amid a letter. Looks at most kNeighbourBytes away.
[[nodiscard]] bool is_amid_letters(Form form, Bytes window, std::size_t begin, std::size_t end);

}  // namespace ambit::match
