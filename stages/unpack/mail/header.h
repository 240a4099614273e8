// The headers of a mail (RFC 5322) and of its parts (RFC 2045), as a person reads them.
//
//   header     = name ":" value *( newline blank value )      the newline before a blank is no newline
//   encoded    = "=?" charset "?" ( "B" | "Q" ) "?" text "?=" RFC 2047; blanks between two of them vanish
//   parameter  = ";" name [ "*" number ] [ "*" ] "=" value    RFC 2231: value in pieces, charset'language'%XX
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ambit::unpack {

struct MailHeaders {
  std::string type;          // of the content, lower case; empty where none is declared
  std::string boundary;      // of a multipart
  std::string charset;       // of a text, as declared
  std::string name;          // the file's, decoded; empty where it has none
  std::string encoding;      // of the transfer, lower case
  std::string disposition;   // lower case: inline, attachment
  bool parts_words = false;  // of a text: its lines may end within a word (flowed.h)
  std::optional<std::int64_t> date;
};

// `block`: the header lines, with or without the empty line behind them. Where a header stands twice, the first counts.
[[nodiscard]] MailHeaders read_mail_headers(std::string_view block);

// The lines of `block` with folds undone and encoded words decoded, in UTF-8, each ended by a newline.
[[nodiscard]] std::string readable_headers(std::string_view block);

// "Fri, 21 Nov 1997 09:55:06 -0600" and what programs made of it. Seconds since 1970, UTC.
[[nodiscard]] std::optional<std::int64_t> mail_date(std::string_view text);

// Where the block of headers at the front of `text` ends, the empty line behind it taken; npos: it does not. `from`: no
// empty line begins before. Of other protocols with such headers; a mail's end at a delimiter, too.
[[nodiscard]] std::size_t end_of_headers(std::string_view text, std::size_t from);

// The value of the first header `name` (lower case) in `block`, folds undone.
[[nodiscard]] std::optional<std::string> header_value(std::string_view block, std::string_view name);

// `text` with its encoded words decoded; bytes outside of them that are not UTF-8 are Windows-1252.
[[nodiscard]] std::string decoded_words(std::string_view text);

}  // namespace ambit::unpack
