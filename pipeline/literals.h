// Literals: many plain strings over one block of memory.
//
// A case of a thousand identifiers looks for thirty thousand strings. Hyperscan takes a second to compile them and
// eleven for ten times as many; whole folders are swept in less. What is looked for here needs no automaton, so this
// is a filter of one look per three bytes, built in milliseconds, and as fast:
//
// * The block is sampled at every third position: the four bytes there, case folded roughly, are hashed into a word of
//   a table that fits a cache of the processor and a bit in it, and the fifth byte asks for a second bit. Of every
//   string three neighbouring stretches are in the table, so wherever it stands, one of them falls on a sample. Which
//   three is a choice: the rarest ones, and those that few other strings share.
// * A sample whose bit is set is a candidate; the places that share its bucket are checked by two bytes beside the
//   stretch, then in full.
// * Strings of three to five bytes are too short for three stretches; theirs are filled up with every possible byte.
//   That costs table, so there may only be so many of them.
//
// Nothing here is new: Wu and Manber's sampling, a Bloom filter, and a check.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ambit {

struct PlainLiteral {
  std::string_view bytes;  // at least LiteralIndex::kLeastBytes
  std::uint32_t id = 0;
  bool ignore_case = false;  // ASCII letters only
};

// Const once built; shared by all workers.
class LiteralIndex {
 public:
  static constexpr std::size_t kLeastBytes = 3;
  static constexpr std::size_t kLongBytes = 6;  // from here on a string takes three entries of the table, below many
  // Entries of the table that a string of so many bytes takes.
  [[nodiscard]] static std::size_t entries_for(std::size_t bytes);

  // How the table is looked at: as well as the processor can, or one sample at a time. Both find the same.
  enum class Lookup : std::uint8_t { best, plain };

  LiteralIndex() = default;  // finds nothing
  explicit LiteralIndex(std::span<const PlainLiteral> literals, Lookup lookup = Lookup::best);
  [[nodiscard]] bool empty() const { return texts_.empty(); }
  [[nodiscard]] std::size_t bytes() const;

 private:
  friend class LiteralScan;
  struct Text {
    std::uint32_t begin = 0, bytes = 0;  // in all_
    std::uint32_t id = 0;
    bool ignore_case = false;
  };
  // A stretch of a text.
  struct Place {
    std::uint32_t text = 0;
    std::uint16_t beside = 0;   // two folded bytes of the text, next to the stretch,
    std::int8_t beside_at = 0;  // and where they stand, from the stretch's begin
    std::uint8_t offset = 0;    // of the stretch in the text
  };
  struct Chooser;
  [[nodiscard]] static Place place_of(std::uint32_t text, const std::string& folds, std::size_t at);
  // One bit for each sample of a group, set where the table knows it. All ways to work it out agree.
  [[nodiscard]] std::uint64_t candidates(const unsigned char* group) const {
    return wide_ ? candidates_wide(group) : candidates_plain(group);
  }
  [[nodiscard]] std::uint64_t candidates_plain(const unsigned char* group) const;
  [[nodiscard]] std::uint64_t candidates_wide(const unsigned char* group) const;
  void add_short(const std::string& folds);
  void sort_in(std::vector<std::pair<std::uint32_t, Place>>& placed,
               std::vector<std::pair<std::uint32_t, std::uint32_t>>& shorts);
  void mark(std::string_view stretch);

  std::string all_;  // in lower case where case is ignored
  std::vector<Text> texts_;
  std::vector<std::uint32_t> words_;  // the table: 16 bits for the stretch, 16 for the byte after it
  unsigned word_shift_ = 0, bucket_shift_ = 0;
  bool wide_ = false;                         // the processor looks up eight samples at a time
  std::vector<std::uint32_t> bucket_begins_;  // by bucket, and the end of the last
  std::vector<Place> places_;
  // Texts too short for places, by their first three folded bytes.
  std::vector<std::uint32_t> short_begins_, short_texts_;
};

// One pass over one block. Reports in the order of ends.
class LiteralScan {
 public:
  using OnMatch = void (*)(void* context, std::uint32_t id, std::uint64_t from, std::uint64_t to);
  struct Match {
    std::size_t to = 0;
    std::uint32_t id = 0;
  };
  // `pending` is memory that may be used again for the next block.
  LiteralScan(const LiteralIndex& index, std::span<const std::byte> block, std::vector<Match>& pending,
              OnMatch on_match, void* context);
  // Reports everything that ends at `end` or before and was not reported yet; `from` is always 0.
  void run_to(std::size_t end);

 private:
  void look_at_groups();
  void look_at_rest();
  void check(std::size_t at);
  void check_shorts(std::size_t begin);
  void check_text(const LiteralIndex::Text& text, std::size_t begin);
  void report_to(std::size_t end);

  const LiteralIndex& index_;
  const unsigned char* block_;
  std::size_t size_;
  std::size_t next_ = 0;         // of the first sample not yet looked at
  std::vector<Match>& pending_;  // found, and not yet reported
  OnMatch on_match_;
  void* context_;
};

}  // namespace ambit
