#include "stages/scrutinise/validators/secret_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "stages/scrutinise/ascii.h"

namespace ambit::scrutiny {
namespace {

using namespace std::string_view_literals;

// Whole values that are nobody's secret; and parts that show that a person or a program is to fill it in.
constexpr std::array kWords = {
    "password"sv, "passwd"sv,    "passphrase"sv, "secret"sv,   "token"sv,    "null"sv,     "none"sv,     "true"sv,
    "false"sv,    "undefined"sv, "string"sv,     "required"sv, "optional"sv, "text"sv,     "hidden"sv,   "username"sv,
    "default"sv,  "disabled"sv,  "enabled"sv,    "prompt"sv,   "value"sv,    "foobar"sv,   "unknown"sv,  "basic"sv,
    "bearer"sv,   "user"sv,      "pass"sv,       "integer"sv,  "boolean"sv,  "object"sv,   "function"sv, "return"sv,
    "nullptr"sv,  "nil"sv,       "empty"sv,      "invalid"sv,  "expired"sv,  "redacted"sv, "masked"sv,   "self"sv};
constexpr std::array kParts = {"${"sv,        "$("sv,     "{{"sv,          "%("sv,       "%s"sv,
                               "***"sv,       "..."sv,    "xxx"sv,         "example"sv,  "changeme"sv,
                               "change_me"sv, "your"sv,   "placeholder"sv, "insert"sv,   "env."sv,
                               "environ"sv,   "getenv"sv, "password_"sv,   "_password"sv};

}  // namespace

double entropy(std::string_view text) {
  std::array<std::size_t, 256> times{};
  for (const char c : text) ++times[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const std::size_t count : times) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

int kinds_of_characters(std::string_view text) {
  const auto any = [&](auto is) { return std::any_of(text.begin(), text.end(), is) ? 1 : 0; };
  return any(is_lower) + any(is_upper) + any(is_digit) + any([](char c) { return !is_alnum(c); });
}

bool is_placeholder(std::string_view text) {
  if (text.empty()) return true;
  const char first = text.front();
  if (std::string_view("$%<[{(@&*\\").find(first) != std::string_view::npos) {
    // A reference, a mark-up, a pointer; "$2y$" is the business of another.
    const bool closed = text.back() == '>' || text.back() == '}' || text.back() == ']' || text.back() == ')' ||
                        text.back() == '%' || text.back() == '@';
    if (closed || first == '$' || first == '&' || first == '*' || first == '(') return true;
  }
  if (std::all_of(text.begin(), text.end(), [&](char c) { return c == first; })) return true;
  const std::string small = lowered(text);
  if (std::find(kWords.begin(), kWords.end(), small) != kWords.end()) return true;
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](std::string_view part) { return small.find(part) != std::string::npos; });
}

bool is_base64(char c) { return is_alnum(c) || c == '+' || c == '/'; }
bool is_token(char c) { return is_base64(c) || c == '-' || c == '_' || c == '.' || c == '~' || c == '='; }

}  // namespace ambit::scrutiny
