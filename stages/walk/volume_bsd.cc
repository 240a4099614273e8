// The disklabel of the BSDs: how they divide a disk, or the one partition of it that is theirs.
//
//   label := magic:u32=82564557 … sector_bytes:u32@40 … magic:u32@132 checksum:u16@136 count:u16@138 … entry@148
//   entry := sectors:u32 start:u32 fragment:u32 type:u8 …                16 bytes, little-endian; in sector 1
//
// The exclusive or of all 16-bit words up to the last entry is zero. Starts are counted from the beginning of the disk
// by some systems and from that of the partition by others: where all of them lie behind the partition's own start, it
// is the former. An entry of type 0 stands for the whole disk and is no volume. Partition a has number 1.
#include <algorithm>

#include "stages/walk/volume_systems.h"

namespace ambit::walk {
namespace {

constexpr std::uint32_t kMagic = 0x82564557;
constexpr std::size_t kFirstEntry = 148;
constexpr std::size_t kEntryBytes = 16;
constexpr std::size_t kMostEntries = 22;  // of any BSD; they fit into the label's sector

struct Entry {
  std::uint64_t start, length;
  std::uint8_t type;
};

std::string name_of(std::uint8_t type) {
  switch (type) {
    case 1:
      return "BSD swap";
    case 7:
      return "BSD FFS";
    case 8:
      return "FAT";
    case 17:
      return "Linux filesystem";
    case 27:
      return "ZFS";
    default:
      return "BSD partition";
  }
}

}  // namespace

std::optional<Division> read_bsd_label(const ByteSource& bytes, std::uint64_t base) {
  const Block label(bytes, 512, 512);
  const std::size_t count = label.le16(138);
  if (label.le32(0) != kMagic || label.le32(132) != kMagic || count == 0 || count > kMostEntries) return std::nullopt;
  std::uint16_t folded = 0;
  for (std::size_t at = 0; at < kFirstEntry + count * kEntryBytes; at += 2) folded ^= label.le16(at);
  const std::uint64_t sector = label.le32(40);
  if (folded != 0 || (sector != 512 && sector != 4096)) return std::nullopt;

  std::vector<Entry> entries(count);
  bool absolute = base != 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = kFirstEntry + i * kEntryBytes;
    entries[i] = {label.le32(at + 4) * sector, label.le32(at) * sector, label.u8(at + 12)};
    absolute = absolute && (entries[i].length == 0 || entries[i].start >= base);
  }
  Division division;
  division.books.push_back({{512, 512}, Kind::metadata});
  for (std::size_t i = 0; i < count; ++i) {
    if (entries[i].length == 0 || entries[i].type == 0) continue;
    const std::uint64_t start = entries[i].start - (absolute ? base : 0);
    division.parts.push_back({static_cast<std::uint32_t>(i + 1), start, entries[i].length, name_of(entries[i].type)});
  }
  if (division.parts.empty()) return std::nullopt;
  return division;
}

}  // namespace ambit::walk
