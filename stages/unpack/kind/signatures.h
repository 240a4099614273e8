// The half of the guess that knows formats by their first bytes.
#pragma once

#include <cstdint>
#include <string_view>

#include "pipeline/facts.h"

namespace ambit::kinds {

// `head`: the first bytes of an object of `size` bytes, which read as text or not. Kind::unknown where no signature
// stands there.
[[nodiscard]] Kind by_signature(std::string_view head, std::uint64_t size, bool is_text);

}  // namespace ambit::kinds
