// What a folder says: names and the inodes that they stand for.
#pragma once

#include <string_view>

#include "stages/walk/xfs/inode.h"

namespace ambit::walk::xfs {

struct FolderName {
  std::string_view name;  // in the bytes that were given
  std::uint64_t inode = 0;
};

struct FolderNames {
  std::vector<FolderName> names;        // without "." and ".."
  std::optional<std::uint64_t> parent;  // what ".." says
  bool whole = true;                    // false: something contradicts itself; what was read until then counts
  void clear() { *this = FolderNames{std::move(names), std::nullopt, true}, names.clear(); }
};

// A folder whose names lie in its inode.
void read_short_folder(const Superblock& super, const Inode& inode, FolderNames& into);
// One block of names, at `place`.
void read_folder_block(const Superblock& super, std::uint64_t inode, std::uint64_t place, Bytes block,
                       FolderNames& into);
// Blocks of names lie below this block of the folder; above it are the indexes by hash and of free space.
[[nodiscard]] inline std::uint64_t folder_names_end(const Superblock& super) {
  return (std::uint64_t{32} << 30) >> super.block_log;
}

}  // namespace ambit::walk::xfs
