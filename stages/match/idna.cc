#include "stages/match/idna.h"

#include <unicode/idna.h>

#include <algorithm>
#include <memory>

namespace ambit::match {
namespace {

// As browsers of this century read a name, or as those before them, to which \u00df was ss.
const icu::IDNA* reader(bool transitional) {
  const auto make = [](std::uint32_t options) {
    UErrorCode status = U_ZERO_ERROR;
    return std::unique_ptr<icu::IDNA>(icu::IDNA::createUTS46Instance(options, status));
  };
  static const auto kNow = make(UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE);
  static const auto kThen = make(UIDNA_DEFAULT);
  return (transitional ? kThen : kNow).get();
}

bool is_host(std::string_view host) {
  const auto may_stand = [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return host.find('.') != std::string_view::npos && std::all_of(host.begin(), host.end(), may_stand);
}

std::string converted(std::string_view host, bool to_ascii, bool transitional) {
  const icu::IDNA* const idna = reader(transitional);
  if (idna == nullptr) return {};
  const icu::UnicodeString name =
      icu::UnicodeString::fromUTF8(icu::StringPiece(host.data(), static_cast<int32_t>(host.size())));
  icu::UnicodeString out;
  icu::IDNAInfo info;
  UErrorCode status = U_ZERO_ERROR;
  to_ascii ? idna->nameToASCII(name, out, info, status) : idna->nameToUnicode(name, out, info, status);
  std::string bytes;
  if (U_SUCCESS(status) && !info.hasErrors()) out.toUTF8String(bytes);
  return bytes;
}

}  // namespace

std::vector<std::string> other_host_names(std::string_view text) {
  const std::size_t sign = text.rfind('@');
  const std::string_view user = text.substr(0, sign == std::string_view::npos ? 0 : sign + 1);
  const std::string_view host = text.substr(user.size());
  std::vector<std::string> out;
  if (!is_host(host)) return out;
  const bool is_ascii =
      std::all_of(host.begin(), host.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const auto add = [&](const std::string& name) {
    std::string whole = std::string(user) + name;
    if (!name.empty() && name != host && std::find(out.begin(), out.end(), whole) == out.end())
      out.push_back(std::move(whole));
  };
  if (!is_ascii) {
    add(converted(host, true, false));
    add(converted(host, true, true));
  } else if (host.find("xn--") != std::string_view::npos || host.find("XN--") != std::string_view::npos) {
    add(converted(host, false, false));
  }
  return out;
}

}  // namespace ambit::match
