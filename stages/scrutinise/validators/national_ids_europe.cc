// Europe's numbers of digits alone. Each check is the published rule of its issuer.
#include <algorithm>
#include <string>

#include "stages/scrutinise/validators/check_digits.h"
#include "stages/scrutinise/validators/national_ids.h"

namespace ambit::scrutiny {
namespace {

using std::string_view;

// 11 less the rest, where 11 counts as 0 and 10 is never issued.
bool eleven(int sum, int check) { return (11 - sum % 11) % 11 == check; }

bool gb_nhs(string_view n) { return eleven(weighted(n, {10, 9, 8, 7, 6, 5, 4, 3, 2}), digit(n, 9)) && !all_alike(n); }

// Sex, year, month, department, commune, order; a key of two digits. Months above 12 are of people whose papers are
// incomplete.
bool fr_nir(string_view n) {
  const int month = two(n, 3);
  const bool plausible =
      n[0] != '0' && n[0] != '9' && month > 0 && (month <= 12 || (month >= 20 && month <= 42) || month >= 50);
  if (!plausible || n.size() == 13) return plausible && n[0] <= '2';
  return 97 - remainder_of(n.substr(0, 13), 97) == two(n, 13);
}

// Of Corsica: the department is 2A or 2B, which the key takes for 19 and 18. `n` is all before the letter, `rest` all
// behind it.
bool fr_nir_of_corsica(string_view n, char department, string_view rest) {
  return n.back() == '2' &&
         fr_nir(std::string(n.substr(0, n.size() - 1)) + (department == 'A' ? "19" : "18") + std::string(rest));
}

// The letter of Corsica stands behind the core; behind it eight digits, parted by single blanks or by nothing.
std::optional<Verdict> fr_nir_anywhere(string_view view, std::size_t begin, std::size_t end) {
  constexpr std::size_t kBefore = 6, kBehind = 8;  // digits
  const char department = at(view, end) == 'a' || at(view, end) == 'A'   ? 'A'
                          : at(view, end) == 'b' || at(view, end) == 'B' ? 'B'
                                                                         : '\0';
  if (department == '\0') return digits_id<fr_nir, Printed::validated, 13, 15>(view, begin, end);
  std::string front, rest;
  for (const char c : view.substr(begin, end - begin)) {
    if (is_digit(c)) front += c;
  }
  std::size_t last = end + 1;
  while (rest.size() < kBehind) {
    if (at(view, last) == ' ' && at(view, last - 1) != ' ') ++last;
    if (!is_digit(at(view, last))) return std::nullopt;
    rest += view[last++];
  }
  if ((begin > 0 && is_alnum(view[begin - 1])) || is_alnum(at(view, last)) || front.size() != kBefore)
    return std::nullopt;
  const bool grouped = last - begin > kBefore + 1 + kBehind;
  if (fr_nir_of_corsica(front, department, rest)) {
    return Verdict{begin, last, grouped ? std::optional(Grade::validated) : std::nullopt, Grade::validated};
  }
  return std::nullopt;
}

// One digit stands two or three times among the first ten, the others once at most.
bool de_tax(string_view n) {
  std::array<int, 10> times{};
  for (std::size_t i = 0; i < 10; ++i) ++times[static_cast<std::size_t>(digit(n, i))];
  const auto most = *std::max_element(times.begin(), times.end());
  const auto repeated = std::count_if(times.begin(), times.end(), [](int t) { return t > 1; });
  return n[0] != '0' && repeated == 1 && most <= 3 && mod_11_10(n);
}

bool pt_nif(string_view n) {
  const int rest = weighted(n, {9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  const bool given = n[0] != '0' && (n[0] != '4' || n[1] == '5');  // 45: people who live abroad
  return given && (rest < 2 ? 0 : 11 - rest) == digit(n, 8);
}

bool nl_bsn(string_view n) { return weighted(n, {9, 8, 7, 6, 5, 4, 3, 2, -1}) % 11 == 0 && !all_alike(n); }

bool be_national(string_view n) {
  const int month = two(n, 2) % 20;  // of those without papers 20 or 40 is added
  if (month > 12 || two(n, 4) > 31) return false;
  const std::string born_later = "2" + std::string(n.substr(0, 9));
  return 97 - remainder_of(n.substr(0, 9), 97) == two(n, 9) || 97 - remainder_of(born_later, 97) == two(n, 9);
}

bool pl_pesel(string_view n) {
  return is_date(two(n, 0), two(n, 2) % 20, two(n, 4)) && weighted(n, {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1}) % 10 == 0;
}

// A rest of ten became the digit 0, until 1985.
bool cz_birth_number(string_view n) {
  int month = two(n, 2);
  if (month > 50) month -= 50;
  if (month > 20) month -= 20;
  return n.size() == 10 && is_date(two(n, 0), month, two(n, 4)) &&
         (remainder_of(n, 11) == 0 ||
          (two(n, 0) >= 54 && two(n, 0) < 85 && remainder_of(n.substr(0, 9), 11) == 10 && n[9] == '0'));
}

bool se_personal(string_view n) {
  if (n.size() == 12 && two(n, 0) != 19 && two(n, 0) != 20) return false;
  const string_view short_form = n.substr(n.size() - 10);
  const int day = two(short_form, 4);
  return is_date(two(short_form, 0), two(short_form, 2), day > 60 ? day - 60 : day) && luhn(short_form);
}

bool no_birth_number(string_view n) {
  const int day = two(n, 0), month = two(n, 2);
  return is_date(two(n, 4), month > 40 ? month - 40 : month, day > 40 ? day - 40 : day) &&
         weighted(n, {3, 7, 6, 1, 8, 9, 4, 5, 2, 1}) % 11 == 0 &&
         weighted(n, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0;
}

bool dk_cpr(string_view n) { return is_ddmmyy(n, 0) && weighted(n, {4, 3, 2, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0; }

bool ch_ahv(string_view n) { return n.starts_with("756") && ean(n); }

bool at_insurance(string_view n) {
  return n[0] != '0' && weighted(n, {3, 7, 9, 0, 5, 8, 4, 2, 1, 6}) % 11 == digit(n, 3) && two(n, 4) <= 31;
}

bool hu_taj(string_view n) { return weighted(n, {3, 7, 3, 7, 3, 7, 3, 7}) % 10 == digit(n, 8) && !all_alike(n); }
bool hu_tax(string_view n) { return n[0] == '8' && weighted(n, {1, 2, 3, 4, 5, 6, 7, 8, 9}) % 11 == digit(n, 9); }

bool ro_cnp(string_view n) {
  const int rest = weighted(n, {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9}) % 11;
  return n[0] != '0' && is_yymmdd(n, 1) && (rest == 10 ? 1 : rest) == digit(n, 12);
}

bool bg_egn(string_view n) {
  int month = two(n, 2);
  month = month > 40 ? month - 40 : month > 20 ? month - 20 : month;
  return is_date(two(n, 0), month, two(n, 4)) && weighted(n, {2, 4, 8, 5, 10, 9, 7, 3, 6}) % 11 % 10 == digit(n, 9);
}

bool hr_oib(string_view n) { return mod_11_10(n) && !all_alike(n); }

// Of Slovenia and of all that was Yugoslavia: day, month, three digits of the year.
bool yu_jmbg(string_view n) {
  return is_date(two(n, 5), two(n, 2), two(n, 0)) && (n[4] == '9' || n[4] == '0') &&
         eleven(weighted(n, {7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}), digit(n, 12));
}

// Estonia and Lithuania: where the first weights leave 10, others are tried.
bool baltic_code(string_view n) {
  int rest = weighted(n, {1, 2, 3, 4, 5, 6, 7, 8, 9, 1}) % 11;
  if (rest == 10) rest = weighted(n, {3, 4, 5, 6, 7, 8, 9, 1, 2, 3}) % 11;
  return n[0] >= '1' && n[0] <= '8' && is_yymmdd(n, 1) && rest % 10 == digit(n, 10);
}

bool lv_code(string_view n) {
  return is_ddmmyy(n, 0) && (1101 - weighted(n, {1, 6, 3, 7, 9, 10, 5, 8, 4, 2})) % 11 % 10 == digit(n, 10);
}

bool gr_tax(string_view n) {
  return weighted(n, {256, 128, 64, 32, 16, 8, 4, 2}) % 11 % 10 == digit(n, 8) && !all_alike(n);
}
bool gr_amka(string_view n) { return is_ddmmyy(n, 0) && luhn(n); }

bool ua_tax(string_view n) { return weighted(n, {-1, 5, 7, 9, 4, 6, 10, 5, 7}) % 11 % 10 == digit(n, 9); }

bool ru_tax(string_view n) {
  return weighted(n, {7, 2, 4, 10, 3, 5, 9, 4, 6, 8}) % 11 % 10 == digit(n, 10) &&
         weighted(n, {3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}) % 11 % 10 == digit(n, 11) && !all_alike(n);
}
bool ru_snils(string_view n) {
  return weighted(n, {9, 8, 7, 6, 5, 4, 3, 2, 1}) % 101 % 100 == two(n, 9) && !all_alike(n);
}

}  // namespace

std::span<const Validator> ids_of_europe() {
  constexpr auto kWord = Bare::only_beside_word, kAlways = Bare::like_any_print_only_beside_word;
  static constexpr std::array kList = {
      Validator{"gb_nhs", digits_id<gb_nhs, Printed::nothing, 10>, 2, 2, kAlways},
      Validator{"fr_nir", fr_nir_anywhere, 2, 16, kWord},
      Validator{"de_tax", digits_id<de_tax, Printed::plausible, 11>, 2, 2, kWord},
      Validator{"pt_nif", digits_id<pt_nif, Printed::nothing, 9>, 2, 2, kAlways},
      Validator{"nl_bsn", digits_id<nl_bsn, Printed::nothing, 9>, 2, 2, kAlways},
      Validator{"be_national", digits_id<be_national, Printed::validated, 11>, 2, 2, kWord},
      Validator{"pl_pesel", digits_id<pl_pesel, Printed::plausible, 11>, 2, 2, kWord},
      Validator{"cz_birth_number", digits_id<cz_birth_number, Printed::plausible, 9, 10>, 2, 2, kWord},
      Validator{"se_personal", digits_id<se_personal, Printed::plausible, 10, 12>, 2, 2, kWord},
      Validator{"no_birth_number", digits_id<no_birth_number, Printed::plausible, 11>, 2, 2, kWord},
      Validator{"dk_cpr", digits_id<dk_cpr, Printed::shape_only, 10>, 2, 2, kWord},
      Validator{"ch_ahv", digits_id<ch_ahv, Printed::validated, 13>, 2, 2, kWord},
      Validator{"at_insurance", digits_id<at_insurance, Printed::nothing, 10>, 2, 2, kAlways},
      Validator{"hu_taj", digits_id<hu_taj, Printed::nothing, 9>, 2, 2, kAlways},
      Validator{"hu_tax", digits_id<hu_tax, Printed::nothing, 10>, 2, 2, kAlways},
      Validator{"ro_cnp", digits_id<ro_cnp, Printed::plausible, 13>, 2, 2, kWord},
      Validator{"bg_egn", digits_id<bg_egn, Printed::plausible, 10>, 2, 2, kWord},
      Validator{"hr_oib", digits_id<hr_oib, Printed::plausible, 11>, 2, 2, kWord},
      Validator{"yu_jmbg", digits_id<yu_jmbg, Printed::plausible, 13>, 2, 2, kWord},
      Validator{"baltic_code", digits_id<baltic_code, Printed::plausible, 11>, 2, 2, kWord},
      Validator{"lv_code", digits_id<lv_code, Printed::plausible, 11>, 2, 2, kWord},
      Validator{"gr_tax", digits_id<gr_tax, Printed::nothing, 9>, 2, 2, kAlways},
      Validator{"gr_amka", digits_id<gr_amka, Printed::plausible, 11>, 2, 2, kWord},
      Validator{"ua_tax", digits_id<ua_tax, Printed::nothing, 10>, 2, 2, kAlways},
      Validator{"ru_tax", digits_id<ru_tax, Printed::nothing, 12>, 2, 2, kAlways},
      Validator{"ru_snils", digits_id<ru_snils, Printed::validated, 11>, 2, 2, kWord},
  };
  return kList;
}

}  // namespace ambit::scrutiny
