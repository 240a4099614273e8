#include "stages/unpack/ole/word_rows.h"

#include <algorithm>
#include <string_view>

#include "stages/unpack/ole/text.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kPage = 512, kParagraph = 13;
constexpr std::size_t kMaxRows = 4'000'000;  // a character each would be more than Word's longest document has
constexpr std::uint64_t kRowEnd = 0x2417, kInnerRowEnd = 0x244c;  // sprmPFTtp, sprmPFInnerTtp
constexpr std::uint64_t kTableColumns = 0xd608;                   // the one with a longer length

// MS-DOC 2.2.5.1: bytes of the value of a property at the front of `value`.
std::size_t value_bytes(std::uint64_t property, std::string_view value) {
  constexpr std::size_t kByKind[] = {1, 1, 2, 4, 2, 2, 0, 3};
  if (property == kTableColumns) return static_cast<std::size_t>(number_at(value, 0, 2)) + 1;
  const std::size_t kind = property >> 13 & 7;
  return kind == 6 ? static_cast<std::size_t>(number_at(value, 0, 1)) + 1 : kByKind[kind];
}

bool ends_row(std::string_view properties) {
  for (std::size_t at = 0; at + 3 <= properties.size();) {
    const std::uint64_t property = number_at(properties, at, 2);
    const std::string_view value = properties.substr(at + 2);
    if (property == kRowEnd || property == kInnerRowEnd) return value[0] == '\1';
    at += 2 + value_bytes(property, value);
  }
  return false;
}

void append_page(std::string_view page, std::vector<std::uint32_t>& ends) {
  if (page.size() < kPage) return;
  const auto count = static_cast<std::size_t>(number_at(page, kPage - 1, 1));
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = 4 * (count + 1) + kParagraph * i;
    const std::size_t place = 2 * static_cast<std::size_t>(number_at(page, row, 1));
    if (place == 0) continue;  // all as the style says
    auto bytes = static_cast<std::size_t>(number_at(page, place, 1));
    // The length is in words, of which the first is half its own; a zero says that a whole one follows.
    const std::size_t begin = bytes == 0 ? place + 2 : place + 1;
    bytes = bytes == 0 ? 2 * static_cast<std::size_t>(number_at(page, place + 1, 1)) : 2 * bytes - 1;
    if (begin + 2 > page.size() || bytes < 2) continue;
    if (ends_row(page.substr(begin + 2, bytes - 2))) {
      ends.push_back(static_cast<std::uint32_t>(number_at(page, 4 * (i + 1), 4)));
    }
  }
}

}  // namespace

std::vector<std::uint32_t> word_row_ends(const OleFile& file, std::uint32_t document, std::uint32_t table,
                                         std::uint64_t bins, std::uint64_t bytes) {
  std::vector<std::uint32_t> ends;
  if (bytes < 12) return ends;
  const std::uint64_t count = (bytes - 4) / 8;
  // Of so many pages every one would be in a bin of its own.
  const std::uint64_t most = std::min(count, file.entry(document).size / kPage);
  for (std::uint64_t i = 0; i < most && ends.size() < kMaxRows; ++i) {
    const std::string number = ole_bytes(file, table, 4, bins + 4 * (count + 1) + 4 * i);
    if (number.size() < 4) break;
    append_page(ole_bytes(file, document, kPage, kPage * (number_at(number, 0, 4) & 0x3fffff)), ends);
  }
  std::sort(ends.begin(), ends.end());
  return ends;
}

}  // namespace ambit::unpack
