// The partition map of older Apple machines, and of discs for them.
//
//   first := "ER" block_bytes:u16 …                                                    big-endian
//   entry := "PM" 0:u16 entries:u32 start:u32 blocks:u32 name[32] type[32] …   one block each, from block 1 on
//
// The first sector may be missing; the entries may stand 512 bytes apart on a disk with larger blocks. The map lists
// itself.
#include <algorithm>

#include "pipeline/limits.h"
#include "stages/walk/volume/systems.h"

namespace ambit::walk {
namespace {

struct TypeName {
  std::string_view type, name;
};
constexpr auto kTypes = std::to_array<TypeName>({{"Apple_HFS", "Apple HFS"},
                                                 {"Apple_HFSX", "Apple HFSX"},
                                                 {"Apple_UFS", "Apple UFS"},
                                                 {"Apple_APFS", "Apple APFS"},
                                                 {"Apple_Boot", "Apple boot"},
                                                 {"Apple_Bootstrap", "Apple boot"},
                                                 {"Apple_Driver43", "Apple driver"},
                                                 {"Apple_UNIX_SVR2", "Linux filesystem"}});

std::string_view terminated(std::string_view text) { return text.substr(0, text.find('\0')); }

}  // namespace

std::optional<Division> read_apple_map(const ByteSource& bytes) {
  const Block first(bytes, 0, 512);
  std::uint64_t block = 512;
  if (!Block(bytes, block, 2).has(0, "PM")) block = 2048;
  if (!first.has(0, "ER") || !Block(bytes, block, 2).has(0, "PM")) return std::nullopt;
  Division division;
  division.books.push_back({{0, block}, Kind::metadata});
  std::uint64_t count = 1;
  for (std::uint32_t number = 1; number <= count; ++number) {
    const Block entry(bytes, number * block, 512);
    if (!entry.has(0, "PM")) break;
    count = std::min<std::uint64_t>(entry.be32(4), limits::kMaxPartitions);
    const Range range{entry.be32(8) * block, entry.be32(12) * block};
    const std::string_view type = terminated(entry.text(48, 32));
    if (type == "Apple_partition_map") {
      division.books.push_back({range, Kind::metadata});
    } else if (type != "Apple_Free" && range.length != 0) {
      const auto known = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& t) { return t.type == type; });
      const std::string_view name = known == kTypes.end() ? "Apple partition" : known->name;
      division.parts.push_back({number, range.offset, range.length, std::string(name)});
    }
  }
  return division;
}

}  // namespace ambit::walk
