// Counts: what the run has seen, in numbers only. Each worker has its own; they are added up at the end, and
// addition does not care about the order.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pipeline/facts.h"
#include "stages/record/checkpoint.h"

namespace ambit::record {

struct CensusKey {
  std::uint32_t exhibit = 0;  // index
  Disposition disposition = Disposition::not_relevant;
  Reason reason = Reason::no_rule;
  Kind kind = Kind::unknown;
  friend auto operator<=>(const CensusKey&, const CensusKey&) = default;
};
struct ItemCount {
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;
};
struct ExceptionKey {
  std::uint32_t exhibit = 0;
  ExceptionReason reason = ExceptionReason::unreadable;
  friend auto operator<=>(const ExceptionKey&, const ExceptionKey&) = default;
};
struct HitCount {
  std::uint64_t objects = 0;
  std::uint64_t hits = 0;
};

class Counts {
 public:
  explicit Counts(std::size_t exhibits) : coverage(exhibits) {}

  // What is known when the object is swept: coverage, hits, exceptions.
  void see(std::uint32_t exhibit, const Facts& facts);
  // What is known once its disposition is final.
  void settle(const CensusKey& key, std::uint64_t bytes);
  Counts& operator+=(const Counts& other);
  void clear();

  std::vector<Coverage> coverage;  // by exhibit
  std::map<CensusKey, ItemCount> census;
  std::map<ExceptionKey, ItemCount> exceptions;
  std::unordered_map<IdentifierId, HitCount> identifiers;
  // Of the full census: values by exhibit and index of the category.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> private_values;
  std::uint64_t seen = 0;               // objects
  std::uint64_t exception_objects = 0;  // with at least one exception
  std::uint64_t exception_bytes = 0;    // not examined
};

// Bytes for the journal, and back. False, and nothing appended, where nothing was counted.
[[nodiscard]] bool append_counts(std::string& out, const Counts& counts);
[[nodiscard]] Counts read_counts(std::string_view bytes, std::size_t exhibits);

}  // namespace ambit::record
