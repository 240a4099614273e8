// ResidueRun: cuts residue into objects, after it was swept.
//
// Residue has no files, and a run of it may be terabytes long. Calling the whole run relevant because of one hit
// would release the strangers around it; so what is judged is a piece: the cells of a fixed grid
// (limits::kResidueCell) that hold a hit, joined where they touch. What lies between the pieces is an object
// without a hit. A rule sees the hits of one piece together; since near() reaches no further than a cell is wide,
// no neighbourhood in the sense of a rule is torn apart.
//
// Spans are swept by several workers and arrive in any order; the objects that come out depend on neither. A piece
// that touches the border of its span waits for the neighbour and is joined with it, but not when one of the two
// spans is one piece from end to end: that bounds every object at two spans.
#pragma once

#include <map>
#include <vector>

#include "pipeline/facts.h"
#include "pipeline/object.h"

namespace ambit {

class ResidueRun {
 public:
  // What the sweep of one span found; offsets count from the beginning of the run.
  struct Span {
    std::uint64_t begin = 0, end = 0;
    std::vector<Hit> hits;  // sorted; a first few may start before `begin`
    std::vector<Exception> exceptions;
    Coverage coverage;
  };
  // An object: bytes [begin, end) of the run. Offsets in the facts count from `begin`. The coverage of a span
  // stands in the facts of one of its objects, so that the sums are right.
  struct Piece {
    std::uint64_t begin = 0, end = 0;
    Facts facts;
  };

  explicit ResidueRun(std::uint64_t bytes);
  // Takes one span and returns the objects that are complete now. Not thread-safe.
  [[nodiscard]] std::vector<Piece> add(Span span);
  // True when all spans are in; then every object has been returned.
  [[nodiscard]] bool done() const { return next_ == spans_; }

 private:
  struct Cells {
    std::uint64_t begin, end;  // bytes of the run, multiples of the cell or the span's end
  };
  void settle(Span& span, std::vector<Piece>& out);
  [[nodiscard]] std::vector<Cells> marked(const Span& span) const;
  void emit(Cells cells, std::vector<Piece>& out);
  void flush_open(std::vector<Piece>& out);

  std::uint64_t bytes_, spans_;
  std::uint64_t next_ = 0;                 // the span that is settled next
  std::map<std::uint64_t, Span> waiting_;  // by number
  bool open_ = false;                      // a piece that touches the last settled border
  Cells open_cells_{};
  std::uint64_t reached_ = 0;          // hits that start in settled spans may end up to here
  std::vector<Hit> hits_;              // not yet emitted, by start
  std::vector<Exception> exceptions_;  // likewise
  Coverage coverage_;                  // of the span that is being settled, until an object takes it
};

// The bytes [begin, begin + length) of an opened object, through a handle of its own; null where the object's
// content cannot be duplicated.
[[nodiscard]] std::unique_ptr<Content> part_of(const Content& whole, std::uint64_t begin, std::uint64_t length);

}  // namespace ambit
