#include "stages/walk/recognise.h"

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "stages/walk/file_system.h"

namespace ambit::walk {
namespace {

using namespace std::string_view_literals;

// Where a mark stands and what it means. `from_end`: counted back from the last byte. The longest marks come first
// where two may stand in one volume.
struct Mark {
  std::string_view name;
  std::uint64_t at;
  std::string_view magic;
  bool from_end = false;
};

constexpr std::array kMarks = {
    Mark{"BitLocker", 3, "-FVE-FS-"sv},
    Mark{"btrfs", 65536 + 64, "_BHRfS_M"sv},
    Mark{"bcachefs", 4096 + 24, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"sv},
    Mark{"bcachefs", 4096 + 24, "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef"sv},
    Mark{"ReFS", 3, "ReFS\0\0\0\0"sv},
    Mark{"APFS", 32, "NXSB"sv},
    Mark{"JFS", 32768, "JFS1"sv},
    Mark{"F2FS", 1024, "\x10\x20\xf5\xf2"sv},
    Mark{"EROFS", 1024, "\xe2\xe1\xf5\xe0"sv},
    Mark{"ReiserFS", 65536 + 52, "ReIsEr"sv},
    Mark{"ReiserFS", 8192 + 52, "ReIsEr"sv},
    Mark{"ReiserFS", 8192 + 20, "ReIsEr"sv},
    Mark{"Reiser4", 65536, "ReIsEr4"sv},
    Mark{"nilfs2", 1024, "\x02\0\0\0\0\0\x34\x34"sv},
    Mark{"squashfs", 0, "hsqs"sv},
    Mark{"squashfs", 0, "sqsh"sv},
    Mark{"cramfs", 0, "\x45\x3d\xcd\x28"sv},
    Mark{"cramfs", 0, "\x28\xcd\x3d\x45"sv},
    Mark{"romfs", 0, "-rom1fs-"sv},
    Mark{"BeFS", 512 + 32, "1SFB"sv},
    Mark{"BeFS", 32, "1SFB"sv},
    Mark{"BeFS", 512 + 32, "BFS1"sv},
    Mark{"BeFS", 32, "BFS1"sv},
    Mark{"VMFS", 0x100000, "\x0d\xd0\x01\xc0"sv},
    Mark{"VMFS", 0x200000, "\x5e\xf1\xab\x2f"sv},
    Mark{"GFS2", 65536, "\x01\x16\x19\x70"sv},
    Mark{"LUKS", 0, "LUKS\xba\xbe"sv},
    Mark{"UBI", 0, "UBI#"sv},
    Mark{"UBIFS", 0, "\x31\x18\x10\x06"sv},
    Mark{"JFFS2", 0, "\x85\x19\x03\x20"sv},
    Mark{"JFFS2", 0, "\x85\x19\x01\xe0"sv},
    Mark{"JFFS2", 0, "\x85\x19\x02\xe0"sv},
    Mark{"HPFS", 8192, "\x49\xe8\x95\xf9"sv},
    Mark{"VxFS", 1024, "\xf5\xfc\x01\xa5"sv},
    Mark{"VxFS", 8192, "\xa5\x01\xfc\xf5"sv},
    Mark{"LSI RAID", 512, "$XIDE$"sv, true},
    Mark{"DDF RAID", 512, "\xde\x11\xde\x11"sv, true},
    Mark{"Intel RAID", 1024, "Intel Raid ISM Cfg Sig. "sv, true},
    Mark{"HFS", 1024, "BD"sv},
};

bool has(const ByteSource& volume, std::uint64_t at, std::string_view magic) {
  std::vector<std::byte> bytes(magic.size());
  return at <= volume.size() && magic.size() <= volume.size() - at && read_fully(volume, at, bytes).ok() &&
         std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

// Two bytes are soon met by chance: the state behind them (0 to 3) must fit too. Version 3 has its mark elsewhere.
bool is_minix(const ByteSource& volume) {
  for (const std::string_view magic : {"\x7f\x13"sv, "\x8f\x13"sv, "\x68\x24"sv, "\x78\x24"sv}) {
    for (const std::string_view state : {"\0\0"sv, "\1\0"sv, "\2\0"sv, "\3\0"sv}) {
      if (has(volume, 1024 + 16, std::string(magic) + std::string(state))) return true;
    }
  }
  return has(volume, 1024 + 24, "\x5a\x4d\0\0"sv);
}

// Marks that stand at the end of a page, whose size is the machine's that made it.
bool is_swap(const ByteSource& volume) {
  for (const std::uint64_t page : {4096U, 8192U, 16384U, 32768U, 65536U}) {
    if (has(volume, page - 10, "SWAPSPACE2") || has(volume, page - 10, "SWAP-SPACE") ||
        has(volume, page - 10, "S1SUSPEND")) {
      return true;
    }
  }
  return false;
}

bool is_ocfs2(const ByteSource& volume) {
  for (const std::uint64_t block : {512U, 1024U, 2048U, 4096U}) {
    if (has(volume, 2 * block, "OCFSV2")) return true;
  }
  return false;
}

// Uberblocks from 128 KiB on in each label, of 1 KiB or more, in either order of bytes.
bool is_zfs(const ByteSource& volume) {
  for (std::uint64_t at = 128 * 1024; at < 256 * 1024; at += 1024) {
    if (has(volume, at, "\x0c\xb1\xba\0\0\0\0\0"sv) || has(volume, at, "\0\0\0\0\0\xba\xb1\x0c"sv)) return true;
  }
  return false;
}

// Descriptors of 2,048 bytes from 32 KiB on; blocks of disks may be smaller or larger, then they stand farther apart.
bool is_udf(const ByteSource& volume) {
  for (const std::uint64_t step : {2048U, 4096U}) {
    for (std::uint64_t i = 0; i < 16; ++i) {
      const std::uint64_t at = 32768 + i * step + 1;
      if (has(volume, at, "NSR02") || has(volume, at, "NSR03")) return true;
    }
  }
  return false;
}

// A member of a Promise array says so in one of a few sectors near its end.
bool is_promise_raid(const ByteSource& volume) {
  for (const std::uint64_t back : {63U, 255U, 256U, 16U, 399U, 591U, 675U, 735U, 911U, 974U, 991U, 951U, 3087U}) {
    if (volume.size() / 512 > back && has(volume, (volume.size() / 512 - back) * 512, "Promise Technology, Inc."))
      return true;
  }
  return false;
}

}  // namespace

std::optional<std::string_view> recognise(const ByteSource& volume) {
  for (const Mark& mark : kMarks) {
    if (mark.from_end && volume.size() < mark.at) continue;
    const std::uint64_t at = mark.from_end ? volume.size() / 512 * 512 - mark.at : mark.at;
    if (has(volume, at, mark.magic)) return mark.name;
  }
  if (is_minix(volume)) return "minix";
  if (is_swap(volume)) return "swap";
  if (is_ocfs2(volume)) return "ocfs2";
  if (is_zfs(volume)) return "ZFS";
  if (is_udf(volume)) return "UDF";
  if (is_promise_raid(volume)) return "Promise RAID";
  return std::nullopt;
}

}  // namespace ambit::walk
