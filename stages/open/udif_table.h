// Which block of a disk image of Apple (UDIF, .dmg) lies where in its file.
#pragma once

#include <optional>
#include <vector>

#include "stages/open/formats.h"
#include "stages/open/packed_block.h"

namespace ambit::open::udif {

struct Block {
  std::uint64_t offset = 0, bytes = 0;     // of the disk
  std::uint64_t at = 0, stored_bytes = 0;  // in the file
  std::optional<Packing> packing;          // nothing: as it is
};

struct Table {
  std::uint64_t size = 0;     // of the disk
  std::vector<Block> blocks;  // that hold something, by offset; what is between them is zeros
};

// Error: with the remedy; of a file that ends like one.
[[nodiscard]] Result<Table> read_table(const Request& request, const ByteSource& bytes);

}  // namespace ambit::open::udif
