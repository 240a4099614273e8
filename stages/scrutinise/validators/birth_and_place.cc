// Birthdays and places on the earth: numbers that mean a person only beside a word that says so.
#include <array>

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/check_digits.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {

// Year, month, day in any order that is written, the year of four digits or, at the end, of two.
std::optional<Verdict> birth_date(std::string_view view, std::size_t begin, std::size_t end) {
  if (begin > 0 && (is_alnum(view[begin - 1]) || view[begin - 1] == '.' || view[begin - 1] == '-')) return std::nullopt;
  const char next = at(view, end);
  if (next != 'T' &&
      (is_alnum(next) || (!is_alnum(next) && next != ' ' && is_digit(at(view, end + 1)) && next == view[end - 3])))
    return std::nullopt;
  std::array<int, 3> parts{};
  std::size_t part = 0;
  for (const char c : view.substr(begin, end - begin)) {
    if (is_digit(c)) {
      parts[part] = parts[part] * 10 + (c - '0');
    } else if (++part > 2) {
      return std::nullopt;
    }
  }
  const bool year_first = parts[0] > 31;
  const int year = year_first ? parts[0] : parts[2];
  const int a = year_first ? parts[1] : parts[0], b = year_first ? parts[2] : parts[1];
  const bool real_year = year < 100 || (year >= 1890 && year <= 2035);
  if (!real_year || (!is_date(year, a, b) && !is_date(year, b, a))) return std::nullopt;
  return Verdict{begin, end, std::nullopt, Grade::validated};
}

// Degrees with four decimals or more: ten metres.
std::optional<Verdict> geolocation(std::string_view view, std::size_t begin, std::size_t end) {
  std::size_t first = begin;
  if (first > 0 && (view[first - 1] == '-' || view[first - 1] == '+')) --first;
  if (first > 0 && (is_alnum(view[first - 1]) || view[first - 1] == '.' || view[first - 1] == '_')) return std::nullopt;
  if (is_alnum(at(view, end)) || (at(view, end) == '.' && is_digit(at(view, end + 1)))) return std::nullopt;
  int degrees = 0;
  for (std::size_t i = begin; i < end && is_digit(view[i]); ++i) degrees = degrees * 10 + (view[i] - '0');
  if (degrees > 180) return std::nullopt;
  return Verdict{first, end, std::nullopt, Grade::plausible};
}

}  // namespace ambit::scrutiny
