// Character sets: from whatever a text is written in to UTF-8.
//
// A label (of a mail, a page) is believed where it is known and read as the larger set that programs mean by it:
// ISO-8859-1 as Windows-1252, GB2312 as GB18030. Where there is none, or none that is known, the text itself says: its
// byte order mark, the zeros of UTF-16, what is valid UTF-8, else a guess from the first bytes beyond ASCII.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {

// UTF-8, but what is not valid UTF-8 is read as Windows-1252, byte by byte.
inline constexpr std::string_view kUtf8OrWestern = "utf-8";
inline constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";

// The name that charset_decoder() knows a label by; empty where the label means nothing, or only ASCII.
[[nodiscard]] std::string known_charset(std::string_view label);

// To UTF-8, without the byte order mark; what cannot be decoded becomes U+FFFD. An empty `charset`: the text is asked.
[[nodiscard]] std::unique_ptr<Rewriter> charset_decoder(std::string_view charset);

// What `sample`, from the middle or the front of a text, is written in: a name that charset_decoder() knows.
enum class Sample : bool { front, middle };
[[nodiscard]] std::string guessed_charset(std::string_view sample, Sample where);
// "utf-16le" and its like where the front of a text has such units, by their mark or their zeros; else empty. Costs
// little: nobody asks what language it is.
[[nodiscard]] std::string_view guessed_wide_charset(std::string_view front);

[[nodiscard]] std::string to_utf8(std::string_view bytes, std::string_view charset);

// Appends one character; what is none becomes U+FFFD.
void append_utf8(char32_t code, std::string& out);

}  // namespace ambit::unpack
