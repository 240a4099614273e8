// NTFS, read from its master file table alone: one pass for the folders, one for the files, no folder is opened. So the
// time is linear in the table, hard links cost nothing, and the bytes of small files have their place inside the table.
#pragma once

#include "stages/walk/file_system.h"

namespace ambit::walk {

// As in file_system.h.
[[nodiscard]] OpenedFileSystem open_ntfs(const ByteSource& volume);
// The same by the copy of the boot sector, where the first is gone.
[[nodiscard]] OpenedFileSystem open_ntfs_by_copy(const ByteSource& volume);

}  // namespace ambit::walk
