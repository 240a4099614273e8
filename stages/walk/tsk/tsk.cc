// The one that this file chooses is the first that knows the volume: NTFS, FAT, exFAT, ISO 9660 and UFS by readings of
// our own, HFS+ by libtsk.
//
// Why not all by libtsk, which knows them all: its folders take time by the square of their names (40,000 in 3 s) and
// end at a million; its list of the inodes of a disc likewise; a file of NTFS in more than 256 records loses its end;
// the lists of runs of NTFS are read on behind the record's end; a folder of size 0 on a disc is followed into nothing;
// the addresses of UFS are followed for days, and its bitmaps crash it.
// What is hostile must not get that far, and half of it is what servers and their disks are formatted with.
#include <cstring>

#include "stages/walk/fat/fat.h"
#include "stages/walk/iso/iso.h"
#include "stages/walk/ntfs/ntfs.h"
#include "stages/walk/tsk/walk.h"
#include "stages/walk/ufs/ufs.h"

namespace ambit::walk {
namespace {

class TskFileSystem final : public FileSystem {
 public:
  TskFileSystem(const ByteSource& volume, std::shared_ptr<TskVolume> tsk) : volume_(volume), tsk_(std::move(tsk)) {}

  std::string_view type() const override { return "HFS+"; }
  std::uint64_t block_bytes() const override { return tsk_block_bytes(*tsk_); }
  std::uint64_t size() const override { return tsk_size(*tsk_); }
  std::uint64_t declared_size() const override { return tsk_declared_size(*tsk_); }
  Result<> walk(EntrySink& sink) const override { return walk_with_tsk(volume_, tsk_, sink); }

 private:
  const ByteSource& volume_;
  const std::shared_ptr<TskVolume> tsk_;  // shared with the contents that the walk makes
};

bool has(const ByteSource& volume, std::uint64_t offset, std::string_view magic) {
  std::vector<std::byte> bytes(magic.size());
  return offset + magic.size() <= volume.size() && read_fully(volume, offset, bytes).ok() &&
         std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

bool is_hfs_plus(const ByteSource& volume) {
  constexpr std::uint64_t kHeader = 1024;
  // Or a wrapper of plain HFS that says what it holds.
  const bool wrapped = has(volume, kHeader, "BD") && has(volume, kHeader + 124, "H+");
  return wrapped || has(volume, kHeader, "H+") || has(volume, kHeader, "HX");
}

OpenedFileSystem open_by_library(const ByteSource& volume) {
  std::shared_ptr<TskVolume> tsk = TskVolume::open(volume);
  if (tsk == nullptr) return Error{ErrorKind::evidence, "a volume of HFS+ is damaged beyond use", "", ""};
  return std::unique_ptr<FileSystem>(std::make_unique<TskFileSystem>(volume, std::move(tsk)));
}

}  // namespace

OpenedFileSystem open_with_tsk(const ByteSource& volume) {
  // A disc may begin like a disk, and its HFS+ is a second tree over the same bytes: ISO 9660 comes first of these.
  for (const auto open : {open_ntfs, open_fat, open_iso}) {
    OpenedFileSystem opened = open(volume);
    if (!opened.ok() || *opened != nullptr) return opened;
  }
  if (is_hfs_plus(volume)) return open_by_library(volume);
  return open_ufs(volume);
}

}  // namespace ambit::walk
