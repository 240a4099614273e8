#include "stages/scrutinise/validators/national_ids.h"

namespace ambit::scrutiny {
namespace {

bool parts_groups(char c) { return c == ' ' || c == '-' || c == '.' || c == '/'; }
// A group before or behind in the same print: the middle of something longer.
bool goes_on(std::string_view view, std::size_t begin, std::size_t end, char separator) {
  if (begin > 1 && view[begin - 1] == separator && is_digit(view[begin - 2])) return true;
  return at(view, end) == separator && is_digit(at(view, end + 1));
}

bool stands_alone(std::string_view view, std::size_t begin, std::size_t end) {
  if (begin > 0 && (is_alnum(view[begin - 1]) || view[begin - 1] == '_')) return false;
  if (is_alnum(at(view, end)) || at(view, end) == '_') return false;
  for (const char separator : {'.', '-', '/'}) {
    if (goes_on(view, begin, end, separator)) return false;
  }
  return true;
}

std::optional<Grade> alone(Printed printed) {
  if (printed == Printed::nothing) return std::nullopt;
  return printed == Printed::shape_only  ? Grade::shape_only
         : printed == Printed::plausible ? Grade::plausible
                                         : Grade::validated;
}

}  // namespace

std::optional<Verdict> judge_number(std::string_view view, std::size_t begin, std::size_t end, NumberCheck check,
                                    Printed printed, std::size_t front, std::size_t back) {
  std::size_t first = begin, last = end;
  while (begin - first < front && first > 0 && is_alnum(view[first - 1])) --first;
  while (last - end < back && is_alnum(at(view, last))) ++last;
  if (!stands_alone(view, first, last)) return std::nullopt;
  std::array<char, 24> letters{};
  std::size_t count = 0;
  char separator = '\0';
  for (const char c : view.substr(first, last - first)) {
    if (!is_alnum(c)) {
      separator = c;
    } else if (count == letters.size()) {
      return std::nullopt;
    } else {
      letters[count++] = upper(c);
    }
  }
  const bool bare = separator == '\0' && first == begin && last == end;
  const bool right = check(std::string_view(letters.data(), count));
  if (!right) {
    if (!parts_groups(separator)) return std::nullopt;
    return Verdict{first, last, std::nullopt, Grade::shape_only};
  }
  // Groups between spaces are what any table has: one check digit alone does not set them apart.
  const bool table = separator == ' ' && printed == Printed::shape_only;
  const bool series = separator == ' ' && goes_on(view, first, last, ' ');
  return Verdict{first, last, bare || series || table ? std::nullopt : alone(printed), Grade::validated};
}

}  // namespace ambit::scrutiny
