// What can be said of an ext file system without a walk.
#pragma once

#include <cstdint>
#include <optional>

#include "pipeline/byte_source.h"

namespace ambit::walk {

// Inodes in use, by the superblock: files, folders, links, and a dozen of the file system's own. Nothing where
// `volume` is no ext file system that open_ext() would open.
[[nodiscard]] std::optional<std::uint64_t> ext_inodes_in_use(const ByteSource& volume);

}  // namespace ambit::walk
