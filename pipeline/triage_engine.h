// The stages of a run, built once and shared by all workers, and what one worker owns.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
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
#include "stages/open/block_cache.h"
#include "stages/record/run_writer.h"
#include "stages/scrutinise/private_census.h"
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
  std::optional<PrivateCensus> census;
  std::optional<Scrutinise> scrutinise;
  std::optional<HashLookup> lookup;
  std::optional<Fingerprinter> fingerprints;
  std::unique_ptr<Seen> seen;  // shared and written by all workers, see seen.h
  Digest digest;
  std::shared_ptr<BlockCache> blocks;  // shared with every image
  std::shared_ptr<Sandboxes> sandboxes = std::make_shared<Sandboxes>();
  record::RunWriter* writer = nullptr;

  // Bytes of lead and tail that the stages need.
  [[nodiscard]] std::size_t context_bytes() const {
    return std::max(patterns.context_bytes(), detectors.context_bytes());
  }
};

// The object that a worker has in hand. Written by the worker; read by the watch when nothing moves any more, which
// must not find an object that is just going away: so under a mutex, which nobody else ever holds.
class Hand {
 public:
  // The locator outlives its being held. Returns what was held before.
  const Locator* hold(const Locator* object) {
    const std::lock_guard lock(mutex_);
    return std::exchange(object_, object);
  }
  // Calls `look(const Locator*)`; null where the worker holds nothing, or a stretch of an image.
  template <class Look>
  void show(Look&& look) const {
    const std::lock_guard lock(mutex_);
    look(object_);
  }

 private:
  mutable std::mutex mutex_;
  const Locator* object_ = nullptr;
};

// One worker's own: nothing in here is seen by another worker while the sweep runs, but the stopwatch's numbers and
// what is in its hand by the watch.
struct Worker {
  Worker(const Engine& engine, std::size_t chunk_bytes)
      : buffer(chunk_bytes, engine.context_bytes(), engine.patterns.matches_zeros() ? Zeros::look : Zeros::skip),
        match(engine.match->make_state()),
        census(engine.census->make_state()),
        scrutinise(engine.scrutinise->make_state()),
        digest(engine.digest.make_state()),
        record(engine.writer->make_state()),
        account(engine.exhibits.size()),
        accounted(engine.exhibits.size()) {}

  ChunkBuffer buffer;
  Match::State match;
  PrivateCensus::State census;
  Scrutinise::State scrutinise;
  Digest::State digest;
  record::RunWriter::State& record;
  std::shared_ptr<SweptPortion> portion;  // at hand; see triage_portion.h
  Account account;                        // of the portion at hand
  Account accounted;                      // of those before
  Stopwatch watch;
  Hand hand;
  std::uint64_t reread_bytes = 0;  // of exhibits, beyond the one reading of the sweep
};

// A worker holds the object as long as this lives; then again what it held before.
class Holding {
 public:
  Holding(Worker& worker, const Locator& object) : hand_(worker.hand), before_(hand_.hold(&object)) {}
  ~Holding() { hand_.hold(before_); }
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;

 private:
  Hand& hand_;
  const Locator* before_;
};

}  // namespace ambit
