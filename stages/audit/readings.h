// Readings: a text as it may be written otherwise, made plain again, and where each of its letters stood.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ambit::audit {

struct Reading {
  std::string text;                   // stretches, a NUL behind each
  std::vector<std::uint32_t> source;  // by letter of `text`: the byte of the original it begins in
};

// Letters of ASCII with a zero between one and the next: UTF-16 of either order, on any offset. `bytes` has less than
// 4 GiB.
[[nodiscard]] Reading read_utf16(std::string_view bytes);
// Stretches of base64, over the ends of lines, where what they decode to is text. Likewise.
[[nodiscard]] Reading read_base64(std::string_view bytes);

}  // namespace ambit::audit
