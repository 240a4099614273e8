// UFS1 and UFS2, as the BSDs and Solaris' forebears write them, in either byte order; read by our own walk.
//
// Deleted files are left out: UFS clears the addresses in their inodes. Inodes without a name are left out too: UFS2
// makes its tables late, so what stands there may be of an older file system. Their bytes are swept as unallocated.
#pragma once

#include "stages/walk/file_system.h"

namespace ambit::walk {

[[nodiscard]] OpenedFileSystem open_ufs(const ByteSource& volume);

}  // namespace ambit::walk
