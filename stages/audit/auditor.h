// Auditor: the second detector, for what a run releases.
//
// The scrutiny decides what may leave; a mistake in it would be a leak that nobody sees. So what did leave is read
// again by code that shares nothing with it: other expressions, another engine (RE2), its own arithmetic and its own
// ways to undo UTF-16 and base64. It looks only for what can be told for certain, since whatever it finds stops a run:
// cards, accounts, addresses and secrets whose print or check digits leave no doubt. It is no detector of everything
// that is private, and finds nothing in a run whose scrutiny did its work.
//
// What the order itself names is not a third party's.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "pipeline/scope.h"
#include "stages/audit/candidates.h"
#include "stages/audit/leak.h"

namespace ambit::audit {

class Auditor {
 public:
  // Bytes to either side of a value that say whether it is one; no value that is told apart is longer.
  static constexpr std::size_t kReach = 4096;

  // `text` is the order's, whole or in part: neither it nor any value in it is a third party's.
  void name(std::string_view text);
  // Everything that the order names, and the kinds of values that it allows to be told.
  void name(const Scope& scope);

  // The values in `text` that are a third party's, by offset; each place once for a kind. `text` is less than 4 GiB.
  [[nodiscard]] std::vector<Leak> look(std::string_view text) const;

 private:
  [[nodiscard]] bool is_named(std::string_view value) const;

  std::unordered_set<std::string> named_;  // ASCII lower case
  std::vector<NamedByExpression> expressions_;
  std::array<bool, kLeakKinds> allowed_{};
};

}  // namespace ambit::audit
