// Candidates: where a text looks as if a value stood there, and whether one does. The one door to RE2.
//
// Each kind is one expression and one check. The expressions are wide and linear; the check sees the whole text around
// what was found, draws its end, and asks the arithmetic.
#pragma once

#include <string_view>
#include <vector>

#include "stages/audit/leak.h"

namespace ambit::audit {

// All values in the text; by kind, then by offset. Not sorted otherwise.
[[nodiscard]] std::vector<Leak> find_values(std::string_view text);

}  // namespace ambit::audit
