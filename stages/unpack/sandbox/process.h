// What runs inside a sandbox; see sandbox.h.
#pragma once

#include "stages/unpack/unpack.h"

namespace ambit::unpack {

using OpenUnpacker = Result<std::unique_ptr<Unpacker>> (*)(Format, const Packed&);

// The warden: the life of a process that was started with kSandboxArgument. Takes objects until the program is gone.
// The value is for exit().
[[nodiscard]] int serve_sandbox(OpenUnpacker open);

}  // namespace ambit::unpack
