// The marks: what something packed begins with, and whether it does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "pipeline/pattern.h"

namespace ambit::unpack {

// lines: a file in lines of text (mail/uuencode.h). escaped: in a string of SQL, with what mysqldump writes for some
// bytes.
enum class Code : std::uint8_t { bytes, base64, hex, lines, escaped };

// A mark in an object. Of what has two bytes for a beginning, the quotation mark before it is looked for, too.
struct MarkPlace {
  std::uint64_t at = 0;  // where what is packed begins
  Code code = Code::bytes;
  std::uint64_t mark_at = 0;  // the first byte of the mark
};

[[nodiscard]] std::span<const Mark> all_marks();
[[nodiscard]] std::size_t longest_mark();

// Shows all marks that lie in `bytes` whole, of which the first is at `offset`; ordered by end.
void find_marks(std::span<const std::byte> bytes, std::uint64_t offset,
                const std::function<void(const MarkPlace&)>& found);

// Of an object of `head` that begins with a signature: whether it begins as that says. At least a kilobyte of it, or
// all.
[[nodiscard]] bool is_begun(std::span<const std::byte> head);
inline constexpr std::size_t kBegunBytes = 1024;

}  // namespace ambit::unpack
