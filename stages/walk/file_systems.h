// The list of file systems.
#pragma once

#include "stages/walk/file_system.h"

namespace ambit::walk {

// Error::remedy of a file system that is recognised but not read.
inline constexpr const char* kUnsupported = "its bytes are swept as they lie; mount it and give the folder";

// The first of the list that knows the volume; null where none does. Error: kind evidence, as in file_system.h.
[[nodiscard]] OpenedFileSystem open_file_system(const ByteSource& volume);

}  // namespace ambit::walk
