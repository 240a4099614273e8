// Groups: where the bitmaps and the inode table of each lie, and which blocks hold the file system's own books.
#pragma once

#include <vector>

#include "stages/walk/ext/layout.h"
#include "stages/walk/file_system.h"

namespace ambit::walk::ext {

struct Group {
  std::uint64_t block_bitmap = 0, inode_bitmap = 0, inode_table = 0;  // blocks; 0 where unknown
  std::uint32_t inodes = 0;     // of the table, from its beginning, that were ever used
  bool blocks_counted = false;  // the block bitmap is on the disk
  bool inodes_counted = false;  // the inode bitmap is on the disk
  bool sound = false;           // checksum and places hold
};

struct Groups {
  std::vector<Group> list;
  bool complete = true;  // no descriptor is missing
};

// Reads all descriptors, in large pieces; one that is damaged is taken from a copy, without its counts.
[[nodiscard]] Groups read_groups(const ByteSource& volume, const Layout& layout);

// Whether `group` begins with a copy of the superblock.
[[nodiscard]] bool has_superblock(const Layout& layout, std::uint64_t group);

// Tells `sink` the blocks of the books: superblocks, descriptors, bitmaps, inode tables.
void report_books(const Layout& layout, const Groups& groups, EntrySink& sink);

// `count` blocks from `first` on, as far as they lie in the volume.
void report_blocks(const Layout& layout, Kind kind, std::uint64_t first, std::uint64_t count, EntrySink& sink);

}  // namespace ambit::walk::ext
