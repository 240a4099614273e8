// Interval: what a number of successes in a number of trials says of the rate behind it.
#pragma once

#include <cstdint>

namespace ambit::audit {

struct Interval {
  double least = 0, most = 1;
};

// Clopper and Pearson's exact interval: it holds the true rate with at least `confidence` (0 to 1, exclusive), whatever
// the rate. `successes` is at most `trials`; without trials it is 0 to 1. Both ends to 1e-12.
[[nodiscard]] Interval clopper_pearson(std::uint64_t successes, std::uint64_t trials, double confidence);

// The regularised incomplete beta function: the chance that a variable of beta distribution (a, b > 0) is at most x.
[[nodiscard]] double beta_distribution(double a, double b, double x);

}  // namespace ambit::audit
