#include "stages/open/table_pages.h"

#include <algorithm>

namespace ambit::open {

Result<const TablePages::Page*> TablePages::page(const ByteSource& source, std::uint32_t part, std::uint64_t number) {
  Page& page = pages_[(number + part) % pages_.size()];
  if (page.number == number && page.part == part) return const_cast<const Page*>(&page);
  if (page.memory == nullptr) page.memory = std::make_unique<std::byte[]>(limits::kTablePageBytes);
  page.number = UINT64_MAX;  // until the read has succeeded
  const Result<std::size_t> got =
      read_up_to(source, number * limits::kTablePageBytes, {page.memory.get(), limits::kTablePageBytes});
  if (!got.ok()) return got.error();
  page.number = number;
  page.part = part;
  page.bytes = *got;
  return const_cast<const Page*>(&page);
}

Result<> TablePages::read(const ByteSource& source, std::uint32_t part, std::uint64_t at, std::span<std::byte> into) {
  while (!into.empty()) {
    const Result<const Page*> found = page(source, part, at / limits::kTablePageBytes);
    if (!found.ok()) return found.error();
    const std::size_t inside = at % limits::kTablePageBytes;
    if ((*found)->bytes <= inside) return damaged("a table of the image lies beyond its end", "");
    const std::size_t take = std::min(into.size(), (*found)->bytes - inside);
    std::memcpy(into.data(), (*found)->memory.get() + inside, take);
    at += take;
    into = into.subspan(take);
  }
  return {};
}

}  // namespace ambit::open
