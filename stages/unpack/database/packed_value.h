// What is packed in a value of a database: of which it is worth to make a member.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/facts.h"

namespace ambit::unpack {

// Less holds nothing that a name fits in: two bytes, a code of three letters, a sum.
inline constexpr std::uint64_t kLeastPackedBytes = 11;

// Whether a value of `bytes` bytes that begins with `head`, kKindBytes or all of it, is packed, as far as that shows;
// what people read as it is does not count.
[[nodiscard]] bool is_packed_value(std::span<const std::byte> head, std::uint64_t bytes);
// … of what format_of() and its like said of it.
[[nodiscard]] bool is_packed_value(Format format, std::span<const std::byte> head);

// Appends a value to a line of a view: in UTF-8, in one line, with blanks for what is no character.
void append_shown(std::string_view value, std::string& line);

}  // namespace ambit::unpack
