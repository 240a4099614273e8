// Numbers with letters in them: the letters are part of the check, or are the check.
#include <string>

#include "stages/scrutinise/validators/check_digits.h"
#include "stages/scrutinise/validators/national_ids.h"

namespace ambit::scrutiny {
namespace {

using std::string_view;

// `shape`: 'A' a capital, '9' a digit, '*' either.
bool has_shape(string_view text, string_view shape) {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits = shape[i] == 'A' ? is_upper(text[i]) : shape[i] == '9' ? is_digit(text[i]) : is_alnum(text[i]);
    if (!fits) return false;
  }
  return true;
}

// The value of a letter or digit: its place among 0-9A-Z.
int base36(char c) { return is_digit(c) ? c - '0' : c - 'A' + 10; }

bool gb_nino(string_view n) {
  if (!has_shape(n, "AA999999A") || n[8] > 'D') return false;
  const string_view prefix = n.substr(0, 2);
  for (const string_view never : {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}) {
    if (prefix == never) return false;
  }
  return string_view("DFIQUV").find(n[0]) == string_view::npos &&
         string_view("DFIQUVO").find(n[1]) == string_view::npos;
}

bool it_fiscal_code(string_view n) {
  static constexpr string_view kMonths = "ABCDEHLMPRST";
  static constexpr std::array kOdd = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                      20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  if (!has_shape(n, "AAAAAA99A99A999A") || kMonths.find(n[8]) == string_view::npos) return false;
  int sum = 0;
  for (std::size_t i = 0; i < 15; ++i) {
    const int value = is_digit(n[i]) ? n[i] - '0' : n[i] - 'A';
    sum += i % 2 == 0 ? kOdd[static_cast<std::size_t>(value)] : value;
  }
  const int day = two(n, 9);
  return n[15] - 'A' == sum % 26 && ((day >= 1 && day <= 31) || (day >= 41 && day <= 71));
}

char es_letter(string_view digits) { return "TRWAGMYFPDXBNJZSQVHLCKE"[remainder_of(digits, 23)]; }
bool es_dni(string_view n) { return has_shape(n, "99999999A") && n[8] == es_letter(n.substr(0, 8)); }
bool es_nie(string_view n) {
  if (!has_shape(n, "A9999999A") || n[0] < 'X' || n[0] > 'Z') return false;
  return n[8] == es_letter(std::string(1, static_cast<char>('0' + n[0] - 'X')) + std::string(n.substr(1, 7)));
}

bool fi_hetu(string_view n) {
  // The sign of the century, where it is a letter, is no part of what is checked.
  const bool lettered = n.size() == 11;
  if (lettered && string_view("ABCDEFUVWXY").find(n[6]) == string_view::npos) return false;
  const std::string digits = std::string(n.substr(0, 6)) + std::string(n.substr(lettered ? 7 : 6, 3));
  if (n.size() < 10 || !has_shape(digits, "999999999") || !is_ddmmyy(digits, 0)) return false;
  // Orders begin at 2.
  return "0123456789ABCDEFHJKLMNPRSTUVWXY"[remainder_of(digits, 31)] == n.back() && digits.substr(6) > "001";
}

bool ie_pps(string_view n) {
  if (!has_shape(n, "9999999A") && !has_shape(n, "9999999AA")) return false;
  const char second = n.size() == 9 ? n[8] : 'W';
  const bool counts = second != 'W' && second != 'T' && second != 'X';  // letters of old, which do not
  const int sum = weighted(n, {8, 7, 6, 5, 4, 3, 2}) + (counts ? 9 * (second - 'A' + 1) : 0);
  return "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23] == n[7] && (second <= 'I' || !counts);
}

bool mx_curp(string_view n) {
  if (!has_shape(n, "AAAA999999AAAAAA*9") || !is_yymmdd(n, 4)) return false;
  if (n[10] != 'H' && n[10] != 'M' && n[10] != 'X') return false;
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) {
    const int value = base36(n[i]) + (n[i] > 'N' ? 1 : 0);  // a letter with a tilde stands behind N
    sum += static_cast<int>(18 - i) * value;
  }
  return (10 - sum % 10) % 10 == digit(n, 17);
}

bool in_pan(string_view n) {
  return has_shape(n, "AAAAA9999A") && string_view("ABCFGHJKLPT").find(n[3]) != string_view::npos &&
         n.substr(5, 4) != "0000";
}

bool sg_nric(string_view n) {
  if (!has_shape(n, "A9999999A")) return false;
  const int sum = weighted(n.substr(1), {2, 7, 6, 5, 4, 3, 2});
  const auto check = [&](int more, string_view letters) {
    return letters[static_cast<std::size_t>((sum + more) % 11)] == n[8];
  };
  switch (n[0]) {
    case 'S':
      return check(0, "JZIHGFEDCBA");
    case 'T':
      return check(4, "JZIHGFEDCBA");
    case 'F':
      return check(0, "XWUTRQPNMLK");
    case 'G':
      return check(4, "XWUTRQPNMLK");
    case 'M':  // since 2022
      return check(3, "XWUTRQPNJLK");
    default:
      return false;
  }
}

bool tw_id(string_view n) {
  static constexpr string_view kPlaces = "ABCDEFGHJKLMNPQRSTUVXYWZIO";  // from 10 on
  if (!has_shape(n, "A999999999") || (n[1] != '1' && n[1] != '2' && n[1] != '8' && n[1] != '9')) return false;
  const int place = 10 + static_cast<int>(kPlaces.find(n[0]));
  return (place / 10 + place % 10 * 9 + weighted(n.substr(1), {8, 7, 6, 5, 4, 3, 2, 1, 1})) % 10 == 0;
}

