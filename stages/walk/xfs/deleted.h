// Deleted files: what a free inode still says of its former blocks.
//
// When a file is deleted, XFS sets mode, size, links and the count of extents to zero, takes the name out of its
// folder, and gives the blocks back. What it does not do is to clear the extents that stood in the inode. So:
//
//   * the name is gone (its letters may still lie in the folder's block, and are swept there as metadata);
//   * the size is known to the block only: the last block may end in slack;
//   * of a file with so many extents that they had a tree, nothing is left that can be trusted;
//   * inodes whose whole chunk was freed are no inodes any more: their places are free space.
//
// An inode may have had several lives, and the extents of a longer one stand behind those of a shorter one. A false
// file is worse than none here, because all bytes are swept as free space anyway. So a chain of extents counts only
// if it begins at block 0 of the file and goes on without a gap, up to the first record that does not continue it,
// and only if each of its blocks is free today by the group's own index. A chain may still end in a piece of an
// earlier life of the same inode; nothing on the disk could tell.
//
// A folder that was removed was emptied first, and its last short form overwrote the first extent; so folders do not
// come back as files.
#pragma once

#include "stages/walk/xfs/group.h"
#include "stages/walk/xfs/inode.h"

namespace ambit::walk::xfs {

// The extents of the former file in the inode `raw`, which is free. Empty: nothing that can be trusted.
[[nodiscard]] std::vector<Extent> former_extents(const Reading& reading, const FreeSpace& free, Bytes raw,
                                                 std::uint64_t number);

}  // namespace ambit::walk::xfs
