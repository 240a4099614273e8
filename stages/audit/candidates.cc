#include "stages/audit/candidates.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <string>

#include "stages/audit/arithmetic.h"
#include "stages/audit/domains.h"
#include "stages/audit/letters.h"

namespace ambit::audit {
namespace {

bool is_word(char c) { return is_digit(c) || is_letter(c); }
char at(std::string_view text, std::size_t i) { return i < text.size() ? text[i] : '\0'; }
char before(std::string_view text, std::size_t i, std::size_t steps = 1) { return i < steps ? '\0' : text[i - steps]; }

// What was found: [begin, end) of the text.
struct Place {
  std::size_t begin = 0, end = 0;
};

RE2::Options bytes_of_text() {
  RE2::Options out;
  out.set_encoding(RE2::Options::EncodingLatin1);
  out.set_log_errors(false);
  out.set_max_mem(std::int64_t{32} << 20);
  return out;
}
bool contains(std::string_view text, const RE2& what) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), what);
}

// --- numbers -------------------------------------------------------------------------------------------------

// A number that goes on beyond its borders is another one: a digit, a decimal point, a UUID.
bool stands_alone(std::string_view text, Place p) {
  const char front = before(text, p.begin), back = at(text, p.end);
  if (is_word(front) || front == '_' || is_word(back) || back == '_') return false;
  if ((front == '-' || front == '.') && is_word(before(text, p.begin, 2))) return false;
  return !((back == '-' || back == '.') && is_digit(at(text, p.end + 1)));
}

// What may part the groups of a printed number: blanks of print, dashes, what URLs and names of files have instead.
constexpr std::array<std::string_view, 10> kGaps = {
    "  ", " ", "-", ".", "_", "%20", "\xc2\xa0", "\xe2\x80\x89", "\xe2\x80\xaf", "\xe2\x80\x93"};

std::size_t gap_at(std::string_view text, std::size_t i) {
  const std::string_view rest = text.substr(std::min(i, text.size()));
  for (const std::string_view gap : kGaps) {
    if (rest.starts_with(gap)) return gap.size();
  }
  return 0;
}

std::string card_expression() {
  std::string out = "[0-9]{15,16}";
  for (const std::string_view gap : kGaps) {
    const std::string quoted = RE2::QuoteMeta(re2::StringPiece(gap.data(), gap.size()));
    out += "|[0-9]{4}(?:" + quoted + "[0-9]{4}){3}|[0-9]{4}" + quoted + "[0-9]{6}" + quoted + "[0-9]{5}";
  }
  return out;
}

// Four digits or letters a to f, then no more: a column of a dump.
bool is_dump_column(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin; i < begin + 4; ++i) {
    const char c = at(text, i);
    if (!is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F')) return false;
  }
  return !is_word(at(text, begin + 4));
}

std::optional<Place> card(std::string_view text, Place p) {
  const bool on_stripe = before(text, p.begin) == 'B' && before(text, p.begin, 2) == '%' && at(text, p.end) == '^';
  if (!stands_alone(text, p) && !on_stripe) return std::nullopt;
  std::string digits;
  for (std::size_t i = p.begin; i < p.end;) {
    if (const std::size_t gap = gap_at(text, i); gap > 0) {
      i += gap;
    } else {
      digits += text[i++];
    }
  }
  const char separator = text[p.begin + 4];
  if (!is_digit(separator)) {
    const bool in_front = p.begin > 4 && text[p.begin - 1] == separator && is_dump_column(text, p.begin - 5);
    const bool behind = at(text, p.end) == separator && is_dump_column(text, p.end + 1) &&
                        at(text, p.end + 5) == separator && is_dump_column(text, p.end + 6);
    if (in_front || behind) return std::nullopt;
  }
  return is_card(digits) ? std::optional(p) : std::nullopt;
}

