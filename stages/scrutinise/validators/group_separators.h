// What parts the groups of a printed number, for validators that know its check digits.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace ambit::scrutiny {

// As print, pages, URLs and names of files have them; the longer one first where one begins like another.
inline constexpr std::array<std::string_view, 10> kGroupSeparators = {
    "  ", " ", "-", "\xc2\xa0", "\xe2\x80\x89", "\xe2\x80\xaf", "\xe2\x80\x93", "%20", ".", "_"};

// Empty: there is none.
[[nodiscard]] constexpr std::string_view group_separator_at(std::string_view view, std::size_t i) {
  for (const std::string_view separator : kGroupSeparators) {
    if (i <= view.size() && view.substr(i).starts_with(separator)) return separator;
  }
  return {};
}

// Whether people print numbers so. Behind the others it takes right check digits to tell a number from a table or a
// name.
[[nodiscard]] constexpr bool is_print_separator(std::string_view separator) {
  return separator == " " || separator == "-" || static_cast<unsigned char>(separator.front()) >= 0x80;
}

}  // namespace ambit::scrutiny
