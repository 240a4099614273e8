#include "stages/unpack/database/database_marks.h"

#include <algorithm>
#include <string_view>

#include "pipeline/ascii.h"
#include "stages/unpack/database/sorted_table.h"
#include "stages/unpack/input.h"

namespace ambit::unpack {

bool is_redis(std::span<const std::byte> head) {
  constexpr std::size_t kHeader = 9;
  const std::string_view text = chars(head).substr(0, kHeader);
  if (head.size() <= kHeader) return false;
  const std::size_t name = text.starts_with("REDIS") ? 5 : text.starts_with("VALKEY") ? 6 : kHeader;
  const std::string_view version = text.substr(name);
  // Behind it comes something that no text has.
  const auto next = static_cast<std::uint8_t>(head[kHeader]);
  return !version.empty() && std::all_of(version.begin(), version.end(), is_digit) && (next >= 0xf0 || next < 0x20);
}

bool ends_as_sorted_table(std::span<const std::byte> last_bytes) {
  if (last_bytes.size() < kTableMagicBytes) return false;
  const std::uint64_t magic = little64(last_bytes.last(kTableMagicBytes), 0);
  return magic == kLevelMagic || magic == kRocksMagic;
}

}  // namespace ambit::unpack