// The expression finds country and check digits; the country says how long the rest is.
std::optional<Place> iban(std::string_view text, Place p) {
  const std::size_t length = iban_length(text.substr(p.begin, 2));
  if (length == 0 || is_word(before(text, p.begin)) || before(text, p.begin) == '_') return std::nullopt;
  std::string compact;
  std::size_t i = p.begin;
  for (; compact.size() < length; ++i) {
    if (!compact.empty() && compact.size() % 4 == 0) i += gap_at(text, i);
    const char c = at(text, i);
    if (!is_digit(c) && !(c >= 'A' && c <= 'Z')) return std::nullopt;
    compact += c;
  }
  if (is_word(at(text, i)) || !iban_checks(compact)) return std::nullopt;
  return Place{p.begin, i};
}

std::optional<Place> us_ssn(std::string_view text, Place p) {
  static const RE2 kWord(R"((?i)\b(?:ssns?|soc sec|social security|seguro social|taxpayer|tin)\b)", bytes_of_text());
  constexpr std::size_t kDistance = 40;
  const std::string_view number = text.substr(p.begin, p.end - p.begin);
  const std::string_view area = number.substr(0, 3);
  const bool issued = area != "000" && area != "666" && area[0] != '9' && number.substr(4, 2) != "00" &&
                      number.substr(7) != "0000" && number != "078-05-1120" && number != "219-09-9999";
  if (!issued || !stands_alone(text, p)) return std::nullopt;
  const std::size_t from = p.begin - std::min(p.begin, kDistance);
  return contains(text.substr(from, p.end + kDistance - from), kWord) ? std::optional(p) : std::nullopt;
}

// Groups of digits, parted by one sign, or by a bracket and a space.
std::optional<Place> phone(std::string_view text, Place p) {
  const char front = before(text, p.begin);
  if (is_word(front) || (front != '\0' && std::string_view("_#$+").find(front) != std::string_view::npos)) {
    return std::nullopt;
  }
  if (front != '\0' && std::string_view("-./:,").find(front) != std::string_view::npos &&
      is_digit(before(text, p.begin, 2)))
    return std::nullopt;
  std::string digits;
  std::size_t end = p.begin + 1, groups = 0;
  for (std::size_t i = end; groups < 7;) {
    const std::size_t kept = digits.size();
    while (is_digit(at(text, i))) digits += text[i++];
    if (digits.size() == kept) break;
    end = i;
    ++groups;
    const std::size_t between = std::min(text.find_first_not_of(" -.()/", i), text.size()) - i;
    const bool bracket = text.substr(i, between).find_first_of("()") != std::string_view::npos;
    if (between == 0 || between > (bracket ? 2U : 1U)) break;
    i += between;
  }
  const char next = at(text, end), beyond = at(text, end + 1);
  if (is_word(next) || next == '_' || next == '@' || next == ':') return std::nullopt;
  if ((next == '-' || next == '.' || next == '/' || next == ',') && is_digit(beyond)) return std::nullopt;
  if (!is_international(digits) || (groups == 1 && digits.size() < 11)) return std::nullopt;
  if (groups == 2 && text.find('-', p.begin) < end) return std::nullopt;  // a place on the earth, ISO 6709
  return Place{p.begin, end};
}

// --- addresses and secrets -----------------------------------------------------------------------------------

// Names that nobody owns: roles, log-ins that all share, pictures for dense screens, ciphers.
bool is_nobodys(std::string_view address) {
  static const RE2 kNobody(
      R"((?i)^(?:(?:git|hg|svn|mailer-daemon|postmaster|no-?reply|do-?not-?reply)@.*|.*@[23]x\..*|.*@(?:openssh\.com|libssh\.org))$)",
      bytes_of_text());
  return contains(address, kNobody);
}

