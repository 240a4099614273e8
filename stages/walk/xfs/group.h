// One allocation group: where its inodes are, what of it is free, which blocks hold its indexes.
#pragma once

#include "stages/walk/xfs/format.h"

namespace ambit::walk::xfs {

// Neighbouring inodes that exist on the disk: a chunk, or what there is of a sparse one.
struct InodePiece {
  std::uint64_t inode = 0;  // the first
  std::uint64_t free = 0;   // bit i: inode + i is in no use
  std::uint32_t count = 0;  // at most 64
};

struct FreeExtent {
  std::uint32_t block = 0;  // in the group
  std::uint32_t count = 0;
};

// Free space of all groups whose index could be read whole.
class FreeSpace {
 public:
  void add_group(std::vector<FreeExtent> extents);  // of the next group; empty where nothing is known
  [[nodiscard]] bool has_room(std::size_t extents) const;
  // All `count` blocks from `block` on (valid ones) are free.
  [[nodiscard]] bool holds(const Superblock& super, std::uint64_t block, std::uint64_t count) const;

 private:
  std::vector<std::vector<FreeExtent>> groups_;
  std::size_t extents_ = 0;
};

struct Group {
  std::vector<FreeExtent> free;             // by place; empty if its index is damaged
  std::vector<std::uint32_t> index_blocks;  // by place
  bool inodes_whole = false;                // the index of inodes was read without a doubt
  bool whole = false;                       // and so was the rest
};

// Adds the inodes of group `number` to `pieces`, in rising order.
[[nodiscard]] Group read_group(const Reading& reading, std::uint32_t number, std::vector<InodePiece>& pieces);

}  // namespace ambit::walk::xfs
