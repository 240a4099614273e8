// decide: Facts x Scope -> Decision. Pure: no state, no clock, no bytes.
//
// Asked twice. After the sweep it says what is caught and deserves the second look; after the scrutiny it says
// what becomes of it. The same function, because the second answer must never contradict the first: what the
// sweep did not catch, no scrutiny can release.
#pragma once

#include <string_view>

#include "pipeline/facts.h"
#include "pipeline/locator.h"
#include "pipeline/scope.h"

namespace ambit {

// The disposition that applies first in the closed list of disposition.h, with its reason. `family` and
// `duplicate` need other objects than this one: the recorder settles these at the end (stages/record/settlement.h).
[[nodiscard]] Decision decide(const Facts& facts, const Locator& locator, const Scope& scope);

// True if the object must be read a second time (scrutiny, SHA-256) before its fate is final.
[[nodiscard]] bool is_caught(const Decision& decision);

// Matches the whole of `path` (bytes, ASCII caseless). '?' and '*' stop at '/', "**" does not, and "**/" after a '/'
// or at the front also matches nothing; [abc], [a-z] and [!abc] are one byte, never '/'. A '[' without its ']' is
// itself. Time: the product of the two lengths at worst.
[[nodiscard]] bool glob_matches(std::string_view glob, std::string_view path);

}  // namespace ambit
