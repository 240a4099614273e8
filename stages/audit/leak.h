// Leak: a third party's value where parties read. Where it stands and what kind it is, never what it says.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

namespace ambit::audit {

// Kinds of values that can be told for certain, by their arithmetic or by their print.
enum class LeakKind : std::uint8_t {
  payment_card,
  iban,
  us_ssn,
  email_address,
  phone_number,
  private_key,
  url_credentials,
  access_token,
};
inline constexpr std::size_t kLeakKinds = 8;
// The names of the detectors that speak for the same.
inline constexpr std::array<std::string_view, kLeakKinds> kLeakKindNames = {
    "payment-card", "iban",        "us-ssn",          "email-address",
    "phone-number", "private-key", "url-credentials", "access-token"};
[[nodiscard]] constexpr std::string_view to_string(LeakKind kind) {
  return kLeakKindNames[static_cast<std::size_t>(kind)];
}

// How the value is written.
enum class Writing : std::uint8_t { plain, utf16, base64 };

struct Leak {
  std::uint64_t offset = 0;  // of its first byte, and one past its last: in the text as it stands
  std::uint64_t end = 0;
  LeakKind kind = LeakKind::payment_card;
  Writing writing = Writing::plain;
  friend auto operator<=>(const Leak&, const Leak&) = default;
};

}  // namespace ambit::audit
