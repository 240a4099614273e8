// Where the blocks of a file lie. Two grammars:
//
//   ext2, ext3   map  = 12 block numbers, then one of a block of numbers, one of a block of such, one of a block of
//   those ext4         map  = node of 60 bytes;  node = header, entry…;  header = 0xF30A, entries, room, depth (u16),
//   u32
//                entry at depth 0 = first logical u32, length u16 (above 32768: preallocated), place u48
//                entry above      = first logical u32, place of a node u48
//
// Hostile maps: a tree that shares its nodes can have few blocks and endless paths. So logical numbers must ascend,
// a file may have no more blocks than the volume, and all files together may read each block once as a node.
#pragma once

#include <vector>

#include "stages/walk/ext/inode.h"

namespace ambit::walk::ext {

struct Segment {
  std::uint64_t place = 0;  // blocks
  std::uint64_t blocks = 0;
  std::uint64_t logical = 0;
  bool written = true;  // false: preallocated; reads as zeros
};

struct BlockMap {
  std::vector<Segment> segments;     // by logical
  std::vector<std::uint64_t> nodes;  // blocks of the map itself
  void clear() {
    segments.clear();
    nodes.clear();
  }
};

enum class MapState : std::uint8_t { good, damaged, too_many };

class MapReader {
 public:
  MapReader(const ByteSource& volume, const Layout& layout)
      : volume_(volume), layout_(layout), budget_(layout.blocks) {}
  // Fills `map` anew. Unless good, what is in it is of no use.
  [[nodiscard]] MapState read(const Inode& inode, BlockMap& map);

 private:
  [[nodiscard]] bool read_node(Bytes node, unsigned depth);
  [[nodiscard]] bool read_leaf(Bytes node, std::size_t entries);
  [[nodiscard]] bool read_numbers(Bytes numbers, unsigned depth);
  [[nodiscard]] bool fetch(std::uint64_t block, unsigned depth);
  [[nodiscard]] bool add(const Segment& segment);

  const ByteSource& volume_;
  const Layout& layout_;
  std::uint64_t budget_;  // nodes that may still be read
  std::vector<std::byte> buffers_[6];
  BlockMap* map_ = nullptr;
  std::uint64_t next_ = 0;   // logical block from which on the map is not yet known
  std::uint64_t total_ = 0;  // blocks of the file
  bool too_many_ = false;
};

}  // namespace ambit::walk::ext
