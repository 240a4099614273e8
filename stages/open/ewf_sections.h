// The sections of one EWF segment file.
//
//   segment   = "EVF" 09 0d 0a ff 00, 01, number u16, 0000, section …
//   section   = name[16], end u64 (where the next one begins), size u64, 0[40], Adler-32 of these 72 bytes, body
//   sections  : header header2 volume | disk | data, (sectors table table2) …, digest hash, next | done
//   volume    = …, chunks u32 @4, sectors per chunk u32 @8, bytes per sector u32 @12, sectors u64 @16, …, Adler-32
//   table     = entries u32, 0, base u64 @8, 0, Adler-32 @20; entry u32 …; Adler-32 of the entries
//   entry     = place of the chunk, counted from `base`; bit 31: it is packed (zlib), else an Adler-32 follows it
//
// All numbers are little-endian, places count from the begin of the segment. In the oldest form (SMART, EnCase 1)
// the chunks lie in the table section behind the entries. A section that ends where it begins is the last one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pipeline/byte_source.h"

namespace ambit::open::ewf {

inline constexpr std::size_t kHeaderBytes = 13;
inline constexpr std::size_t kDescriptorBytes = 76;
inline constexpr std::size_t kTableHeaderBytes = 24;

struct Section {
  std::string name;
  std::uint64_t at = 0;
  std::uint64_t end = 0;  // where the next one begins; beyond the segment's end if that was cut
  [[nodiscard]] std::uint64_t body() const { return at + kDescriptorBytes; }
  [[nodiscard]] bool is_last() const { return name == "next" || name == "done"; }
};

// The section that begins at `at`; nothing if there is none or its descriptor is damaged.
[[nodiscard]] std::optional<Section> section_at(const ByteSource& segment, std::uint64_t at);
// The first section with a sound descriptor that begins at `from` or later: after damage.
[[nodiscard]] std::optional<Section> next_sound_section(const ByteSource& segment, std::uint64_t from);

// True for the first bytes of a segment, or where these are damaged, for a sound first section.
[[nodiscard]] bool is_segment(const ByteSource& file);
// The number in the segment's header; nothing if the header is damaged.
[[nodiscard]] std::optional<std::uint32_t> segment_number(const ByteSource& segment);

// What the image holds, from its volume section.
struct Geometry {
  std::uint64_t chunks = 0, chunk_bytes = 0, bytes = 0;
};
[[nodiscard]] std::optional<Geometry> read_geometry(const ByteSource& segment, const Section& section);

// The head of a table section.
struct TableHead {
  std::uint32_t entries = 0;
  std::uint64_t base = 0;
};
[[nodiscard]] std::optional<TableHead> read_table_head(const ByteSource& segment, const Section& section);

}  // namespace ambit::open::ewf
