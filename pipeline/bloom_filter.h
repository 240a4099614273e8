// A Bloom filter as DCSO's bloom and CIRCL's hashlookup exchange it: many digests in a few bits each, with answers that
// are sometimes wrong on the side of yes.
//
//   u64 version (1)  u64 n: how many it was made for  f64 p: how often it is wrong  u64 hashes  u64 bits  u64 N: in it
//   ceil(bits / 64) × u64   and anything behind
//
// hashlookup puts digests in as upper-case hexadecimal digits. What the filter says yes to may be a file that nobody
// has ever seen: it is never a reason to leave anything out, only to look no further.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ambit {

inline constexpr std::size_t kBloomHeaderBytes = 48;

struct BloomHeader {
  std::uint64_t hashes = 0;  // probes for one value
  std::uint64_t bits = 0;
  [[nodiscard]] std::uint64_t words() const { return bits / 64 + (bits % 64 != 0 ? 1 : 0); }
};

// Of a file of `file_bytes` that begins with `head`. Nothing where these are no filter or it is cut off.
[[nodiscard]] std::optional<BloomHeader> read_bloom_header(std::span<const std::uint8_t> head,
                                                           std::uint64_t file_bytes);

// The filter itself; the words belong to somebody else.
class BloomFilter {
 public:
  BloomFilter() = default;
  // `words` are header.words() of them.
  BloomFilter(const BloomHeader& header, std::span<const std::uint64_t> words) : header_(header), words_(words) {}
  [[nodiscard]] bool empty() const { return words_.empty(); }
  // False: certainly not in it.
  [[nodiscard]] bool may_hold(std::span<const std::uint8_t> digest) const;

 private:
  BloomHeader header_;
  std::span<const std::uint64_t> words_;
};

}  // namespace ambit
