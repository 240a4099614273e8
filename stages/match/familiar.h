// Familiar: how many literals share a stretch of text.
//
// "@gmail.com" is in half of all addresses, in the order and in the evidence: as a core it would serve thousands of
// literals and stand on every page, each time with a check for each literal. So a first pass over the literals counts
// their five-character stretches, and what is familiar is avoided where the literal has anything of its own.
#pragma once

#include <cstdint>
#include <vector>

#include "stages/match/unicode.h"

namespace ambit::match {

class Familiar {
 public:
  Familiar() : counts_(kSlots) {}
  void note(const Codes& plain);
  // By position: how many literals hold the stretch that begins there; where the text ends, the last one's.
  [[nodiscard]] std::vector<std::uint32_t> counts(const Codes& plain) const;

 private:
  // Counts share slots by hash: a collision makes a stretch look more familiar, which costs nothing but a choice.
  static constexpr std::size_t kSlots = std::size_t{1} << 20;
  std::vector<std::uint16_t> counts_;
};

// What it costs to look for a stretch within positions [from, to): that of its least familiar part.
[[nodiscard]] std::size_t familiar_cost(const std::vector<std::uint32_t>& counts, std::size_t from, std::size_t to);

// What it costs that a string has `bytes` where `aim` would make it rare. Steep at the short end: each byte less stands
// ten times as often in the evidence, so that a single letter is never the better choice, however familiar the rest.
[[nodiscard]] std::size_t shortness_cost(std::size_t bytes, std::size_t aim);

}  // namespace ambit::match
