// What a folder of FAT or exFAT lists: records of 32 bytes, fed one by one.
//
//   FAT    = long* short                             a long name stands before its short one, last part first
//   short  = name:8 extension:3 attributes:u8 case:u8 … high:u16@20 time:u16 date:u16 low:u16 size:u32
//            name[0]: 0 the end, e5 deleted, 05 stands for e5; attributes: 10 folder, 08 volume label, 0f long
//   long   = order:u8 utf16:10 0f :u8 sum:u8 utf16:12 :u16 utf16:4       order: 40 the last part; sum: of the short
//   name exFAT  = file stream name*                       types 85, c0, c1; without the bit 80: deleted file   = 85
//   more:u8 … attributes:u16@4 … modified:u32@12 … zone:u8@23 stream = c0 flags:u8 :u8 chars:u8 … valid:u64@8 …
//   first:u32@20 size:u64@24            flags: 2 in one piece name   = c1 :u8 utf16:30 others = 81 bitmap, 82
//   upper-case table: first:u32@20 size:u64@24
#pragma once

#include <cstdint>
#include <memory>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ambit::walk::fat {

struct Item {
  enum class What : std::uint8_t { file, folder, bitmap, table };
  What what = What::file;
  bool deleted = false;
  bool straight = false;  // in one piece, the table says nothing
  std::string name;
  std::uint32_t first = 0;  // cluster
  std::uint64_t size = 0, valid = 0;
  std::optional<std::int64_t> modified;
  std::uint64_t record =
      0;  // place of its (short) record in units of 32 bytes: unique in the volume, stands for an inode
};

class FolderReader {
 public:
  virtual ~FolderReader() = default;
  // The next record and its place. An item when it is complete.
  [[nodiscard]] virtual std::optional<Item> feed(std::span<const std::byte> record, std::uint64_t place) = 0;
  // The record that ends a folder was seen.
  [[nodiscard]] bool ended() const { return ended_; }

 protected:
  bool ended_ = false;
};

[[nodiscard]] std::unique_ptr<FolderReader> fat_folder();
[[nodiscard]] std::unique_ptr<FolderReader> exfat_folder();

}  // namespace ambit::walk::fat
