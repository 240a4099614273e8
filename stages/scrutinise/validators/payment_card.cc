// Payment card numbers (ISO/IEC 7812): 12 to 19 digits, the issuer's range in front, the Luhn digit at the end.
//
//   number  = digits{12,19} | groups joined by one sort of separator (group_separators.h) in a layout that cards print
//   borders = no letter or digit before or behind, but the 'B' of a magnetic stripe ("%B4111…^DOE/JOHN^…"); no decimal
//   point; not part of a dump in groups of four
#include <algorithm>
#include <array>
#include <cstdint>

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/group_separators.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {
namespace {

constexpr std::size_t kFewestDigits = 12, kUsualDigits = 15, kMostDigits = 19, kMostGroups = 5;

// Issuer ranges by the first four digits; several rows may hold a number.
struct Issuer {
  std::uint32_t from, to;
  std::size_t fewest, most;  // digits
};
constexpr std::array kIssuers = {
    Issuer{4000, 4999, 13, 13}, Issuer{4000, 4999, 16, 16}, Issuer{4000, 4999, 19, 19},  // Visa
    Issuer{5100, 5599, 16, 16}, Issuer{2221, 2720, 16, 16},                              // Mastercard
    Issuer{3400, 3499, 15, 15}, Issuer{3700, 3799, 15, 15},                              // American Express
    Issuer{6011, 6011, 16, 19}, Issuer{6440, 6599, 16, 19},                              // Discover
    Issuer{3000, 3059, 14, 19}, Issuer{3095, 3095, 14, 19}, Issuer{3600, 3699, 14, 19},  // Diners Club
    Issuer{3800, 3999, 14, 19},                                                          //
    Issuer{3528, 3589, 16, 19},                                                          // JCB
    Issuer{6200, 6299, 16, 19},                                                          // UnionPay
    Issuer{5000, 5099, 12, 19}, Issuer{5600, 5899, 12, 19}, Issuer{6300, 6399, 12, 19},  // Maestro
    Issuer{6700, 6799, 12, 19}};

using Layout = std::array<std::size_t, kMostGroups>;
constexpr std::array kLayouts = {Layout{4, 4, 4, 4, 3}, Layout{4, 4, 4, 4}, Layout{4, 6, 5},
                                 Layout{4, 6, 4},       Layout{4, 4, 5},    Layout{4, 4, 4}};

struct CardNumber {
  std::size_t end = 0;  // in the view
  std::array<char, kMostDigits> digits{};
  std::size_t count = 0;
  bool grouped = false;
};

std::size_t run_of_digits(std::string_view view, std::size_t from) {
  std::size_t end = from;
  while (end < view.size() && is_digit(view[end])) ++end;
  return end - from;
}

// Takes a run of that many digits; "%20" has two of its own.
bool take_run(std::string_view view, std::size_t digits, CardNumber& out) {
  if (run_of_digits(view, out.end) != digits) return false;
  for (; digits > 0; --digits) out.digits[out.count++] = view[out.end++];
  return true;
}

std::optional<CardNumber> grouped_number(const Layout& layout, std::string_view view, std::size_t begin,
                                         std::string_view separator) {
  CardNumber out{begin, {}, 0, true};
  for (std::size_t g = 0; g < layout.size() && layout[g] > 0; ++g) {
    if (g > 0) {
      if (!view.substr(out.end).starts_with(separator)) return std::nullopt;
      out.end += separator.size();
    }
    if (!take_run(view, layout[g], out)) return std::nullopt;
  }
  return out;
}

bool has_issuer(const CardNumber& number) {
  std::uint32_t head = 0;
  for (std::size_t i = 0; i < 4; ++i) head = head * 10 + static_cast<std::uint32_t>(number.digits[i] - '0');
  return std::any_of(kIssuers.begin(), kIssuers.end(), [&](const Issuer& issuer) {
    return head >= issuer.from && head <= issuer.to && number.count >= issuer.fewest && number.count <= issuer.most;
  });
}

bool passes_luhn(const CardNumber& number) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < number.count; ++i) {
    const auto digit = static_cast<unsigned>(number.digits[number.count - 1 - i] - '0');
    const unsigned doubled = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += i % 2 == 1 ? doubled : digit;
  }
  return sum % 10 == 0;
}

