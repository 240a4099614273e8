#include "stages/scrutinise/own_values.h"

#include <algorithm>
#include <array>
#include <utility>

#include "stages/scrutinise/ascii.h"

namespace ambit::scrutiny {
namespace {

bool is_separator(char c) { return std::string_view(" \t-./()_").find(c) != std::string_view::npos; }
bool has_digit(std::string_view text) { return std::any_of(text.begin(), text.end(), is_digit); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Exactly one '@', and nothing of a URL: "user:password@host" is no address of mail.
bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && at == text.rfind('@') && at > 0 &&
         text.find_first_of(" \t:/") == std::string_view::npos;
}

// "example.com": a dot within, no blank, and a letter in the last label.
bool is_domain(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  return dot != std::string_view::npos && dot > 0 && dot + 2 < text.size() && is_alpha(text.back()) &&
         text.find_first_of(" \t:/@") == std::string_view::npos;
}

// 1.23.45.67, -52.52: what dots divide is not one number. 756.1234.5678.97 is.
bool is_divided_by_dots(std::string_view text) {
  constexpr std::size_t kMostInGroup = 3;  // digits, of an address of a network
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.find_first_not_of("0123456789.") != std::string_view::npos) return false;
  std::size_t dots = 0, longest = 0, group = 0;
  for (const char c : text) {
    group = c == '.' ? 0 : group + 1;
    dots += c == '.';
    longest = std::max(longest, group);
  }
  return dots == 1 || (dots == 3 && longest <= kMostInGroup);
}

bool is_telephone(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789+ \t-./()") == std::string_view::npos;
}

// Behind what says that a country follows: "+", "00", "011". Nothing where none follows.
std::string_view behind_prefix(std::string_view number) {
  if (number.starts_with('+')) return number.substr(1);
  constexpr std::size_t kFewestDigits = 8;  // behind "00" of a telephone number
  for (const std::string_view prefix : {std::string_view("00"), std::string_view("011")}) {
    const std::string_view rest = number.substr(std::min(prefix.size(), number.size()));
    const auto digits = std::count_if(rest.begin(), rest.end(), is_digit);
    if (number.starts_with(prefix) && !rest.starts_with('0') && digits >= static_cast<std::ptrdiff_t>(kFewestDigits))
      return rest;
  }
  return {};
}

std::string without_separators(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_separator(c)) out += upper(c);
  }
  return out;
}

std::string normal_number(std::string_view text) {
  if (!is_telephone(text)) return without_separators(text);
  const std::string_view rest = behind_prefix(text);
  if (rest.empty()) return without_separators(text);
  std::string abroad(rest);
  if (const std::size_t trunk = abroad.find("(0)"); trunk != std::string::npos) abroad.erase(trunk, 3);
  return "+" + without_separators(abroad);
}

// As a person would write it what a page, a URL or a mail writes otherwise.
std::string plainly(std::string_view value) {
  static constexpr std::array<std::pair<std::string_view, char>, 10> kWritings = {{{"&#64;", '@'},
                                                                                   {"&#x40;", '@'},
                                                                                   {"\\u0040", '@'},
                                                                                   {"=40", '@'},
                                                                                   {"%40", '@'},
                                                                                   {"%20", ' '},
                                                                                   {"\xc2\xa0", ' '},
                                                                                   {"\xe2\x80\x89", ' '},
                                                                                   {"\xe2\x80\xaf", ' '},
                                                                                   {"\xe2\x80\x93", '-'}}};
  std::string out;
  while (!value.empty()) {
    const auto written = std::find_if(kWritings.begin(), kWritings.end(),
                                      [&](const auto& writing) { return value.starts_with(writing.first); });
    out += written == kWritings.end() ? value.front() : written->second;
    value.remove_prefix(written == kWritings.end() ? 1 : written->first.size());
  }
  return out;
}

}  // namespace

OwnValues::OwnValues(const Scope& scope) {
  for (const Identifier& identifier : scope.identifiers) {
    for (const std::string& literal : identifier.literals) add(literal);
  }
  for (const std::string& account : scope.privacy.role_accounts) {
    add(account);
    const std::string_view domain = std::string_view(account).substr(account.starts_with('@') ? 1 : 0);
    if (is_domain(domain)) domains_.insert(lowered(domain));
  }
}

void OwnValues::add(std::string_view value) {
  const std::string_view text = trimmed(value);
  texts_.insert(lowered(text));
  if (has_digit(text) && !is_address(text) && !is_divided_by_dots(text)) numbers_.insert(normal_number(text));
}

bool OwnValues::hold(std::string_view value, std::string_view category) const {
  const std::string plain = plainly(value);
  const std::string_view text = trimmed(plain);
  const std::string lower = lowered(text);
  if (texts_.contains(lower)) return true;
  if (is_address(lower)) return domains_.contains(lower.substr(lower.find('@') + 1));
  if (category == "network" || category == "location" || !has_digit(text)) return false;
  return numbers_.contains(normal_number(text));
}

}  // namespace ambit::scrutiny
