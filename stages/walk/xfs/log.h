// Whether the log of an XFS would have to be played back.
#pragma once

#include "stages/walk/xfs/format.h"

namespace ambit::walk::xfs {

enum class LogState : std::uint8_t { closed, open, elsewhere };  // elsewhere: on another device
// Closed where nothing can be said.
[[nodiscard]] LogState log_state(const ByteSource& volume, const Superblock& super);

}  // namespace ambit::walk::xfs
