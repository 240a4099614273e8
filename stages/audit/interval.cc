// The ends of the interval are quantiles of beta distributions:
//
//   P(at least k of n | rate p) = I_p(k, n - k + 1)        least = the p where this is (1 - confidence) / 2
//   P(at most k of n | rate p)  = 1 - I_p(k + 1, n - k)    most  = the p where this is
//
// I is worked out by Lentz's continued fraction (Numerical Recipes, 6.4), and inverted by halving: it is monotone, and
// sixty halvings cost microseconds.
#include "stages/audit/interval.h"

#include <cmath>

namespace ambit::audit {
namespace {

// For x below (a + 1) / (a + b + 2) it converges in some sqrt(max(a, b)) steps.
double continued_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300, kEnough = 1e-15;
  constexpr int kMostSteps = 100'000;
  const auto away_from_zero = [](double v) { return std::fabs(v) < kTiny ? kTiny : v; };
  double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), sum = d;
  for (int m = 1; m <= kMostSteps; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    sum *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    const double factor = d * c;
    sum *= factor;
    if (std::fabs(factor - 1) < kEnough) break;
  }
  return sum;
}

// The x at which the distribution reaches `chance`.
double quantile(double a, double b, double chance) {
  double low = 0, high = 1;
  for (int halving = 0; halving < 60; ++halving) {
    const double middle = (low + high) / 2;
    (beta_distribution(a, b, middle) < chance ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

double beta_distribution(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * continued_fraction(a, b, x) / a;
  return 1 - front * continued_fraction(b, a, 1 - x) / b;
}

Interval clopper_pearson(std::uint64_t successes, std::uint64_t trials, double confidence) {
  if (trials == 0) return {};
  const double tail = (1 - confidence) / 2;
  const auto k = static_cast<double>(successes), n = static_cast<double>(trials);
  Interval out;
  if (successes > 0) out.least = quantile(k, n - k + 1, tail);
  if (successes < trials) out.most = quantile(k + 1, n - k, 1 - tail);
  return out;
}

}  // namespace ambit::audit
