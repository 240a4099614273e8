// detect: one window of bytes -> findings. What one worker needs for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/chunk.h"
#include "pipeline/facts.h"
#include "stages/scrutinise/base64_lines.h"
#include "stages/scrutinise/detector_set.h"
#include "stages/scrutinise/fold.h"
#include "stages/scrutinise/own_values.h"

namespace ambit::scrutiny {

// A finding with the offsets of its last letter, which decides the chunk that owns it, and of its first. In UTF-16
// the finding is a zero longer than its letters, before or behind them; in base64 its letters are the digits that are
// its alone, and it may be a digit longer at either end.
struct Found {
  std::uint64_t last = 0, first = 0;
  Finding finding;
  friend auto operator<=>(const Found&, const Found&) = default;
};

// The part of a chunk's window that can hold a finding of its body: long zeros at the ends are left out, for the last
// letter of a finding is no zero. `context`: bytes that a verdict may look at around it.
struct Window {
  std::span<const std::byte> bytes;
  std::uint64_t offset = 0;  // of its first byte in the object
};
[[nodiscard]] Window worth_scanning(const Chunk& chunk, std::size_t context);

class WindowScan {
 public:
  // `own`: values that are not looked for in base64; outlives the scan. Elsewhere hits of the case tell them apart, but
  // what stands in an attachment is a hit of the attachment alone. Null: base64 is not read.
  WindowScan(const DetectorSet& set, const OwnValues* own)
      : set_(&set), own_(own), scanner_(set.database()), word_scanner_(set.word_database()) {}

  // Everything in `window`, whose first byte has the object's offset `offset`: as bytes, as UTF-16, and in lines of
  // base64. Sorted by last letter; valid until the next call.
  [[nodiscard]] std::span<const Found> scan(std::span<const std::byte> window, std::uint64_t offset);

 private:
  // A finding in a text; letters [begin, end).
  struct Match {
    DetectorId detector = 0;
    std::size_t begin = 0, end = 0;
    Grade grade = Grade::shape_only;
  };
  // What a verdict may look across: a NUL in folded text is the end of a stretch, what follows stands elsewhere.
  enum class Walls : std::uint8_t { none, nul };
  void scan_text(std::string_view text, Walls walls);                            // into matches_; sorted, no duplicates
  void find_in_base64(std::span<const std::byte> window, std::uint64_t offset);  // into found_
  // What an expression or a layout found.
  using Core = NumberIndex::Match;
  // A context word that stands alone.
  struct WordAt {
    std::uint32_t word = 0;
    std::size_t begin = 0, end = 0;
  };
  struct Stretch {
    std::size_t begin = 0, end = 0;
  };
  // A core that its validator took. What it is worth may depend on the words near it.
  struct Judged {
    DetectorId detector = 0;
    std::size_t from = 0, to = 0;  // where a word counts
    Verdict verdict;               // its places are in the text
  };
  void find_cores(std::string_view text);                            // into cores_ and numbers_
  void judge(std::string_view text, Walls walls, const Core& core);  // into judged_
  void find_words(std::string_view text);  // into words_, by end; near what needs one, or was judged
  void find_words_in(std::string_view text, Stretch stretch);
  void judge_beside_words(std::string_view text, Walls walls);
  void grade(std::string_view text, const Judged& judged);  // into matches_
  [[nodiscard]] bool in_context(DetectorId detector, std::size_t from, std::size_t to) const;
  [[nodiscard]] bool excluded(std::string_view finding, DetectorId detector) const;

  const DetectorSet* set_;
  const OwnValues* own_;
  Scanner scanner_, word_scanner_;
  std::vector<Core> cores_;
  std::vector<Judged> judged_;
  NumberIndex::Found numbers_;
  std::vector<Stretch> stretches_;  // where words may matter
  std::vector<WordAt> words_;
  Folded folded_;
  Base64Lines base64_;
  std::vector<Match> matches_;
  std::vector<Found> found_;
};

}  // namespace ambit::scrutiny
