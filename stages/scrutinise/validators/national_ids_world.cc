// Numbers of digits alone of the Americas, Asia, Africa and Oceania. Each check is the published rule of its issuer.
#include <algorithm>
#include <string>

#include "stages/scrutinise/validators/check_digits.h"
#include "stages/scrutinise/validators/national_ids.h"

namespace ambit::scrutiny {
namespace {

using std::string_view;

// Taxpayers without a social security number: no check digit, but ranges.
bool us_itin(string_view n) {
  const int group = two(n, 3);
  return n[0] == '9' && ((group >= 50 && group <= 65) || (group >= 70 && group <= 88) || (group >= 90 && group != 93));
}

// Of a bank, for transfers (ABA): the district of the Federal Reserve in front.
bool us_routing(string_view n) {
  const int district = two(n, 0);
  const bool issued = (district >= 1 && district <= 12) || (district >= 21 && district <= 32) ||
                      (district >= 61 && district <= 72) || district == 80;
  return issued && weighted(n, {3, 7, 1, 3, 7, 1, 3, 7, 1}) % 10 == 0;
}

// 0 is for taxpayers from abroad; 8 is for businesses.
bool ca_sin(string_view n) { return n[0] != '8' && luhn(n) && !all_alike(n); }

// 11 less the rest; from 10 on it is 0.
bool eleven_or_zero(int sum, int check) {
  const int rest = sum % 11;
  return (rest < 2 ? 0 : 11 - rest) == check;
}

bool br_cpf(string_view n) {
  return eleven_or_zero(weighted(n, {10, 9, 8, 7, 6, 5, 4, 3, 2}), digit(n, 9)) &&
         eleven_or_zero(weighted(n, {11, 10, 9, 8, 7, 6, 5, 4, 3, 2}), digit(n, 10)) && !all_alike(n);
}

bool ar_cuil(string_view n) {
  const int kind = two(n, 0);
  const bool person = kind == 20 || (kind >= 23 && kind <= 27) || kind == 30 || kind == 33 || kind == 34;
  const int rest = weighted(n, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
  return person && (rest == 0 ? 0 : rest == 1 ? 9 : 11 - rest) == digit(n, 10);
}

bool co_nit(string_view n) {
  const int rest = weighted(n, {41, 37, 29, 23, 19, 17, 13, 7, 3}) % 11;
  return (rest < 2 ? rest : 11 - rest) == digit(n, 9) && n[0] != '0';
}

bool za_id(string_view n) { return is_yymmdd(n, 0) && n[10] <= '1' && luhn(n); }
bool il_id(string_view n) { return luhn(n) && !all_alike(n); }

bool tr_id(string_view n) {
  const int odd = weighted(n, {1, 0, 1, 0, 1, 0, 1, 0, 1}), even = weighted(n, {0, 1, 0, 1, 0, 1, 0, 1});
  return n[0] != '0' && (odd * 7 + 90 - even) % 10 == digit(n, 9) && (odd + even + digit(n, 9)) % 10 == digit(n, 10);
}

bool in_aadhaar(string_view n) {
  return n[0] >= '2' && verhoeff(n) && !std::equal(n.begin(), n.begin() + 6, n.rbegin());  // never a palindrome
}

// Place, birthday, order; a check modulo 11 that may be X for ten.
bool cn_resident(string_view n) {
  if (n.size() != 18 || n[0] < '1' || n[0] > '8' || (two(n, 6) != 19 && two(n, 6) != 20) || !is_yymmdd(n, 8))
    return false;
  for (std::size_t i = 0; i < 17; ++i) {
    if (!is_digit(n[i])) return false;
  }
  const int rest = weighted(n, {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}) % 11;
  return "10X98765432"[rest] == n[17];
}

bool kr_resident(string_view n) {
  return is_yymmdd(n, 0) && (11 - weighted(n, {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5}) % 11) % 10 == digit(n, 12);
}

bool jp_my_number(string_view n) {
  return eleven_or_zero(weighted(n, {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}), digit(n, 11)) && !all_alike(n);
}

bool th_id(string_view n) {
  return n[0] != '0' && n[0] != '9' &&
         (11 - weighted(n, {13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11) % 10 == digit(n, 12);
}

bool my_id(string_view n) {
  const int place = two(n, 6);
  return is_yymmdd(n, 0) && place > 0 && place != 17 && place != 18 && place != 19 && place != 20 && place != 69 &&
         place != 70 && place != 73;
}

bool au_tax(string_view n) { return weighted(n, {1, 4, 3, 7, 5, 8, 6, 9, 10}) % 11 == 0 && !all_alike(n); }
bool au_medicare(string_view n) {
  return n[0] >= '2' && n[0] <= '6' && weighted(n, {1, 3, 7, 9, 1, 3, 7, 9}) % 10 == digit(n, 8) && n[9] != '0';
}

bool nz_ird(string_view n) {
  const std::string full = n.size() == 8 ? "0" + std::string(n) : std::string(n);
  int rest = weighted(full, {3, 2, 7, 6, 5, 4, 3, 2}) % 11;
  if (rest == 1) rest = weighted(full, {7, 4, 3, 2, 5, 2, 7, 6}) % 11;
  return rest != 1 && (rest == 0 ? 0 : 11 - rest) == digit(full, 8) && full >= "010000000" && full < "150000000";
}

bool kz_iin(string_view n) {
  int rest = weighted(n, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}) % 11;
  if (rest == 10) rest = weighted(n, {3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2}) % 11;
  return is_yymmdd(n, 0) && n[6] <= '6' && rest == digit(n, 11);
}

bool imei(string_view n) { return luhn(n) && !all_alike(n); }

}  // namespace

std::span<const Validator> ids_of_the_world() {
  constexpr auto kWord = Bare::only_beside_word, kAlways = Bare::like_any_print_only_beside_word;
  static constexpr std::array kList = {
      Validator{"us_itin", digits_id<us_itin, Printed::shape_only, 9>, 2, 2, kWord},
      Validator{"us_routing", digits_id<us_routing, Printed::nothing, 9>, 2, 2, kAlways},
      Validator{"ca_sin", digits_id<ca_sin, Printed::shape_only, 9>, 2, 2, kWord},
      Validator{"br_cpf", digits_id<br_cpf, Printed::validated, 11>, 2, 2, kWord},
      Validator{"ar_cuil", digits_id<ar_cuil, Printed::validated, 11>, 2, 2, kWord},
      Validator{"co_nit", digits_id<co_nit, Printed::plausible, 10>, 2, 2, kWord},
      Validator{"za_id", digits_id<za_id, Printed::plausible, 13>, 2, 2, kWord},
      Validator{"il_id", digits_id<il_id, Printed::nothing, 9>, 2, 2, kAlways},
      Validator{"tr_id", digits_id<tr_id, Printed::plausible, 11>, 2, 2, kWord},
      Validator{"in_aadhaar", digits_id<in_aadhaar, Printed::shape_only, 12>, 2, 2, kWord},
      Validator{"cn_resident", number_id<cn_resident, Printed::validated, 0, 1>, 2, 3, kWord},
      Validator{"kr_resident", digits_id<kr_resident, Printed::validated, 13>, 2, 2, kWord},
      Validator{"jp_my_number", digits_id<jp_my_number, Printed::nothing, 12>, 2, 2, kAlways},
      Validator{"th_id", digits_id<th_id, Printed::validated, 13>, 2, 2, kWord},
      Validator{"my_id", digits_id<my_id, Printed::shape_only, 12>, 2, 2, kWord},
      Validator{"au_tax", digits_id<au_tax, Printed::nothing, 9>, 2, 2, kAlways},
      Validator{"au_medicare", digits_id<au_medicare, Printed::plausible, 10>, 2, 2, kWord},
      Validator{"nz_ird", digits_id<nz_ird, Printed::nothing, 8, 9>, 2, 2, kAlways},
      Validator{"kz_iin", digits_id<kz_iin, Printed::nothing, 12>, 2, 2, kAlways},
      Validator{"imei", digits_id<imei, Printed::plausible, 15>, 2, 2, kWord},
  };
  return kList;
}

}  // namespace ambit::scrutiny
