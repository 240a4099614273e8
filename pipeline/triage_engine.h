// The stages of a run, built once and shared by all workers, and what one worker owns.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/account.h"
#include "pipeline/chunk.h"
#include "pipeline/exhibit.h"
#include "pipeline/scope.h"
#include "pipeline/stats.h"
#include "stages/hash/digest.h"
#include "stages/hash/hash_lookup.h"
#include "stages/hash/seen.h"
#include "stages/match/match.h"
#include "stages/match/pattern_set.h"
#include "stages/record/run_writer.h"
#include "stages/scrutinise/scrutinise.h"
#include "stages/unpack/sandbox/sandbox.h"

namespace ambit {

class SweptPortion;

// Everything that is the same for all workers. Const once the sweep has begun, but for what `seen` points at.
struct Engine {
  Scope scope;
  PatternSet patterns;
  DetectorSet detectors;
  std::vector<std::unique_ptr<Exhibit>> exhibits;
  std::optional<Match> match;
  std::optional<Scrutinise> scrutinise;
  std::optional<HashLookup> lookup;
  std::optional<Fingerprinter> fingerprints;
  std::unique_ptr<Seen> seen;  // shared and written by all workers, see seen.h
  Digest digest;
  std::shared_ptr<Sandboxes> sandboxes = std::make_shared<Sandboxes>();
  record::RunWriter* writer = nullptr;

  // Bytes of lead and tail that the stages need.
  [[nodiscard]] std::size_t context_bytes() const {
    return std::max(patterns.context_bytes(), detectors.context_bytes());
  }
};

// One worker's own: nothing in here is seen by another worker while the sweep runs, but the stopwatch's numbers.
struct Worker {
  Worker(const Engine& engine, std::size_t chunk_bytes)
      : buffer(chunk_bytes, engine.context_bytes(), engine.patterns.matches_zeros() ? Zeros::look : Zeros::skip),
        match(engine.match->make_state()),
        scrutinise(engine.scrutinise->make_state()),
        digest(engine.digest.make_state()),
        record(engine.writer->make_state()),
        account(engine.exhibits.size()),
        accounted(engine.exhibits.size()) {}

  ChunkBuffer buffer;
  Match::State match;
  Scrutinise::State scrutinise;
  Digest::State digest;
  record::RunWriter::State& record;
  std::shared_ptr<SweptPortion> portion;  // at hand; see triage_portion.h
  Account account;                        // of the portion at hand
  Account accounted;                      // of those before
  Stopwatch watch;
  std::uint64_t reread_bytes = 0;  // of exhibits, beyond the one reading of the sweep
};

}  // namespace ambit
