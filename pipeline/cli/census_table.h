// The short census: one line per disposition. `ambit census` opens with it, `ambit triage` ends with it.
#pragma once

#include <string>
#include <vector>

#include "stages/record/run_reader.h"

namespace ambit::cli {

[[nodiscard]] std::string disposition_table(const std::vector<record::CensusRow>& census);

}  // namespace ambit::cli
