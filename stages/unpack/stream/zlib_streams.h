// Files with streams of zlib amid other bytes, told by their first bytes and their names.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace ambit::unpack {

[[nodiscard]] bool holds_zlib_streams(std::span<const std::byte> head, std::string_view lower_name);

}  // namespace ambit::unpack
