// Which chunk of an EWF image lies where: the list of its tables.
//
// The tables themselves stay in the image. An entry is four bytes; what is kept of a table is where it begins and
// which chunk it begins with, 64 bytes for up to 65,534 chunks. A chunk has no number in the image: it is the n-th
// entry of all tables. So where a table was lost to damage, everything behind it would move. The declared number of
// chunks tells how many entries are missing; with one place of damage they are missing there, and what follows is
// counted from the end. Where that cannot be known, the tables behind the damage are not used: bytes at a wrong
// place would be worse than none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/exhibit.h"
#include "stages/open/ewf_sections.h"

namespace ambit::open::ewf {

struct Table {
  std::uint64_t first_chunk = 0;
  std::uint64_t entries_at = 0;  // in its segment
  std::uint64_t second_at = 0;   // the entries of its copy; 0: none
  std::uint64_t base = 0;
  std::uint64_t data_begin = 0, data_end = 0;  // where its chunks lie
  std::uint32_t entries = 0;
  std::uint32_t segment = 0;
  bool has_sum = false;  // Adler-32 behind the entries
};

using Segments = std::vector<std::shared_ptr<const ByteSource>>;

struct Index {
  Geometry geometry;
  std::vector<Table> tables;  // by first_chunk; not all chunks need be in one
  std::vector<StoredHash> hashes;
};

// `image`: what an Error calls it.
[[nodiscard]] Result<Index> read_index(const Segments& segments, const std::string& image);

}  // namespace ambit::open::ewf
