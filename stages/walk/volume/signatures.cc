// What begins at a place, by magic numbers. It only weighs one reading of the bytes against another and names what is
// no file system; whether a file system is read is decided by who reads it.
#include <algorithm>

#include "stages/walk/volume/systems.h"

namespace ambit::walk {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::uint64_t offset;
  std::string_view magic, name;
};
constexpr auto kSignatures = std::to_array<Signature>({
    {3, "NTFS    "sv, "NTFS"},
    {3, "EXFAT   "sv, "exFAT"},
    {3, "-FVE-FS-"sv, "BitLocker encrypted volume"},
    {0, "XFSB"sv, "XFS"},
    {0, "LUKS\xBA\xBE"sv, "LUKS encrypted volume"},
    {0x438, "\x53\xEF"sv, "ext"},
    {0x400, "H+\0\4"sv, "HFS+"},
    {0x400, "HX\0\5"sv, "HFSX"},
    {0x400, "BD"sv, "HFS"},
    {0x10040, "_BHRfS_M"sv, "btrfs"},
    {32, "NXSB"sv, "APFS"},
    {0x8001, "CD001"sv, "ISO 9660"},
    {0x0FF6, "SWAPSPACE2"sv, "Linux swap"},
    {0x0FF6, "SWAP-SPACE"sv, "Linux swap"},
    {0xFFF6, "SWAPSPACE2"sv, "Linux swap"},
    {0x255C, "\x19\x01\x54\x19"sv, "UFS2"},
    {0x1055C, "\x19\x01\x54\x19"sv, "UFS2"},
    {0x255C, "\x54\x19\x01\x00"sv, "UFS"},
    {0x10034, "ReIsEr"sv, "ReiserFS"},
    {0x8000, "JFS1"sv, "JFS"},
    {0x400, "\x10\x20\xF5\xF2"sv, "F2FS"},
    {0, "hsqs"sv, "SquashFS"},
    {512, "LABELONE"sv, "LVM2 physical volume"},
    {0, "\xFC\x4E\x2B\xA9"sv, "Linux RAID member"},
    {4096, "\xFC\x4E\x2B\xA9"sv, "Linux RAID member"},
    {3, "ReFS\0\0\0\0"sv, "ReFS"},
});

bool is_power_of_two(std::uint32_t value) { return value != 0 && (value & (value - 1)) == 0; }

// The fields of a FAT's boot sector that have few possible values.
bool is_fat(const Block& sector) {
  const std::uint16_t bytes = sector.le16(11);
  return sector.has(510, "\x55\xAA") && is_power_of_two(bytes) && bytes >= 512 && bytes <= 4096 &&
         is_power_of_two(sector.u8(13)) && sector.le16(14) != 0 && (sector.u8(16) == 1 || sector.u8(16) == 2) &&
         (sector.u8(21) == 0xF0 || sector.u8(21) >= 0xF8) && (sector.le16(19) != 0 || sector.le32(32) != 0);
}

}  // namespace

std::string_view recognise(const ByteSource& bytes, std::uint64_t offset) {
  if (is_fat(Block(bytes, offset, 512))) return "FAT";
  for (const Signature& signature : kSignatures) {
    const std::uint64_t at = sum(offset, signature.offset);
    if (Block(bytes, at, signature.magic.size()).has(0, signature.magic)) return signature.name;
  }
  return {};
}

bool is_boot_sector_of_file_system(const ByteSource& bytes) {
  const Block sector(bytes, 0, 512);
  return sector.has(3, "NTFS    ") || sector.has(3, "EXFAT   ") || is_fat(sector);
}

std::optional<Division> look_zfs(const Bytes& bytes, const Surroundings& /*around*/) {
  constexpr std::uint64_t kRing = 128 * 1024, kRingBytes = 128 * 1024;
  constexpr std::uint64_t kUberblock = 0x00BAB10C;
  const Block ring(*bytes, kRing, kRingBytes);
  for (std::size_t at = 0; ring.complete() && at < kRingBytes; at += 1024) {
    if (ring.le64(at) != kUberblock && ring.be64(at) != kUberblock) continue;
    Division division;
    division.parts.push_back({0, 0, bytes->size(), "ZFS member", WalkTrouble::unsupported});
    return division;
  }
  return std::nullopt;
}

}  // namespace ambit::walk
