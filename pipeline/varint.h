// Unsigned numbers in as few bytes as they need: seven bits a byte, the lowest first (LEB128).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ambit {

inline void append_varint(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(number | 0x80));
  out.push_back(static_cast<char>(number));
}

// Takes a number off the front of `in`; 0 where there is none. Only for bytes that we wrote ourselves.
inline std::uint64_t take_varint(std::string_view& in) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; !in.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return number;
}

inline std::string_view take_bytes(std::string_view& in, std::uint64_t count) {
  const std::string_view out = in.substr(0, count);
  in.remove_prefix(out.size());
  return out;
}

}  // namespace ambit
