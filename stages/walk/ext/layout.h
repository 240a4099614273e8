// The frame of an ext2, ext3 or ext4 file system: what its superblock says, checked.
//
//   volume     = 1024 bytes for a boot loader, superblock (1024 bytes), then groups of blocks
//   group      = [superblock, group descriptors, reserved blocks]  bitmaps, inode table, data
//
// Which groups hold copies of the superblock, and where the bitmaps and tables of a group lie, differs by features
// (sparse_super, meta_bg, flex_bg): see groups.h. All numbers are little-endian.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "pipeline/byte_source.h"
#include "pipeline/result.h"

namespace ambit::walk::ext {

using Bytes = std::span<const std::byte>;

template <class Number>
[[nodiscard]] Number number_at(Bytes bytes, std::size_t at) {
  Number number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof(number));  // the program is for amd64
  return number;
}
[[nodiscard]] inline std::uint8_t u8(Bytes bytes, std::size_t at) { return number_at<std::uint8_t>(bytes, at); }
[[nodiscard]] inline std::uint16_t u16(Bytes bytes, std::size_t at) { return number_at<std::uint16_t>(bytes, at); }
[[nodiscard]] inline std::uint32_t u32(Bytes bytes, std::size_t at) { return number_at<std::uint32_t>(bytes, at); }
[[nodiscard]] inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline constexpr std::uint32_t kRoot = 2;  // inode of the root folder
inline constexpr std::uint32_t kResizeInode = 7;

// Feature flags that change what is read. Compatible:
inline constexpr std::uint32_t kHasJournal = 0x4, kResizable = 0x10, kSparseSuper2 = 0x200;
// … read-only compatible:
inline constexpr std::uint32_t kSparseSuper = 0x1, kHugeFile = 0x8, kGroupChecksum = 0x10, kBigAlloc = 0x200,
                               kMetadataChecksum = 0x400;
// … incompatible:
inline constexpr std::uint32_t kFileType = 0x2, kNeedsRecovery = 0x4, kJournalDevice = 0x8, kMetaGroups = 0x10,
                               kExtents = 0x40, k64Bit = 0x80, kMultiMount = 0x100, kFlexGroups = 0x200,
                               kAttributeInodes = 0x400, kChecksumSeed = 0x2000, kLargeFolders = 0x4000;
// Compression 1, file types 2, recovery 4, journal device 8, dirdata 0x1000, inline data 0x8000, encryption 0x10000,
// case folding 0x20000 and those above: what is known. Any other bit may mean anything.
inline constexpr std::uint32_t kKnownIncompatible = 0x3F7DF;

struct Layout {
  std::uint32_t block = 0;           // bytes of a block: 1 KiB to 64 KiB
  std::uint32_t cluster_blocks = 1;  // blocks that are allocated together (bigalloc)
  std::uint64_t blocks = 0;          // that lie in the volume
  std::uint64_t size = 0;            // bytes that the file system governs and the volume has
  std::uint64_t declared_size = 0;   // … and all that it says it governs
  std::uint32_t first_block = 0;     // where group 0 begins
  std::uint32_t blocks_per_group = 0;
  std::uint32_t inodes_per_group = 0;
  std::uint64_t groups = 0;
  std::uint32_t inodes = 0;  // numbers run from 1 to this
  std::uint32_t free_inodes = 0;
  std::uint32_t inode_bytes = 128;
  std::uint32_t first_inode = 11;  // those below are the file system's own
  std::uint32_t descriptor_bytes = 32;
  std::uint32_t reserved_descriptor_blocks = 0;
  std::uint32_t first_meta_group = 0;
  std::uint32_t compatible = 0, incompatible = 0, read_only = 0;
  std::uint32_t checksum_seed = 0;
  std::array<std::byte, 16> uuid{};
  bool by_linux = true;                          // made by Linux: inodes carry checksums
  std::array<std::uint32_t, 2> backup_groups{};  // sparse_super2
  std::array<std::uint32_t, 5> book_inodes{};    // journal, quotas, orphan file; 0: none
  std::uint64_t multi_mount_block = 0;

  [[nodiscard]] bool checksums() const { return (read_only & kMetadataChecksum) != 0; }
  [[nodiscard]] bool block_is_usable(std::uint64_t number) const { return number > 0 && number < blocks; }
  [[nodiscard]] bool blocks_are_usable(std::uint64_t number, std::uint64_t count) const {
    return number > 0 && number < blocks && count <= blocks - number;
  }
  [[nodiscard]] std::uint64_t group_begin(std::uint64_t group) const { return first_block + group * blocks_per_group; }
  [[nodiscard]] bool is_own(std::uint32_t inode) const;  // of the file system itself, never of a user
  [[nodiscard]] std::string_view type() const;
};

// The layout by the superblock in `bytes` (1024 of them); nothing without its magic. Error: it contradicts itself or
// asks for what is not supported.
[[nodiscard]] Result<std::optional<Layout>> read_superblock(Bytes bytes, std::uint64_t volume_bytes);

// The superblock of `volume`, or where that is damaged the first usable copy of it. Nothing: not ext.
[[nodiscard]] Result<std::optional<Layout>> find_superblock(const ByteSource& volume);

}  // namespace ambit::walk::ext
