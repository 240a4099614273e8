// Programs that unpack what stands behind them.
#pragma once

#include <cstddef>
#include <span>

namespace ambit::unpack {

// Whether an object that begins so is a program for Linux or Windows.
[[nodiscard]] bool is_program(std::span<const std::byte> head);

}  // namespace ambit::unpack
