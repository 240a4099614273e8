// What nothing here reads, by name: a file system, a container, a piece of an array. So that a volume which cannot be
// walked is an exception that says why, not merely bytes.
#pragma once

#include <optional>
#include <string_view>

#include "pipeline/byte_source.h"

namespace ambit::walk {

// As people call it: "APFS", "btrfs", "swap". Nothing where no mark of a known kind is there.
[[nodiscard]] std::optional<std::string_view> recognise(const ByteSource& volume);

}  // namespace ambit::walk
