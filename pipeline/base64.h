// The letters of base64 (RFC 4648), and what each stands for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ambit {

inline constexpr std::string_view kBase64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr std::uint8_t kNoBase64 = 64;  // the value of what is no letter of it
inline constexpr std::array<std::uint8_t, 256> kBase64Values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoBase64);
  for (std::size_t i = 0; i < kBase64Letters.size(); ++i) {
    values[static_cast<unsigned char>(kBase64Letters[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();
[[nodiscard]] constexpr std::uint8_t base64_value(char letter) {
  return kBase64Values[static_cast<unsigned char>(letter)];
}

// What is no letter is passed.
[[nodiscard]] inline std::string from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::uint8_t value = base64_value(c);
    if (value == kNoBase64) continue;
    bits = bits << 6U | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xffU);
  }
  return bytes;
}

// In one line, filled up with '='.
[[nodiscard]] inline std::string to_base64(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) out += i <= group.size() ? kBase64Letters[bits >> (18 - 6 * i) & 0x3fU] : '=';
  }
  return out;
}

}  // namespace ambit
