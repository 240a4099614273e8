// The file systems that are chosen between here: NTFS, FAT, exFAT, ISO 9660 by our own reading, the rest by libtsk.
#include "stages/walk/fat.h"
#include "stages/walk/ntfs.h"

namespace ambit::walk {

OpenedFileSystem open_with_tsk(const ByteSource& volume) {
  for (const auto open : {open_ntfs, open_fat}) {
    OpenedFileSystem opened = open(volume);
    if (!opened.ok() || *opened != nullptr) return opened;
  }
  return std::unique_ptr<FileSystem>();
}

}  // namespace ambit::walk