// One past the last label that is a top-level domain; `begin`: there is none.
std::size_t domain_end(std::string_view text, std::size_t begin) {
  std::size_t best = begin;
  for (std::size_t label = begin, labels = 0;; ++labels) {
    std::size_t end = label;
    while (is_word(at(text, end)) || (at(text, end) == '-' && is_word(at(text, end + 1)))) ++end;
    if (end == label || end - label > 63) return best;
    if (labels > 0 && is_top_level_domain(text.substr(label, end - label))) best = end;
    if (at(text, end) != '.') return best;
    label = end + 1;
  }
}

std::optional<Place> email_address(std::string_view text, Place p) {
  const std::string_view found = text.substr(p.begin, p.end - p.begin);
  static constexpr std::array<std::string_view, 6> kSigns = {"@", "%40", "=40", "&#64;", "&#x40;", "\\u0040"};
  std::size_t sign = std::string_view::npos, sign_bytes = 0;
  for (const std::string_view written : kSigns) {
    if (const std::size_t place = found.find(written); place < sign) {
      sign = place;
      sign_bytes = written.size();
    }
  }
  std::string_view local = found.substr(0, sign);
  if (const std::size_t dots = local.rfind(".."); dots != std::string_view::npos) local.remove_prefix(dots + 2);
  const std::size_t first = local.find_first_not_of(".+'-");
  if (first == std::string_view::npos || local.back() == '.' || local.back() == '\'') return std::nullopt;
  local.remove_prefix(first);
  const std::size_t begin = p.begin + sign - local.size();
  const std::size_t domain = p.begin + sign + sign_bytes;
  const std::size_t end = domain_end(text, domain);
  if (end == domain || local.size() > 64) return std::nullopt;
  static const RE2 kVersion(R"(^[0-9]+\.[0-9]+\.)", bytes_of_text());
  if (contains(text.substr(domain, end - domain), kVersion)) return std::nullopt;
  if (is_nobodys(text.substr(begin, end - begin))) return std::nullopt;
  return Place{begin, end};
}

std::optional<Place> private_key(std::string_view, Place p) { return p; }

std::size_t different_letters(std::string_view text) {
  std::array<bool, 256> seen{};
  for (const char c : text) seen[static_cast<unsigned char>(c)] = true;
  return static_cast<std::size_t>(std::count(seen.begin(), seen.end(), true));
}

// user:password@ behind a scheme. What stands for a password is none: a variable, a mask, the word itself.
std::optional<Place> url_credentials(std::string_view text, Place p) {
  const std::string_view found = text.substr(p.begin, p.end - p.begin - 1);
  const std::size_t colon = found.find(':', found.find("://") + 3);
  const std::string_view password = found.substr(colon + 1);
  static const RE2 kNone(
      R"((?i)^[$%<\[{(@&*\\]|pass|secret|example|changeme|xxx|\*\*\*|\.\.\.|your|^(?:pw|pwd|foo|bar|test)$)",
      bytes_of_text());
  if (contains(password, kNone) || different_letters(password) < 4) return std::nullopt;
  const bool mixed = std::any_of(password.begin(), password.end(), is_letter) &&
                     !std::all_of(password.begin(), password.end(), is_letter);
  if (!mixed || !is_word(at(text, p.end))) return std::nullopt;
  return Place{p.begin, p.end - 1};
}

std::optional<Place> access_token(std::string_view text, Place p) {
  const std::string_view token = text.substr(p.begin, p.end - p.begin);
  const char back = at(text, p.end);
  if (is_word(before(text, p.begin)) || is_word(back)) return std::nullopt;
  const std::string small = small_letters(token);
  const bool told = small.find("example") != std::string::npos || small.find("xxxx") != std::string::npos;
  return told || different_letters(token) < 12 ? std::nullopt : std::optional(p);
}

