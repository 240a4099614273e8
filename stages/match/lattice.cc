#include "stages/match/lattice.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace ambit::match {
namespace {

constexpr std::size_t kMaxStrings = 16;  // of one window
constexpr std::size_t kMaxBytes = 32;    // of one string: longer ones are not rarer in practice, but cost memory
constexpr std::size_t kRareAim = 6;
constexpr std::size_t kMaxStretch = 4;  // plain characters that one character may stand for

struct Reach {
  std::size_t paths = 0;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  std::size_t most = 0;
};

}  // namespace

std::vector<Way> ways_of(const Codes& plain, bool ignore_case, Variants& variants) {
  std::vector<Way> ways;
  for (std::size_t from = 0; from < plain.size(); ++from) {
    std::vector<Way> here;
    std::size_t longest = 0;  // of the common ways: shorter ones are half composed, which nobody writes
    for (std::size_t length = 1; length <= std::min(kMaxStretch, plain.size() - from); ++length) {
      for (const Variant& variant : variants.of(std::u32string_view(plain).substr(from, length), ignore_case)) {
        here.push_back(
            {static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(from + length), variant.code, variant.rare});
        if (!variant.rare) longest = length;
      }
    }
    for (Way& way : here) {
      const std::size_t length = static_cast<std::size_t>(way.to - way.from);
      if (length > 1 && length < longest) way.rare = true;
    }
    ways.insert(ways.end(), here.begin(), here.end());
  }
  return ways;
}

Lattice::Lattice(std::size_t positions, std::vector<Edge> edges, const std::vector<std::uint32_t>& familiar)
    : positions_(positions),
      familiar_(familiar),
      edges_(std::move(edges)),
      common_cut_(positions + 1, true),
      rare_begun_(positions + 2),
      rare_ended_(positions + 2) {
  std::sort(edges_.begin(), edges_.end());
  edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
  std::size_t edge = 0;
  for (std::size_t position = 0; position <= positions_ + 1; ++position) {
    while (edge < edges_.size() && edges_[edge].from < position) ++edge;
    first_.push_back(edge);
  }
  for (const Edge& e : edges_) {
    for (std::size_t position = e.from + std::size_t{1}; !e.rare && position < e.to; ++position) {
      common_cut_[position] = false;
    }
    if (!e.rare) continue;
    ++rare_begun_[e.from + std::size_t{1}];
    ++rare_ended_[e.to];
  }
  std::partial_sum(rare_begun_.begin(), rare_begun_.end(), rare_begun_.begin());
  std::partial_sum(rare_ended_.begin(), rare_ended_.end(), rare_ended_.begin());
}

std::size_t Lattice::cost(const Window& window, std::size_t strings, std::size_t least_bytes,
                          const Price& price) const {
  const std::size_t rare = rare_begun_[window.to] - rare_ended_[window.from];  // that overlap it
  return 2 * strings + shortness_cost(least_bytes, price.aim) + price.per_rare * rare;
}

std::optional<Window> Lattice::main_window(std::size_t least, std::size_t most, const Price& price,
                                           const std::vector<bool>& barred) const {
  std::optional<Window> best;
  std::size_t best_cost = 0, best_bytes = 0;
  std::vector<Reach> reach;
  for (std::size_t from = least; from < most; ++from) {
    if (!common_cut_[from] || (!barred.empty() && barred[from])) continue;
    reach.assign(most - from + 1, {});
    reach[0] = {1, 0, 0};
    for (std::size_t at = from; at <= most; ++at) {
      const Reach here = reach[at - from];
      if (here.paths == 0) continue;
      if (at > from && common_cut_[at] && here.least >= price.least) {
        if (best && (here.paths > kMaxStrings || here.most > kMaxBytes + 4)) break;
        const std::size_t bytes = std::min(here.least, kMaxBytes);
        std::size_t its_cost = cost({from, at}, here.paths, bytes, price);
        if (!best || its_cost <= best_cost) its_cost += familiar_cost(familiar_, from, at);
        if (!best || its_cost < best_cost || (its_cost == best_cost && bytes > best_bytes)) {
          best = Window{from, at}, best_cost = its_cost, best_bytes = bytes;
        }
      }
      if (!barred.empty() && barred[at]) break;
      for (std::size_t i = first_[at]; i < first_[at + 1]; ++i) {
        const Edge& e = edges_[i];
        if (e.rare || e.to > most) continue;
        Reach& there = reach[e.to - from];
        there.paths = std::min<std::size_t>(there.paths + here.paths, 1'000'000);
        there.least = std::min(there.least, here.least + e.bytes.size());
        there.most = std::max(there.most, here.most + e.bytes.size());
      }
    }
  }
  return best;
}