// Exactly four hexadecimal digits between separators (or the text's end) from `begin` on.
bool hex_group(std::string_view view, std::size_t begin) {
  for (std::size_t i = begin; i < begin + 4; ++i) {
    if (!is_hex(at(view, i))) return false;
  }
  return !is_alnum(at(view, begin + 4));
}

// A series of groups that goes on before or behind the number: a dump, a table of small numbers. One group behind may
// be a security code or a date of expiry.
bool in_series(std::string_view view, std::size_t begin, std::size_t end, std::string_view separator) {
  const std::size_t group = separator.size() + 4;
  const auto parts = [&](std::size_t i) { return i <= view.size() && view.substr(i).starts_with(separator); };
  const bool before = begin >= group && parts(begin - separator.size()) && hex_group(view, begin - group) &&
                      (begin == group || !is_alnum(view[begin - group - 1]));
  const bool behind = parts(end) && hex_group(view, end + separator.size()) && parts(end + group) &&
                      hex_group(view, end + group + separator.size());
  return before || behind;
}

// What stands behind the number does not belong to it and does not make it something else.
bool ends_well(std::string_view view, std::size_t begin, const CardNumber& number) {
  const char next = at(view, number.end);
  const char beyond = at(view, number.end + 1);
  if (is_alnum(next) || ((next == '.' || next == '-') && is_digit(beyond))) return false;
  if (!number.grouped) return true;
  const std::string_view separator = group_separator_at(view, begin + 4);
  const bool goes_on =
      view.substr(number.end).starts_with(separator) && is_digit(at(view, number.end + separator.size()));
  return !(goes_on && number.count == kFewestDigits) && !in_series(view, begin, number.end, separator);
}

// The number that begins at `begin`: of several readings ("4-4-4-4" and a security code, or "4-4-4-4-3") the first
// whose Luhn digit is right, else the first.
std::optional<CardNumber> number_at(std::string_view view, std::size_t begin) {
  std::optional<CardNumber> best;
  const auto consider = [&](const CardNumber& number) {
    if (!has_issuer(number) || !ends_well(view, begin, number)) return;
    if (!best || (passes_luhn(number) && !passes_luhn(*best))) best = number;
  };
  const std::size_t first = run_of_digits(view, begin);
  if (first >= kFewestDigits && first <= kMostDigits) {
    CardNumber whole{begin, {}, 0, false};
    if (take_run(view, first, whole)) consider(whole);
  }
  const std::string_view separator = group_separator_at(view, begin + first);
  if (first != 4 || separator.empty()) return best;
  for (const Layout& layout : kLayouts) {
    const auto number = grouped_number(layout, view, begin, separator);
    if (!number) continue;
    if (is_print_separator(separator) || (number->count >= kUsualDigits && passes_luhn(*number))) consider(*number);
  }
  return best;
}

}  // namespace

std::optional<Verdict> payment_card(std::string_view view, std::size_t begin, std::size_t /*end*/) {
  const char before = begin > 0 ? view[begin - 1] : '\0';
  const char farther = begin > 1 ? view[begin - 2] : '\0';
  if (before == '.' && is_digit(farther)) return std::nullopt;
  if (before == '-' && is_alnum(farther)) return std::nullopt;  // the last part of a UUID
  const auto number = number_at(view, begin);
  if (!number) return std::nullopt;
  const bool on_stripe = before == 'B' && !is_alnum(farther) && at(view, number->end) == '^';
  if (is_alnum(before) && !on_stripe) return std::nullopt;
  // Nearly all cards have 15 or 16 digits; of other lengths there are more other numbers than cards.
  const bool usual = number->grouped || number->count == kUsualDigits || number->count == kUsualDigits + 1;
  if (passes_luhn(*number))
    return Verdict{begin, number->end, usual ? Grade::validated : Grade::plausible, Grade::validated};
  // Mistyped or foreign: in the groups of a card's face it still reads as one, in one piece only where it says so.
  if (number->grouped) return Verdict{begin, number->end, Grade::shape_only, Grade::shape_only};
  return Verdict{begin, number->end, std::nullopt, Grade::shape_only};
}

}  // namespace ambit::scrutiny
