// Is a file the image of a disk, or a plain file that is itself the evidence? Its first bytes tell: a partition
// table or a file system's magic number at its fixed place. Where they do not (a wiped or damaged disk), the name
// does; and where that does not either, the operator types raw:PATH. For a file inside an exhibit only its bytes count.
#include <strings.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "pipeline/disk_marks.h"
#include "stages/open/fields.h"
#include "stages/open/formats.h"

namespace ambit::open {
namespace {

struct Magic {
  std::size_t offset;
  std::string_view bytes;
};

using namespace std::string_view_literals;
// Beside what begins_like_disk() knows. The few bytes of ext are believed here: who gives a file as an exhibit, of
// which the super-block is damaged, wants a disk.
constexpr std::array kMagics = {
    Magic{0x438, "\x53\xef"sv},  // ext2/3/4 superblock
    Magic{3, "NTFS    "sv},      // NTFS boot sector
    Magic{3, "EXFAT   "sv},      //
    Magic{54, "FAT1"sv},         // FAT12, FAT16
    Magic{82, "FAT32   "sv},     //
    Magic{0, "XFSB"sv},          //
    Magic{0, "LUKS\xba\xbe"sv},  //
    Magic{3, "-FVE-FS-"sv},      // BitLocker
};

constexpr std::array kSuffixes = {".dd", ".raw", ".img", ".iso", ".ima", ".dmg", ".bin.raw", ".disk"};

bool has_suffix(const std::string& path) {
  return std::any_of(kSuffixes.begin(), kSuffixes.end(), [&](const char* suffix) {
    const std::size_t length = std::strlen(suffix);
    return path.size() > length && ::strcasecmp(path.c_str() + path.size() - length, suffix) == 0;
  });
}

// A master boot record: the signature, and four entries whose status byte is one of the two that exist, at least
// one of them in use. The signature alone stands in many other files.
bool is_mbr(std::string_view head) {
  if (head.size() < 512 || head.substr(510, 2) != "\x55\xaa"sv) return false;
  bool used = false;
  for (std::size_t entry = 446; entry < 510; entry += 16) {
    if (head[entry] != '\0' && head[entry] != '\x80') return false;
    used = used || head[entry + 4] != '\0';
  }
  return used;
}

bool has_far_mark(const ByteSource& bytes) {
  return std::any_of(kFarMarkPlaces.begin(), kFarMarkPlaces.end(), [&](std::uint64_t place) {
    std::array<std::byte, kFarMarkBytes> mark{};
    return place < bytes.size() && read_exactly(bytes, place, mark).ok() && is_far_mark(text(mark));
  });
}

}  // namespace

bool has_disk_name(const std::string& path) { return has_suffix(path); }

bool has_disk_content(const ByteSource& bytes) {
  std::array<std::byte, kDiskMarkBytes> buffer{};
  const Result<std::size_t> got = read_up_to(bytes, 0, buffer);
  if (!got.ok()) return false;
  const std::string_view head = text(std::span(buffer).first(*got));
  return is_mbr(head) || begins_like_disk(head) || has_far_mark(bytes) ||
         std::any_of(kMagics.begin(), kMagics.end(), [&](const Magic& magic) {
           return head.size() >= magic.offset && head.substr(magic.offset).starts_with(magic.bytes);
         });
}

}  // namespace ambit::open
