#include "stages/walk/file_systems.h"

#include <array>
#include <string>

#include "stages/walk/fat/fat.h"
#include "stages/walk/ntfs/ntfs.h"
#include "stages/walk/recognise.h"

namespace ambit::walk {

OpenedFileSystem open_file_system(const ByteSource& volume) {
  static constexpr std::array kFileSystems = {open_ext, open_xfs, open_with_tsk};
  for (const auto open : kFileSystems) {
    OpenedFileSystem system = open(volume);
    if (!system.ok() || *system != nullptr) return system;
  }
  if (const auto name = recognise(volume)) {
    return Error{ErrorKind::evidence, std::string(*name) + " is not read", "", kUnsupported};
  }
  // Their first sector was wiped. The copy outlives the file system, so it counts only where nothing else does.
  for (const auto open : {open_ntfs_by_copy, open_fat_by_copy}) {
    OpenedFileSystem system = open(volume);
    if (!system.ok() || *system != nullptr) return system;
  }
  return std::unique_ptr<FileSystem>();
}

}  // namespace ambit::walk
