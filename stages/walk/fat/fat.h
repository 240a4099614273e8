// FAT12, FAT16, FAT32 and exFAT, folder by folder from the root, each cluster of a folder read once: linear in what the
// folders hold, however large one is, and no circle of them goes round twice.
//
// What names nobody points to any more (records in clusters of folders that are gone) is not searched for: the search
// reads the whole volume, and file content looks like such records often enough to invent files of terabytes. These
// bytes are swept as unallocated.
#pragma once

#include "stages/walk/file_system.h"

namespace ambit::walk {

// As in file_system.h.
[[nodiscard]] OpenedFileSystem open_fat(const ByteSource& volume);
// The same by the copy of the boot sector, where the first is gone.
[[nodiscard]] OpenedFileSystem open_fat_by_copy(const ByteSource& volume);

}  // namespace ambit::walk
