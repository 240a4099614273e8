// How the mistakes of an order file are told: `ORDER:LINE:COLUMN: what` and the remedy, for check and triage alike.
#pragma once

#include <string>
#include <vector>

#include "pipeline/order_problem.h"

namespace ambit::cli {

[[nodiscard]] std::string problems_text(const std::string& order, const std::vector<OrderProblem>& problems);

}  // namespace ambit::cli
