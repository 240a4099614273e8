// An unpacker whose decoder works in a sandbox.
#pragma once

#include "stages/unpack/formats.h"

namespace ambit::unpack {

// packed.sandboxes is there. Errors: besides those of unpack.h crashed and timeout.
[[nodiscard]] Opened open_isolated(Format format, const Packed& packed);

}  // namespace ambit::unpack
