#include "stages/match/settle.h"

#include <algorithm>
#include <limits>

#include "pipeline/limits.h"
#include "stages/match/program.h"

namespace ambit {
namespace match {
namespace {

constexpr std::size_t kBatch = 16'384;
constexpr std::uint64_t kLongest = std::numeric_limits<std::uint32_t>::max();

// By start; of those that begin together the longest first, then the preferred form.
bool settles_before(const Hit& a, const Hit& b) {
  if (a.start != b.start) return a.start < b.start;
  if (a.length != b.length) return a.length > b.length;
  return a < b;
}

}  // namespace

Settler::Settler(const Program& program, std::uint32_t max_per_identifier)
    : program_(program), max_per_identifier_(max_per_identifier), full_at_(kBatch) {}

void Settler::add(const Hit& hit) { pending_.push_back(hit); }

bool Settler::wants(IdentifierId identifier, View view) const {
  const auto found = tallies_.find(key(identifier, view));
  if (found == tallies_.end()) return total_ < limits::kMaxHitsPerObject || !over_;
  return !found->second.over || !found->second.open.empty();
}

bool Settler::count(Tally& tally) {
  if (tally.count >= max_per_identifier_ || total_ >= limits::kMaxHitsPerObject) {
    tally.over = over_ = true;
    return false;
  }
  ++tally.count;
  ++total_;
  return true;
}

// They take no room from identifiers.
bool Settler::count_mark(Tally& tally) {
  if (tally.count >= limits::kMaxMarks) tally.over = over_ = true;
  return !tally.over && ++tally.count > 0;
}

void Settler::unite(Tally& tally, const Hit& hit) {
  const auto same = [&](const Open& open) { return open.form == hit.form; };
  const auto open = std::find_if(tally.open.begin(), tally.open.end(), same);
  if (open != tally.open.end() && hit.start < open->end) {
    open->end = std::max(open->end, hit.end());
    return;
  }
  if (open != tally.open.end()) close(key(hit.identifier, hit.view), tally, open->end);
  if (!count(tally)) return;
  if (tally.open.empty()) growing_.push_back(key(hit.identifier, hit.view));
  tally.open.push_back({hit.start, hit.end(), hit.form});
}

// Turns the unions that end at or before `horizon` into hits. One longer than a Hit can say becomes several.
void Settler::close(std::uint64_t key, Tally& tally, std::uint64_t horizon) {
  std::erase_if(tally.open, [&](const Open& open) {
    if (open.end > horizon) return false;
    for (std::uint64_t start = open.start; start < open.end; start += kLongest) {
      const auto length = static_cast<std::uint32_t>(std::min(open.end - start, kLongest));
      settled_.push_back(
          {start, length, static_cast<IdentifierId>(key >> 8), static_cast<View>(key & 0xff), open.form, false});
    }
    return true;
  });
}

void Settler::settle_one(const Hit& hit) {
  Tally& tally = tallies_[key(hit.identifier, hit.view)];
  if (program_.unites[hit.identifier]) return unite(tally, hit);
  if (hit.end() <= tally.covered_to) return;
  if (!(hit.identifier == program_.mark ? count_mark(tally) : count(tally))) return;
  tally.covered_to = hit.end();
  settled_.push_back(hit);
}

void Settler::advance(std::uint64_t horizon) {
  const auto later =
      std::partition(pending_.begin(), pending_.end(), [horizon](const Hit& hit) { return hit.start < horizon; });
  std::sort(pending_.begin(), later, settles_before);
  std::for_each(pending_.begin(), later, [this](const Hit& hit) { settle_one(hit); });
  pending_.erase(pending_.begin(), later);
  std::erase_if(growing_, [&](std::uint64_t number) {
    Tally& tally = tallies_[number];
    close(number, tally, horizon);
    return tally.open.empty();
  });
  full_at_ = std::max(kBatch, 2 * pending_.size());
}

bool Settler::take(std::vector<Hit>& out) {
  advance(std::numeric_limits<std::uint64_t>::max());
  std::sort(settled_.begin(), settled_.end());
  out.insert(out.end(), settled_.begin(), settled_.end());
  settled_.clear();
  tallies_.clear();
  total_ = 0;
  return std::exchange(over_, false);
}

}  // namespace match

void settle_hits(std::vector<Hit>& hits, const PatternSet& patterns, std::uint32_t max_per_identifier,
                 bool& over_limit) {
  match::Settler settler(patterns.program(), max_per_identifier);
  for (const Hit& hit : hits) settler.add(hit);
  hits.clear();
  over_limit |= settler.take(hits);
}

}  // namespace ambit
