// Where the blocks of a UFS file are, from the addresses in its inode: twelve direct ones, then one block of addresses,
// one of blocks of addresses, and one more level.
//
// libtsk follows these without regard to the size of the file (sleuthkit 4.11 reads every address of a second or third
// level once it enters it), so one damaged inode keeps it busy for days.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/byte_source.h"
#include "stages/walk/file_system.h"

namespace ambit::walk {

struct UfsShape {
  std::uint64_t block_bytes = 0;
  std::uint64_t fragment_bytes = 0;  // what addresses count; the last block of a file may be some of them only
  std::size_t address_bytes = 4;     // 4 in UFS1, 8 in UFS2
  bool big_endian = false;

  // Bytes of the largest file of which every address is direct or in the first block of addresses.
  [[nodiscard]] std::uint64_t single_level_bytes() const { return (12 + block_bytes / address_bytes) * block_bytes; }
};

// From the superblock; nothing where there is none, or its sizes are not those of a UFS.
[[nodiscard]] std::optional<UfsShape> ufs_shape(const ByteSource& volume, bool big_endian);

struct UfsBlocks {
  std::vector<Run> data;   // blocks of the file, by their place in it; holes are left out
  std::vector<Run> books;  // the blocks of addresses; `start` counts them up
  bool whole = true;       // false: an address leads out of the volume, a block cannot be read, or there are too many
};

// `addresses`: the fifteen of the inode. Reads each block of addresses that a file of `size` bytes needs, once.
[[nodiscard]] UfsBlocks ufs_blocks(const ByteSource& volume, const UfsShape& shape,
                                   std::span<const std::uint64_t, 15> addresses, std::uint64_t size);

}  // namespace ambit::walk
