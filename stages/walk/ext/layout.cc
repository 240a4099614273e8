#include "stages/walk/ext/layout.h"

#include <algorithm>
#include <bit>

#include "pipeline/limits.h"
#include "stages/walk/ext/checksum.h"
#include "stages/walk/file_system.h"

namespace ambit::walk::ext {
namespace {

constexpr std::size_t kSuperblockBytes = 1024;
constexpr std::uint16_t kMagic = 0xEF53;

Error damaged(std::string_view what) {
  return {ErrorKind::evidence, "the superblock of an ext file system is damaged: " + std::string(what), "", ""};
}

Error unsupported(std::string_view what) {
  return {ErrorKind::evidence, "unsupported ext file system: " + std::string(what), "", ""};
}

bool has_magic(Bytes bytes) { return u16(bytes, 0x38) == kMagic; }
bool claims_checksum(Bytes bytes) { return (u32(bytes, 0x64) & kMetadataChecksum) != 0; }
bool checksum_holds(Bytes bytes) {
  return !claims_checksum(bytes) || crc32c(~0U, bytes.first(0x3FC)) == u32(bytes, 0x3FC);
}

// Sizes of blocks, clusters and inodes.
Result<> read_sizes(Bytes bytes, Layout& layout) {
  const std::uint32_t log_block = u32(bytes, 0x18);
  const std::uint32_t log_cluster = u32(bytes, 0x1C);
  if (log_block > 6) return damaged("size of a block");
  layout.block = 1024U << log_block;
  if ((layout.read_only & kBigAlloc) != 0) {
    if (log_cluster < log_block || log_cluster - log_block > 16) return damaged("size of a cluster");
    layout.cluster_blocks = 1U << (log_cluster - log_block);
  }
  if (u32(bytes, 0x4C) != 0) {  // revision 0 has neither
    layout.inode_bytes = u16(bytes, 0x58);
    layout.first_inode = std::max(u32(bytes, 0x54), 11U);
  }
  if (!std::has_single_bit(layout.inode_bytes) || layout.inode_bytes < 128 || layout.inode_bytes > layout.block) {
    return damaged("size of an inode");
  }
  if ((layout.incompatible & k64Bit) != 0) {
    layout.descriptor_bytes = u16(bytes, 0xFE);
    if (!std::has_single_bit(layout.descriptor_bytes) || layout.descriptor_bytes < 64 ||
        layout.descriptor_bytes > layout.block) {
      return damaged("size of a group descriptor");
    }
  }
  return {};
}

// How many blocks, groups and inodes.
Result<> read_counts(Bytes bytes, std::uint64_t volume_bytes, Layout& layout) {
  const std::uint64_t high = (layout.incompatible & k64Bit) != 0 ? u32(bytes, 0x150) : 0;
  const std::uint64_t blocks = high << 32U | u32(bytes, 0x4);
  layout.first_block = u32(bytes, 0x14);
  layout.blocks_per_group = u32(bytes, 0x20);
  layout.inodes_per_group = u32(bytes, 0x28);
  layout.inodes = u32(bytes, 0x0);
  layout.free_inodes = u32(bytes, 0x10);
  const std::uint64_t most = std::uint64_t{8} * layout.block;  // bits of a bitmap
  if (layout.first_block > 1 || blocks <= layout.first_block) return damaged("number of blocks");
  if (layout.blocks_per_group < limits::kMinExtGroupBlocks || layout.blocks_per_group > most * layout.cluster_blocks ||
      layout.blocks_per_group % layout.cluster_blocks != 0) {
    return damaged("blocks of a group");
  }
  if (layout.inodes_per_group == 0 || layout.inodes_per_group > most || layout.inodes_per_group % 8 != 0) {
    return damaged("inodes of a group");
  }
  layout.groups = (blocks - layout.first_block - 1) / layout.blocks_per_group + 1;
  if (layout.groups > limits::kMaxExtGroups) return unsupported("too many groups");
  if (layout.inodes == 0 || layout.inodes > layout.groups * layout.inodes_per_group) return damaged("number of inodes");
  layout.blocks = std::min(blocks, volume_bytes / layout.block);
  layout.declared_size = blocks > UINT64_MAX / layout.block ? UINT64_MAX : blocks * layout.block;
  layout.size = layout.blocks == blocks ? blocks * layout.block : volume_bytes;
  return {};
}

// A copy is looked for only where nothing else begins: the copies of a former ext file system survive a new one.
bool another_begins(const ByteSource& volume) {
  struct Mark {
    std::uint64_t offset;
    std::string_view text;
  };
  using namespace std::string_view_literals;
  static constexpr std::array kMarks = {Mark{0, "XFSB"sv},          Mark{3, "NTFS    "sv},      Mark{3, "EXFAT   "sv},
                                        Mark{3, "-FVE-FS-"sv},      Mark{54, "FAT1"sv},         Mark{82, "FAT32"sv},
                                        Mark{0, "LUKS\xBA\xBE"sv},  Mark{512, "LABELONE"sv},    Mark{1024, "H+\0"sv},
                                        Mark{1024, "HX\0"sv},       Mark{4086, "SWAPSPACE2"sv}, Mark{0x8001, "CD001"sv},
                                        Mark{0x10040, "_BHRfS_M"sv}};
  return std::any_of(kMarks.begin(), kMarks.end(), [&](const Mark& mark) {
    std::array<std::byte, 16> found{};
    const auto into = std::span(found).first(mark.text.size());
    return read_fully(volume, mark.offset, into).ok() && text_of(into) == mark.text;
  });
}

// The copy in `group` of a file system with blocks of `block` bytes and groups of the usual size.
std::optional<Layout> copy_in(const ByteSource& volume, std::uint64_t group, std::uint32_t block,
                              std::uint32_t cluster_blocks) {
  const std::uint64_t first = block == 1024 && cluster_blocks == 1 ? 1 : 0;
  const std::uint64_t per_group = std::uint64_t{8} * block * cluster_blocks;
  std::array<std::byte, kSuperblockBytes> bytes{};
  if (!read_fully(volume, (first + group * per_group) * block, bytes).ok()) return std::nullopt;
  if (!has_magic(bytes) || u16(bytes, 0x5A) != group || !checksum_holds(bytes)) return std::nullopt;
  const auto layout = read_superblock(bytes, volume.size());
  if (!layout.ok() || !*layout) return std::nullopt;
  const bool here = (*layout)->block == block && (*layout)->group_begin(group) == first + group * per_group;
  return here ? *layout : std::nullopt;
}

std::optional<Layout> find_copy(const ByteSource& volume) {
  if (another_begins(volume)) return std::nullopt;
  for (const std::uint32_t block : {4096U, 1024U, 2048U, 8192U, 16384U, 32768U, 65536U}) {
    for (const std::uint32_t cluster_blocks : {1U, 16U}) {
      for (const std::uint64_t group : {1U, 3U, 5U, 7U, 9U}) {
        if (auto layout = copy_in(volume, group, block, cluster_blocks)) return layout;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

bool Layout::is_own(std::uint32_t inode) const {
  if (inode < first_inode) return inode != kRoot;
  return std::find(book_inodes.begin(), book_inodes.end(), inode) != book_inodes.end();
}

std::string_view Layout::type() const {
  constexpr std::uint32_t kExt4Incompatible =
      kExtents | k64Bit | kMultiMount | kFlexGroups | kAttributeInodes | 0x3F000;
  constexpr std::uint32_t kExt4ReadOnly = ~0x7U;  // all but sparse_super, large_file, btree_dir
  if ((incompatible & kExt4Incompatible) != 0 || (read_only & kExt4ReadOnly) != 0) return "ext4";
  return (compatible & kHasJournal) != 0 ? "ext3" : "ext2";
}

Result<std::optional<Layout>> read_superblock(Bytes bytes, std::uint64_t volume_bytes) {
  if (!has_magic(bytes)) return std::optional<Layout>();
  Layout layout;
  if (u32(bytes, 0x4C) != 0) {
    layout.compatible = u32(bytes, 0x5C);
    layout.incompatible = u32(bytes, 0x60);
    layout.read_only = u32(bytes, 0x64);
  }
  if ((layout.incompatible & kJournalDevice) != 0) return unsupported("the journal of another volume");
  if ((layout.incompatible & ~kKnownIncompatible) != 0) return unsupported("features that are not known");
  if (auto read = read_sizes(bytes, layout); !read.ok()) return read.error();
  if (auto read = read_counts(bytes, volume_bytes, layout); !read.ok()) return read.error();
  layout.by_linux = u32(bytes, 0x48) == 0;
  if ((layout.compatible & kResizable) != 0) layout.reserved_descriptor_blocks = u16(bytes, 0xCE);
  layout.first_meta_group = u32(bytes, 0x104);
  std::copy_n(bytes.begin() + 0x68, layout.uuid.size(), layout.uuid.begin());
  layout.checksum_seed =
      (layout.incompatible & kChecksumSeed) != 0 ? u32(bytes, 0x270) : crc32c(~0U, bytes.subspan(0x68, 16));
  layout.backup_groups = {u32(bytes, 0x24C), u32(bytes, 0x250)};
  layout.book_inodes = {u32(bytes, 0xE0), u32(bytes, 0x240), u32(bytes, 0x244), u32(bytes, 0x26C), u32(bytes, 0x280)};
  if ((layout.incompatible & kMultiMount) != 0) {
    layout.multi_mount_block = static_cast<std::uint64_t>(u32(bytes, 0x16C)) << 32U | u32(bytes, 0x168);
  }
  return std::optional(layout);
}

Result<std::optional<Layout>> find_superblock(const ByteSource& volume) {
  std::array<std::byte, kSuperblockBytes> bytes{};
  if (volume.size() < 2 * kSuperblockBytes) return std::optional<Layout>();
  const Result<> read = read_fully(volume, kSuperblockBytes, bytes);
  auto primary = read_superblock(bytes, volume.size());  // zeros where it could not be read
  const bool usable = primary.ok() && primary->has_value();
  if (usable && checksum_holds(bytes)) return primary;
  if (!usable && has_magic(bytes) && checksum_holds(bytes) && claims_checksum(bytes)) return primary;  // means it
  if (auto copy = find_copy(volume)) return std::optional(*copy);
  if (!read.ok() && read.error().kind == ErrorKind::io) return read.error();
  return primary;
}

}  // namespace ambit::walk::ext
