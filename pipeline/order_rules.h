// A rule's condition: the text of `when` -> Condition tree.
//
//   either   = both { "|" both }
//   both     = single { "&" single }
//   single   = "!" single | "(" either ")" | atom
//   atom     = name | near(name, name, bytes) | count(name) (">=" | ">") number | path("glob") | kind("kind")
//   name     = an identifier, or a group: "accused" stands for every "accused.…"
//
// Strings stand in single or double quotes and have no escapes. Chains of one operator become one node, so that
// only parentheses and "!" nest, and those no deeper than limits::kMaxConditionDepth.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/order_names.h"
#include "pipeline/scope.h"

namespace ambit {

struct RuleMistake {
  std::size_t offset = 0;  // byte of the text
  std::string what, remedy;
};
struct ParsedCondition {
  std::vector<Condition> conditions;  // children before their parent, the root last; see scope.h
  std::vector<RuleMistake> mistakes;  // not empty: the conditions mean nothing
};

// Where the index is empty no name is blamed: that there is no identifier is a mistake of its own, told once.
// `max_count`: the most hits of one identifier that are kept, and so the most that count() may ask for.
[[nodiscard]] ParsedCondition parse_condition(std::string_view text, const NameIndex& names, std::uint64_t max_count);

// Whether the condition holds for an object that nothing in it speaks of: no hit, no path, no kind. `!a` does: it
// would reach everything that belongs to anybody.
[[nodiscard]] bool holds_for_nothing(const std::vector<Condition>& conditions);

}  // namespace ambit
