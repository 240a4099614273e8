// An inode and the blocks that it maps.
#pragma once

#include "stages/walk/xfs/format.h"

namespace ambit::walk::xfs {

enum class ForkFormat : std::uint8_t { device = 0, local = 1, extents = 2, tree = 3 };

struct Fork {
  ForkFormat format = ForkFormat::extents;
  std::uint64_t extents = 0;  // as declared
  Bytes bytes;
};

enum class FileType : std::uint8_t { file, folder, link, special };

struct Inode {
  std::uint64_t number = 0;
  FileType type = FileType::file;
  std::uint32_t links = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // seconds since 1970
  bool realtime = false;      // its data lies on another device, or in a section of its own
  bool internal = false;      // the file system's own books: quota, bitmaps
  Fork data, attributes;      // attributes.bytes is empty where there are none
};

// `raw` is one inode. Null: not the inode `number`, damaged, or of no type.
[[nodiscard]] std::optional<Inode> decode_inode(const Superblock& super, Bytes raw, std::uint64_t number);

// A cheap look before all that.
[[nodiscard]] inline bool may_be_folder(Bytes raw) { return (be16(raw, 2) & 0xF000) == 0x4000; }

// The core is that of a free inode `number`, unharmed.
[[nodiscard]] bool is_free_inode(const Superblock& super, Bytes raw, std::uint64_t number);
// What is behind the core.
[[nodiscard]] Bytes literal_area(const Superblock& super, Bytes raw);
[[nodiscard]] std::int64_t modified_time(const Superblock& super, Bytes raw);

struct Extent {
  std::uint64_t start = 0;  // in blocks of the file
  std::uint64_t block = 0;
  std::uint64_t count = 0;
  bool unwritten = false;  // allocated, reads as zeros
  [[nodiscard]] std::uint64_t end() const { return start + count; }
};
constexpr std::size_t kExtentBytes = 16;
// As it stands, unchecked.
[[nodiscard]] Extent decode_extent(Bytes record);

struct Mapping {
  std::vector<Extent> extents;             // by start, none overlaps another, all in the file system
  std::vector<std::uint64_t> tree_blocks;  // that hold the mapping itself
};
// Fills `into` anew. False: something contradicts itself, `into` is of no use.
[[nodiscard]] bool read_mapping(Reading& reading, const Fork& fork, std::uint64_t inode, Mapping& into);

}  // namespace ambit::walk::xfs
