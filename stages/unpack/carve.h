// Carving: what is packed in bytes that no file owns. Of a file that was deleted the name, the runs and the size may be
// gone, but most files begin at a sector, and the formats that hide their text have signatures there and say, each in
// its own way, where they end. What does not hide it (mail, pages, plain text) is found in the raw bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/object.h"
#include "stages/unpack/kind/kind.h"

namespace ambit {

// Whether a file of those formats may begin with `bytes`, of which there is at least one. Wants eight; of fewer, none
// that has them is missed.
[[nodiscard]] bool may_begin_packed(std::span<const std::byte> bytes);

// Where in a content, which is open and has `size` bytes, a sector begins so, or a mark in letters stands (embedded.h);
// ascending. `place`: of its first byte on the disk. What cannot be read is passed.
[[nodiscard]] std::vector<std::uint64_t> find_carve_starts(Content& content, std::uint64_t size, std::uint64_t place);

// Where in it, at any byte, the first member of a zip begins.
[[nodiscard]] std::optional<std::uint64_t> find_zip_member(Content& content, std::uint64_t size);

struct CarvedFile {
  std::uint64_t begin = 0, bytes = 0;  // where, in the run; all that may be its, where nothing says how much
  bool has_end = false;                // something did
  KindGuess guess;                     // with its format
};

// What of streams that compress: they say where they end only to who decodes them, which takes as long again.
enum class StreamEnds : std::uint8_t { as_far_as_the_next, decoded };

// Shows the files that begin at `starts` (ascending) in a run of residue, which is open and has `size` bytes; by place,
// not overlapping: what begins within a file whose end is known is that file's. A stream that cannot be decoded at all
// is none. `visit` says whether it wants more.
void carve(Content& run, std::uint64_t size, std::span<const std::uint64_t> starts, StreamEnds ends,
           const std::function<bool(const CarvedFile&)>& visit);

}  // namespace ambit
