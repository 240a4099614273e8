// NumberIndex: where numbers of a given layout stand in a text.
//
// Most of what identifies a person is digits, and digits are what a matcher of expressions is slow at: it must follow
// every run of them through every expression at once. Here runs of digits are found sixteen bytes at a time, and only
// where one begins is its length looked up among the layouts. A layout is what a number looks like in print:
//
//   layout    = [front] count (separator count)* [back]
//   count     = digits in a run, "9" or "12,19"; runs are whole: no digit stands before or behind
//   separator = what stands between two runs, as it is
//   front     = 'A' a letter, '+', '(' or '.' just before the first run
//   back      = 'A' a letter just behind the last run
//
// Front and back touch the number but do not belong to what is reported.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/result.h"

namespace ambit::scrutiny {

struct NumberLayout {
  static constexpr std::size_t kMostDigits = 40;  // of a run
  static constexpr std::size_t kMostSeparator = 5;
  struct Run {
    std::uint8_t fewest = 0, most = 0;
    std::string separator;  // before it; empty for the first
  };
  char front = 0, back = 0;  // 0: anything
  std::vector<Run> runs;

  // Error: what is wrong with the text; kind order.
  [[nodiscard]] static Result<NumberLayout> read(std::string_view text);
  [[nodiscard]] std::size_t most_bytes() const;
  [[nodiscard]] bool in_one_piece() const { return runs.size() == 1; }
};

// A run of digits in a text.
struct DigitRun {
  std::size_t begin = 0, end = 0;
  [[nodiscard]] std::size_t digits() const { return end - begin; }
};

class NumberIndex {
 public:
  NumberIndex() = default;
  using Layouts = std::vector<std::pair<NumberLayout, std::uint32_t>>;  // and the ids to report them by
  // The second ones mean something in few places only; they are looked for in two steps.
  NumberIndex(const Layouts& layouts, const Layouts& beside_words);

  struct Match {
    std::uint32_t id = 0;
    std::size_t begin = 0, end = 0;
  };
  // What was found in a text. Its memory is used again by the next scan.
  struct Found {
    std::vector<DigitRun> runs;       // all of them
    std::vector<Match> matches;       // of the first layouts, by begin
    std::vector<std::size_t> starts;  // indices into `runs`: where a number of the second layouts begins
  };
  void scan(std::string_view text, Found& found) const;
  // Appends what of the second layouts begins with that run.
  void look_beside_word(std::string_view text, const std::vector<DigitRun>& runs, std::size_t start,
                        std::vector<Match>& out) const;

 private:
  // Bytes that no layout tells apart are of one class.
  static constexpr std::size_t kMostClasses = 16;
  static constexpr std::uint8_t kOther = 0, kLetter = 1;
  struct Range {
    std::uint32_t begin = 0, second = 0, end = 0;  // in candidates_; from `second` on those that need a word
  };
  // A row, and what the length of the second run must be where one byte parts it from the first.
  struct Candidate {
    std::uint32_t row = 0;
    std::uint8_t fewest = 0, most = 255;
  };
  // A run of a layout, and what stands before it.
  struct Piece {
    std::uint8_t fewest = 0, most = 0, gap = 0;
    std::array<char, NumberLayout::kMostSeparator> separator{};
  };
  struct Row {
    std::uint32_t id = 0, pieces = 0;  // the first of its pieces but the first run
    std::uint8_t further = 0;          // runs behind the first
    bool letter_behind = false;
  };
  void add_rows(const Layouts& layouts);
  void class_for(char c);
  [[nodiscard]] static std::size_t cell(std::size_t length, std::uint8_t front, std::uint8_t back) {
    return (length * kMostClasses + front) * kMostClasses + back;
  }
  [[nodiscard]] bool may_begin(const NumberLayout& layout, std::uint8_t front, std::uint8_t back) const;
  [[nodiscard]] Range range_at(std::string_view text, DigitRun run) const;
  void add_candidates(const Layouts& layouts, std::size_t first_row, std::size_t length, std::uint8_t front,
                      std::uint8_t back);
  // One past the number's last digit; 0 where it is none. The first run is runs[start].
  [[nodiscard]] std::size_t end_of(const Candidate& candidate, std::string_view text, const std::vector<DigitRun>& runs,
                                   std::size_t start) const;

  std::vector<Row> rows_;
  std::vector<Piece> pieces_;
  std::array<std::uint8_t, 256> class_of_{};  // of the byte before and of the byte behind a first run
  std::vector<char> byte_of_class_{'\0', 'A'};
  std::vector<Range> cells_;  // by length and classes
  std::vector<Candidate> candidates_;
};

}  // namespace ambit::scrutiny
