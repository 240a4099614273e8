// People who do not exist: what private canaries say.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace ambit::audit {

struct Person {
  std::string name;    // "Velora Quendrick"
  std::string mail;    // under example, which is nobody's domain (RFC 2606)
  std::string phone;   // in a range that no exchange connects ("+1 202 555 0143")
  std::string card;    // of a test range, with its check digit, in groups
  std::string street;  // "17 Quendrick Lane"
  // All of it, as it must not show itself anywhere; the card also in one piece. The telephone is not among it: the
  // range has a hundred numbers only.
  [[nodiscard]] std::vector<std::string> values() const;
  [[nodiscard]] std::string line() const;  // as a list of customers has it
};

using Random = std::mt19937_64;  // its numbers are fixed by the standard
// A new one with each call: no two of a thousand have a name in common.
[[nodiscard]] Person invent_person(Random& random);
// Sentences about nothing, so many lines, no values and no names in them.
[[nodiscard]] std::vector<std::string> filler_lines(Random& random, std::size_t lines);

}  // namespace ambit::audit
