// A UFS as its superblock describes it, its inodes, and where the blocks of a file are: twelve direct addresses, then
// one block of addresses, one of blocks of addresses, and one more level.
//
// Facts: sys/ufs/ffs/fs.h and sys/ufs/ufs/dinode.h of FreeBSD.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/byte_source.h"
#include "stages/walk/file_system.h"
#include "stages/walk/layout.h"

namespace ambit::walk {

// Sizes in bytes; a fragment is what addresses count, a block some of them.
struct UfsShape {
  bool second = false;  // UFS2
  bool big_endian = false;
  std::uint64_t superblock_at = 0;
  std::uint64_t block_bytes = 0;
  std::uint64_t fragment_bytes = 0;
  std::uint64_t fragments = 0;  // of the file system, as far as the volume has them
  std::uint64_t declared_fragments = 0;
  std::uint64_t groups = 0, group_fragments = 0, group_inodes = 0;
  // Of a group, from where it starts: the copy of the superblock, the group's own books, its inodes, its data.
  std::uint64_t superblock_first = 0, books_first = 0, inodes_first = 0, data_first = 0;
  std::uint64_t group_offset = 0, group_mask = 0;  // UFS1: groups start shifted against each other

  [[nodiscard]] std::size_t address_bytes() const { return second ? 8 : 4; }
  [[nodiscard]] std::size_t inode_bytes() const { return second ? 256 : 128; }
  [[nodiscard]] std::uint64_t group_start(std::uint64_t group) const {  // in fragments
    return group * group_fragments + (second ? 0 : group_offset * (group & ~group_mask));
  }
};

// From the superblock; nothing where there is none. An Error where its numbers are not those of a UFS.
[[nodiscard]] Result<std::optional<UfsShape>> ufs_shape(const ByteSource& volume);

struct UfsInode {
  std::uint16_t mode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;
  std::array<std::uint64_t, 15> addresses{};
  std::array<char, 120> target{};  // the bytes of the addresses: of a short symbolic link, what it leads to
  std::size_t target_bytes = 60;

  [[nodiscard]] unsigned kind() const { return mode >> 12; }  // as in st_mode: 4 a folder, 8 a file, 10 a link
};
// Nothing for a number that the file system does not have, or an inode that cannot be read.
[[nodiscard]] std::optional<UfsInode> ufs_inode(const ByteSource& volume, const UfsShape& shape, std::uint64_t number);

struct UfsBlocks {
  std::vector<Run> data;   // blocks of the file, by their place in it; holes are left out
  std::vector<Run> books;  // the blocks of addresses; `start` counts them up
  bool whole = true;       // false: an address leads out of the volume, a block cannot be read, or there are too many
};
// Reads each block of addresses that a file of `size` bytes needs, once, and spends its bytes of `allowance`.
[[nodiscard]] UfsBlocks ufs_blocks(const ByteSource& volume, const UfsShape& shape,
                                   std::span<const std::uint64_t, 15> addresses, std::uint64_t size,
                                   Allowance& allowance);

// A number of the file system's byte order.
[[nodiscard]] std::uint64_t ufs_number(std::span<const std::byte> bytes, bool big_endian);

}  // namespace ambit::walk
