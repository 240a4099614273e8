// E-mail addresses (the part of RFC 5322 that people use).
//
//   address = local at label ('.' label)* '.' tld
//   at      = '@', or as URLs ("%40"), pages ("&#64;"), JSON ("\u0040") and quoted-printable ("=40") write it
//   local   = up to 64 of letters, digits and . _ + - ', begins with a letter, a digit or '_', does not end with a dot,
//             no two dots in a row; or in double quotes, with blanks
//   label   = of ASCII, or where there is no such domain of any letters
//   tld     = one of the list of top-level domains; labels behind the last one that is belong to the next sentence
//
// '=' and '/' are allowed in a local part by the standard; in evidence they are what stands before an address.
#include <algorithm>
#include <string>
#include <vector>

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {
namespace {

constexpr std::size_t kMostLocal = 64, kMostLabel = 63, kMostDomain = 253;

bool is_local(char c) { return is_alnum(c) || c == '.' || c == '_' || c == '+' || c == '-' || c == '\''; }

bool is_top_level(std::string_view label) {
  static const std::vector<std::string_view> kDomains = [] {
    std::vector<std::string_view> out;
    std::string_view text = embedded_domains().front().text;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      if (end > 0) out.push_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    std::sort(out.begin(), out.end());
    return out;
  }();
  return label.size() > 1 && std::binary_search(kDomains.begin(), kDomains.end(), lowered(label));
}

// Where the local part before `end` begins; `end` if there is none.
std::size_t local_begin(std::string_view view, std::size_t end) {
  std::size_t begin = end;
  if (begin > 0 && (view[begin - 1] == '.' || view[begin - 1] == '\'')) return end;
  while (begin > 0 && is_local(view[begin - 1])) {
    if (view[begin - 1] == '.' && at(view, begin) == '.') break;
    if (end - --begin > kMostLocal) return end;
  }
  while (begin < end && !is_alnum(view[begin]) && view[begin] != '_') ++begin;
  return begin;
}

// '"john doe"@…': where the quote opens; `end` if there is none. Programs join pieces of text by what begins and ends
// otherwise (`"a" + "@b.de"`).
std::size_t quoted_begin(std::string_view view, std::size_t end) {
  if (end < 4 || view[end - 1] != '"' || !is_alnum(view[end - 2])) return end;
  for (std::size_t i = end - 2; i > 0 && end - i < kMostLocal; --i) {
    if (view[i - 1] == '"') return is_alnum(view[i]) ? i - 1 : end;
    if (!is_local(view[i - 1]) && view[i - 1] != ' ') break;
  }
  return end;
}

// Bytes of a character beyond ASCII in UTF-8; 0 for what is none.
std::size_t high_character(std::string_view view, std::size_t i) {
  const auto lead = static_cast<unsigned char>(at(view, i));
  const std::size_t bytes = lead >= 0xf5 ? 0 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  for (std::size_t more = 1; more < bytes; ++more) {
    if ((static_cast<unsigned char>(at(view, i + more)) & 0xc0U) != 0x80) return 0;
  }
  return bytes;
}

// Where a domain ends whose labels may have letters of any script; the last one is ASCII, or one of few.
std::size_t any_domain_end(std::string_view view, std::size_t begin) {
  std::size_t best = begin;
  for (std::size_t label = begin; label - begin < kMostDomain;) {
    if (at(view, label) == '-') break;
    std::size_t ascii = label;
    while (is_alnum(at(view, ascii)) || at(view, ascii) == '-') ++ascii;
    std::size_t end = ascii;
    for (std::size_t step = 1; step > 0 && end - label <= 4 * kMostLabel; end += step) {
      step = is_alnum(at(view, end)) || at(view, end) == '-' ? 1 : high_character(view, end);
    }
    if (end == label || end - label > 4 * kMostLabel) break;
    if (label > begin && is_top_level(view.substr(label, ascii - label))) best = ascii;
    for (const std::string_view script : {"рф", "укр", "бел", "中国", "中國", "한국"}) {
      if (label > begin && view.substr(label).starts_with(script)) best = label + script.size();
    }
    if (at(view, end) != '.') break;
    label = end + 1;
  }
  return best;
}

// Where the domain from `begin` on ends; `begin` if there is none.
std::size_t domain_end(std::string_view view, std::size_t begin) {
  std::size_t best = begin;
  for (std::size_t label = begin; is_alnum(at(view, label));) {
    std::size_t end = label;
    while (is_alnum(at(view, end)) || (at(view, end) == '-' && at(view, end + 1) != '.')) ++end;
    while (view[end - 1] == '-') --end;
    if (end - label > kMostLabel || end - begin > kMostDomain) break;
    if (label > begin && is_top_level(view.substr(label, end - label))) best = end;
    if (at(view, end) != '.') break;
    label = end + 1;
  }
  return best;
}

}  // namespace

namespace {

// "server@2.6.0.Final": the version of a package, not the name of a host.
bool is_version(std::string_view domain) {
  const std::size_t dot = domain.find('.');
  const std::size_t next = domain.find('.', dot + 1);
  if (next == std::string_view::npos) return false;
  const std::string_view head = domain.substr(0, next);
  return std::all_of(head.begin(), head.end(), [](char c) { return is_digit(c) || c == '.'; });
}

}  // namespace

std::optional<Verdict> email_address(std::string_view view, std::size_t begin, std::size_t end) {
  std::size_t first = local_begin(view, begin);
  if (first == begin) first = quoted_begin(view, begin);
  if (first == begin) return std::nullopt;
  std::size_t last = domain_end(view, end);
  if (last == end) last = any_domain_end(view, end);
  if (last == end || is_version(view.substr(end, last - end))) return std::nullopt;
  return Verdict{first, last, Grade::validated, Grade::validated};
}

}  // namespace ambit::scrutiny
