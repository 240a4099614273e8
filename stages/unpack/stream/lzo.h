// LZO1X, as squashfs has it: blocks by themselves, without a header and without a sum.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace ambit::unpack {

// Unpacks one block; how many bytes it is. Nothing where it is damaged, or more than `into` holds.
[[nodiscard]] std::optional<std::size_t> unpack_lzo(std::span<const std::byte> packed, std::span<std::byte> into);

}  // namespace ambit::unpack
