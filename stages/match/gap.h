// Gaps: what parts two words where an identifier has a blank. Several blanks of any kind, a tab, the end of one line
// with what mails put before a line that they quote; in plain text and in texts of any character set. In pages, and in
// strings that hold pages or lines, also a short tag, a written-out "\n" or "\t", a blank that does not break.
#pragma once

#include <cstddef>

#include "stages/match/code_page.h"
#include "stages/match/reading.h"

namespace ambit::match {

// Between two words, at most; twice as many in UTF-16.
inline constexpr std::size_t kMaxGapBytes = 24;

// Whether words of this form may be parted so.
[[nodiscard]] constexpr bool has_gaps(Form form) { return form <= Form::utf16be || is_code_page(form); }

// Bytes of the gap that begins at `at`, or that ends there; 0: none, or more than anybody writes.
[[nodiscard]] std::size_t gap_next(Form form, Bytes window, std::size_t at);
[[nodiscard]] std::size_t gap_before(Form form, Bytes window, std::size_t at);

}  // namespace ambit::match
