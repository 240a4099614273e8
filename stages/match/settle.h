// Settling: from confirmed occurrences, as they come, to the hits of one part of an object.
//
// Occurrences come roughly in order: none that is still to come begins before a *horizon*, which the matcher moves
// on. Everything before it is settled for good, strictly by start, so nothing depends on where chunks end, and what is
// kept in memory is bounded by the limits and by one horizon's width:
//
// * identifiers of literals and byte strings: every occurrence is a hit, but one that lies within another of the same
//   identifier and view is dropped (of two forms for the same bytes the first in Form's order stays);
// * identifiers that have an expression: overlapping occurrences of one form are united into one hit, which is the same
//   whatever the cuts are, since a union is;
// * beyond the limits the later hits are dropped, and that is said.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "pipeline/facts.h"
#include "stages/match/pattern_set.h"

namespace ambit {

// Joins the hit lists of the spans of one object: any order in, sorted, settled and limited hits out. `over_limit` is
// set where hits were dropped for a limit, else left alone.
void settle_hits(std::vector<Hit>& hits, const PatternSet& patterns, std::uint32_t max_per_identifier,
                 bool& over_limit);

namespace match {

struct Program;

class Settler {
 public:
  Settler(const Program& program, std::uint32_t max_per_identifier);

  void add(const Hit& hit);
  // No occurrence that is still to come begins before `horizon`.
  void advance(std::uint64_t horizon);
  // Enough has gathered that advance() should be called.
  [[nodiscard]] bool is_full() const { return pending_.size() >= full_at_; }
  // False once further occurrences of the identifier cannot change anything.
  [[nodiscard]] bool wants(IdentifierId identifier, View view) const;

  // Settles what is left, appends all hits, sorted among themselves, and begins anew. True if a limit was reached.
  [[nodiscard]] bool take(std::vector<Hit>& out);

 private:
  struct Open {  // a union that may still grow
    std::uint64_t start = 0, end = 0;
    Form form = Form::utf8;
  };
  struct Tally {
    std::uint64_t covered_to = 0;  // end of the widest hit so far
    std::uint32_t count = 0;
    bool over = false;
    std::vector<Open> open;
  };
  static std::uint64_t key(IdentifierId identifier, View view) {
    return std::uint64_t{identifier} << 8 | static_cast<std::uint64_t>(view);
  }
  [[nodiscard]] bool count(Tally& tally);
  [[nodiscard]] bool count_mark(Tally& tally);
  void settle_one(const Hit& hit);
  void unite(Tally& tally, const Hit& hit);
  void close(std::uint64_t key, Tally& tally, std::uint64_t horizon);

  const Program& program_;
  std::uint32_t max_per_identifier_;
  std::vector<Hit> pending_;
  std::vector<Hit> settled_;
  std::unordered_map<std::uint64_t, Tally> tallies_;
  std::vector<std::uint64_t> growing_;  // keys of tallies with open unions
  std::uint64_t total_ = 0;
  std::size_t full_at_ = 0;
  bool over_ = false;
};

}  // namespace match
}  // namespace ambit
