// ASCII character classes that no locale can change.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ambit {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_alpha(char c) { return is_upper(c) || is_lower(c); }
constexpr bool is_alnum(char c) { return is_digit(c) || is_alpha(c); }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

inline bool is_ascii(std::string_view text) {
  std::uint64_t all = 0, eight = 0;
  for (; text.size() >= sizeof eight; text.remove_prefix(sizeof eight)) {
    std::memcpy(&eight, text.data(), sizeof eight);
    all |= eight;
  }
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return (all & 0x8080808080808080) == 0;
}

inline std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}
inline std::string uppered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = upper(c);
  return out;
}

// True if `text` is, begins or ends with a word of small letters, however it writes it.
inline bool equals_caseless(std::string_view text, std::string_view lower_word) {
  return std::equal(text.begin(), text.end(), lower_word.begin(), lower_word.end(),
                    [](char have, char want) { return lower(have) == want; });
}
inline bool begins_caseless(std::string_view text, std::string_view lower_word) {
  return equals_caseless(text.substr(0, lower_word.size()), lower_word);
}
inline bool ends_caseless(std::string_view text, std::string_view lower_word) {
  return text.size() >= lower_word.size() && equals_caseless(text.substr(text.size() - lower_word.size()), lower_word);
}

}  // namespace ambit
