// Extended attributes: small named values beside a file's content.
//
//   in inode = magic u32, entry…, zero u32, …, values      offsets count from the first entry
//   block    = header (32 bytes), entry…, zero u32, …, values                   … from the block
//   entry    = name length u8, kind of name u8, value offset u16, value inode u32, value size u32, hash u32, name
#pragma once

#include <vector>

#include "stages/walk/ext/extents.h"
#include "stages/walk/ext/tables.h"

namespace ambit::walk::ext {

struct Attribute {
  std::uint8_t kind = 0;  // 1: user, 7: system
  std::string_view name;
  Bytes value;              // empty where it lies in an inode of its own
  std::uint32_t inode = 0;  // … which is this one
  std::uint64_t size = 0;
};
inline constexpr std::uint8_t kUserAttribute = 1, kSystemAttribute = 7;

class AttributeReader {
 public:
  AttributeReader(const ByteSource& volume, const Layout& layout, const InodeTables& tables, MapReader& maps)
      : volume_(volume), layout_(layout), tables_(tables), maps_(maps), budget_(layout.size) {}
  // Those of the inode and of its block; they last until the next call.
  [[nodiscard]] const std::vector<Attribute>& read(const Inode& inode);
  // The bytes of one; nothing where they cannot be had.
  [[nodiscard]] std::optional<std::string> value(const Attribute& attribute);

 private:
  struct Cached {
    std::uint64_t block = 0;
    std::vector<std::byte> bytes;
  };
  void parse(Bytes entries, Bytes values);
  [[nodiscard]] Bytes block_at(std::uint64_t number);
  [[nodiscard]] std::optional<std::string> value_in_inode(const Attribute& attribute);

  const ByteSource& volume_;
  const Layout& layout_;
  const InodeTables& tables_;
  MapReader& maps_;
  std::uint64_t budget_;  // bytes of values in inodes that may still be read
  std::vector<Attribute> found_;
  std::array<Cached, 64> cache_;  // many inodes share a block
  BlockMap map_;
  std::vector<std::byte> inode_bytes_;
};

// The value of `system.data`: what an inode holds of its content beyond the first 60 bytes.
[[nodiscard]] Bytes resident_rest(const Inode& inode);

}  // namespace ambit::walk::ext
