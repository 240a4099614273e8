// An inode: what an ext file system says of one file, beside its name.
//
//   inode = mode u16, uid, size u32, atime, ctime, mtime, dtime u32, gid, links u16, sectors u32, flags u32, version,
//           map (60 bytes), generation, attribute block, size (high half), …          128 bytes
//           extra_isize u16, checksum (high half), times (high parts), …              extra_isize bytes
//           attributes                                                                up to the inode's end
//   map    = block numbers (extents.h) | extent tree | the first 60 bytes of the content | target of a link
#pragma once

#include "stages/walk/ext/layout.h"

namespace ambit::walk::ext {

enum class InodeType : std::uint8_t { none, file, folder, link, special };

struct Inode {
  std::uint32_t number = 0;
  InodeType type = InodeType::none;
  std::uint32_t links = 0;
  std::uint32_t deleted_at = 0;
  std::uint32_t flags = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;
  std::uint64_t sectors = 0;          // 512 bytes each, or blocks with the huge-file flag
  std::uint64_t attribute_block = 0;  // 0: none
  bool intact = true;                 // the checksum holds, or there is none
  Bytes raw;                          // all of it, in the reader's buffer until the next inode is read

  [[nodiscard]] Bytes map() const { return raw.subspan(0x28, 60); }
  [[nodiscard]] bool has_extents() const { return (flags & 0x80000U) != 0; }
  [[nodiscard]] bool is_resident() const { return (flags & 0x10000000U) != 0; }
  [[nodiscard]] bool is_encrypted() const { return (flags & 0x800U) != 0; }
  [[nodiscard]] bool is_compressed() const { return (flags & 0x4U) != 0; }  // e2compr, never part of Linux
  [[nodiscard]] bool holds_attribute() const { return (flags & 0x200000U) != 0; }
  [[nodiscard]] bool has_verity() const { return (flags & 0x100000U) != 0; }
};

// `raw` has layout.inode_bytes bytes.
[[nodiscard]] Inode decode_inode(const Layout& layout, std::uint32_t number, Bytes raw);

// Whether the target of the link lies in the map.
[[nodiscard]] bool is_short_link(const Layout& layout, const Inode& inode);

// The attributes in the inode's own bytes: from the first entry to the inode's end; empty where there are none.
[[nodiscard]] Bytes attributes_in(const Inode& inode);

}  // namespace ambit::walk::ext
