// Programs that unpack what stands behind them.
#pragma once

#include <cstddef>
#include <span>

namespace ambit::unpack {

// Whether an object that begins so is a program for Linux or Windows.
[[nodiscard]] bool is_program(std::span<const std::byte> head);

// Whether a 7z, a rar or a cabinet begins so, by the checksum or the fields of its header.
[[nodiscard]] bool holds_archive(std::span<const std::byte> head);

// Whether an object that ends so has a zip or a rar at its end. A zip's comment may be longer than that.
[[nodiscard]] bool ends_like_archive(std::span<const std::byte> end);

}  // namespace ambit::unpack
