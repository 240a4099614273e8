// International bank account numbers (ISO 13616).
//
//   iban = country{2 letters} check{2 digits} account{letters and digits, in one case}; the country fixes the length,
//   the whole
//          moved round by four is 1 modulo 97; printed in groups of four with one sort of separator
//          (group_separators.h), or in one piece
#include <algorithm>
#include <array>
#include <string>

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/group_separators.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {
namespace {

struct Country {
  std::string_view code;
  std::size_t length;
};
constexpr std::array kCountries = {
    Country{"AD", 24}, Country{"AE", 23}, Country{"AL", 28}, Country{"AT", 20}, Country{"AZ", 28}, Country{"BA", 20},
    Country{"BE", 16}, Country{"BG", 22}, Country{"BH", 22}, Country{"BI", 27}, Country{"BR", 29}, Country{"BY", 28},
    Country{"CH", 21}, Country{"CR", 22}, Country{"CY", 28}, Country{"CZ", 24}, Country{"DE", 22}, Country{"DJ", 27},
    Country{"DK", 18}, Country{"DO", 28}, Country{"EE", 20}, Country{"EG", 29}, Country{"ES", 24}, Country{"FI", 18},
    Country{"FK", 18}, Country{"FO", 18}, Country{"FR", 27}, Country{"GB", 22}, Country{"GE", 22}, Country{"GI", 23},
    Country{"GL", 18}, Country{"GR", 27}, Country{"GT", 28}, Country{"HN", 28}, Country{"HR", 21}, Country{"HU", 28},
    Country{"IE", 22}, Country{"IL", 23}, Country{"IQ", 23}, Country{"IS", 26}, Country{"IT", 27}, Country{"JO", 30},
    Country{"KW", 30}, Country{"KZ", 20}, Country{"LB", 28}, Country{"LC", 32}, Country{"LI", 21}, Country{"LT", 20},
    Country{"LU", 20}, Country{"LV", 21}, Country{"LY", 25}, Country{"MC", 27}, Country{"MD", 24}, Country{"ME", 22},
    Country{"MK", 19}, Country{"MN", 20}, Country{"MR", 27}, Country{"MT", 31}, Country{"MU", 30}, Country{"NI", 28},
    Country{"NL", 18}, Country{"NO", 15}, Country{"OM", 23}, Country{"PK", 24}, Country{"PL", 28}, Country{"PS", 29},
    Country{"PT", 25}, Country{"QA", 29}, Country{"RO", 24}, Country{"RS", 22}, Country{"RU", 33}, Country{"SA", 24},
    Country{"SC", 31}, Country{"SD", 18}, Country{"SE", 24}, Country{"SI", 19}, Country{"SK", 24}, Country{"SM", 27},
    Country{"SO", 23}, Country{"ST", 25}, Country{"SV", 28}, Country{"TL", 23}, Country{"TN", 24}, Country{"TR", 26},
    Country{"UA", 29}, Country{"VA", 22}, Country{"VG", 24}, Country{"XK", 20}, Country{"YE", 30}};

std::size_t length_for(char first, char second) {
  const std::array letters = {upper(first), upper(second)};
  const std::string_view code(letters.data(), letters.size());
  const auto row = std::lower_bound(kCountries.begin(), kCountries.end(), code,
                                    [](const Country& c, std::string_view wanted) { return c.code < wanted; });
  return row != kCountries.end() && row->code == code ? row->length : 0;
}

bool one_case(std::string_view text) {
  return std::none_of(text.begin(), text.end(), is_lower) || std::none_of(text.begin(), text.end(), is_upper);
}

bool checks(std::string_view account) {
  unsigned rest = 0;
  for (std::size_t i = 0; i < account.size(); ++i) {
    const char c = lower(account[(i + 4) % account.size()]);
    const auto value = static_cast<unsigned>(is_digit(c) ? c - '0' : c - 'a' + 10);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest == 1;
}

}  // namespace

std::optional<Verdict> iban(std::string_view view, std::size_t core, std::size_t /*end*/) {
  // The core is the first run of digits; the letters of the country stand before it.
  if (core < 2 || !is_alpha(view[core - 1]) || !is_alpha(view[core - 2])) return std::nullopt;
  const std::size_t begin = core - 2;
  if (begin > 0 && is_alnum(view[begin - 1])) return std::nullopt;
  const std::size_t length = length_for(view[begin], view[begin + 1]);
  if (length == 0) return std::nullopt;
  const std::string_view separator = group_separator_at(view, begin + 4);
  std::string account;
  std::size_t end = begin;
  while (account.size() < length) {
    if (!account.empty() && account.size() % 4 == 0) {
      if (end > view.size() || !view.substr(end).starts_with(separator)) return std::nullopt;
      end += separator.size();
    }
    if (!is_alnum(at(view, end))) return std::nullopt;
    account.push_back(view[end++]);
  }
  if (is_alnum(at(view, end)) || !one_case(account)) return std::nullopt;
  if (checks(account)) return Verdict{begin, end, Grade::validated, Grade::validated};
  if (!separator.empty()) {
    // Keys of programs stand in such groups with dashes.
    if (separator == "-" || !is_print_separator(separator)) return std::nullopt;
    return Verdict{begin, end, Grade::shape_only, Grade::shape_only};
  }
  return Verdict{begin, end, std::nullopt, Grade::shape_only};
}

}  // namespace ambit::scrutiny
