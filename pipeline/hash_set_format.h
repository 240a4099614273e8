// The set file (.ambitset): digests of any number of files, sorted, so that it can be mapped and searched in place.
//
//   "AMBITSET" u64 version
//   for md5, sha1, sha256, where there are any:
//     records       count × a digest of 16, 20 or 32 bytes and, unless no digest has a size, the bytes of its file as
//                   big-endian u64, kAnySize where the source did not say; ascending as bytes, each once
//     fences        2^fence_bits + 1 × u32: index of the first record whose first fence_bits bits are not below this
//     small sizes   bitmap: bit n of word w: some digest is of a file of 64 w + n bytes
//     large sizes   u64, ascending: the sizes beyond the bitmap's reach
//   filter          the words of a Bloom filter, where there is one
//   Trailer
//   SHA-256 of everything before it
//
// All other numbers are little-endian; every section begins at a multiple of 64. The tables stand at the end so that a
// file is written front to back; that also makes a file that was cut off one without a trailer. The same digests give
// the same bytes, whatever the order and the formats that they came in: nothing else is in the file.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace ambit::hash_set_format {

static_assert(std::endian::native == std::endian::little, "the sections are used as they lie");

inline constexpr std::string_view kMagic = "AMBITSET";
inline constexpr std::uint64_t kVersion = 1;
inline constexpr std::uint64_t kHeaderBytes = 16;
inline constexpr std::uint64_t kAlignment = 64;
inline constexpr std::uint64_t kAnySize = UINT64_MAX;
// Sizes below this stand in the bitmap: nearly every file, in two mebibytes.
inline constexpr std::uint64_t kSmallSizes = std::uint64_t{1} << 24;
inline constexpr std::uint64_t kSumBytes = 32;
inline constexpr std::size_t kSizeBytes = 8;

struct Section {
  std::uint64_t at = 0;     // offset in the file
  std::uint64_t count = 0;  // of its elements; 0: not there
};

// Of one kind of digest; all zero where there is none of it.
struct KindTable {
  Section records, fences, small_sizes, large_sizes;
  std::uint64_t record_bytes = 0;  // with the size, where there is one
  std::uint64_t fence_bits = 0;
  std::uint64_t any_size = 0;          // digests without a size
  std::uint64_t every_large_size = 0;  // 1: there are too many sizes beyond the bitmap to list, so any may occur
  std::uint64_t filtered = 0;          // 1: the filter says yes to each of them
};

struct Trailer {
  std::array<KindTable, 3> kinds;  // by DigestKind
  Section filter;                  // words of 64 bits
  std::uint64_t filter_bits = 0;   // of which these count
  std::uint64_t filter_hashes = 0;
  std::uint64_t reserved = 0;  // 0
};
static_assert(std::is_trivially_copyable_v<Trailer> && std::has_unique_object_representations_v<Trailer>);

// The eight bytes there as a number that is ordered as they are.
[[nodiscard]] inline std::uint64_t big_endian(const std::uint8_t* bytes) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return __builtin_bswap64(number);
}
// The first `bits` (below 64) of a digest as a number.
[[nodiscard]] inline std::uint64_t first_bits(std::span<const std::uint8_t> digest, std::uint64_t bits) {
  return bits == 0 ? 0 : big_endian(digest.data()) >> (64 - bits);
}

}  // namespace ambit::hash_set_format
