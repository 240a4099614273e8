// The first pass over the inodes: learns all folders and all names.
#pragma once

#include "stages/walk/xfs/entries.h"
#include "stages/walk/xfs/folder.h"
#include "stages/walk/xfs/group.h"
#include "stages/walk/xfs/names.h"
#include "stages/walk/xfs/window.h"

namespace ambit::walk::xfs {

// The inode `piece.inode + i` in the bytes of the piece.
[[nodiscard]] inline Bytes inode_bytes(const Superblock& super, Bytes piece, std::uint32_t i) {
  return piece.subspan(std::size_t{i} << super.inode_log, super.inode_bytes());
}

// Calls `use(piece, bytes)` for each piece in order, reading ahead; `bytes` is null where it cannot be read. Ends when
// `use` returns false.
template <class Use>
void for_each_piece(const Reading& reading, const std::vector<InodePiece>& pieces, Use&& use) {
  Window window(reading);
  const auto place = [&](std::size_t i) { return reading.super.inode_place(pieces[i].inode); };
  const auto length = [&](std::size_t i) { return std::uint64_t{pieces[i].count} << reading.super.inode_log; };
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!use(pieces[i], window.at(i, pieces.size(), place, length))) return;
  }
}

// Fills `names`, not yet settled; the blocks of folders become areas.
void learn_names(Reading& reading, const std::vector<InodePiece>& pieces, Names& names, Areas& areas);

}  // namespace ambit::walk::xfs
