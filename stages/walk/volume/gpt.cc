// The partition table of EFI: up to thousands of partitions, written twice.
//
//   sector 0    := a protective MBR
//   header      := "EFI PART" revision:u32 bytes:u32 crc:u32 0:u32 here:u64 other:u64 first:u64 last:u64 guid[16]
//                  entries_at:u64 count:u32 entry_bytes:u32 entries_crc:u32          in sector 1 and in the last sector
//   entry       := type[16] guid[16] first:u64 last:u64 attributes:u64 name[72]      `last` is inclusive
//
// Sectors have 512 or 4096 bytes; which of them is told by where the header stands. Of both copies the one with more
// checksums in order counts, the first where they are equal: a table with a wrong checksum still names partitions.
#include <algorithm>

#include "pipeline/limits.h"
#include "stages/walk/volume/systems.h"

namespace ambit::walk {
namespace {

constexpr std::string_view kGptMagic = "EFI PART";
constexpr std::size_t kHeaderBytes = 92;
constexpr std::size_t kLeastEntryBytes = 128;
constexpr int kHeaderIsSound = 4;  // credit of its checksum; more than the other checks together

struct GptType {
  std::string_view guid, name;
  WalkTrouble trouble = WalkTrouble::none;
  bool bsd = false;
};
constexpr auto kGptTypes = std::to_array<GptType>({
    {"0FC63DAF-8483-4772-8E79-3D69D8477DE4", "Linux filesystem"},
    {"0657FD6D-A4AB-43C4-84E5-0933C84B4F4F", "Linux swap"},
    {"E6D6D379-F507-44C2-A23C-238F2A3DF928", "Linux LVM"},
    {"A19D880F-05FC-4D3B-A006-743F0F84911E", "Linux RAID"},
    {"CA7D7CCB-63ED-4C53-861C-1742536059CC", "Linux LUKS"},
    {"BC13C2FF-59E6-4262-A352-B275FD6F7172", "Linux extended boot"},
    {"44479540-F297-41B2-9AF7-D131D5F0458A", "Linux root (x86)"},
    {"4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709", "Linux root (x86-64)"},
    {"B921B045-1DF0-41C3-AF44-4C6F280D3FAE", "Linux root (ARM-64)"},
    {"933AC7E1-2EB4-4F13-B844-0E14E2AEF915", "Linux home"},
    {"3B8F8425-20E0-4F3B-907F-1A25A76F98E8", "Linux server data"},
    {"4D21B016-B534-45C2-A9FB-5C16E091FD2D", "Linux variable data"},
    {"C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "EFI system"},
    {"21686148-6449-6E6F-744E-656564454649", "BIOS boot"},
    {"EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", "Microsoft basic data"},
    {"E3C9E316-0B5C-4DB8-817D-F92DF00215AE", "Microsoft reserved"},
    {"DE94BBA4-06D1-4D40-A16A-BFD50179D6AC", "Windows recovery"},
    {"AF9B60A0-1431-4F62-BC68-3311714A69AD", "Windows dynamic disk", WalkTrouble::unsupported},
    {"5808C8AA-7E8F-42E0-85D2-E1E90434CFB3", "Windows dynamic disk's database", WalkTrouble::unsupported},
    {"E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D", "Windows Storage Spaces", WalkTrouble::unsupported},
    {"48465300-0000-11AA-AA11-00306543ECAC", "Apple HFS"},
    {"7C3457EF-0000-11AA-AA11-00306543ECAC", "Apple APFS"},
    {"426F6F74-0000-11AA-AA11-00306543ECAC", "Apple boot"},
    {"516E7CB4-6ECF-11D6-8FF8-00022D09712B", "FreeBSD", WalkTrouble::none, true},
    {"516E7CB6-6ECF-11D6-8FF8-00022D09712B", "FreeBSD UFS"},
    {"516E7CB5-6ECF-11D6-8FF8-00022D09712B", "FreeBSD swap"},
    {"516E7CBA-6ECF-11D6-8FF8-00022D09712B", "FreeBSD ZFS"},
    {"83BD6B9D-7F41-11DC-BE0B-001560B84F0F", "FreeBSD boot"},
    {"824CC7A0-36A8-11E3-890A-952519AD3F61", "OpenBSD", WalkTrouble::none, true},
    {"6A898CC3-1DD2-11B2-99A6-080020736631", "ZFS"},
    {"AA31E02A-400F-11DB-9590-000C2911D1B8", "VMware VMFS"},
});

// The GUID's text form: three numbers in little-endian, two rows of bytes.
std::string guid_text(std::string_view guid) {
  constexpr std::array<std::size_t, 16> kPlaces = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (std::size_t i = 0; i < kPlaces.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<unsigned char>(guid[kPlaces[i]]);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

struct Header {
  std::uint64_t sector = 0, here = 0, other = 0, entries_at = 0;
  std::uint32_t count = 0, entry_bytes = 0;
  int credit = 0;  // checks that it passes
  [[nodiscard]] Range entries() const {
    return {product(entries_at, sector), (product(count, entry_bytes) + sector - 1) / sector * sector};
  }
};

std::optional<Header> read_header(const ByteSource& bytes, std::uint64_t at, std::uint64_t sector) {
  const Block block(bytes, product(at, sector), sector);
  if (!block.has(0, kGptMagic)) return std::nullopt;
  Header header{sector, at, block.le64(32), block.le64(72), block.le32(80), block.le32(84)};
  if (header.entry_bytes < kLeastEntryBytes || header.count == 0 ||
      product(header.count, header.entry_bytes) > limits::kMaxGptBytes || header.entries_at == 0) {
    return std::nullopt;
  }
  const std::uint32_t length = block.le32(12);
  if (length >= kHeaderBytes && length <= sector) {
    std::vector<std::byte> summed(block.bytes().begin(), block.bytes().begin() + length);
    std::fill_n(summed.begin() + 16, 4, std::byte{0});
    header.credit += ~crc32(~0U, summed) == block.le32(16) ? kHeaderIsSound : 0;
  }
  const Block entries(bytes, header.entries().offset, product(header.count, header.entry_bytes));
  header.credit += entries.complete() && ~crc32(~0U, entries.bytes()) == block.le32(88) ? 2 : 0;
  header.credit += block.le64(24) == at ? 1 : 0;
  return header;
}

void add_books(const Header& header, std::vector<Book>& books) {
  books.push_back({{product(header.here, header.sector), header.sector}, Kind::metadata});
  books.push_back({header.entries(), Kind::metadata});
}

Part part_of(const Block& entries, std::size_t at, std::uint32_t number, std::uint64_t sector) {
  const std::uint64_t first = entries.le64(at + 32), last = entries.le64(at + 40);
  Part part{number, product(first, sector), 0, "partition of an unknown type"};
  if (last >= first && first != 0) {
    part.length = product(last - first + 1, sector);
  } else {
    part.trouble = WalkTrouble::damaged;
  }
  const std::string guid = guid_text(entries.text(at, 16));
  const auto known = std::find_if(kGptTypes.begin(), kGptTypes.end(), [&](const GptType& t) { return t.guid == guid; });
  if (known == kGptTypes.end()) return part;
  part.description = known->name;
  part.bsd = known->bsd;
  if (part.trouble == WalkTrouble::none) part.trouble = known->trouble;
  return part;
}

// The second copy stands in the last sector of the disk. Where the image ends before it, the end of the disk is
// missing, and a part that is no partition says so.
void add_missing_end(const Header& header, std::uint64_t size, std::vector<Part>& parts) {
  const std::uint64_t end = product(sum(std::max(header.here, header.other), 1), header.sector);
  if (header.credit < kHeaderIsSound || end <= size) return;
  parts.push_back({0, size, end - size, "end of the disk", WalkTrouble::damaged});
}

}  // namespace

std::optional<Division> read_gpt(const ByteSource& bytes) {
  std::vector<Header> copies;
  for (const std::uint64_t sector : {std::uint64_t{512}, std::uint64_t{4096}}) {
    const std::optional<Header> primary = read_header(bytes, 1, sector);
    if (primary) copies.push_back(*primary);
    const std::uint64_t last = bytes.size() / sector;
    if (last < 2) continue;
    std::optional<Header> backup = read_header(bytes, last - 1, sector);
    // An image that is longer than its disk was.
    if (!backup && primary && primary->other > 1 && primary->other < last) {
      backup = read_header(bytes, primary->other, sector);
    }
    if (backup) copies.push_back(*backup);
  }
  if (copies.empty()) return std::nullopt;
  const Header& best = *std::max_element(copies.begin(), copies.end(),
                                         [](const Header& a, const Header& b) { return a.credit < b.credit; });
  Division division;
  division.books.push_back({{0, best.sector}, Kind::metadata});
  for (const Header& copy : copies) {
    if (copy.sector == best.sector) add_books(copy, division.books);
  }
  const Block entries(bytes, best.entries().offset, product(best.count, best.entry_bytes));
  for (std::uint32_t i = 0; i < best.count && division.parts.size() < limits::kMaxPartitions; ++i) {
    const std::size_t at = std::size_t{i} * best.entry_bytes;
    const std::string_view type = entries.text(at, 16);
    if (std::all_of(type.begin(), type.end(), [](char c) { return c == '\0'; })) continue;
    division.parts.push_back(part_of(entries, at, i + 1, best.sector));
  }
  add_missing_end(best, bytes.size(), division.parts);
  return division;
}

}  // namespace ambit::walk
