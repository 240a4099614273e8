// United States social security numbers: area-group-serial, 3-2-4 digits.
//
// There is no check digit. Never issued: area 000, 666 and 9xx, group 00, serial 0000. Nine digits in a row, or set
// apart by spaces, mean a hundred other things, so they count only beside a word that says what they are.
#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {

std::optional<Verdict> us_ssn(std::string_view view, std::size_t begin, std::size_t end) {
  const char before = begin > 0 ? view[begin - 1] : '\0';
  const char farther = begin > 1 ? view[begin - 2] : '\0';
  const char next = at(view, end);
  const char beyond = at(view, end + 1);
  if (is_alnum(before) || ((before == '-' || before == '.') && is_alnum(farther))) return std::nullopt;
  if (is_alnum(next) || ((next == '-' || next == '.') && is_digit(beyond))) return std::nullopt;
  const char separator = view[begin + 3];
  const bool joined = is_digit(separator);
  const std::size_t gap = joined ? 0 : 1;
  const std::string_view area = view.substr(begin, 3);
  const std::string_view group = view.substr(begin + 3 + gap, 2);
  const std::string_view serial = view.substr(begin + 5 + 2 * gap, 4);
  if (area == "000" || area == "666" || area[0] == '9' || group == "00" || serial == "0000") return std::nullopt;
  if (separator == '-') return Verdict{begin, end, Grade::shape_only, Grade::validated};
  return Verdict{begin, end, std::nullopt, Grade::plausible};
}

}  // namespace ambit::scrutiny
