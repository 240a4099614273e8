// ISO 9660 with Rock Ridge and Joliet. A disc may describe its files in several trees; the one with the best names is
// walked, then the others for files that are in them alone: hiding one so is an old trick. The same bytes under several
// names are one file with links.
#pragma once

#include "stages/walk/file_system.h"

namespace ambit::walk {

// As in file_system.h.
[[nodiscard]] OpenedFileSystem open_iso(const ByteSource& volume);

}  // namespace ambit::walk
