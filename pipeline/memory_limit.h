// How much memory the system grants this process, whatever it was asked to stay below.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ambit {

// Bytes: the least of what its control groups (version 1 and 2), its limits of address space and data, and the machine
// allow. Nothing where none of them says. `root`: before the paths of the system, for tests.
[[nodiscard]] std::optional<std::uint64_t> granted_memory(const std::string& root = "");

}  // namespace ambit
