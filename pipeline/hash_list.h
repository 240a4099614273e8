// Hash list: a text file of digests, as forensic tools exchange them.
//
//   hashdeep   %%%% HASHDEEP-1.0 / %%%% size,md5,sha256,filename / rows in the header's order
//   *sum       <hex>  name    <hex> *name    \<hex>  name\\with\nescapes         (md5sum, sha1sum, sha256sum)
//   BSD        SHA256 (name) = <hex>    SHA256(name)= <hex>                      (--tag, openssl dgst)
//
// Names are read over, never kept. A hashdeep row with several digests gives the strongest only: the others say
// nothing that it does not say, and each kind of digest costs a pass over every candidate.
// The file is streamed, so its size is bounded only by what its digests take in memory: 56 bytes each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/pattern.h"
#include "pipeline/result.h"

namespace ambit {

inline constexpr std::array<std::string_view, 3> kDigestNames = {"md5", "sha1", "sha256"};
[[nodiscard]] constexpr std::string_view to_string(DigestKind kind) {
  return kDigestNames[static_cast<std::size_t>(kind)];
}

// 32, 40 or 64 hexadecimal digits of either case; the length tells the kind. Nothing for any other text.
[[nodiscard]] std::optional<HashValue> parse_digest(std::string_view hex);

// Decimal digits only, no sign, within 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_whole_number(std::string_view digits);

// Sorted, no duplicates, never empty. Errors (kind order or io) name the file, and the line where there is one, in
// `where`; they never quote a line.
[[nodiscard]] Result<std::vector<HashValue>> read_hash_list(const std::string& path);

}  // namespace ambit
