// Addresses of devices in networks: IPv4, IPv6, and of their hardware (MAC).
//
//   ipv4 = four numbers up to 255, parted by dots; no further number, no letter, no version before it
//   ipv6 = eight groups of up to four hexadecimal digits parted by ':', one run of empty groups left out as "::"
//   mac  = six groups of two hexadecimal digits, parted by ':' or '-'
#include <algorithm>
#include <array>

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {
namespace {

bool is_ipv6(char c) { return is_hex(c) || c == ':'; }

// Single digits all the way, as in "1.2.3.4", are rather the number of a version.
struct Quad {
  bool valid = true, small = true;
  std::array<int, 4> parts{};
};
Quad quad_of(std::string_view text) {
  Quad out;
  std::size_t part = 0, digits = 0;
  for (const char c : text) {
    if (c == '.') {
      out.valid = out.valid && !(digits > 1 && text[0] == '0');
      ++part;
      digits = 0;
      continue;
    }
    if (part > 3) return {false, false, {}};
    if (digits > 0 && out.parts[part] == 0) out.valid = false;  // a zero in front
    out.parts[part] = out.parts[part] * 10 + (c - '0');
    if (++digits > 1) out.small = false;
  }
  out.valid = out.valid && std::all_of(out.parts.begin(), out.parts.end(), [](int p) { return p <= 255; });
  return out;
}

bool after_version(std::string_view view, std::size_t begin) {
  const std::string head =
      lowered(view.substr(begin - std::min<std::size_t>(begin, 9), std::min<std::size_t>(begin, 9)));
  for (const std::string_view word : {"version ", "version=", "version:", "release ", " ver ", "version\t"}) {
    if (head.ends_with(word)) return true;
  }
  return false;
}

}  // namespace

std::optional<Verdict> ipv4_address(std::string_view view, std::size_t begin, std::size_t end) {
  if (begin > 0 &&
      (is_alnum(view[begin - 1]) || view[begin - 1] == '.' || view[begin - 1] == '-' || view[begin - 1] == '_'))
    return std::nullopt;
  if (is_alnum(at(view, end)) || at(view, end) == '_' ||
      ((at(view, end) == '.' || at(view, end) == '-') && is_alnum(at(view, end + 1))))
    return std::nullopt;
  const Quad quad = quad_of(view.substr(begin, end - begin));
  if (!quad.valid || quad.parts[0] == 0 || quad.parts[0] == 127 || after_version(view, begin)) return std::nullopt;
  const bool mask = quad.parts[0] == 255 || quad.parts[0] >= 224;  // no host has one of these
  if (mask) return std::nullopt;
  // So do the names of things in ASN.1 begin.
  const bool named = (quad.parts[0] == 2 && quad.parts[1] == 5) || (quad.parts[0] == 1 && quad.parts[1] < 4);
  if (quad.small || named) return Verdict{begin, end, std::nullopt, Grade::plausible};
  return Verdict{begin, end, Grade::plausible, Grade::validated};
}

std::optional<Verdict> ipv6_address(std::string_view view, std::size_t begin, std::size_t end) {
  while (begin > 0 && is_ipv6(view[begin - 1])) --begin;
  while (is_ipv6(at(view, end))) ++end;
  if (begin > 0 && (is_alnum(view[begin - 1]) || view[begin - 1] == '_')) return std::nullopt;
  if (is_alnum(at(view, end)) || at(view, end) == '_') return std::nullopt;
  while (end > begin && view[end - 1] == ':' && !(end - begin > 1 && view[end - 2] == ':')) --end;
  const std::size_t first_group = view.substr(begin, end - begin).find(':');
  std::size_t groups = 0, gaps = 0, digits = 0, length = 0;
  for (std::size_t i = begin; i <= end; ++i) {
    const char c = i < end ? view[i] : ':';
    if (c == ':') {
      groups += length > 0 ? 1U : 0U;
      if (length == 0 && i > begin && i < end) ++gaps;
      length = 0;
      continue;
    }
    digits += is_digit(c) ? 1U : 0U;
    if (++length > 4) return std::nullopt;
  }
  if (groups == 8 && gaps == 0 && digits > 0) return Verdict{begin, end, Grade::plausible, Grade::validated};
  // Few groups around a gap are many things; a prefix of four digits says what they are.
  if (gaps != 1 || groups < 2 || groups > 7 || digits < 2 || (groups < 4 && first_group != 4)) return std::nullopt;
  return Verdict{begin, end, Grade::plausible, Grade::validated};
}

std::optional<Verdict> mac_address(std::string_view view, std::size_t begin, std::size_t /*end*/) {
  // The core is two groups and what parts them, anywhere in the address.
  const char separator = view[begin];
  const auto group_before = [&](std::size_t at_) {
    return at_ >= 3 && view[at_ - 1] == separator && is_hex(view[at_ - 2]) && is_hex(view[at_ - 3]);
  };
  std::size_t first = begin + 1;
  for (int groups = 0; groups < 5 && group_before(first); ++groups) first -= 3;
  if (first > 0 && (is_alnum(view[first - 1]) || view[first - 1] == separator)) return std::nullopt;
  for (std::size_t group = 0; group < 6; ++group) {
    const std::size_t at_ = first + 3 * group;
    if (!is_hex(at(view, at_)) || !is_hex(at(view, at_ + 1))) return std::nullopt;
    if (group < 5 && at(view, at_ + 2) != separator) return std::nullopt;
  }
  const std::size_t last = first + 17;
  if (is_alnum(at(view, last)) || at(view, last) == separator) return std::nullopt;
  const std::string_view text = view.substr(first, 17);
  const auto count = [&](char c) { return std::count(text.begin(), text.end(), c); };
  if (count('0') == 12 || count('f') + count('F') == 12) return std::nullopt;
  return Verdict{first, last, Grade::plausible, Grade::validated};
}

}  // namespace ambit::scrutiny
