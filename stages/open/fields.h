// Numbers as images hold them, and reads that must not be short.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <string>
#include <string_view>

#include "pipeline/byte_source.h"

namespace ambit::open {

// `at` + sizeof(T) must lie inside `bytes`.
template <class T>
[[nodiscard]] T little(std::span<const std::byte> bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.subspan(at, sizeof(T)).data(), sizeof(T));
  static_assert(std::endian::native == std::endian::little);
  return value;
}
template <class T>
[[nodiscard]] T big(std::span<const std::byte> bytes, std::size_t at) {
  T value{};
  for (const std::byte byte : bytes.subspan(at, sizeof(T))) {
    value = static_cast<T>(value << 8U) | static_cast<T>(std::to_integer<std::uint8_t>(byte));
  }
  return value;
}

[[nodiscard]] inline std::string_view text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline bool is_all_zero(std::span<const std::byte> bytes) {
  return text(bytes).find_first_not_of('\0') == std::string_view::npos;
}

// As many bytes as there are, up to `into.size()`; a source may give fewer in one read.
[[nodiscard]] inline Result<std::size_t> read_up_to(const ByteSource& source, std::uint64_t at,
                                                    std::span<std::byte> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const Result<std::size_t> got = source.read_at(at + done, into.subspan(done));
    if (!got.ok()) return got.error();
    if (*got == 0) break;
    done += *got;
  }
  return done;
}

[[nodiscard]] inline Error damaged(std::string what, const std::string& image, std::string remedy = "") {
  return {ErrorKind::evidence, std::move(what), image, std::move(remedy)};
}

// All of `into`, or an Error.
[[nodiscard]] inline Result<> read_exactly(const ByteSource& source, std::uint64_t at, std::span<std::byte> into) {
  const Result<std::size_t> got = read_up_to(source, at, into);
  if (!got.ok()) return got.error();
  if (*got < into.size()) return damaged("the image ends too early", "");
  return {};
}

// True if [at, at + length) lies inside `size`.
[[nodiscard]] constexpr bool fits(std::uint64_t at, std::uint64_t length, std::uint64_t size) {
  return at <= size && length <= size - at;
}

}  // namespace ambit::open
