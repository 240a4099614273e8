// What was signed with its signature around it, told by its first bytes.
#pragma once

#include <cstddef>
#include <span>

namespace ambit::unpack {

[[nodiscard]] bool is_cms(std::span<const std::byte> head);

}  // namespace ambit::unpack
