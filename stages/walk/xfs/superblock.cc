// The superblock, and its copies.
//
// Every group begins with a copy of the superblock. If the first one does not hold, a copy is looked for where the
// second group may begin. How long a group is stands in the superblock itself, but also in the AGF behind it, and
// else mkfs.xfs divides a disk into 2^n groups; so there are few places to look at. A copy counts only if it says
// that a group begins exactly where it lies. A volume without the magic number is taken for XFS only if the AGF or
// the first index block of group 0 is still there: a disk that was formatted anew keeps old copies for years.
//
//   superblock = "XFSB" block_bytes:4 blocks:8 … ag_blocks:4 … version:2 sector_bytes:2 inode_bytes:2 …
#include <algorithm>

#include "pipeline/limits.h"
#include "stages/walk/file_system.h"
#include "stages/walk/xfs/format.h"

namespace ambit::walk::xfs {
namespace {

constexpr std::uint32_t kMagic = magic("XFSB");
constexpr std::size_t kSuperblockBytes = 512;    // what is used of it lies in the smallest sector
constexpr std::uint32_t kKnownFeatures = 0x3FF;  // incompatible ones, up to zoned
constexpr std::uint32_t kMetadataFolder = 0x100;

struct Parsed {
  Superblock super;
  bool sane = false;
  bool known = true;  // no feature that changes the meaning of what is read
  bool whole = true;  // version 5: the checksum holds
};

bool sane_geometry(const Superblock& s, Bytes b) {
  if (s.block_log < 9 || s.block_log > 16 || be32(b, 4) != s.block_bytes()) return false;
  const std::uint32_t sector_log = be8(b, 121);
  if (sector_log < 9 || sector_log > 15 || sector_log > s.block_log || s.sector_bytes != 1U << sector_log) return false;
  if (s.inode_log < 8 || s.inode_log > 11 || s.inode_log > s.block_log || be16(b, 104) != s.inode_bytes()) return false;
  if (s.v5 && s.inode_log < 9) return false;
  if (s.inodes_log != s.block_log - s.inode_log) return false;
  if (s.ag_blocks < limits::kXfsMinGroupBlocks || s.ag_blocks > 1U << 31) return false;
  if (s.ag_block_log != std::bit_width(s.ag_blocks - 1)) return false;
  if (s.ag_count == 0 || s.blocks > (std::uint64_t{INT64_MAX} >> s.block_log)) return false;
  const std::uint64_t all = std::uint64_t{s.ag_blocks} * s.ag_count;
  return s.blocks <= all && s.blocks > all - s.ag_blocks && be8(b, 192) <= 16 - s.block_log;
}

void read_version_5(Superblock& s, Bytes b, Parsed& parsed) {
  const std::uint32_t ro = be32(b, 212);
  const std::uint32_t incompatible = be32(b, 216);
  s.file_types = (incompatible & 1) != 0;
  s.sparse_inodes = (incompatible & 2) != 0;
  const bool has_meta_uuid = (incompatible & 4) != 0;
  std::memcpy(s.uuid.data(), b.subspan(has_meta_uuid ? 248 : 32).data(), s.uuid.size());
  s.has_free_inodes = (ro & 1) != 0;
  s.has_owners = (ro & 2) != 0;
  s.has_shared = (ro & 4) != 0;
  s.internal_inodes[4] = be64(b, 232);
  parsed.known = (incompatible & ~kKnownFeatures) == 0;
  // With a folder of metadata, what were the fields of quota inodes before is unused; its inodes carry a flag.
  if ((incompatible & kMetadataFolder) != 0) s.internal_inodes.fill(be64(b, 264));
}

Parsed parse_superblock(Bytes b) {
  Parsed parsed;
  if (be32(b, 0) != kMagic) return parsed;
  Superblock& s = parsed.super;
  const std::uint32_t version = be16(b, 100);
  const std::uint32_t features2 = (version & 0x8000) != 0 ? be32(b, 200) : 0;
  s.v5 = (version & 0xF) == 5;
  s.block_log = be8(b, 120);
  s.sector_bytes = be16(b, 102);
  s.inode_log = be8(b, 122);
  s.inodes_log = be8(b, 123);
  s.ag_block_log = be8(b, 124);
  s.ag_blocks = be32(b, 84);
  s.ag_count = be32(b, 88);
  s.blocks = be64(b, 8);
  s.log_start = be64(b, 48);
  s.log_blocks = be32(b, 96);
  s.root = be64(b, 56);
  s.internal_inodes = {be64(b, 64), be64(b, 72), be64(b, 160), be64(b, 168), 0};
  s.file_types = (features2 & 0x200) != 0;
  std::memcpy(s.uuid.data(), b.subspan(32).data(), s.uuid.size());
  parsed.sane = sane_geometry(s, b);
  if (!parsed.sane) return parsed;
  s.folder_block_bytes = 1U << (s.block_log + be8(b, 192));
  if (s.v5) {
    read_version_5(s, b, parsed);
  } else {
    parsed.known = (version & 0xF) == 4 && (version & 0x2000) != 0;  // folders of the second kind, since 2001
  }
  return parsed;
}

std::optional<Parsed> superblock_at(const ByteSource& volume, std::uint64_t place) {
  std::array<std::byte, kSuperblockBytes> head;
  if (place > volume.size() || head.size() > volume.size() - place) return std::nullopt;
  if (!read_fully(volume, place, head).ok()) return std::nullopt;
  Parsed parsed = parse_superblock(head);
  if (!parsed.sane) return std::nullopt;
  if (parsed.super.v5) {
    std::vector<std::byte> sector(parsed.super.sector_bytes);
    parsed.whole = read_fully(volume, place, sector).ok() && crc_holds(sector, 224);
  }
  return parsed;
}

bool holds_magic(const ByteSource& volume, std::uint64_t place, std::initializer_list<std::uint32_t> any) {
  std::array<std::byte, 4> head;
  if (place > volume.size() || head.size() > volume.size() - place) return false;
  if (!read_fully(volume, place, head).ok()) return false;
  return std::find(any.begin(), any.end(), be32(head, 0)) != any.end();
}

// Group 0 is still recognisable without its superblock.
bool looks_like_group(const ByteSource& volume) {
  for (std::uint64_t step = 512; step <= 65536; step *= 2) {
    if (step <= 32768 && holds_magic(volume, step, {magic("XAGF")})) return true;
    if (step <= 32768 && holds_magic(volume, 2 * step, {magic("XAGI")})) return true;
    if (holds_magic(volume, step, {magic("ABTB"), magic("AB3B")})) return true;
  }
  return false;
}

std::optional<Superblock> copy_at(const ByteSource& volume, std::uint64_t place) {
  if (place == 0) return std::nullopt;
  const std::optional<Parsed> parsed = superblock_at(volume, place);
  if (!parsed || !parsed->known || !parsed->whole) return std::nullopt;
  if (place != std::uint64_t{parsed->super.ag_blocks} << parsed->super.block_log) return std::nullopt;
  return parsed->super;
}

// `first`: what the damaged superblock says, if anything.
std::optional<Superblock> find_copy(const ByteSource& volume, const std::optional<Parsed>& first) {
  if (first) {
    if (auto found = copy_at(volume, std::uint64_t{first->super.ag_blocks} << first->super.block_log)) return found;
  }
  std::vector<std::uint64_t> lengths;  // of group 0 in blocks, by what may be its AGF
  for (std::uint64_t sector = 512; sector <= 32768; sector *= 2) {
    std::array<std::byte, 16> head;
    if (!holds_magic(volume, sector, {magic("XAGF")}) || !read_fully(volume, sector, head).ok()) continue;
    lengths.push_back(be32(head, 12));
  }
  constexpr std::array<std::uint32_t, 8> kBlockLogs = {12, 9, 10, 11, 13, 14, 15, 16};  // the usual one first
  for (const std::uint32_t log : kBlockLogs) {
    for (const std::uint64_t length : lengths) {
      if (auto found = copy_at(volume, length << log)) return found;
    }
  }
  for (const std::uint32_t log : kBlockLogs) {
    const std::uint64_t blocks = volume.size() >> log;
    for (std::uint32_t parts = 0; parts < 13; ++parts) {
      const std::uint64_t share = (blocks >> parts) + ((blocks & ((1U << parts) - 1)) != 0 ? 1 : 0);
      if (auto found = copy_at(volume, share << log)) return found;
      if (auto found = copy_at(volume, (blocks >> parts) << log)) return found;
    }
    const std::uint64_t largest = (std::uint64_t{1} << (40 - log)) - 1;  // of large disks: just below 1 TiB
    if (auto found = copy_at(volume, largest << log)) return found;
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<Superblock>> find_superblock(const ByteSource& volume) {
  const bool claimed = holds_magic(volume, 0, {kMagic});
  const std::optional<Parsed> first = claimed ? superblock_at(volume, 0) : std::nullopt;
  if (first && !first->known) return Error{ErrorKind::evidence, "an XFS with features that are not supported", "", ""};
  if (first && first->whole) return std::optional(first->super);
  if (!claimed && !looks_like_group(volume)) return std::optional<Superblock>();
  if (auto copy = find_copy(volume, first)) return std::optional(*copy);
  if (first) return std::optional(first->super);
  if (!claimed) return std::optional<Superblock>();
  return Error{ErrorKind::evidence, "an XFS without a superblock that holds", "", ""};
}

}  // namespace ambit::walk::xfs
