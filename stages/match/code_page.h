// Code pages: the character sets of one byte a character in which texts were written before UTF-8, and in which old
// databases, mails and names in archives still are. The first half of each is ASCII.
#pragma once

#include <span>

#include "pipeline/pattern.h"

namespace ambit::match {

struct CodePage {
  Form form;
  const char* name;  // as ICU knows it
};
// All that are looked for, in the order of their forms.
[[nodiscard]] std::span<const CodePage> code_pages();
// Also those of several bytes a character (multibyte.h).
[[nodiscard]] constexpr bool is_code_page(Form form) { return form >= kFirstCodePage && form <= kLastCodePage; }

// The character of a byte from 0x80 on; 0 where the page has none there. `form` is one of code_pages().
[[nodiscard]] char32_t code_of_byte(Form form, unsigned char byte);
// The byte of a character that is not ASCII; 0 where the page has no such character.
[[nodiscard]] unsigned char byte_of_code(Form form, char32_t code);

// EBCDIC: letters, digits and the commonest signs are the same in IBM's pages 037, 500 and 1047. 0: none.
[[nodiscard]] char32_t code_of_ebcdic(unsigned char byte);
[[nodiscard]] unsigned char ebcdic_of_code(char32_t code);

}  // namespace ambit::match
