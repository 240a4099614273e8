// E-mail addresses (the part of RFC 5322 that people use).
//
//   address = local ('@' | "%40") label ('.' label)* '.' tld
//   local   = up to 64 of letters, digits and . _ + - ', begins with a letter, a digit or '_', does not end with a dot,
//   no two dots in a row tld     = one of the list of top-level domains; labels behind the last one that is belong to
//   the next sentence
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
  const std::size_t first = local_begin(view, begin);
  const std::size_t last = domain_end(view, end);
  if (first == begin || last == end || is_version(view.substr(end, last - end))) return std::nullopt;
  return Verdict{first, last, Grade::validated, Grade::validated};
}

}  // namespace ambit::scrutiny
