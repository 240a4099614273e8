// The disklabel of the BSDs: how they divide a disk, or the one partition of it that is theirs.
//
//   label := magic:u32=82564557 … sector_bytes:u32@40 … magic:u32@132 checksum:u16@136 count:u16@138 … entry@148
//   entry := sectors:u32 start:u32 fragment:u32 type:u8 …                16 bytes, little-endian
//
// It stands in sector 1, or at byte 64 or 0 of sector 0 (Alpha and others). Its two magic numbers are enough: parted
// writes a wrong checksum, and Linux asks for none. Starts are counted from the beginning of the disk by some systems
// (OpenBSD, NetBSD) and from that of their partition by others (FreeBSD); entry c tells, or that something starts
// before the partition does. An entry of type 0 stands for the whole disk and is no volume. Partition a has number 1.
#include <algorithm>

#include "stages/walk/volume/systems.h"

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

bool counts_from_disk(const std::vector<Entry>& entries, std::uint64_t size, std::uint64_t base) {
  constexpr std::size_t kWhole = 2;  // entry c
  if (entries.size() > kWhole) {
    const Entry& whole = entries[kWhole];
    if (whole.type == 0 && whole.start == 0 && whole.length != 0 && whole.length <= size) return false;
  }
  return base != 0 && std::all_of(entries.begin(), entries.end(), [&](const Entry& entry) {
           return entry.type == 0 || entry.length == 0 || entry.start >= base;
         });
}

std::optional<Division> read_entries(const Block& label, std::uint64_t at, std::uint64_t size, std::uint64_t base) {
  std::vector<Entry> entries(std::min<std::size_t>(label.le16(138), kMostEntries));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::size_t entry = kFirstEntry + i * kEntryBytes;
    const std::uint64_t sector = label.le32(40);
    entries[i] = {label.le32(entry + 4) * sector, label.le32(entry) * sector, label.u8(entry + 12)};
  }
  const std::uint64_t skipped = counts_from_disk(entries, size, base) ? base : 0;
  Division division;
  division.books.push_back({{at, kFirstEntry + entries.size() * kEntryBytes}, Kind::metadata});
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    if (entry.length == 0 || entry.type == 0) continue;
    division.parts.push_back({i + 1, entry.start - skipped, entry.length, name_of(entry.type)});
  }
  if (division.parts.empty()) return std::nullopt;
  return division;
}

}  // namespace

std::optional<Division> read_bsd_label(const ByteSource& bytes, std::uint64_t base) {
  for (const std::uint64_t at : {512U, 64U, 0U}) {
    const Block label(bytes, at, kFirstEntry + kMostEntries * kEntryBytes);
    const bool is_label = label.le32(0) == kMagic && label.le32(132) == kMagic;
    const std::uint64_t sector = label.le32(40);
    if (is_label && (sector == 512 || sector == 4096)) return read_entries(label, at, bytes.size(), base);
  }
  return std::nullopt;
}

}  // namespace ambit::walk
