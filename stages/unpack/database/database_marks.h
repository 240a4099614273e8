// What files of databases begin or end with, where that is more than a row of signatures.
#pragma once

#include <cstddef>
#include <span>

namespace ambit::unpack {

// "REDIS" or "VALKEY", then a version in digits.
[[nodiscard]] bool is_redis(std::span<const std::byte> head);
// A table of LevelDB or RocksDB says what it is in its last eight bytes.
[[nodiscard]] bool ends_as_sorted_table(std::span<const std::byte> last_bytes);

}  // namespace ambit::unpack
