// The machine readable zone of passports and identity cards (ICAO 9303).
//
//   passport = "P" kind country{3} names, 44 letters; line end;
//              number{9} check country{3} birth{6} check sex expiry{6} check personal{14} check check
//   card     = "I" kind country{3} number{9} check more{15}, 30 letters; line end;
//              birth{6} check sex expiry{6} check country{3} more{11} check; line end; names, 30 letters
//
// A check digit weighs 7, 3, 1; letters count from 10 on, the filler '<' is 0.
#include <algorithm>
#include <string>

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {
namespace {

constexpr std::size_t kPassportLine = 44, kCardLine = 30;

bool is_zone(char c) { return is_upper(c) || is_digit(c) || c == '<'; }

bool is_line(std::string_view view, std::size_t begin, std::size_t length) {
  if (begin + length > view.size()) return false;
  const std::string_view line = view.substr(begin, length);
  return std::all_of(line.begin(), line.end(), is_zone) && !is_zone(at(view, begin + length));
}

std::size_t skip_line_end(std::string_view view, std::size_t at_) {
  if (at(view, at_) == '\\' && at(view, at_ + 1) == 'n') return at_ + 2;
  if (at(view, at_) == '\r') ++at_;
  if (at(view, at_) == '\n' || at(view, at_) == ' ') ++at_;
  return at_;
}

bool checks(std::string_view text, char check) {
  int sum = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const int value = c == '<' ? 0 : is_digit(c) ? c - '0' : c - 'A' + 10;
    sum += value * (i % 3 == 0 ? 7 : i % 3 == 1 ? 3 : 1);
  }
  return check == '0' + sum % 10 || (check == '<' && sum == 0);
}

Verdict graded_by_digits(std::size_t begin, std::size_t end, int right, int all) {
  const Grade grade = right == all ? Grade::validated : right > 1 ? Grade::plausible : Grade::shape_only;
  return {begin, end, grade, grade};
}

}  // namespace

std::optional<Verdict> travel_document(std::string_view view, std::size_t begin, std::size_t /*end*/) {
  if (begin > 0 && is_zone(view[begin - 1])) return std::nullopt;
  if (is_line(view, begin, kPassportLine) && view[begin] == 'P') {
    const std::size_t second = skip_line_end(view, begin + kPassportLine);
    if (!is_line(view, second, kPassportLine)) return graded_by_digits(begin, begin + kPassportLine, 0, 1);
    const std::string_view line = view.substr(second, kPassportLine);
    const int right = int{checks(line.substr(0, 9), line[9])} + int{checks(line.substr(13, 6), line[19])} +
                      int{checks(line.substr(21, 6), line[27])};
    return graded_by_digits(begin, second + kPassportLine, right, 3);
  }
  if (!is_line(view, begin, kCardLine)) return std::nullopt;
  const std::size_t second = skip_line_end(view, begin + kCardLine);
  if (!is_line(view, second, kCardLine)) return std::nullopt;
  const std::size_t third = skip_line_end(view, second + kCardLine);
  const std::string_view upper = view.substr(begin, kCardLine), line = view.substr(second, kCardLine);
  const int right = int{checks(upper.substr(5, 9), upper[14])} + int{checks(line.substr(0, 6), line[6])} +
                    int{checks(line.substr(8, 6), line[14])};
  if (right == 0) return std::nullopt;
  const std::size_t last = is_line(view, third, kCardLine) ? third + kCardLine : second + kCardLine;
  return graded_by_digits(begin, last, right, 3);
}

}  // namespace ambit::scrutiny
