// The full census: the detectors over everything, of which nothing but numbers comes out.
//
// So that the court can see how much private data of which kind the servers hold, before it decides what may be asked
// of them. It runs in the sweep, beside the match. A value counts in the chunk in which its last letter lies, so the
// numbers are the same for any size of chunk. Values are not told apart: a number that stands in a hundred files counts
// a hundred times.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/stage.h"
#include "stages/scrutinise/detect.h"
#include "stages/scrutinise/detector_set.h"

namespace ambit {

class PrivateCensus {
 public:
  // `detectors` outlives it. Where the census is not `full` it looks at nothing.
  PrivateCensus(const DetectorSet& detectors, Grade least, bool full)
      : detectors_(detectors), least_(least), full_(full) {}

  struct State {
    std::optional<scrutiny::WindowScan> scan;
    std::vector<std::uint64_t> found;  // values in the last object or span, by DetectorId
    bool counts = false;
    std::span<const Run> left_out;  // places that count elsewhere; by place
  };
  [[nodiscard]] State make_state() const;
  [[nodiscard]] bool is_full() const { return full_; }

  // Before begin(): whether the next object counts, but for what is `left_out`, which outlives the look at it.
  void prepare(State& state, bool counts, std::span<const Run> left_out = {}) const;
  void begin(State& state, const Head& head) const;
  void look(State& state, const Chunk& chunk) const;
  void finish(State& state, Facts& facts) const;  // leaves the facts alone: the numbers are in state.found

 private:
  const DetectorSet& detectors_;
  Grade least_;
  bool full_;
};

}  // namespace ambit
