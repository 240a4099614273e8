#include "stages/audit/arithmetic.h"

#include <algorithm>
#include <array>

namespace ambit::audit {
namespace {

struct Range {
  std::string_view from, to;  // the first digits, both inclusive
  std::size_t digits;
};
constexpr std::array kRanges = {
    Range{"4", "4", 16},        // Visa
    Range{"51", "55", 16},      // Mastercard
    Range{"2221", "2720", 16},  //
    Range{"34", "34", 15},      // American Express
    Range{"37", "37", 15},      //
    Range{"6011", "6011", 16},  // Discover
    Range{"644", "659", 16},    //
    Range{"3528", "3589", 16},  // JCB
    Range{"62", "62", 16},      // UnionPay
};

// Twice a digit, its two digits summed.
constexpr std::array<int, 10> kTwice = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};

struct Country {
  std::string_view code;
  std::size_t length;
};
constexpr std::array kCountries = {
    Country{"AD", 24}, Country{"AE", 23}, Country{"AL", 28}, Country{"AT", 20}, Country{"AZ", 28}, Country{"BA", 20},
    Country{"BE", 16}, Country{"BG", 22}, Country{"BH", 22}, Country{"BR", 29}, Country{"BY", 28}, Country{"CH", 21},
    Country{"CR", 22}, Country{"CY", 28}, Country{"CZ", 24}, Country{"DE", 22}, Country{"DK", 18}, Country{"DO", 28},
    Country{"EE", 20}, Country{"EG", 29}, Country{"ES", 24}, Country{"FI", 18}, Country{"FO", 18}, Country{"FR", 27},
    Country{"GB", 22}, Country{"GE", 22}, Country{"GI", 23}, Country{"GL", 18}, Country{"GR", 27}, Country{"GT", 28},
    Country{"HR", 21}, Country{"HU", 28}, Country{"IE", 22}, Country{"IL", 23}, Country{"IQ", 23}, Country{"IS", 26},
    Country{"IT", 27}, Country{"JO", 30}, Country{"KW", 30}, Country{"KZ", 20}, Country{"LB", 28}, Country{"LC", 32},
    Country{"LI", 21}, Country{"LT", 20}, Country{"LU", 20}, Country{"LV", 21}, Country{"MC", 27}, Country{"MD", 24},
    Country{"ME", 22}, Country{"MK", 19}, Country{"MR", 27}, Country{"MT", 31}, Country{"MU", 30}, Country{"NL", 18},
    Country{"NO", 15}, Country{"PK", 24}, Country{"PL", 28}, Country{"PS", 29}, Country{"PT", 25}, Country{"QA", 29},
    Country{"RO", 24}, Country{"RS", 22}, Country{"SA", 24}, Country{"SC", 31}, Country{"SE", 24}, Country{"SI", 19},
    Country{"SK", 24}, Country{"SM", 27}, Country{"ST", 25}, Country{"SV", 28}, Country{"TL", 23}, Country{"TN", 24},
    Country{"TR", 26}, Country{"UA", 29}, Country{"VA", 22}, Country{"VG", 24}, Country{"XK", 20}};

// Calling codes of two digits, and the heads of those of three; 1 and 7 stand alone.
constexpr std::string_view kTwo =
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 "
    "63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 ";
constexpr std::string_view kThree = "21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 85 87 88 96 97 99 ";

}  // namespace

bool is_card(std::string_view digits) {
  const bool issued = std::any_of(kRanges.begin(), kRanges.end(), [&](const Range& range) {
    const std::string_view head = digits.substr(0, range.from.size());
    return digits.size() == range.digits && head >= range.from && head <= range.to;
  });
  if (!issued || digits.find_first_not_of(digits.front()) == std::string_view::npos) return false;
  int sum = 0;
  bool twice = false;  // the last digit counts as it is
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, twice = !twice) {
    const int value = *digit - '0';
    sum += twice ? kTwice[static_cast<std::size_t>(value)] : value;
  }
  return sum % 10 == 0;
}

std::size_t iban_length(std::string_view country) {
  const auto row =
      std::find_if(kCountries.begin(), kCountries.end(), [&](const Country& c) { return c.code == country; });
  return row == kCountries.end() ? 0 : row->length;
}

bool iban_checks(std::string_view compact) {
  unsigned remainder = 0;
  const auto add = [&](char c) {
    const bool letter = c >= 'A';
    const unsigned value = letter ? static_cast<unsigned>(c - 'A') + 10U : static_cast<unsigned>(c - '0');
    remainder = (remainder * (letter ? 100U : 10U) + value) % 97U;
  };
  for (const char c : compact.substr(4)) add(c);
  for (const char c : compact.substr(0, 4)) add(c);
  return remainder == 1;
}

bool is_international(std::string_view digits) {
  if (digits.size() < 8 || digits.size() > 15) return false;
  if (digits[0] == '1') return digits.size() == 11 && digits[1] > '1' && digits[4] > '1';
  if (digits[0] == '7') return digits.size() == 11;
  const auto listed = [&](std::string_view list) {
    for (std::size_t at = 0; at < list.size(); at += 3) {
      if (list.substr(at, 2) == digits.substr(0, 2)) return true;
    }
    return false;
  };
  return listed(kTwo) || listed(kThree);
}

}  // namespace ambit::audit
