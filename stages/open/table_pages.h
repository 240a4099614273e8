// TablePages: the last pages of an image's tables that one reader has seen. A table is never loaded whole: that of a
// disk of 8 TB would be a gigabyte.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "pipeline/limits.h"
#include "stages/open/fields.h"

namespace ambit::open {

class TablePages {
 public:
  // All of `into` from `at` on. `part` tells the sources of one image apart.
  [[nodiscard]] Result<> read(const ByteSource& source, std::uint32_t part, std::uint64_t at,
                              std::span<std::byte> into);

  template <class T>
  [[nodiscard]] Result<T> little_at(const ByteSource& source, std::uint32_t part, std::uint64_t at) {
    std::array<std::byte, sizeof(T)> bytes{};
    const Result<> got = read(source, part, at, bytes);
    if (!got.ok()) return got.error();
    return little<T>(bytes, 0);
  }
  template <class T>
  [[nodiscard]] Result<T> big_at(const ByteSource& source, std::uint32_t part, std::uint64_t at) {
    std::array<std::byte, sizeof(T)> bytes{};
    const Result<> got = read(source, part, at, bytes);
    if (!got.ok()) return got.error();
    return big<T>(bytes, 0);
  }

 private:
  struct Page {
    std::uint64_t number = UINT64_MAX;
    std::uint32_t part = 0;
    std::size_t bytes = 0;
    std::unique_ptr<std::byte[]> memory;
  };
  [[nodiscard]] Result<const Page*> page(const ByteSource& source, std::uint32_t part, std::uint64_t number);

  std::array<Page, limits::kTablePages> pages_;
};

}  // namespace ambit::open