// One letter or two, six digits, and the check in brackets.
bool hk_checks(string_view letters, string_view digits, char check) {
  int sum = letters.size() == 2 ? 9 * base36(letters[0]) : 9 * 36;
  sum += 8 * base36(letters.back()) + weighted(digits, {7, 6, 5, 4, 3, 2});
  return (sum + (check == 'A' ? 10 : check - '0')) % 11 == 0;
}

std::optional<Verdict> hk_id(string_view view, std::size_t begin, std::size_t end) {
  std::size_t first = begin;
  while (begin - first < 2 && first > 0 && is_upper(view[first - 1])) --first;
  if (first == begin || (first > 0 && is_alnum(view[first - 1]))) return std::nullopt;
  const char check = at(view, end + 1);
  if (at(view, end) != '(' || at(view, end + 2) != ')' || (!is_digit(check) && check != 'A')) return std::nullopt;
  if (!hk_checks(view.substr(first, begin - first), view.substr(begin, 6), check)) {
    return Verdict{first, end + 3, std::nullopt, Grade::shape_only};
  }
  return Verdict{first, end + 3, Grade::validated, Grade::validated};
}

// Up to eight digits and a check of digits or K behind a dash.
std::optional<Verdict> cl_rut(string_view view, std::size_t begin, std::size_t end) {
  const char check = at(view, end + 1);
  if (at(view, end) != '-' || (!is_digit(check) && check != 'K' && check != 'k') || is_alnum(at(view, end + 2))) {
    return std::nullopt;
  }
  if (begin > 0 && (is_alnum(view[begin - 1]) || view[begin - 1] == '-' || view[begin - 1] == '.')) return std::nullopt;
  int sum = 0, weight = 2;
  for (std::size_t i = end; i-- > begin;) {
    if (!is_digit(view[i])) continue;
    sum += (view[i] - '0') * weight;
    weight = weight == 7 ? 2 : weight + 1;
  }
  const bool right = "0K987654321"[sum % 11] == (check == 'k' ? 'K' : check);
  const bool dotted = view.substr(begin, end - begin).find('.') != string_view::npos;
  if (!right) return Verdict{begin, end + 2, std::nullopt, Grade::shape_only};
  return Verdict{begin, end + 2, dotted ? std::optional(Grade::validated) : std::nullopt, Grade::validated};
}

// "AB 12 34 56 C": the letters stand apart.
std::optional<Verdict> gb_nino_apart(string_view view, std::size_t begin, std::size_t end) {
  if (begin < 3 || view[begin - 1] != ' ' || at(view, end) != ' ')
    return judge_number(view, begin, end, gb_nino, Printed::shape_only, 2, 1);
  if ((begin > 3 && is_alnum(view[begin - 4])) || is_alnum(at(view, end + 2))) return std::nullopt;
  std::string compact;
  for (const char c : view.substr(begin - 3, end + 2 - (begin - 3))) {
    if (c != ' ') compact += c;
  }
  if (!gb_nino(compact)) return std::nullopt;
  return Verdict{begin - 3, end + 2, Grade::plausible, Grade::validated};
}

// Eleven of seventeen places have a weight; the ninth is the check. Letters have the values of an old code.
bool vin(string_view n) {
  static constexpr string_view kValues = "12345678.12345.7.923456789";
  static constexpr std::array kWeights = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
  if (n.size() != 17) return false;
  int sum = 0, letters = 0;
  for (std::size_t i = 0; i < 17; ++i) {
    const char value = is_digit(n[i]) ? n[i] : kValues[static_cast<std::size_t>(n[i] - 'A')];
    if (value == '.') return false;
    letters += is_digit(n[i]) ? 0 : 1;
    sum += kWeights[i] * (value - '0');
  }
  return letters >= 3 && "0123456789X"[sum % 11] == n[8];
}

}  // namespace

std::span<const Validator> ids_with_letters() {
  static constexpr std::array kList = {
      Validator{"gb_nino", gb_nino_apart, 5, 5},
      Validator{"it_fiscal_code", number_id<it_fiscal_code, Printed::validated, 12, 1>, 16, 4},
      Validator{"es_dni", number_id<es_dni, Printed::shape_only, 0, 1>, 2, 4},
      Validator{"es_nie", number_id<es_nie, Printed::plausible, 1, 1>, 4, 4},
      Validator{"fi_hetu", number_id<fi_hetu, Printed::validated, 0, 1>, 2, 4},
      Validator{"ie_pps", number_id<ie_pps, Printed::shape_only, 0, 2>, 2, 5},
      Validator{"mx_curp", number_id<mx_curp, Printed::validated, 4, 8>, 8, 12},
      Validator{"in_pan", number_id<in_pan, Printed::shape_only, 5, 1>, 8, 4},
      Validator{"sg_nric", number_id<sg_nric, Printed::plausible, 1, 1>, 4, 4},
      Validator{"tw_id", number_id<tw_id, Printed::shape_only, 1, 0>, 4, 4},
      Validator{"hk_id", hk_id, 4, 4},
      Validator{"cl_rut", cl_rut, 2, 4},
      Validator{"vin", number_id<vin, Printed::shape_only, 16, 16>, 18, 18},
  };
  return kList;
}

}  // namespace ambit::scrutiny
