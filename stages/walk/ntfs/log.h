// Whether a volume was closed as it should be: its log then holds nothing that the volume lacks.
#pragma once

#include "stages/walk/ntfs/volume.h"

namespace ambit::walk::ntfs {

// True too where nothing can be said.
[[nodiscard]] bool was_closed(const ByteSource& volume, const Geometry& geometry);

}  // namespace ambit::walk::ntfs
