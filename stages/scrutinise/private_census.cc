#include "stages/scrutinise/private_census.h"

#include <algorithm>
#include <iterator>

namespace ambit {
namespace {

static_assert(Stage<PrivateCensus>);

bool lies_in(std::span<const Run> places, std::uint64_t offset) {
  const auto after = std::upper_bound(places.begin(), places.end(), offset,
                                      [](std::uint64_t at, const Run& run) { return at < run.place; });
  return after != places.begin() && std::prev(after)->place_end() > offset;
}

}  // namespace

PrivateCensus::State PrivateCensus::make_state() const {
  State state;
  if (!full_) return state;
  state.scan.emplace(detectors_, nullptr);  // what is attached to a mail counts as an attachment
  state.found.resize(detectors_.detectors().size());
  return state;
}

void PrivateCensus::prepare(State& state, bool counts, std::span<const Run> left_out) const {
  state.counts = counts && full_;
  state.left_out = left_out;
}

void PrivateCensus::begin(State& state, const Head& /*head*/) const {
  std::fill(state.found.begin(), state.found.end(), 0);
}

void PrivateCensus::look(State& state, const Chunk& chunk) const {
  if (!state.counts || chunk.segments().empty()) return;
  const std::uint64_t body_end = chunk.offset() + chunk.body_bytes();
  for (const scrutiny::Found& found : state.scan->scan(chunk.window(), chunk.offset() - chunk.lead_bytes())) {
    if (found.last < chunk.offset() || found.last >= body_end || found.finding.grade < least_) continue;
    if (!state.left_out.empty() && lies_in(state.left_out, found.first)) continue;
    ++state.found[found.finding.detector];
  }
}

void PrivateCensus::finish(State& state, Facts& /*facts*/) const { state.counts = false; }

}  // namespace ambit
