// Which blocks are free, and which of those a deleted file may still call its own.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "stages/walk/ext/extents.h"
#include "stages/walk/ext/groups.h"

namespace ambit::walk::ext {

class FreeBlocks {
 public:
  FreeBlocks(const ByteSource& volume, const Layout& layout, const Groups& groups)
      : volume_(volume), layout_(layout), groups_(groups) {}
  // True if every block of `segments` is free and no deleted file claimed one before; they are claimed then.
  [[nodiscard]] bool claim(const std::vector<Segment>& segments);

 private:
  struct Cached {
    std::uint64_t group = UINT64_MAX;
    bool known = false;
    std::vector<std::byte> bits;
  };
  [[nodiscard]] bool all_free(std::uint64_t first, std::uint64_t count);
  [[nodiscard]] const Cached& bitmap_of(std::uint64_t group);

  const ByteSource& volume_;
  const Layout& layout_;
  const Groups& groups_;
  std::array<Cached, 64> cache_;
  std::map<std::uint64_t, std::uint64_t> claimed_;  // first block -> the one behind the last
};

}  // namespace ambit::walk::ext