struct Row {
  LeakKind kind;
  RE2 expression;
  std::optional<Place> (*check)(std::string_view text, Place place);
};
const std::array<Row, kLeakKinds>& rows() {
  static const std::array<Row, kLeakKinds> kRows = {
      Row{LeakKind::payment_card, {card_expression(), bytes_of_text()}, card},
      Row{LeakKind::iban, {R"([A-Z]{2}[0-9]{2}(?:[A-Z0-9]|[ .\-_%\xC2\xE2]))", bytes_of_text()}, iban},
      Row{LeakKind::us_ssn, {R"([0-9]{3}-[0-9]{2}-[0-9]{4})", bytes_of_text()}, us_ssn},
      Row{LeakKind::email_address,
          {R"([A-Za-z0-9_.+'\-]+(?:@|%40|=40|&#(?:64|x40);|\\u0040)[A-Za-z0-9][A-Za-z0-9\-]*\.[A-Za-z0-9])",
           bytes_of_text()},
          email_address},
      Row{LeakKind::phone_number, {R"(\+[1-9][0-9]?[0-9 ().\-/]{6})", bytes_of_text()}, phone},
      Row{LeakKind::private_key,
          {R"(-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\[nr]|[A-Za-z0-9\-]+: [^\n]*\n)*[A-Za-z0-9+/=]{40})"
           R"(|PuTTY-User-Key-File-[0-9]: [^\n]{1,64}\r?\n(?:[^\n]*\n){2,16}Private-Lines: )",
           bytes_of_text()},
          private_key},
      Row{LeakKind::url_credentials,
          {R"([A-Za-z0-9]://[^\x00-\x20:@/"'<>]{1,64}:[^\x00-\x20@/"'<>]{4,64}@)", bytes_of_text()},
          url_credentials},
      Row{LeakKind::access_token,
          {R"(eyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{16,})"
           R"(|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_\-]{35}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{82})"
           R"(|glpat-[A-Za-z0-9_\-]{20,64}|xox[bpars]-[A-Za-z0-9\-]{20,200}|[sr]k_live_[A-Za-z0-9]{16,128})"
           R"(|SG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}|npm_[A-Za-z0-9]{36}|dop_v1_[0-9a-f]{64}|AGE-SECRET-KEY-1[A-Z0-9]{58})",
           bytes_of_text()},
          access_token},
  };
  assert(std::all_of(kRows.begin(), kRows.end(), [](const Row& row) { return row.expression.ok(); }));
  return kRows;
}

void find_with(const Row& row, std::string_view text, std::vector<Leak>& out) {
  const re2::StringPiece all(text.data(), text.size());
  re2::StringPiece found;
  for (std::size_t from = 0; from < text.size();) {
    if (!row.expression.Match(all, from, text.size(), RE2::UNANCHORED, &found, 1)) return;
    const auto begin = static_cast<std::size_t>(found.data() - text.data());
    if (const auto value = row.check(text, {begin, begin + found.size()})) {
      out.push_back({value->begin, value->end, row.kind, Writing::plain});
      from = std::max(value->end, begin + 1);
      continue;
    }
    // No value begins in the middle of a word, no address in the middle of what stands before its sign.
    const std::string_view core = text.substr(begin, found.size());
    const std::size_t skipped = row.kind == LeakKind::email_address ? core.find_first_of("@%=&\\") : 1;
    for (from = begin + skipped; from < text.size() && is_word(text[from]) && is_word(text[from - 1]);) ++from;
  }
}

}  // namespace

std::vector<Leak> find_values(std::string_view text) {
  std::vector<Leak> out;
  for (const Row& row : rows()) find_with(row, text, out);
  return out;
}

struct NamedByExpression::Impl {
  RE2 expression;
};

NamedByExpression::NamedByExpression(const std::string& expression, bool ignore_case) {
  RE2::Options options(RE2::Quiet);
  options.set_case_sensitive(!ignore_case);
  impl_ = std::shared_ptr<const Impl>(new Impl{RE2(expression, options)});
}

bool NamedByExpression::matches(std::string_view value) const {
  return impl_->expression.ok() && RE2::FullMatch(re2::StringPiece(value.data(), value.size()), impl_->expression);
}

}  // namespace ambit::audit
