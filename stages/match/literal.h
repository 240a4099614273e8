// Literal: the exact check of a candidate.
//
// Hyperscan says "a rare piece of the literal may stand here". From there the evidence is read backwards to the
// literal's first character and forwards to its last, in the form at hand; every character read must account for
// the next stretch of the plain text (unicode.h). So any mix of spellings, cases and escapes is accepted, and
// nothing but them. In texts a blank between two words may be several, a tab, or the end of a line (gap.h).
#pragma once

#include <cstddef>
#include <optional>

#include "pipeline/pattern.h"
#include "stages/match/reading.h"
#include "stages/match/unicode.h"

namespace ambit::match {

struct Literal {
  IdentifierId identifier = 0;
  bool ignore_case = true;
  bool whole_word = false;
  Codes plain;
  std::size_t width = 0;  // bytes, the most it may take in any form
};

// UTF-16's byte order shows at the ends of a run of text; this many characters to either side are looked at.
inline constexpr std::size_t kOrderPairs = 512;
// Bytes around a hit that a check may look at: that run, and a neighbouring character in any form.
inline constexpr std::size_t kNeighbourBytes = 2 * kOrderPairs + kMaxGlyphBytes + 32;

struct Found {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The occurrence in `window` whose plain text position `position` stands at byte `at`. An escaped form needs at
// least one escape: without, the occurrence is UTF-8's.
[[nodiscard]] std::optional<Found> find_around(const Literal& literal, Form form, Bytes window, std::size_t position,
                                               std::size_t at);
// The occurrence that begins at `begin`.
[[nodiscard]] std::optional<Found> find_at(const Literal& literal, Form form, Bytes window, std::size_t begin);

// False where the literal must be a whole word and is part of a longer one.
[[nodiscard]] bool stands_alone(const Literal& literal, Form form, Bytes window, const Found& found);
// True where no word runs on over the border: before `at`, after `at`.
[[nodiscard]] bool word_begins(Form form, Bytes window, std::size_t at);
[[nodiscard]] bool word_ends(Form form, Bytes window, std::size_t at);

// ASCII in UTF-16LE reads as UTF-16BE one byte earlier. Both readings hold of a text that as LE begins at `begin` (not
// 0) and ends at `end`: which of them is it? Looks at most kNeighbourBytes away and never at the offset itself, so that
// the same bytes give the same answer wherever they stand. Where nothing tells, LE: of the two it is what disks hold.
[[nodiscard]] Form byte_order(Bytes window, std::size_t begin, std::size_t end);

}  // namespace ambit::match
