// The arithmetic of check digits. Countries share a handful of methods, so they stand here once.
//
// Every function takes digits '0' to '9' only; how many is the caller's to know.
#pragma once

#include <initializer_list>
#include <string_view>

namespace ambit::scrutiny {

constexpr int digit(std::string_view digits, std::size_t i) { return digits[i] - '0'; }

// The digits from the first on, each times its weight, summed.
[[nodiscard]] int weighted(std::string_view digits, std::initializer_list<int> weights);
// The digits as a number, modulo `modulus`.
[[nodiscard]] int remainder_of(std::string_view digits, int modulus);

[[nodiscard]] bool luhn(std::string_view digits);
[[nodiscard]] bool mod_11_10(std::string_view digits);  // ISO 7064, hybrid
[[nodiscard]] bool verhoeff(std::string_view digits);
[[nodiscard]] bool ean(std::string_view digits);  // weights 1 and 3 from the left, of 13 digits

// A day that may stand in a calendar; a year of two digits is any century's.
[[nodiscard]] bool is_date(int year, int month, int day);
// Digits [at, at+6) as yymmdd or ddmmyy, whose month or day may be moved by what the country adds to it.
[[nodiscard]] bool is_yymmdd(std::string_view digits, std::size_t at);
[[nodiscard]] bool is_ddmmyy(std::string_view digits, std::size_t at);
[[nodiscard]] int two(std::string_view digits, std::size_t at);  // two digits as a number
[[nodiscard]] bool all_alike(std::string_view digits);           // "1111": nobody's number

}  // namespace ambit::scrutiny
