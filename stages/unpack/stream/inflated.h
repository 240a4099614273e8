// Bytes that are in memory, as a stream, and what zlib packed there. They outlive it.
#pragma once

#include <memory>
#include <string_view>

#include "pipeline/byte_stream.h"

namespace ambit::unpack {

[[nodiscard]] std::unique_ptr<ByteStream> span_stream(std::string_view bytes);
// Without a look at the header and the checksum. Error(evidence): damaged, behind what could be decoded.
[[nodiscard]] std::unique_ptr<ByteStream> inflated_zlib(std::string_view packed);

}  // namespace ambit::unpack
