#include "stages/decide/evidence.h"

#include <algorithm>
#include <array>

#include "stages/decide/decide.h"

namespace ambit::decision {
namespace {

bool contains(const std::vector<IdentifierId>& sorted, IdentifierId id) {
  return std::binary_search(sorted.begin(), sorted.end(), id);
}

// Whether each condition of the tree stands under an even number of negations. Parents stand after their
// children, so one walk from the root down the vector sees each parent first.
std::vector<char> positive_conditions(const std::vector<Condition>& conditions) {
  std::vector<char> positive(conditions.size(), 1);
  for (std::size_t i = conditions.size(); i-- > 0;) {
    for (const std::uint32_t child : conditions[i].children) {
      positive[child] = conditions[i].op == Op::negate ? !positive[i] : positive[i];
    }
  }
  return positive;
}

}  // namespace

Evidence::Evidence(const Facts& facts, const Locator& locator) : facts_(facts), locator_(locator) {
  for (const Hit& hit : facts.hits) {
    if (hit_.empty() || hit_.back() != hit.identifier) hit_.push_back(hit.identifier);
  }
  std::sort(hit_.begin(), hit_.end());
  hit_.erase(std::unique(hit_.begin(), hit_.end()), hit_.end());
}

bool Evidence::speaks(const Rule& rule) {
  const auto child_holds = [this](std::uint32_t child) { return values_[child] != 0; };
  values_.assign(rule.conditions.size(), 0);
  for (std::size_t i = 0; i < rule.conditions.size(); ++i) {
    const Condition& c = rule.conditions[i];
    bool value = false;
    if (c.op == Op::all) {
      value = std::all_of(c.children.begin(), c.children.end(), child_holds);
    } else if (c.op == Op::any) {
      value = std::any_of(c.children.begin(), c.children.end(), child_holds);
    } else if (c.op == Op::negate) {
      value = std::none_of(c.children.begin(), c.children.end(), child_holds);
    } else {
      value = holds(c);
    }
    values_[i] = value;
  }
  return !values_.empty() && values_.back() != 0;
}

bool Evidence::holds(const Condition& condition) {
  switch (condition.op) {
    case Op::any_of:
      return any_hit(condition.identifiers);
    case Op::near:
      return near(condition);
    case Op::count:
      return counts(condition);
    case Op::path:
      return path_matches(condition.text);
    case Op::kind:
      return facts_.kind == condition.kind;
    default:
      return false;  // the tree's inner nodes are speaks()'s own
  }
}

std::vector<IdentifierId> Evidence::positive_hits(const Rule& rule) const {
  const std::vector<char> positive = positive_conditions(rule.conditions);
  std::vector<IdentifierId> out;
  for (std::size_t i = 0; i < rule.conditions.size(); ++i) {
    if (positive[i] == 0) continue;
    const Condition& c = rule.conditions[i];
    std::set_intersection(c.identifiers.begin(), c.identifiers.end(), hit_.begin(), hit_.end(),
                          std::back_inserter(out));
    std::set_intersection(c.others.begin(), c.others.end(), hit_.begin(), hit_.end(), std::back_inserter(out));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool Evidence::any_hit(const std::vector<IdentifierId>& identifiers) const {
  const bool few_hits = hit_.size() < identifiers.size();
  const auto& walk = few_hits ? hit_ : identifiers;
  const auto& search = few_hits ? identifiers : hit_;
  return std::any_of(walk.begin(), walk.end(), [&](IdentifierId id) { return contains(search, id); });
}

bool Evidence::counts(const Condition& condition) const {
  if (condition.number == 0) return true;
  if (facts_.hits.size() < condition.number || !any_hit(condition.identifiers)) return false;
  std::uint64_t count = 0;
  for (const Hit& hit : facts_.hits) {
    if (contains(condition.identifiers, hit.identifier) && ++count == condition.number) return true;
  }
  return false;
}

// One walk over the hits, which are sorted by their start: the pair with the smallest gap consists of a hit and of
// the farthest end among the hits of the other side that began before it. A hit is compared before it is
// remembered, so that near(a, a, n) wants two hits.
bool Evidence::near(const Condition& condition) const {
  if (!any_hit(condition.identifiers) || !any_hit(condition.others)) return false;
  struct Ends {
    std::optional<std::uint64_t> one, other;
  };
  std::array<Ends, kViewNames.size()> farthest;
  const auto reaches = [&](const std::optional<std::uint64_t>& end, const Hit& hit) {
    return end && (*end >= hit.start || hit.start - *end <= condition.number);
  };
  for (const Hit& hit : facts_.hits) {
    Ends& ends = farthest[static_cast<std::size_t>(hit.view)];
    const bool one = contains(condition.identifiers, hit.identifier);
    const bool other = contains(condition.others, hit.identifier);
    if ((one && reaches(ends.other, hit)) || (other && reaches(ends.one, hit))) return true;
    if (one) ends.one = std::max(ends.one.value_or(0), hit.end());
    if (other) ends.other = std::max(ends.other.value_or(0), hit.end());
  }
  return false;
}

bool Evidence::path_matches(const std::string& glob) {
  if (!path_) path_ = locator_.path_text();
  return glob_matches(glob, *path_);
}

}  // namespace ambit::decision
