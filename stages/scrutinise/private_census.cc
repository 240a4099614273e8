#include "stages/scrutinise/private_census.h"

#include <algorithm>

namespace ambit {
namespace {

static_assert(Stage<PrivateCensus>);

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
  if (!state.counts) return;
  const scrutiny::Window window = scrutiny::worth_scanning(chunk, detectors_.context_bytes());
  if (window.bytes.empty()) return;
  const std::uint64_t body_end = chunk.offset() + chunk.body_bytes();
  for (const scrutiny::Found& found : state.scan->scan(window.bytes, window.offset)) {
    if (found.last < chunk.offset() || found.last >= body_end || found.finding.grade < least_) continue;
    if (run_at(state.left_out, found.first) != nullptr) continue;
    ++state.found[found.finding.detector];
  }
}

void PrivateCensus::finish(State& state, Facts& /*facts*/) const { state.counts = false; }

}  // namespace ambit
