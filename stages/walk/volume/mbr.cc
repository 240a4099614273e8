// The partition table of PCs: four primary partitions in the first sector, logical ones in a chain.
//
//   sector      := byte[446] entry[4] 55 AA
//   entry       := status:u8 chs[3] type:u8 chs[3] start:u32 sectors:u32      little-endian, in sectors
//   an extended partition (type 05, 0F, 85) begins with a sector of the same form: one entry for a logical partition,
//   counted from that sector, and one of an extended type for the next sector of the chain, counted from the first.
//
// Nothing but 55 AA marks the sector, and boot sectors of file systems end so too. It is believed when every status is
// one of the two that exist, something is in use, and what is in use begins behind the table. Logical partitions have
// the numbers that Linux gives them, from 5 on.
#include <algorithm>
#include <set>

#include "pipeline/limits.h"
#include "stages/walk/volume/systems.h"

namespace ambit::walk {
namespace {

constexpr std::size_t kEntries = 446;
constexpr std::size_t kMbrEntryBytes = 16;
constexpr std::string_view kSignature = "\x55\xAA";
constexpr std::uint8_t kProtective = 0xEE;
constexpr std::uint8_t kDynamic = 0x42;
constexpr std::uint64_t kPrivateHeader = 6 * 512;  // where a Windows dynamic disk says that it is one

struct MbrEntry {
  std::uint8_t status, type;
  std::uint64_t start, sectors;
  [[nodiscard]] bool used() const { return type != 0 && sectors != 0; }
  [[nodiscard]] bool extended() const { return type == 0x05 || type == 0x0F || type == 0x85; }
  [[nodiscard]] bool bsd() const { return type == 0xA5 || type == 0xA6 || type == 0xA9; }
};

std::array<MbrEntry, 4> entries(const Block& block) {
  std::array<MbrEntry, 4> all{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::size_t at = kEntries + i * kMbrEntryBytes;
    all[i] = {block.u8(at), block.u8(at + 4), block.le32(at + 8), block.le32(at + 12)};
  }
  return all;
}

struct MbrType {
  std::uint8_t type;
  std::string_view name;
};
constexpr auto kMbrTypes = std::to_array<MbrType>({{0x01, "FAT12"},
                                                   {0x04, "FAT16"},
                                                   {0x06, "FAT16"},
                                                   {0x07, "NTFS or exFAT"},
                                                   {0x0B, "FAT32"},
                                                   {0x0C, "FAT32"},
                                                   {0x0E, "FAT16"},
                                                   {0x11, "hidden FAT12"},
                                                   {0x14, "hidden FAT16"},
                                                   {0x16, "hidden FAT16"},
                                                   {0x17, "hidden NTFS"},
                                                   {0x1B, "hidden FAT32"},
                                                   {0x1C, "hidden FAT32"},
                                                   {0x1E, "hidden FAT16"},
                                                   {0x27, "Windows recovery"},
                                                   {0x42, "Windows dynamic disk"},
                                                   {0x82, "Linux swap"},
                                                   {0x83, "Linux filesystem"},
                                                   {0x8E, "Linux LVM"},
                                                   {0xA5, "FreeBSD"},
                                                   {0xA6, "OpenBSD"},
                                                   {0xA8, "Apple UFS"},
                                                   {0xA9, "NetBSD"},
                                                   {0xAF, "Apple HFS"},
                                                   {0xBF, "Solaris"},
                                                   {0xEF, "EFI system"},
                                                   {0xFB, "VMware VMFS"},
                                                   {0xFC, "VMware swap"},
                                                   {0xFD, "Linux RAID"}});

std::string name_of_type(std::uint8_t type) {
  const auto known = std::find_if(kMbrTypes.begin(), kMbrTypes.end(), [&](const MbrType& t) { return t.type == type; });
  if (known != kMbrTypes.end()) return std::string(known->name);
  constexpr std::string_view kDigits = "0123456789abcdef";
  return std::string("partition of type 0x") + kDigits[type >> 4] + kDigits[type & 15];
}

class MbrReader {
 public:
  MbrReader(const ByteSource& bytes, std::uint64_t sector) : bytes_(bytes), sector_(sector) {}

  std::optional<Mbr> read() {
    const Block first(bytes_, 0, 512);
    if (!is_table(first)) return std::nullopt;
    dynamic_ = Block(bytes_, kPrivateHeader, 8).has(0, "PRIVHEAD");
    book(0);
    const std::array<MbrEntry, 4> primary = entries(first);
    for (std::uint32_t i = 0; i < primary.size(); ++i) {
      if (!primary[i].used() || primary[i].extended()) continue;
      if (primary[i].type == kProtective) {
        mbr_.protective = true;
      } else {
        add(i + 1, primary[i].start, primary[i]);
      }
    }
    for (const MbrEntry& entry : primary) {
      if (entry.used() && entry.extended() && entry.start != 0) follow(entry.start);
    }
    return std::move(mbr_);
  }

 private:
  bool is_table(const Block& first) const {
    if (!first.complete() || !first.has(510, kSignature)) return false;
    const std::array<MbrEntry, 4> all = entries(first);
    const bool states = std::all_of(all.begin(), all.end(), [](const MbrEntry& e) { return (e.status & 0x7F) == 0; });
    return states && std::any_of(all.begin(), all.end(), [&](const MbrEntry& e) {
             return e.used() && e.start != 0 && e.start * sector_ < bytes_.size();
           });
  }

  void book(std::uint64_t at) { mbr_.division.books.push_back({{at * sector_, sector_}, Kind::metadata}); }

  void add(std::uint32_t number, std::uint64_t start, const MbrEntry& entry) {
    Part part{number, start * sector_, entry.sectors * sector_, name_of_type(entry.type)};
    part.bsd = entry.bsd();
    if (entry.type == kDynamic && dynamic_) part.trouble = WalkTrouble::unsupported;
    if (start == 0) part.trouble = WalkTrouble::damaged;  // would hold its own table
    mbr_.division.parts.push_back(std::move(part));
  }

  // A link of the chain beyond the end: there was one partition at least.
  void lose(std::uint64_t at) {
    mbr_.division.parts.push_back({logical_++, product(at, sector_), 0, "logical partition", WalkTrouble::damaged});
  }

  // The chain of logical partitions that begins in sector `base`. No sector is visited twice.
  void follow(std::uint64_t base) {
    for (std::uint64_t at = base; visited_.insert(at).second && visited_.size() <= limits::kMaxPartitions;) {
      const Block block(bytes_, product(at, sector_), 512);
      if (product(at, sector_) >= bytes_.size()) lose(at);
      if (!block.complete() || !block.has(510, kSignature)) return;
      book(at);
      std::uint64_t next = 0;
      for (const MbrEntry& entry : entries(block)) {
        if (!entry.used()) continue;
        if (!entry.extended()) {
          if (entry.start != 0) add(logical_++, at + entry.start, entry);
        } else if (next == 0 && entry.start != 0) {
          next = base + entry.start;
        }
      }
      if (next == 0) return;
      at = next;
    }
  }

  const ByteSource& bytes_;
  std::uint64_t sector_;
  bool dynamic_ = false;
  std::uint32_t logical_ = 5;
  std::set<std::uint64_t> visited_;
  Mbr mbr_;
};

}  // namespace

std::optional<Mbr> read_mbr(const ByteSource& bytes, std::uint64_t sector) { return MbrReader(bytes, sector).read(); }

}  // namespace ambit::walk
