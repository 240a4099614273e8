// What the hits ask of the records, and what each reader of a dialect answers.
//
// A hit asks two points: where does the record of my first byte begin, and where does that of my last byte end? So a
// hit that runs from one record into the next gets both, and nothing else is a special case. The points of all hits
// are in one order; a reader goes through the object once, from its front to its back, and answers the points behind
// which it has come. What no reader answers is the line's.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/chunk.h"
#include "pipeline/facts.h"

namespace ambit::scrutiny {

// a - b and at + more, kept within 0 and size.
constexpr std::uint64_t less(std::uint64_t a, std::uint64_t b) { return a - std::min(a, b); }
constexpr std::uint64_t clipped(std::uint64_t at, std::uint64_t more, std::uint64_t size) {
  return at >= size ? size : at + std::min(more, size - at);
}

// Who answers; where two do, the later one in this list. `quoted_sql` is a statement amid a line: a member of JSON may
// be one, and belongs to its object.
enum class Dialect : std::uint8_t { none, quoted_sql, csv, siblings, xml, json, sql };

// One hit. Offsets are bytes of the object.
struct Asked {
  std::uint64_t hit_begin = 0, hit_end = 0;
  std::uint64_t begin = 0, end = 0;  // of its line as far as it is known
  // Of its record, where one was drawn: bytes before hit_begin and behind hit_end; kLine: the line's.
  std::uint32_t before = kLine, behind = kLine;
  Dialect drew_begin = Dialect::none, drew_end = Dialect::none;

  static constexpr std::uint32_t kLine = UINT32_MAX;
  [[nodiscard]] std::uint64_t extent_begin() const { return before == kLine ? begin : hit_begin - before; }
  [[nodiscard]] std::uint64_t extent_end() const { return behind == kLine ? end : hit_end + behind; }
  // Whether a side of it is a line of which no end was found within the bound.
  [[nodiscard]] bool is_undelimited(std::uint64_t size) const;
};

class Points {
 public:
  void add(const Hit& hit, std::uint64_t size);  // in the order of Facts::hits
  void sort();                                   // once, behind the last add
  [[nodiscard]] std::vector<Asked>& asked() { return asked_; }

  [[nodiscard]] std::size_t size() const { return order_.size(); }
  [[nodiscard]] std::uint64_t offset(std::size_t point) const;
  // The first point from `from` on that is not before `offset`. As many steps as points are passed.
  [[nodiscard]] std::size_t skip_to(std::size_t from, std::uint64_t offset) const;
  // The record [begin, end) holds the point; or its line is the record.
  void draw(std::size_t point, std::uint64_t begin, std::uint64_t end, Dialect dialect);
  void draw_line(std::size_t point, Dialect dialect);
  // Its line reaches no farther than [begin, end): other records begin there.
  void bound(std::size_t point, std::uint64_t begin, std::uint64_t end);
  // The dialect is broken here: no line that holds records may be drawn, only a window within [begin, end).
  void narrow(std::size_t point, std::uint64_t begin, std::uint64_t end);

 private:
  std::vector<Asked> asked_;          // by hit_begin
  std::vector<std::uint32_t> order_;  // twice the index into asked_, odd for its last byte; by offset
};

// Letters that follow each other in the object: bytes, or the units of UTF-16 as bytes, where all that is not ASCII
// is kNoAscii.
struct Letters {
  std::string_view text;
  std::uint64_t first = 0;   // offset of text[0]
  std::uint64_t stride = 1;  // bytes a letter
  [[nodiscard]] std::uint64_t at(std::size_t i) const { return first + i * stride; }
};
inline constexpr char kNoAscii = '\xff';

// The first letter from `i` on that is `a` or `b` or below `floor`, or the end. Strings are long and most of a dump.
[[nodiscard]] std::size_t find_first(std::string_view text, std::size_t i, char a, char b, char floor);

// A word in lower case, as much of it as any dialect needs to know.
class Word {
 public:
  void clear() { size_ = 0; }
  void add(char c) {
    if (size_ < letters_.size()) letters_[size_] = c;
    ++size_;
  }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // Empty, too, if the word is longer than any that means something.
  [[nodiscard]] std::string_view text() const {
    return size_ > letters_.size() ? std::string_view{} : std::string_view(letters_.data(), size_);
  }
  [[nodiscard]] char first() const { return size_ == 0 ? '\0' : letters_[0]; }

 private:
  std::array<char, 24> letters_{};
  std::size_t size_ = 0;
};

}  // namespace ambit::scrutiny
