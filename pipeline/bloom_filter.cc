#include "pipeline/bloom_filter.h"

#include <bit>
#include <cstring>

#include "pipeline/limits.h"

namespace ambit {
namespace {

constexpr std::uint64_t kFnvOffset = 14695981039346656037ULL;
constexpr std::uint64_t kFnvPrime = 1099511628211ULL;
// The sequence of probes: hash, hash · g, hash · g² …, each product cut to 64 bits before it is reduced.
constexpr std::uint64_t kModulus = 18446744073709551557ULL;  // the largest prime of 64 bits
constexpr std::uint64_t kGenerator = 18446744073709550147ULL;

// FNV-1, 64 bits, of the digest's upper-case hexadecimal digits.
std::uint64_t hash_of_hex(std::span<const std::uint8_t> digest) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::uint64_t hash = kFnvOffset;
  for (const std::uint8_t byte : digest) {
    hash = (hash * kFnvPrime) ^ static_cast<std::uint8_t>(kHex[byte >> 4]);
    hash = (hash * kFnvPrime) ^ static_cast<std::uint8_t>(kHex[byte & 15]);
  }
  return hash;
}

}  // namespace

std::optional<BloomHeader> read_bloom_header(std::span<const std::uint8_t> head, std::uint64_t file_bytes) {
  if (head.size() < kBloomHeaderBytes || file_bytes < kBloomHeaderBytes) return std::nullopt;
  const auto field = [&](std::size_t index) {
    std::uint64_t value = 0;
    std::memcpy(&value, head.data() + 8 * index, sizeof value);
    return value;
  };
  const auto wrong = std::bit_cast<double>(field(2));
  const BloomHeader header{field(3), field(4)};
  if (field(0) != 1 || !(wrong > 0 && wrong < 1)) return std::nullopt;
  if (header.hashes == 0 || header.hashes > limits::kMaxFilterHashes || header.bits == 0) return std::nullopt;
  if (header.words() > (file_bytes - kBloomHeaderBytes) / 8) return std::nullopt;
  return header;
}

bool BloomFilter::may_hold(std::span<const std::uint8_t> digest) const {
  std::uint64_t hash = hash_of_hex(digest) % kModulus;
  for (std::uint64_t i = 0; i < header_.hashes; ++i) {
    hash = (hash * kGenerator) % kModulus;
    const std::uint64_t bit = hash % header_.bits;
    if ((words_[bit / 64] >> (bit % 64) & 1) == 0) return false;
  }
  return true;
}

}  // namespace ambit
