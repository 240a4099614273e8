// Hash list: a text file of digests, as forensic tools exchange them.
//
//   hashdeep   %%%% HASHDEEP-1.0 / %%%% size,md5,sha256,filename / rows in the header's order
//   *sum       <hex>  name    <hex> *name    \<hex>  name\\with\nescapes         (md5sum, sha1sum, sha256sum)
//   BSD        SHA256 (name) = <hex>    SHA256(name)= <hex>                      (--tag, openssl dgst)
//
// Names are read over, never kept. The file is streamed: its size is not bounded.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

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

// What a source says about one file: up to three digests, and its size where the source knows it.
struct HashRow {
  std::array<std::array<std::uint8_t, 32>, 3> digests{};  // by DigestKind; the rest is zero
  std::array<bool, 3> has{};
  std::optional<std::uint64_t> size;  // bytes
  void set(const HashValue& digest);
  friend bool operator==(const HashRow&, const HashRow&) = default;
};
// The digest of one kind; without a kind the strongest that the row has: the others say nothing that it does not say,
// and each kind costs a pass over every candidate.
[[nodiscard]] std::optional<HashValue> pick_digest(const HashRow& row, std::optional<DigestKind> kind);

// Takes one row; an error ends the reading.
using TakeHashRow = std::function<Result<>(const HashRow&)>;

// Every row of the list, in its order; at least one. Errors (kind order or io) name the file, and the line where there
// is one, in `where`; they never quote a line.
[[nodiscard]] Result<> read_hash_list(const std::string& path, const TakeHashRow& take);

}  // namespace ambit
