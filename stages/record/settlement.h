// Settlement: families and duplicates, which can be told only when everything has been seen.
//
// A caught object (relevant in some way) and every member of a container wait here, sorted by locator, until the
// sweep is over. Then, in locator order:
//
//   held back  a container that would be released, where something in it may not be: what is privileged or quarantined,
//              and, where it would be disclosed whole, what lies outside the dates of the order. It becomes
//              `review_private`: whoever gets its bytes gets all that is packed in them.
//   family     a container and all below it stand next to one another. Where one of them is disclosed, redacted or
//              under review, those that no rule reaches become `family`.
//   duplicate  of the objects with the same SHA-256, size, disposition, rule, extents and hits, the first is the
//              original and the others are its duplicates. (Hits are compared because a name is searched too: two
//              files of the same content may be relevant for what only one of them is called.)
//
// Memory is bounded by the sorters' and one bit per family and released object; nothing here is readable on the disk
// (sealed_sort.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.h"
#include "pipeline/sealed_sort.h"
#include "stages/record/stored_verdict.h"

namespace ambit::record {

// One object, in locator order. Views are valid during the call.
struct Settled {
  std::string_view key;       // the locator's sort key
  StoredVerdict& verdict;     // its decision is final
  Disposition fate;           // a duplicate's is that of its original; else the disposition
  std::uint64_t twins = 0;    // number of the set of equal objects it belongs to, from 1; 0: none
  std::string_view original;  // duplicate: sort key of the original
};

class Settlement {
 public:
  Settlement(std::string folder, std::size_t memory);

  // `packed` by append_verdict(). One thread at a time.
  [[nodiscard]] Result<> add(std::string_view key, std::string_view packed) { return objects_.add(key, packed); }
  [[nodiscard]] std::uint64_t waiting() const { return objects_.count(); }
  // Ends the adding; hands over every object. Stops at the first Error and returns it.
  [[nodiscard]] Result<> settle(const std::function<Result<>(Settled&)>& settled);

 private:
  [[nodiscard]] Result<> find_held_back();
  [[nodiscard]] Result<> find_families(SealedSort& equals);
  [[nodiscard]] Result<> find_twins(SealedSort& equals);

  const std::string folder_;
  const std::size_t memory_;
  SealedSort objects_;              // sort key -> verdict
  SealedSort twins_;                // sort key -> number of the set, sort key of the original (not of itself)
  std::vector<bool> is_held_back_;  // by object that would be released, in locator order
  std::vector<bool> is_relevant_;   // by family, in locator order
};

}  // namespace ambit::record
