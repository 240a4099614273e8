#include "stages/walk/ext/inode.h"

#include "stages/walk/ext/checksum.h"

namespace ambit::walk::ext {
namespace {

constexpr std::size_t kOldBytes = 128;

std::size_t extra_bytes(Bytes raw) {
  if (raw.size() < kOldBytes + 4) return 0;
  const std::size_t extra = u16(raw, 0x80);
  return extra % 4 == 0 && extra <= raw.size() - kOldBytes ? extra : 0;
}

InodeType type_of(std::uint16_t mode) {
  switch (mode >> 12U) {
    case 0x8:
      return InodeType::file;
    case 0x4:
      return InodeType::folder;
    case 0xA:
      return InodeType::link;
    case 0x1:
    case 0x2:
    case 0x6:
    case 0xC:
      return InodeType::special;
    default:
      return InodeType::none;
  }
}

// Over everything but the checksum itself.
bool inode_checksum_holds(const Layout& layout, std::uint32_t number, Bytes raw) {
  constexpr std::array<std::byte, 2> kZeros{};
  const Bytes number_bytes{reinterpret_cast<const std::byte*>(&number), sizeof(number)};
  std::uint32_t crc = crc32c(crc32c(layout.checksum_seed, number_bytes), raw.subspan(0x64, 4));
  crc = crc32c(crc32c(crc, raw.first(0x7C)), kZeros);
  crc = crc32c(crc, raw.subspan(0x7E, kOldBytes - 0x7E));
  if (raw.size() == kOldBytes) return (crc & 0xFFFFU) == u16(raw, 0x7C);
  crc = crc32c(crc, raw.subspan(0x80, 2));
  if (u16(raw, 0x80) < 4) return (crc32c(crc, raw.subspan(0x82)) & 0xFFFFU) == u16(raw, 0x7C);
  crc = crc32c(crc32c(crc, kZeros), raw.subspan(0x84));
  return crc == (u16(raw, 0x7C) | static_cast<std::uint32_t>(u16(raw, 0x82)) << 16U);
}

}  // namespace

Inode decode_inode(const Layout& layout, std::uint32_t number, Bytes raw) {
  Inode inode;
  inode.number = number;
  inode.raw = raw;
  inode.type = type_of(u16(raw, 0x0));
  inode.links = u16(raw, 0x1A);
  inode.deleted_at = u32(raw, 0x14);
  inode.flags = u32(raw, 0x20);
  inode.size = u32(raw, 0x4);
  const bool long_size = inode.type == InodeType::file || (layout.incompatible & kLargeFolders) != 0;
  if (long_size) inode.size |= static_cast<std::uint64_t>(u32(raw, 0x6C)) << 32U;
  inode.sectors = u32(raw, 0x1C);
  if ((layout.read_only & kHugeFile) != 0) inode.sectors |= static_cast<std::uint64_t>(u16(raw, 0x74)) << 32U;
  inode.attribute_block = u32(raw, 0x68);
  if ((layout.incompatible & k64Bit) != 0) {
    inode.attribute_block |= static_cast<std::uint64_t>(u16(raw, 0x76)) << 32U;
  }
  inode.modified = static_cast<std::int32_t>(u32(raw, 0x10));
  if (extra_bytes(raw) >= 12) inode.modified += static_cast<std::int64_t>(u32(raw, 0x88) & 3U) << 32U;
  if (layout.checksums() && layout.by_linux) inode.intact = inode_checksum_holds(layout, number, raw);
  return inode;
}

bool is_short_link(const Layout& layout, const Inode& inode) {
  if (inode.size >= inode.map().size() || inode.has_extents()) return false;
  if ((layout.incompatible & kAttributeInodes) != 0) return true;
  const std::uint64_t attribute_sectors =
      inode.attribute_block == 0 ? 0 : std::uint64_t{layout.block / 512} * layout.cluster_blocks;
  return inode.sectors <= attribute_sectors;
}

Bytes attributes_in(const Inode& inode) {
  constexpr std::uint32_t kMagic = 0xEA020000;
  const std::size_t at = kOldBytes + extra_bytes(inode.raw);
  if (at == kOldBytes || at + 8 > inode.raw.size() || u32(inode.raw, at) != kMagic) return {};
  return inode.raw.subspan(at + 4);
}

}  // namespace ambit::walk::ext
