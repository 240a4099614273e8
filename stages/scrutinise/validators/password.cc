// Passwords and the like where they are written down: beside their names, in URLs, in headers of HTTP, in cookies.
//
//   assignment = name [letters of any script, digits, '_', '-', '.'] [quote] [')' ']'] blanks sign blanks value
//
//   sign       = '=' | ':' | "=>" | ":=" | '>'
//
//   value      = quoted text without blanks | letters up to a blank or a separator
//
//   url        = scheme "://" user ':' password '@' host
//
//   header     = ("Basic" | "Bearer") ' ' token
//
//   cookie     = name of a session ('=' | ':') token
//
// The finding is the value (of a URL: user and password). Values that stand for others are none (secret_text.h).
#include <algorithm>
#include <cstdint>

#include "pipeline/base64.h"
#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/secret_text.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {
namespace {

constexpr std::size_t kLongestName = 32, kLongestValue = 200, kShortestValue = 4;

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }
bool is_name(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }
bool is_name_of_any_script(char c) { return is_name(c) || static_cast<unsigned char>(c) >= 0x80; }

std::size_t skip_blanks(std::string_view view, std::size_t at_) {
  const std::size_t limit = at_ + 8;
  while (at_ < limit && is_blank(at(view, at_))) ++at_;
  return at_;
}

// Where the value begins that is given to the name whose core ends at `end`; npos where none is.
std::size_t value_begin(std::string_view view, std::size_t end) {
  const std::size_t limit = end + kLongestName;
  while (end < limit && is_name_of_any_script(at(view, end))) ++end;
  if (at(view, end) == '\\') ++end;  // a quote in a text that is quoted itself
  if (is_quote(at(view, end))) ++end;
  while (at(view, end) == ']' || at(view, end) == ')') ++end;
  end = skip_blanks(view, end);
  const char sign = at(view, end);
  if (sign != '=' && sign != ':' && sign != '>') return std::string_view::npos;
  if (at(view, end + 1) == sign) return std::string_view::npos;
  ++end;
  if (at(view, end) == '=' || at(view, end) == '>') ++end;
  end = skip_blanks(view, end);
  return end;
}

struct Value {
  std::size_t begin = 0, end = 0;
  bool quoted = false;
};

Value value_at(std::string_view view, std::size_t begin) {
  Value out{begin, begin, false};
  if (at(view, out.begin) == '\\') ++out.begin;
  if (is_quote(at(view, out.begin))) {
    const char quote = view[out.begin++];
    out.quoted = true;
    out.end = out.begin;
    while (out.end < view.size() && out.end - out.begin <= kLongestValue && view[out.end] != quote &&
           view[out.end] != '\n' && view[out.end] != '\\') {
      ++out.end;
    }
    if (at(view, out.end) != quote && at(view, out.end) != '\\') out.end = out.begin;
    return out;
  }
  static constexpr std::string_view kEnds = " \t\r\n\"'`;,&<>()|\\";
  while (out.end < view.size() && out.end - out.begin <= kLongestValue &&
         static_cast<unsigned char>(view[out.end]) >= 0x20 && kEnds.find(view[out.end]) == std::string_view::npos) {
    ++out.end;
  }
  return out;
}

// How far a value is more than a word of a program or of a sentence.
std::optional<Grade> grade_of(std::string_view text, bool quoted) {
  if (text.size() < kShortestValue || text.size() > kLongestValue || is_placeholder(text)) return std::nullopt;
  const bool blank = std::any_of(text.begin(), text.end(), is_blank);
  const bool number = std::any_of(text.begin(), text.end(), is_digit);
  if (blank) return std::nullopt;
  if (text.size() >= 16 && entropy(text) >= 3.5 && number) return Grade::validated;
  const int kinds = kinds_of_characters(text);
  if (number && kinds >= 2 && text.size() >= 6) return Grade::plausible;
  // Letters alone may be a name in a program; a sign that no name has makes it something that people think up.
  const bool signs = std::any_of(text.begin(), text.end(), [](char c) { return !is_name(c); });
  if (quoted && text.size() >= 6 && kinds >= 2 && signs) return Grade::shape_only;
  return std::nullopt;
}

// A path, a call, a member of something: what programs write to the right of a sign.
bool is_expression(std::string_view text, bool quoted) {
  if (quoted) return text.find('(') != std::string_view::npos || text.find("://") != std::string_view::npos;
  return text.find("->") != std::string_view::npos || text.find("::") != std::string_view::npos ||
         text.find('[') != std::string_view::npos || text.find('/') == 0 || text.find("==") == 0 ||
         text.find('{') != std::string_view::npos;
}

