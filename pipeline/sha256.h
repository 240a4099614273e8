// SHA-256 and HMAC-SHA-256, by OpenSSL's hand-written code: three times as fast as portable code where the processor
// has instructions for it. Every object that a run leaves out costs some ten blocks of it (stages/record/commitment.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace ambit {

using Bytes32 = std::array<std::uint8_t, 32>;

// In pieces. May be copied in the middle.
class Sha256 {
 public:
  Sha256();
  Sha256& add(std::string_view bytes);
  [[nodiscard]] Bytes32 finish();  // once

 private:
  friend class Hmac;
  void wipe();
  alignas(16) std::array<std::byte, 128> state_;
};

// HMAC-SHA-256 under one key, its first blocks worked out once. Const: shared by all workers. Wiped at the end.
class Hmac {
 public:
  explicit Hmac(const Bytes32& key);
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;
  ~Hmac();
  // Over the concatenation of the parts.
  [[nodiscard]] Bytes32 of(std::initializer_list<std::string_view> parts) const;

 private:
  Sha256 inner_, outer_;
};

}  // namespace ambit
