// Records: the extent around each hit that means something by itself, found while the chunks go by.
//
// In text it is the line. A line may begin chunks before the hit and end chunks after it, so each hit carries a
// question ("where did the last newline before me end?", "where does the next one end?") that is answered from the
// newlines as they pass. Hits are asked in the order of their starts and, apart, of their ends; either way no byte
// is searched twice, however many hits stand on one endless line. In other data it is a window of fixed size.
//
// Overlapping records are one. Lines that only touch stay apart: the neighbour may belong to another rule, and a
// decision joins what it releases by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/chunk.h"
#include "pipeline/facts.h"

namespace ambit::scrutiny {

// What ends a line: a '\n', or the 16-bit unit of one on even or odd offsets.
struct Newline {
  Form form = Form::utf8;   // utf8 (any form of single bytes), utf16le, utf16be
  std::uint8_t parity = 0;  // of the unit's first byte
  friend auto operator<=>(const Newline&, const Newline&) = default;
};
[[nodiscard]] Newline newline_of(const Hit& hit);

// The lines around the hits that share one sort of newline.
class Lines {
 public:
  Lines(Newline newline, std::uint64_t size) : newline_(newline), size_(size) {}
  void add(const Hit& hit);  // in the order of Facts::hits
  void look(const Chunk& chunk);
  // Appends one extent per hit; the answers still open are the ends of the object or of the reach.
  void finish(std::vector<Extent>& out);

 private:
  struct Line {
    std::uint64_t hit_begin, hit_end;
    std::uint64_t begin, end;
  };
  void answer_begins(const Chunk& chunk);
  void answer_ends(const Chunk& chunk);
  [[nodiscard]] bool ends_line(const Chunk& chunk, std::uint64_t at) const;
  [[nodiscard]] std::uint64_t end_behind(std::uint64_t at) const;  // of the newline whose '\n' stands at `at`

  Newline newline_;
  std::uint64_t size_;
  std::vector<Line> lines_;            // by hit_begin
  std::vector<std::uint32_t> by_end_;  // into lines_, by hit_end; made at the first look
  std::size_t next_begin_ = 0, next_end_ = 0;
  std::uint64_t line_begin_ = 0;     // where the line at searched_back_ begins
  std::uint64_t searched_back_ = 0;  // every newline before this offset was asked for line_begin_
  std::uint64_t newline_end_ = 0;    // the last answer to a hit's end; 0: none
  std::uint64_t searched_on_ = 0;    // behind newline_end_ there is no newline before this offset
};

class Records {
 public:
  // `hits` as in Facts; only those in raw bytes and not of the form `hash` have a record.
  void prepare(std::span<const Hit> hits, bool is_text, std::uint64_t size);
  void look(const Chunk& chunk);
  [[nodiscard]] std::vector<Extent> finish();  // sorted

 private:
  std::vector<Lines> lines_;
  std::vector<Extent> windows_;
};

}  // namespace ambit::scrutiny
