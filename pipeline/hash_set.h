// HashSet: a set file (hash_set_format.h), mapped and searched where it lies.
//
// A hundred million SHA-256 are 3.2 GB: too much to read before a run and too much to hold. So the file is mapped, the
// pages that look-ups touch are the only ones in memory, and the system may drop them. A look-up goes through the
// fences, which are few enough to stay in the cache and say between which two indices the digests with the same first
// bits lie; some dozens. Digests are evenly spread, so where among them one must lie follows from its next bits, give
// or take a few records, which are asked of memory at once. So a look-up waits for memory once, whatever the number of
// digests; where they are not evenly spread (somebody made them so) it waits as often as a binary search does.
//
// Who shortens the file while it is mapped ends the run, and nothing that looks finished is left of it.
//
// Opening reads the file once, all of it, against its checksum. So a set that a bad disk or a broken copy changed is
// refused before the run, and digest() is the digest of what was searched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "pipeline/bloom_filter.h"
#include "pipeline/file.h"
#include "pipeline/hash_set_format.h"
#include "pipeline/pattern.h"
#include "pipeline/result.h"
#include "pipeline/sha256.h"

namespace ambit {

// Const once it is open: shared by all workers.
class HashSet {
 public:
  // `path` only names it in errors: order for what is no sound set, io for what cannot be read.
  [[nodiscard]] static Result<std::shared_ptr<const HashSet>> open(File file, const std::string& path);
  ~HashSet();
  HashSet(const HashSet&) = delete;
  HashSet& operator=(const HashSet&) = delete;

  [[nodiscard]] std::uint64_t count(DigestKind kind) const { return table(kind).records.count; }
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] std::uint64_t count_without_size(DigestKind kind) const { return table(kind).any_size; }
  [[nodiscard]] bool filtered(DigestKind kind) const { return table(kind).filtered != 0; }
  [[nodiscard]] std::uint64_t file_bytes() const { return bytes_; }
  // SHA-256 of the file without its last 32 bytes, which are this.
  [[nodiscard]] const Bytes32& digest() const { return sum_; }

  // False: no digest of this kind is of a file of `size` bytes.
  [[nodiscard]] bool may_hold_size(DigestKind kind, std::uint64_t size) const;
  // True where the digest is in the set, for a file of `size` bytes or for one whose size the set does not know.
  // `digest` has digest_bytes(kind) bytes.
  [[nodiscard]] bool holds(DigestKind kind, std::span<const std::uint8_t> digest, std::uint64_t size) const;
  // The digest at `index` below count(kind), in ascending order, with its size where the set knows it.
  [[nodiscard]] HashValue at(DigestKind kind, std::uint64_t index) const;

 private:
  using KindTable = hash_set_format::KindTable;
  HashSet() = default;
  [[nodiscard]] Result<> map(const File& file, const std::string& path);
  [[nodiscard]] bool check_tables() const;
  [[nodiscard]] bool check_kind(DigestKind kind) const;
  [[nodiscard]] bool lies_within(const hash_set_format::Section& section, std::uint64_t element_bytes) const;
  [[nodiscard]] std::uint64_t find(const KindTable& table, std::span<const std::uint8_t> digest) const;
  [[nodiscard]] const std::uint8_t* record(const KindTable& table, std::uint64_t index) const {
    return base_ + table.records.at + index * table.record_bytes;
  }
  [[nodiscard]] const KindTable& table(DigestKind kind) const { return tables_.kinds[static_cast<std::size_t>(kind)]; }
  template <class T>
  [[nodiscard]] std::span<const T> elements(const hash_set_format::Section& section) const {
    return {reinterpret_cast<const T*>(base_ + section.at), section.count};
  }

  const std::uint8_t* base_ = nullptr;  // the mapping
  std::uint64_t bytes_ = 0;
  hash_set_format::Trailer tables_;
  BloomFilter filter_;
  Bytes32 sum_{};
};

// Whether a file that begins with `head` claims to be a set file.
[[nodiscard]] bool begins_hash_set(std::span<const std::uint8_t> head);

}  // namespace ambit
