// What is packed amid other bytes: a document in base64 in a record of JSON, an archive in hexadecimal digits in a
// dump, a gzip in a database that nothing here reads, what is attached to a mail in residue. There is no telling from
// the beginning or the end of an object; but what is packed begins with certain bytes, its marks, and these the sweep
// looks for beside the identifiers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/object.h"
#include "pipeline/pattern.h"

namespace ambit {

// As they may stand in an object: the bytes themselves, in base64 from its first letter on, in digits.
[[nodiscard]] std::span<const Mark> embedded_marks();

// Of marks at `places` in a content, which is open and has `size` bytes: whether at one of them something packed
// begins.
[[nodiscard]] bool holds_embedded(Content& content, std::uint64_t size, std::span<const std::uint64_t> places);

// Whether one of them is there. A content is open and has `size` bytes; what cannot be read is passed.
[[nodiscard]] bool has_embedded_mark(std::span<const std::byte> bytes);
[[nodiscard]] bool has_embedded_mark(Content& content, std::uint64_t size);

// Where marks in letters stand in it; ascending, the first limits::kMaxMarks.
[[nodiscard]] std::vector<std::uint64_t> find_letters(Content& content, std::uint64_t size);
// How many bytes the letters at `at` go on for, if something packed begins with them.
[[nodiscard]] std::optional<std::uint64_t> packed_letters(Content& content, std::uint64_t size, std::uint64_t at);

}  // namespace ambit
