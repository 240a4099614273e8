// XFS on the disk. All numbers are big-endian, except checksums. Versions 4 (no checksums) and 5.
//
//   volume      = group{ag_count}, each `ag_blocks` long, the last one perhaps shorter
//   group       = superblock AGF AGI AGFL (one sector each), then blocks: index blocks, inode chunks, data
//   AGF         = roots of the indexes of free space (by place, by size), of owners, of shared extents
//   AGI         = roots of the indexes of inode chunks (all, those with a free inode)
//   index block = magic:4 level:2 count:2 left:4 right:4 [v5: place:8 lsn:8 uuid:16 owner:4 crc:4] then
//                 level 0: record{count}; else key{capacity} block:4{capacity}
//   chunk       = 64 inodes at one place; a sparse one lacks some, by fours
//   inode       = core:100 (v5: 176), data fork, attribute fork; `forkoff` * 8 divides them
//   fork        = local bytes | extent{n} | root of a tree of extents
//   extent      = unwritten:1 start:54 block:52 count:21 bits; start in blocks of the file
//   block       = group << ag_block_log | block in the group;       inode number = block << inodes_log | slot
//
// Sizes and shifts of the superblock are checked when it is read (parse_superblock); whatever else comes from the
// volume is checked where it is used, by valid_blocks() and valid_inode().
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/byte_source.h"
#include "pipeline/result.h"

namespace ambit::walk::xfs {

using Bytes = std::span<const std::byte>;

template <class T>
[[nodiscard]] T be(Bytes bytes, std::size_t at) {
  static_assert(std::endian::native == std::endian::little);
  assert(at <= bytes.size() && sizeof(T) <= bytes.size() - at);  // the caller has looked at the size
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(value));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(value));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(value));
  return value;
}
[[nodiscard]] inline std::uint8_t be8(Bytes b, std::size_t at) { return be<std::uint8_t>(b, at); }
[[nodiscard]] inline std::uint16_t be16(Bytes b, std::size_t at) { return be<std::uint16_t>(b, at); }
[[nodiscard]] inline std::uint32_t be32(Bytes b, std::size_t at) { return be<std::uint32_t>(b, at); }
[[nodiscard]] inline std::uint64_t be64(Bytes b, std::size_t at) { return be<std::uint64_t>(b, at); }

// Four letters as they stand on the disk.
[[nodiscard]] constexpr std::uint32_t magic(const char (&letters)[5]) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(letters[i]);
  return value;
}

// True if the CRC-32C that version 5 keeps at `crc_at` (little-endian, itself counted as zeros) is that of `block`.
[[nodiscard]] bool crc_holds(Bytes block, std::size_t crc_at);

using Uuid = std::array<std::byte, 16>;
[[nodiscard]] inline bool same_uuid(Bytes bytes, std::size_t at, const Uuid& uuid) {
  return std::memcmp(bytes.subspan(at, uuid.size()).data(), uuid.data(), uuid.size()) == 0;
}

struct Superblock {
  bool v5 = false;
  bool file_types = false;     // names carry the type of what they name
  bool sparse_inodes = false;  // records of chunks carry a mask of what is missing
  bool has_owners = false, has_shared = false, has_free_inodes = false;  // which indexes there are
  std::uint32_t block_log = 0, sector_bytes = 0, inode_log = 0, inodes_log = 0, ag_block_log = 0;
  std::uint32_t ag_blocks = 0, ag_count = 0;
  std::uint64_t blocks = 0;
  std::uint32_t folder_block_bytes = 0;  // the unit of folders, a power of two of blocks
  std::uint64_t log_start = 0;           // block number; 0: the log is on another device
  std::uint32_t log_blocks = 0;
  std::uint64_t root = 0;  // inode; may be wrong in a copy of the superblock
  std::array<std::uint64_t, 5> internal_inodes{};
  Uuid uuid{};

  [[nodiscard]] std::uint32_t block_bytes() const { return 1U << block_log; }
  [[nodiscard]] std::uint32_t inode_bytes() const { return 1U << inode_log; }
  [[nodiscard]] std::uint64_t bytes() const { return blocks << block_log; }
  [[nodiscard]] std::uint32_t group_blocks(std::uint32_t group) const {
    return group + 1 < ag_count ? ag_blocks : static_cast<std::uint32_t>(blocks - std::uint64_t{ag_blocks} * group);
  }
  [[nodiscard]] std::uint64_t group_place(std::uint32_t group) const {
    return (std::uint64_t{ag_blocks} * group) << block_log;
  }
  // `count` blocks from `block` on lie in one group, behind its headers.
  [[nodiscard]] bool valid_blocks(std::uint64_t block, std::uint64_t count) const {
    const std::uint64_t group = block >> ag_block_log;
    const std::uint64_t at = block & ((std::uint64_t{1} << ag_block_log) - 1);
    if (group >= ag_count || at == 0) return false;
    const std::uint64_t length = group_blocks(static_cast<std::uint32_t>(group));
    return at < length && count <= length - at;
  }
  [[nodiscard]] std::uint64_t place(std::uint64_t block) const {  // of a valid block
    const auto group = static_cast<std::uint32_t>(block >> ag_block_log);
    return group_place(group) + ((block & ((std::uint64_t{1} << ag_block_log) - 1)) << block_log);
  }
  [[nodiscard]] bool valid_inode(std::uint64_t inode) const { return valid_blocks(inode >> inodes_log, 1); }
  [[nodiscard]] std::uint64_t inode_place(std::uint64_t inode) const {  // of a valid inode
    return place(inode >> inodes_log) + ((inode & ((std::uint64_t{1} << inodes_log) - 1)) << inode_log);
  }
  // How version 5 writes a place into the blocks that lie there: in units of 512 bytes.
  [[nodiscard]] static std::uint64_t stamp(std::uint64_t place) { return place >> 9; }
};

// Null: no XFS. Error: an XFS that is damaged beyond use, or one with features nobody here knows.
[[nodiscard]] Result<std::optional<Superblock>> find_superblock(const ByteSource& volume);

// What all parts of one walk share. One walk, one thread.
class Reading {
 public:
  Reading(const ByteSource& volume, const Superblock& superblock);
  const Superblock& super;

  // Bytes of the volume that the file system governs and that are there.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // False: not all of it is in the volume, or the device refuses.
  [[nodiscard]] bool read(std::uint64_t place, std::span<std::byte> into) const;
  // Reads one of the blocks that belong to one inode (index of extents, names, attributes). False too once more of
  // them was read than can be there: something makes many inodes share them.
  [[nodiscard]] bool read_owned(std::uint64_t place, std::span<std::byte> into);
  [[nodiscard]] bool spend(std::uint64_t bytes);

 private:
  const ByteSource& volume_;
  std::uint64_t size_ = 0;
  std::uint64_t allowance_ = 0;
};

}  // namespace ambit::walk::xfs
