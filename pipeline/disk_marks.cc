// A new file system is a row; where its mark has less than seven bytes, with a check of the fields around it.
#include "pipeline/disk_marks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace ambit {
namespace {

using namespace std::string_view_literals;

// A number at `at`; the largest where the bytes end before it.
std::uint32_t little(std::string_view bytes, std::size_t at, std::size_t width) {
  if (bytes.size() < at + width) return UINT32_MAX;
  std::uint32_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
std::uint32_t big(std::string_view bytes, std::size_t at, std::size_t width) {
  if (bytes.size() < at + width) return UINT32_MAX;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
constexpr bool is_power(std::uint32_t value, std::uint32_t least, std::uint32_t most) {
  return std::has_single_bit(value) && value >= least && value <= most;
}

// Each is given the super-block, as far as it is there.
using Check = bool (*)(std::string_view super);
bool is_ext(std::string_view s) {  // inodes, blocks, the first block, the size of a block
  return little(s, 0, 4) > 0 && little(s, 4, 4) > 0 && little(s, 20, 4) <= 1 && little(s, 24, 4) <= 6;
}
bool is_xfs(std::string_view s) { return is_power(big(s, 4, 4), 512, 65536); }
bool is_apfs(std::string_view s) { return little(s, 24, 2) == 1 && is_power(little(s, 36, 4), 4096, 65536); }
bool is_f2fs(std::string_view s) { return little(s, 4, 2) == 1 && little(s, 8, 4) - 9 <= 3; }
bool is_erofs(std::string_view s) { return little(s, 12, 1) - 9 <= 7 && little(s, 16, 4) > 0; }
bool is_jfs(std::string_view s) { return little(s, 4, 4) - 1 <= 1 && is_power(little(s, 16, 4), 512, 4096); }
bool is_vxfs(std::string_view s) { return little(s, 4, 4) - 1 <= 15; }
bool is_vxfs_of_hp(std::string_view s) { return big(s, 4, 4) - 1 <= 15; }
bool is_ubifs(std::string_view s) { return little(s, 16, 4) == 4096 && little(s, 20, 1) == 6; }
bool is_ufs(std::string_view s) {
  constexpr std::uint32_t kMost = 65536;
  const auto sound = [&](std::uint32_t block, std::uint32_t fragment) {
    return is_power(block, 4096, kMost) && is_power(fragment, 512, block);
  };
  return sound(little(s, 48, 4), little(s, 52, 4)) || sound(big(s, 48, 4), big(s, 52, 4));
}
bool is_hfs(std::string_view s) {  // the bitmap behind the super-block, blocks, their size, the length of the name
  return big(s, 14, 2) == 3 && big(s, 18, 2) > 0 && big(s, 20, 4) > 0 && big(s, 20, 4) % 512 == 0 &&
         big(s, 20, 4) != UINT32_MAX && big(s, 36, 1) - 1 <= 26;
}
// Two bytes, and the sizes of the maps follow from the number of inodes.
bool is_minix(std::string_view s) {
  const std::uint32_t inodes = little(s, 0, 2), inode_map = little(s, 4, 2), zone_map = little(s, 6, 2);
  return inodes > 0 && inode_map == (inodes + 1 + 8191) / 8192 && zone_map > 0 &&
         little(s, 8, 2) > 2 + inode_map + zone_map && little(s, 10, 2) == 0 && little(s, 18, 2) <= 3;
}
bool is_minix_3(std::string_view s) {
  const std::uint32_t inodes = little(s, 0, 4), block = little(s, 28, 2);
  return inodes > 0 && inodes < UINT32_MAX - 65536 * 8 && is_power(block, 1024, 32768) &&
         little(s, 6, 2) == (inodes + 1 + block * 8 - 1) / (block * 8) && little(s, 18, 2) > 0;
}

struct Mark {
  std::size_t at;  // of the super-block
  std::size_t in;  // … and of the mark in it
  std::string_view bytes;
  Check check = nullptr;
};
constexpr auto kMarks = std::to_array<Mark>({
    {1024, 56, "\x53\xef"sv, is_ext},
    {0, 0, "XFSB"sv, is_xfs},
    {65536, 64, "_BHRfS_M"sv},  // btrfs
    {0, 32, "NXSB"sv, is_apfs},
    {1024, 0, "H+\0\4"sv},  // HFS+
    {1024, 0, "HX\0\5"sv},
    {1024, 0, "BD"sv, is_hfs},
    {0x8000, 1, "CD001\1"sv},            // ISO 9660
    {4096, 0, "EFI PART"sv},             // GPT of large sectors
    {512, 0, "EFI PART"sv},              // and of small ones
    {512, 24, "LVM2 001"sv},             // a physical volume of LVM
    {0, 0, "\xfc\x4e\x2b\xa9\1\0\0"sv},  // a member of a RAID of Linux
    {4096, 0, "\xfc\x4e\x2b\xa9\1\0\0"sv},
    {4096, 24, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"sv},  // bcachefs
    {4096, 24, "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef"sv},
    {0, 3, "ReFS\0\0\0\0"sv},
    {1024, 0, "\x10\x20\xf5\xf2"sv, is_f2fs},
    {1024, 0, "\xe2\xe1\xf5\xe0"sv, is_erofs},
    {32768, 0, "JFS1"sv, is_jfs},
    {65536, 52, "ReIsErFs"sv},
    {65536, 52, "ReIsEr2Fs"sv},
    {65536, 52, "ReIsEr3Fs"sv},
    {8192, 52, "ReIsErFs"sv},
    {65536, 0, "ReIsEr4"sv},
    {1024, 0, "\2\0\0\0\0\0\x34\x34"sv},              // nilfs2
    {16384, 20, "\0\0\0\7version\0"sv},               // ZFS: the first name of its label
    {0, 16, "Compressed ROMFS"sv},                    // cramfs
    {512, 16, "Compressed ROMFS"sv},                  // behind a boot loader
    {0, 0, "-rom1fs-"sv},                             // romfs
    {512, 32, "1SFBEGIB"sv},                          // BeFS
    {0, 32, "BFS1BIGE"sv},                            // of PowerPC
    {65536, 0, "\1\x16\x19\x70\0\0\0\1"sv},           // GFS2
    {8192, 0, "\x49\xe8\x95\xf9\xc5\xe9\x53\xfa"sv},  // HPFS
    {1024, 0, "\xf5\xfc\1\xa5"sv, is_vxfs},
    {8192, 0, "\xa5\1\xfc\xf5"sv, is_vxfs_of_hp},
    {1024, 0, "OCFSV2\0"sv},
    {2048, 0, "OCFSV2\0"sv},
    {4096, 0, "OCFSV2\0"sv},
    {8192, 0, "OCFSV2\0"sv},
    {0, 0, "UBI#\1\0\0\0"sv},
    {0, 0, "\x31\x18\x10\6"sv, is_ubifs},
    {0, 0, "\x85\x19\3\x20\x0c\0\0\0"sv},  // JFFS2
    {8192, 1372, "\x19\1\x54\x19"sv, is_ufs},
    {65536, 1372, "\x19\1\x54\x19"sv, is_ufs},
    {8192, 1372, "\x54\x19\1\0"sv, is_ufs},
    {8192, 1372, "\0\1\x19\x54"sv, is_ufs},
    {1024, 16, "\x7f\x13"sv, is_minix},
    {1024, 16, "\x8f\x13"sv, is_minix},
    {1024, 16, "\x68\x24"sv, is_minix},
    {1024, 16, "\x78\x24"sv, is_minix},
    {1024, 24, "\x5a\x4d"sv, is_minix_3},
});

bool stands_in(std::string_view head, const Mark& mark) {
  if (head.size() < mark.at) return false;
  const std::string_view super = head.substr(mark.at);
  return super.size() >= mark.in && super.substr(mark.in).starts_with(mark.bytes) &&
         (mark.check == nullptr || mark.check(super));
}

// Its sequence of descriptors begins at 32 KiB: each a type, a name of five letters and a version. Sectors of 4 KiB
// make the steps larger.
bool is_udf(std::string_view head) {
  for (std::size_t at = 32768; at + 2048 <= head.size(); at += 2048) {
    const std::string_view name = head.substr(at, 7);
    if (name == "\0NSR02\1"sv || name == "\0NSR03\1"sv) return true;
  }
  return false;
}

// Drivers' descriptors, and a map that begins in the next block, whose size they say.
bool is_apple_map(std::string_view head) {
  const std::uint32_t block = big(head, 2, 2);
  return head.starts_with("ER") && is_power(block, 512, 4096) && head.size() > block &&
         head.substr(block).starts_with("PM\0\0"sv);
}

}  // namespace

bool begins_like_disk(std::string_view head) {
  return std::any_of(kMarks.begin(), kMarks.end(), [&](const Mark& mark) { return stands_in(head, mark); }) ||
         is_apple_map(head) || is_udf(head);
}

// A number of its version stands behind either mark; 3, 5 and 6 were made, the last is called 24 in places.
bool is_far_mark(std::string_view bytes) {
  return (bytes.starts_with("\x0d\xd0\x01\xc0"sv) || bytes.starts_with("\x5e\xf1\xab\x2f"sv)) &&
         little(bytes, 4, 4) - 1 < 64;
}

}  // namespace ambit
