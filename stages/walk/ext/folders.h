// Folders: the names in them, those of deleted files too.
//
//   folder = block…                             an index (htree) hides in entries without inode; we read all blocks
//   block  = entry…                             no entry crosses a block
//   entry  = inode u32, length u16, name length u8, type u8, name, gap
//   gap    = what is left of `length`: where the names of deleted entries stay
//
// Every block can be understood alone, so blocks are read in the order of their places, not of their folders.
#pragma once

#include "stages/walk/ext/extents.h"
#include "stages/walk/ext/names.h"
#include "stages/walk/ext/tables.h"

namespace ambit::walk::ext {

class FolderReader {
 public:
  FolderReader(const ByteSource& volume, const Layout& layout, const InodeBitmaps& bitmaps, Names& names)
      : volume_(volume), layout_(layout), bitmaps_(bitmaps), names_(names), budget_(layout.blocks) {}
  // A folder with its map; its names are read now or later.
  void add(const Inode& inode, std::uint32_t folder, const BlockMap& map);
  // A folder whose entries stand in its inode: `first` behind the parent's number, `rest` in an attribute.
  void add_resident(const Inode& inode, std::uint32_t folder, Bytes rest);
  // Reads what waits.
  void flush();

 private:
  struct Piece {
    std::uint64_t place = 0;  // block
    std::uint32_t blocks = 0;
    std::uint32_t folder = 0;
    bool encrypted = false;
  };
  void read_window(std::size_t first, std::size_t end, std::uint64_t blocks);
  void read_block(Bytes block, const Piece& piece);
  [[nodiscard]] bool take(std::uint32_t inode, std::string_view name, const Piece& piece);
  void look_in_gap(Bytes gap, std::uint32_t folder);

  const ByteSource& volume_;
  const Layout& layout_;
  const InodeBitmaps& bitmaps_;
  Names& names_;
  std::uint64_t budget_;  // blocks that may still be read: hostile folders may share theirs
  std::vector<Piece> waiting_;
  std::vector<std::byte> bytes_;
};

}  // namespace ambit::walk::ext
