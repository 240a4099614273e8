#include "stages/scrutinise/validators/check_digits.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ambit::scrutiny {

int weighted(std::string_view digits, std::initializer_list<int> weights) {
  int sum = 0;
  std::size_t i = 0;
  for (const int weight : weights) sum += weight * digit(digits, i++);
  return sum;
}

int remainder_of(std::string_view digits, int modulus) {
  int rest = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) rest = (rest * 10 + digit(digits, i)) % modulus;
  return rest;
}

bool luhn(std::string_view digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int value = digit(digits, digits.size() - 1 - i);
    const int doubled = value * 2 > 9 ? value * 2 - 9 : value * 2;
    sum += i % 2 == 1 ? doubled : value;
  }
  return sum % 10 == 0;
}

bool mod_11_10(std::string_view digits) {
  int product = 10;
  for (std::size_t i = 0; i + 1 < digits.size(); ++i) {
    const int sum = (digit(digits, i) + product) % 10;
    product = (sum == 0 ? 10 : sum) * 2 % 11;
  }
  return (11 - product) % 10 == digit(digits, digits.size() - 1);
}

bool verhoeff(std::string_view digits) {
  // The dihedral group of order ten, and the permutation that each place adds.
  static constexpr std::array<std::array<std::uint8_t, 10>, 10> kTimes = {{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
                                                                           {1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
                                                                           {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
                                                                           {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
                                                                           {4, 0, 1, 2, 3, 9, 5, 6, 7, 8},
                                                                           {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
                                                                           {6, 5, 9, 8, 7, 1, 0, 4, 3, 2},
                                                                           {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
                                                                           {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
                                                                           {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}}};
  static constexpr std::array<std::uint8_t, 10> kMoved = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  std::size_t check = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    auto value = static_cast<std::size_t>(digit(digits, digits.size() - 1 - i));
    for (std::size_t turn = 0; turn < i % 8; ++turn) value = kMoved[value];
    check = kTimes[check][value];
  }
  return check == 0;
}

bool ean(std::string_view digits) { return weighted(digits, {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1}) % 10 == 0; }

bool is_date(int year, int month, int day) {
  static constexpr std::array kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const int leap = month == 2 && year % 4 == 0 ? 1 : 0;
  return day <= kDays[static_cast<std::size_t>(month - 1)] + leap;
}

int two(std::string_view digits, std::size_t at) { return digit(digits, at) * 10 + digit(digits, at + 1); }

bool is_yymmdd(std::string_view digits, std::size_t at) {
  return is_date(two(digits, at), two(digits, at + 2), two(digits, at + 4));
}

bool is_ddmmyy(std::string_view digits, std::size_t at) {
  return is_date(two(digits, at + 4), two(digits, at + 2), two(digits, at));
}

bool all_alike(std::string_view digits) {
  return std::all_of(digits.begin(), digits.end(), [&](char c) { return c == digits.front(); });
}

}  // namespace ambit::scrutiny
