#include "stages/match/familiar.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <string_view>

namespace ambit::match {
namespace {

constexpr std::size_t kStretch = 5;

std::size_t slot_of(const Codes& plain, std::size_t at, std::size_t slots) {
  return std::hash<std::u32string_view>{}(std::u32string_view(plain).substr(at, kStretch)) % slots;
}

std::size_t stretches(const Codes& plain) { return plain.size() < kStretch ? 1 : plain.size() - kStretch + 1; }

}  // namespace

void Familiar::note(const Codes& plain) {
  for (std::size_t at = 0; at < stretches(plain); ++at) {
    std::uint16_t& count = counts_[slot_of(plain, at, kSlots)];
    if (count < std::numeric_limits<std::uint16_t>::max()) ++count;
  }
}

std::vector<std::uint32_t> Familiar::counts(const Codes& plain) const {
  std::vector<std::uint32_t> out;
  for (std::size_t at = 0; at < stretches(plain); ++at) out.push_back(counts_[slot_of(plain, at, kSlots)]);
  out.resize(std::max(plain.size(), std::size_t{1}), out.back());
  return out;
}

std::size_t familiar_cost(const std::vector<std::uint32_t>& counts, std::size_t from, std::size_t to) {
  constexpr std::uint32_t kMost = 30;
  const std::size_t last = std::max(from + 1, to - std::min(to, kStretch - 1));
  const auto least = *std::min_element(counts.begin() + static_cast<std::ptrdiff_t>(from),
                                       counts.begin() + static_cast<std::ptrdiff_t>(last));
  return 3 * std::min(least > 0 ? least - 1 : 0, kMost);
}

std::size_t shortness_cost(std::size_t bytes, std::size_t aim) {
  constexpr std::array<std::size_t, 6> kSteep = {100'000, 10'000, 2'000, 300, 60, 16};  // by bytes, 5 and less
  const std::size_t missing = bytes < aim ? aim - bytes : 0;
  return 8 * missing + (bytes < kSteep.size() ? kSteep[bytes] : 0);
}

}  // namespace ambit::match
