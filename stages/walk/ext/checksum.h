// The two checksums of ext4's metadata.
#pragma once

#include "stages/walk/ext/layout.h"

namespace ambit::walk::ext {

// CRC-32C (polynomial 0x1EDC6F41, reflected) and CRC-16 (0x8005, reflected), neither inverted at the end, so that
// pieces can be chained.
[[nodiscard]] std::uint32_t crc32c(std::uint32_t before, Bytes bytes);
[[nodiscard]] std::uint16_t crc16(std::uint16_t before, Bytes bytes);

}  // namespace ambit::walk::ext
