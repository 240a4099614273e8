// Candidates: where a text looks as if a value stood there, and whether one does. The one door to RE2.
//
// Each kind is one expression and one check. The expressions are wide and linear; the check sees the whole text around
// what was found, draws its end, and asks the arithmetic.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stages/audit/leak.h"

namespace ambit::audit {

// All values in the text; by kind, then by offset. Not sorted otherwise.
[[nodiscard]] std::vector<Leak> find_values(std::string_view text);

// An expression of the order: what it matches as a whole is the order's.
class NamedByExpression {
 public:
  NamedByExpression(const std::string& expression, bool ignore_case);
  // False for everything where RE2 does not take the expression.
  [[nodiscard]] bool matches(std::string_view value) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace ambit::audit
