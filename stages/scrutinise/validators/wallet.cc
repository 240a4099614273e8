// Addresses of wallets, which name their owner to whoever can ask an exchange.
//
//   bitcoin  = base58 of version, 20 bytes and 4 of a double SHA-256; begins with 1 or 3
//   segwit   = "bc1" and letters of bech32, a checksum in the last six (BIP 173, 350)
//   ethereum = "0x" 40 hexadecimal digits; their capitals, where there are any, are a checksum (EIP-55)
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>

#include "pipeline/sha256.h"
#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {
namespace {

constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kFewest58 = 26, kMost58 = 35, kPayload = 21, kWhole = 25;

bool base58_checks(std::string_view text) {
  std::array<std::uint8_t, kWhole> bytes{};
  for (const char c : text) {
    std::size_t carry = kBase58.find(c);
    if (carry == std::string_view::npos) return false;
    for (std::size_t i = kWhole; i-- > 0;) {
      carry += std::size_t{58} * bytes[i];
      bytes[i] = static_cast<std::uint8_t>(carry & 0xff);
      carry >>= 8;
    }
    if (carry != 0) return false;
  }
  const std::string_view whole(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const Bytes32 once = Sha256().add(whole.substr(0, kPayload)).finish();
  const Bytes32 twice = Sha256().add({reinterpret_cast<const char*>(once.data()), once.size()}).finish();
  return std::equal(bytes.begin() + kPayload, bytes.end(), twice.begin(),
                    [](auto a, auto b) { return a == static_cast<std::uint8_t>(b); });
}

bool bech32_checks(std::string_view text) {
  static constexpr std::array<std::uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                              0x2a1462b3};
  std::uint32_t check = 1;
  const auto add = [&](std::uint32_t value) {
    const std::uint32_t top = check >> 25;
    check = (check & 0x1ffffff) << 5 ^ value;
    for (std::size_t i = 0; i < kGenerator.size(); ++i) check ^= (top >> i & 1U) != 0 ? kGenerator[i] : 0;
  };
  for (const std::uint32_t value : {3U, 3U, 0U, 2U, 3U}) add(value);  // "bc"
  for (const char c : text.substr(3)) {
    const std::size_t value = kBech32.find(c);
    if (value == std::string_view::npos) return false;
    add(static_cast<std::uint32_t>(value));
  }
  return check == 1 || check == 0x2bc830a3;
}

// Keccak-256 of a text shorter than one block, as Ethereum uses it.
std::array<std::uint8_t, 32> keccak(std::string_view text) {
  static constexpr std::array<int, 24> kTurns = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                                 27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};
  static constexpr std::array<std::size_t, 24> kLanes = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                                         15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
  std::array<std::uint64_t, 25> lanes{};
  const auto put = [&](std::size_t i, unsigned byte) { lanes[i / 8] ^= std::uint64_t{byte} << (i % 8 * 8); };
  for (std::size_t i = 0; i < text.size(); ++i) put(i, static_cast<unsigned char>(text[i]));
  put(text.size(), 0x01);
  put(135, 0x80);
  unsigned shift = 1;  // of the register that makes the round constants
  for (int round = 0; round < 24; ++round) {
    std::array<std::uint64_t, 5> column{};
    for (std::size_t i = 0; i < 25; ++i) column[i % 5] ^= lanes[i];
    for (std::size_t i = 0; i < 25; ++i) lanes[i] ^= column[(i + 4) % 5] ^ std::rotl(column[(i + 1) % 5], 1);
    std::uint64_t moved = lanes[1];
    for (std::size_t i = 0; i < 24; ++i) {
      const std::uint64_t kept = lanes[kLanes[i]];
      lanes[kLanes[i]] = std::rotl(moved, kTurns[i]);
      moved = kept;
    }
    for (std::size_t row = 0; row < 25; row += 5) {
      std::array<std::uint64_t, 5> old{};
      for (std::size_t i = 0; i < 5; ++i) old[i] = lanes[row + i];
      for (std::size_t i = 0; i < 5; ++i) lanes[row + i] = old[i] ^ (~old[(i + 1) % 5] & old[(i + 2) % 5]);
    }
    for (unsigned bit = 0; bit < 7; ++bit) {
      if ((shift & 1U) != 0) lanes[0] ^= std::uint64_t{1} << ((1U << bit) - 1);
      shift = (shift << 1) ^ ((shift >> 7) * 0x171U);
    }
  }
  std::array<std::uint8_t, 32> out{};
  for (std::size_t i = 0; i < 32; ++i) out[i] = static_cast<std::uint8_t>(lanes[i / 8] >> (i % 8 * 8));
  return out;
}

bool capitals_check(std::string_view digits) {
  const auto hash = keccak(lowered(digits));
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const unsigned nibble = i % 2 == 0 ? hash[i / 2] >> 4U : hash[i / 2] & 0xfU;
    if (is_alpha(digits[i]) && is_upper(digits[i]) != (nibble >= 8)) return false;
  }
  return true;
}

std::optional<Verdict> ethereum(std::string_view view, std::size_t begin, std::size_t end) {
  std::size_t last = end;
  while (last - end <= 40 && is_hex(at(view, last))) ++last;
  if (last - end != 40 || is_alnum(at(view, last))) return std::nullopt;
  const std::string_view digits = view.substr(end, 40);
  const auto count = static_cast<std::size_t>(std::count(digits.begin(), digits.end(), digits.front()));
  if (count > 30) return std::nullopt;  // zeros, a pattern
  const bool mixed =
      std::any_of(digits.begin(), digits.end(), is_upper) && std::any_of(digits.begin(), digits.end(), is_lower);
  if (mixed && capitals_check(digits)) return Verdict{begin, last, Grade::validated, Grade::validated};
  return Verdict{begin, last, Grade::shape_only, Grade::plausible};
}

}  // namespace

std::optional<Verdict> wallet_address(std::string_view view, std::size_t begin, std::size_t end) {
  if (begin > 0 && (is_alnum(view[begin - 1]) || view[begin - 1] == '_')) return std::nullopt;
  const std::string_view core = view.substr(begin, end - begin);
  if (view.substr(begin, 2) == "0x") return ethereum(view, begin, begin + 2);
  std::size_t last = end;
  if (core == "bc1") {
    while (last - begin <= 90 && is_alnum(at(view, last))) ++last;
    const std::string_view text = view.substr(begin, last - begin);
    if (text.size() < 14 || text.size() > 90 || !bech32_checks(text)) return std::nullopt;
    return Verdict{begin, last, Grade::validated, Grade::validated};
  }
  if (view[begin] != '1' && view[begin] != '3') return std::nullopt;
  while (last - begin <= kMost58 && is_alnum(at(view, last))) ++last;
  const std::size_t size = last - begin;
  if (size < kFewest58 || size > kMost58 || !base58_checks(view.substr(begin, size))) return std::nullopt;
  return Verdict{begin, last, Grade::validated, Grade::validated};
}

}  // namespace ambit::scrutiny
