// The half of the guess that reads: whether bytes are text, and what sort of text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipeline/facts.h"

namespace ambit::kinds {

// True for UTF-8, and for 8-bit text without NUL and with next to no control characters. `cut`: the text goes on behind
// `head`.
[[nodiscard]] bool reads_as_text(std::string_view head, bool cut);

// The ASCII of text in UTF-16 or UTF-32, with a byte order mark or with the zeros of ASCII; other characters as '?'.
// Nothing if `head` is neither.
[[nodiscard]] std::optional<std::string> narrowed(std::string_view head);

// mail, mailbox, sql_dump, log, markup, source or text. `extension`: lower case, without the dot.
[[nodiscard]] Kind kind_of_text(std::string_view text, std::string_view file_name, std::string_view extension);

}  // namespace ambit::kinds
