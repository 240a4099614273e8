// Evidence: what the conditions of rules ask about one object, answered from its facts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/facts.h"
#include "pipeline/locator.h"
#include "pipeline/scope.h"

namespace ambit::decision {

class Evidence {
 public:
  Evidence(const Facts& facts, const Locator& locator);  // both must outlive it

  // True if the rule's condition holds.
  [[nodiscard]] bool speaks(const Rule& rule);
  // The identifiers that the rule mentions outside a negation and that were hit; sorted.
  [[nodiscard]] std::vector<IdentifierId> positive_hits(const Rule& rule) const;

 private:
  [[nodiscard]] bool holds(const Condition& condition);
  [[nodiscard]] bool any_hit(const std::vector<IdentifierId>& identifiers) const;
  [[nodiscard]] bool counts(const Condition& condition) const;
  [[nodiscard]] bool near(const Condition& condition) const;
  [[nodiscard]] bool path_matches(const std::string& glob);

  const Facts& facts_;
  const Locator& locator_;
  std::vector<IdentifierId> hit_;    // every identifier that was hit; sorted, unique
  std::vector<char> values_;         // of the conditions of the rule being asked
  std::optional<std::string> path_;  // made when the first rule asks for it
};

}  // namespace ambit::decision
