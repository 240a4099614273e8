// Telephone numbers (ITU E.164), and what people write instead.
//
//   international = ('+' | "00") country groups         8 to 15 digits; a country that exists; behind "00" groups
//   russian       = '8' [' '] "(ddd) ddd-dd-dd"
//   american      = [2-9]dd '-' [2-9]dd '-' dddd, "(ddd) ddd-dddd"
//   national      = groups of digits beside a word      6 to 15 digits, parted by one ' ' '-' '.' '/' or brackets
//   any of them with an extension: 'x' digits, "ext. " digits
//
// Plans of numbering differ and change; whether a number is assigned is not asked, for it would not make it less
// somebody's. Dates, times, addresses of networks and numbers in the print of other detectors are turned down.
#include <algorithm>
#include <array>
#include <string>

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {
namespace {

constexpr std::size_t kMostPhoneDigits = 15, kMostPhoneGroups = 7;

// Calling codes of two digits; 1 and 7 have one, all others three.
constexpr std::array kTwoDigits = {20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46,
                                   47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63,
                                   64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98};
// The first two digits of calling codes of three.
constexpr std::array kThreeDigits = {21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50,
                                     59, 67, 68, 69, 80, 85, 87, 88, 96, 97, 99};

bool is_part(char c) { return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')'; }

struct PhoneNumber {
  std::size_t end = 0;
  std::string digits;
  std::size_t groups = 0;
  char separator = '\0';  // the first one
};

// Digits in groups from `at_` on; a group is parted from the next by one sign, or by a bracket and a sign.
PhoneNumber number_from(std::string_view view, std::size_t at_) {
  PhoneNumber out{at_, {}, 0, '\0'};
  for (std::size_t i = at_; out.groups < kMostPhoneGroups;) {
    std::size_t end = i;
    while (is_digit(at(view, end))) ++end;
    if (end == i || out.digits.size() + (end - i) > kMostPhoneDigits) break;
    out.digits.append(view.substr(i, end - i));
    out.end = end;
    ++out.groups;
    std::size_t next = end;
    while (next < end + 3 && is_part(at(view, next))) ++next;
    const std::string_view between = view.substr(end, next - end);
    const bool bracket = between.find_first_of("()") != std::string_view::npos;
    if (between.empty() || (between.size() > 1 && !bracket && between != " - ")) break;
    if (out.separator == '\0') out.separator = between.front();
    i = next;
  }
  return out;
}

std::size_t with_extension(std::string_view view, std::size_t end) {
  for (const std::string_view word : {"x", " x", " ext. ", " ext ", " ext.", "ext"}) {
    if (view.substr(end, word.size()) != word) continue;
    std::size_t last = end + word.size();
    while (is_digit(at(view, last)) && last - end < word.size() + 7) ++last;
    if (last > end + word.size()) return last;
  }
  return end;
}

bool has_country(std::string_view digits) {
  if (digits.size() < 2 || digits[0] == '1' || digits[0] == '7') return digits.size() > 1;
  const int head = (digits[0] - '0') * 10 + (digits[1] - '0');
  const auto holds = [&](const auto& list) { return std::find(list.begin(), list.end(), head) != list.end(); };
  return holds(kTwoDigits) || holds(kThreeDigits);
}

bool ends_badly(std::string_view view, std::size_t end) {
  const char next = at(view, end);
  return is_alnum(next) || next == '_' || next == '@' || next == ':' ||
         ((next == '-' || next == '.' || next == '/' || next == ',') && is_digit(at(view, end + 1)));
}

bool begins_badly(std::string_view view, std::size_t begin) {
  if (begin == 0) return false;
  const char before = view[begin - 1];
  if (is_alnum(before) || before == '_' || before == '#' || before == '$') return true;
  return (before == '-' || before == '.' || before == '/' || before == ':' || before == ',') && begin > 1 &&
         is_digit(view[begin - 2]);
}

bool is_american(std::string_view digits) { return digits.size() == 10 && digits[0] > '1' && digits[3] > '1'; }

// 2024-11-05, 05.11.2024, 5/11/24, 10.0.0.1, 20241105: other things in the print of a number.
bool is_other_print(std::string_view text, const PhoneNumber& number) {
  const auto year = [&](std::size_t at_) {
    const std::string_view head = std::string_view(number.digits).substr(at_, 2);
    return head == "19" || head == "20";
  };
  const bool dated = number.digits.size() == 8 && (year(0) || year(4));
  const bool month = number.groups == 2 && number.digits.size() == 6 && year(0);
  const bool years = number.groups == 2 && number.digits.size() == 8 && number.separator == '-' &&
                     number.digits[0] < '3' && number.digits[4] < '3' && text.size() == 9 && text[4] == '-';
  const bool dotted = number.separator == '.' && number.digits.size() < 9;
  if (month || years || dotted) return true;
  const bool short_date = number.groups == 3 && number.digits.size() <= 6 && number.separator != ' ';
  const bool decimal = number.groups == 2 && number.separator == '.';
  const bool insurance = text.size() == 11 && text[3] == '-' && text[6] == '-';
  return dated || short_date || decimal || insurance ||
         (number.groups == 4 && number.separator == '.' && number.digits.size() < 9);
}

// A group before that a number from there would have taken in.
bool goes_on_before(std::string_view view, std::size_t begin) {
  std::size_t end = begin;
  while (end > 0 && begin - end < 3 && is_part(view[end - 1])) --end;
  if (end == 0 || !is_digit(view[end - 1])) return false;
  const std::string_view between = view.substr(end, begin - end);
  return between.size() < 2 || between.find_first_of("()") != std::string_view::npos || between == " - " ||
         view[begin] == '(';
}

// "+1 " before it: part of an international number.
bool behind_country(std::string_view view, std::size_t begin) {
  std::size_t at_ = begin;
  while (at_ > 0 && begin - at_ < 6 && (is_part(view[at_ - 1]) || is_digit(view[at_ - 1]))) --at_;
  return at_ > 0 && at_ < begin && view[at_ - 1] == '+';
}

std::size_t opened(std::string_view view, std::size_t begin) {
  return begin > 0 && view[begin - 1] == '(' ? begin - 1 : begin;
}

}  // namespace

namespace {

// "0049 30 901820": the zeros are no part of a number in one piece, which may be any number.
std::optional<Verdict> behind_zeros(std::string_view view, std::size_t begin) {
  const PhoneNumber number = number_from(view, begin + 2);
  if (begins_badly(view, begin) || ends_badly(view, number.end) || goes_on_before(view, begin)) return std::nullopt;
  if (number.groups < 2 || number.digits.size() < 9 || number.digits[0] == '0' || !has_country(number.digits)) {
    return std::nullopt;
  }
  const std::size_t country = view.find_first_not_of("0123456789", begin) - begin;
  if (country > 5 || number.separator == '.') return std::nullopt;
  return Verdict{begin, number.end, Grade::plausible, Grade::validated};
}

// "8 (495) 123-45-67"; the core is the first group behind the bracket.
std::optional<Verdict> russian_number(std::string_view view, std::size_t begin, const PhoneNumber& number) {
  if (number.groups != 4 || number.digits.size() != 10 || begin < 2 || view[begin - 1] != '(') return std::nullopt;
  const std::size_t eight = begin - (view[begin - 2] == ' ' ? 3 : 2);
  if (eight >= view.size() || view[eight] != '8' || begins_badly(view, eight) || ends_badly(view, number.end)) {
    return std::nullopt;
  }
  return Verdict{eight, number.end, Grade::plausible, Grade::validated};
}

}  // namespace

std::optional<Verdict> phone_number(std::string_view view, std::size_t begin, std::size_t /*end*/) {
  if (view.substr(begin).starts_with("00") && at(view, begin + 2) != '0' && (begin == 0 || view[begin - 1] != '+')) {
    return behind_zeros(view, begin);
  }
  const bool international = begin > 0 && view[begin - 1] == '+';
  const std::size_t first = international ? begin - 1 : opened(view, begin);
  const PhoneNumber number = number_from(view, begin);
  if (const auto russian = russian_number(view, begin, number)) return russian;
  const std::size_t last = with_extension(view, number.end);
  if (begins_badly(view, first) || ends_badly(view, last)) return std::nullopt;
  if (international) {
    // In one piece a sum or an offset may look so; those have fewer digits.
    const std::size_t fewest = number.groups > 1 ? 8 : 10;
    // "+4612-05957" is a place on the earth (ISO 6709).
    if (number.groups == 2 && number.separator == '-' && view.find('-', begin) - begin > 3) return std::nullopt;
    if (number.digits.size() < fewest || number.digits[0] == '0' || !has_country(number.digits)) return std::nullopt;
    return Verdict{first, last, Grade::plausible, Grade::validated};
  }
  if (!is_american(number.digits) || number.groups != 3 || behind_country(view, first)) return std::nullopt;
  const Grade alone = first < begin ? Grade::plausible : Grade::shape_only;
  return Verdict{first, last, alone, Grade::validated};
}

std::optional<Verdict> phone_number_national(std::string_view view, std::size_t begin, std::size_t /*end*/) {
  const std::size_t first = opened(view, begin);
  const PhoneNumber number = number_from(view, begin);
  const std::size_t last = with_extension(view, number.end);
  if (begins_badly(view, first) || ends_badly(view, last)) return std::nullopt;
  if ((first > 0 && view[first - 1] == '+') || goes_on_before(view, first)) return std::nullopt;
  if (number.digits.size() < 6 || is_other_print(view.substr(begin, number.end - begin), number)) return std::nullopt;
  return Verdict{first, last, std::nullopt, Grade::plausible};
}

}  // namespace ambit::scrutiny