// Identifiers of programs: words joined by dots or underscores, with a digit at most at the end.
bool is_identifier(std::string_view text) {
  if (text.empty() || is_digit(text.front())) return false;
  std::size_t digits = 0;
  for (const char c : text) {
    if (!is_alnum(c) && c != '_' && c != '.') return false;
    if (is_digit(c)) ++digits;
  }
  return digits <= 1 && (text.find('_') != std::string_view::npos || text.find('.') != std::string_view::npos);
}

}  // namespace

std::optional<Verdict> password_assignment(std::string_view view, std::size_t /*begin*/, std::size_t end) {
  const std::size_t from = value_begin(view, end);
  if (from == std::string_view::npos) return std::nullopt;
  const Value value = value_at(view, from);
  if (value.end == value.begin || (!value.quoted && at(view, value.end) == '(')) return std::nullopt;
  const std::string_view text = view.substr(value.begin, value.end - value.begin);
  if (is_expression(text, value.quoted) || (!value.quoted && is_identifier(text))) return std::nullopt;
  const auto grade = grade_of(text, value.quoted);
  if (!grade) return std::nullopt;
  return graded(value.begin, value.end, *grade);
}

std::optional<Verdict> url_credentials(std::string_view view, std::size_t begin, std::size_t end) {
  if (begin == 0 || !is_alnum(view[begin - 1])) return std::nullopt;
  std::size_t colon = 0, sign = 0;
  const std::size_t limit = std::min(view.size(), end + kLongestValue);
  for (std::size_t i = end; i < limit && sign == 0; ++i) {
    const char c = view[i];
    if (static_cast<unsigned char>(c) <= 0x20 || c == '/' || c == '"' || c == '\'' || c == '<' || c == '>') break;
    if (c == ':' && colon == 0) colon = i;
    if (c == '@') sign = i;
  }
  if (sign == 0 || colon <= end || colon + 1 >= sign || !is_alnum(at(view, sign + 1))) return std::nullopt;
  const std::string_view password = view.substr(colon + 1, sign - colon - 1);
  if (is_placeholder(password)) return std::nullopt;
  const bool telling = kinds_of_characters(password) >= 2;
  return graded(end, sign, telling ? Grade::validated : Grade::plausible);
}

namespace {

// What a base64 of user and password looks like when it is undone: printable, with a colon.
bool holds_user_and_password(std::string_view base64) {
  std::uint32_t bits = 0;
  int count = 0;
  bool colon = false;
  for (const char c : base64) {
    const std::uint8_t value = base64_value(c);
    if (value == kNoBase64) return false;
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    const auto byte = static_cast<unsigned char>(bits >> count & 0xffU);
    if (byte < 0x20 || byte == 0x7f) return false;
    colon = colon || byte == ':';
  }
  return colon;
}

}  // namespace

std::optional<Verdict> authorization_header(std::string_view view, std::size_t begin, std::size_t end) {
  if (begin > 0 && is_alnum(view[begin - 1])) return std::nullopt;
  std::size_t last = end;
  const bool basic = lower(view[begin + 1]) == 'a';
  while (last < view.size() && last - end <= 2048 && (basic ? is_base64(view[last]) : is_token(view[last]))) ++last;
  const std::string_view text = view.substr(end, last - end);
  if (basic) {
    while (last - end < text.size() + 2 && at(view, last) == '=') ++last;
    if (text.size() < 6 || (last - end) % 4 != 0 || !holds_user_and_password(text)) return std::nullopt;
    return graded(end, last, Grade::validated);
  }
  const bool number = std::any_of(text.begin(), text.end(), is_digit);
  if (text.size() < 16 || !number || entropy(text) < 3 || is_placeholder(text)) return std::nullopt;
  return graded(end, last, text.size() >= 20 ? Grade::validated : Grade::plausible);
}

std::optional<Verdict> session_cookie(std::string_view view, std::size_t /*begin*/, std::size_t end) {
  const std::size_t limit = end + kLongestName;
  while (end < limit && is_name(at(view, end))) ++end;
  if (is_quote(at(view, end))) ++end;
  end = skip_blanks(view, end);
  if (at(view, end) != '=' && at(view, end) != ':') return std::nullopt;
  end = skip_blanks(view, end + 1);
  if (is_quote(at(view, end))) ++end;
  std::size_t last = end;
  while (last < view.size() && last - end <= 512 && (is_token(view[last]) || view[last] == '%')) ++last;
  const std::string_view text = view.substr(end, last - end);
  const bool number = std::any_of(text.begin(), text.end(), is_digit);
  if (text.size() < 16 || !number || entropy(text) < 3 || is_placeholder(text)) return std::nullopt;
  return graded(end, last, Grade::plausible);
}

}  // namespace ambit::scrutiny
