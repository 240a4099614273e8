// The last bytes of the tables of LevelDB and RocksDB.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ambit::unpack {

inline constexpr std::size_t kTableMagicBytes = 8;
inline constexpr std::uint64_t kLevelMagic = 0xdb4775248b80fb57, kRocksMagic = 0x88e241b785f4cff7;

}  // namespace ambit::unpack