void Lattice::extend(std::size_t from, std::size_t to, bool with_rare, const std::string& prefix,
                     std::vector<std::string>& out) const {
  if (from == to) return out.push_back(prefix);
  for (std::size_t i = first_[from]; i < first_[from + 1]; ++i) {
    const Edge& e = edges_[i];
    if (e.to <= to && (with_rare || !e.rare)) extend(e.to, to, with_rare, prefix + e.bytes, out);
  }
}

std::vector<std::string> Lattice::paths(std::size_t from, std::size_t to, bool with_rare) const {
  std::vector<std::string> out;
  extend(from, to, with_rare, "", out);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::string> Lattice::strings(const Window& window) const { return paths(window.from, window.to, false); }

std::optional<Window> Lattice::window_before(std::size_t end, std::size_t most) const {
  constexpr std::size_t kFewStrings = 4;
  if (!common_cut_[end]) return std::nullopt;
  for (std::size_t from = end - std::min(end, most); from < end; ++from) {
    if (!common_cut_[from]) continue;
    const std::size_t count = strings({from, end}).size();
    if (count > 0 && count <= kFewStrings) return Window{from, end};
  }
  return std::nullopt;
}

bool Lattice::is_cut(std::size_t position, std::size_t from, std::size_t to) const {
  return std::none_of(edges_.begin(), edges_.end(), [&](const Edge& e) {
    return e.from >= from && e.to <= to && e.from < position && position < e.to;
  });
}

std::vector<Lattice::Placed> Lattice::rare_around(const Edge& rare) const {
  std::size_t from = rare.from, to = rare.to;
  std::vector<std::string> left = {""}, right = {""};
  const auto shortest = [](const std::vector<std::string>& strings) {
    std::size_t bytes = std::numeric_limits<std::size_t>::max();
    for (const std::string& s : strings) bytes = std::min(bytes, s.size());
    return bytes;
  };
  while (shortest(left) + rare.bytes.size() + shortest(right) < kRareAim) {
    std::size_t next_from = from, next_to = to;
    while (next_from > 0 && (next_from == from || !is_cut(next_from, 0, rare.from))) --next_from;
    while (next_to < positions_ && (next_to == to || !is_cut(next_to, rare.to, positions_))) ++next_to;
    auto wider_left = next_from < from ? paths(next_from, rare.from, true) : std::vector<std::string>{};
    auto wider_right = next_to > to ? paths(rare.to, next_to, true) : std::vector<std::string>{};
    const auto fits = [](const auto& wider, const auto& other) {
      return !wider.empty() && wider.size() * other.size() <= kMaxStrings;
    };
    const bool left_fits = fits(wider_left, right), right_fits = fits(wider_right, left);
    if (!left_fits && !right_fits) break;
    if (left_fits && (!right_fits || wider_left.size() * right.size() < wider_right.size() * left.size())) {
      left = std::move(wider_left), from = next_from;
    } else {
      right = std::move(wider_right), to = next_to;
    }
  }
  std::vector<Placed> out;
  for (const std::string& before : left) {
    for (const std::string& after : right) out.push_back({from, before + rare.bytes + after});
  }
  return out;
}

std::vector<Lattice::Placed> Lattice::rare_strings(const Window& main) const {
  std::vector<Placed> out;
  for (const Edge& e : edges_) {
    if (!e.rare || e.from >= main.to || e.to <= main.from) continue;
    const auto around = rare_around(e);
    out.insert(out.end(), around.begin(), around.end());
  }
  return out;
}

}  // namespace ambit::match
