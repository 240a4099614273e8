// What is packed and opened by nothing here. It is told, so that its silence is not taken for "nothing in it".
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace ambit::kinds {

// What people call it; empty where it is none of them. For what does not read as text.
[[nodiscard]] std::string_view unopened(std::span<const std::byte> first_bytes);

}  // namespace ambit::kinds
