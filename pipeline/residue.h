// ResidueRun: cuts residue into objects, after it was swept.
//
// Residue has no files, and a run of it may be terabytes long. Calling the whole run relevant because of one hit
// would release the strangers around it; so what is judged is a piece: the cells of a fixed grid
// (limits::kResidueCell) that hold a hit, joined where they touch. What lies between the pieces is an object
// without a hit. A rule sees the hits of one piece together; since near() reaches no further than a cell is wide,
// no neighbourhood in the sense of a rule is torn apart.
//
// The spans of a run are swept by several workers and arrive in any order; the objects that come out depend on
// neither. A piece that touches the border of its span waits for the neighbour and is joined with it, but not when
// one of the two spans is one piece from end to end: that bounds every object at two spans.
#pragma once

#include <map>
#include <vector>

#include "pipeline/facts.h"
#include "pipeline/object.h"

namespace ambit {

class ResidueRun {
 public:
  // What the sweep of one span found; offsets are places of the image.
  struct Span {
    std::uint64_t begin = 0, end = 0;
    std::vector<Hit> hits;  // those that start in the span; sorted
    std::vector<Exception> exceptions;
    bool goes_on = false;               // the run goes on behind this span
    std::vector<std::uint64_t> starts;  // places at which something packed may begin; sorted
  };
  // An object: bytes [begin, end) of the image. Offsets in the facts count from `begin`. The facts have no coverage:
  // that is counted for the image as a whole.
  struct Piece {
    std::uint64_t begin = 0, end = 0;
    Facts facts;
  };

  // `kind`: what the pieces are.
  ResidueRun(std::uint64_t begin, Kind kind) : kind_(kind), next_(begin) {}
  // Takes one span and returns the objects that are complete now. Not thread-safe.
  [[nodiscard]] std::vector<Piece> add(Span span);
  // True when all spans are in; then every object has been returned.
  [[nodiscard]] bool done() const { return done_; }
  // Then: where the run ends, and the starts of all spans.
  [[nodiscard]] std::uint64_t end() const { return next_; }
  [[nodiscard]] std::vector<std::uint64_t> take_starts() { return std::move(starts_); }

 private:
  struct Cells {
    std::uint64_t begin, end;  // multiples of the cell, or the span's border
  };
  void settle(const Span& span, std::vector<Piece>& out);
  [[nodiscard]] std::vector<Cells> marked(const Span& span) const;
  void emit(Cells cells, std::vector<Piece>& out);

  Kind kind_;
  std::uint64_t next_;                     // where the span begins that is settled next
  std::map<std::uint64_t, Span> waiting_;  // by begin
  bool done_ = false;
  bool open_ = false;  // a piece that touches the last settled border
  Cells open_cells_{};
  std::uint64_t reached_ = 0;          // hits that start in settled spans may end up to here
  std::vector<Hit> hits_;              // not yet emitted, by start
  std::vector<Exception> exceptions_;  // likewise
  std::vector<std::uint64_t> starts_;
};

}  // namespace ambit
