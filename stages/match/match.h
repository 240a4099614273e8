// Match: the stage that finds identifiers in the bytes of an object.
//
// Every chunk is scanned together with as much of its lead as the widest hit needs; what Hyperscan finds is checked
// exactly in the window (literal.h, base64.h, regex.h). A hit belongs to the chunk in whose body its last byte lies,
// and whether it is one follows from at most context_bytes() around it: so no hit depends on the cuts. Long runs of
// zeros are left out but for their borders.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "pipeline/stage.h"
#include "stages/match/pattern_set.h"
#include "stages/match/settle.h"

namespace ambit {

class Match {
 public:
  // One worker's memory: scratch space for Hyperscan, the hits of the part at hand.
  struct State {
    State();
    ~State();
    State(State&&) noexcept;
    State& operator=(State&&) noexcept;
    struct Impl;
    std::unique_ptr<Impl> impl;
  };

  // `patterns` must outlive the stage and its states.
  Match(const PatternSet& patterns, std::uint32_t max_hits_per_identifier);

  [[nodiscard]] State make_state() const;
  void begin(State& state, const Head& head) const;
  void look(State& state, const Chunk& chunk) const;
  // Appends the hits of the part to facts.hits, sorted and settled; where a limit was reached, also an exception
  // ExceptionReason::hits_limit.
  void finish(State& state, Facts& facts) const;

  // Appends the hits in a whole small text, as View::name; within the same limit. Not between begin and finish.
  void match_name(State& state, std::string_view name, std::vector<Hit>& hits) const;

 private:
  const PatternSet& patterns_;
  std::uint32_t max_hits_per_identifier_;
};

}  // namespace ambit
