// The order file -> Scope. docs/order-file.md is its reference, order_keys() its table of keys.
//
// Everything is checked here but what other stages know better: whether an expression is bounded and a literal long
// enough to mean anything (stages/match), and which detectors there are. For these the places are handed on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/order_keys.h"
#include "pipeline/order_problem.h"
#include "pipeline/scope.h"

namespace ambit {

struct ReadOrder {
  using Place = OrderPlace;

  // Meaningful only if `problems` is empty, except that `identifiers` and `privacy.loosened` hold what could be read
  // of them and stand beside their places even then, so that patterns and detectors can be checked in the same
  // breath. `order_sha256` stays empty: the caller fills it.
  Scope scope;
  std::vector<OrderProblem> problems;  // all of them, by position

  std::vector<Place> identifier_places;                                                   // per identifier: its table
  std::vector<std::vector<Place>> literal_places, expression_places, byte_string_places;  // per identifier and entry
  std::vector<Place> loosened_places;                                                     // per privacy.loosened
};

// A file that is missing, too large, not UTF-8 or not TOML is a problem like any other.
[[nodiscard]] ReadOrder read_order(const std::string& path);
// `path`: of the file that the text came from; hash sets are looked for relative to its folder.
[[nodiscard]] ReadOrder read_order_text(std::string_view text, const std::string& path);

}  // namespace ambit
