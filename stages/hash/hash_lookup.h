// HashLookup: which digests an object needs, and what they match: identifiers given as hashes or sets, and known files.
//
// A set that knows sizes asks for a digest only of objects of such a size; a bare "sha256:…" asks for all of them. The
// few hashes that an order spells out are one sorted table; each set is asked where it is mapped.
#pragma once

#include <memory>
#include <unordered_set>
#include <vector>

#include "pipeline/scope.h"
#include "stages/hash/digest.h"

namespace ambit {

class HashLookup {
 public:
  explicit HashLookup(const Scope& scope);
  [[nodiscard]] bool empty() const { return entries_.empty() && sets_.empty(); }
  // The digests that could match an object of `size` bytes.
  [[nodiscard]] DigestSet needed(std::uint64_t size) const;
  // Adds the hits (View::raw, Form::hash, the whole object) and sets facts.known.
  void look_up(Facts& facts) const;

 private:
  static constexpr IdentifierId kKnown = UINT32_MAX;  // an entry of [known]
  struct Entry {
    HashValue value;
    IdentifierId identifier;
  };
  struct Set {
    std::shared_ptr<const HashSet> set;  // shared with the scope that names it
    IdentifierId identifier;             // or kKnown
  };
  void look_up(DigestKind kind, std::span<const std::uint8_t> digest, Facts& facts) const;
  static void note(IdentifierId identifier, Facts& facts);

  std::vector<Set> sets_;
  std::vector<Entry> entries_;                              // sorted by kind and digest
  DigestSet any_size_;                                      // kinds that occur without a size
  std::array<std::unordered_set<std::uint64_t>, 3> sizes_;  // by kind
};

}  // namespace ambit
