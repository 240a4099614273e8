// StreamedPart: a large part, swept block by block while it is unpacked, by whoever is free.
//
// The worker that unpacks it appends bytes; every limits::kStreamBlock of them become a task with the bytes around them
// that a match may need. Whoever brings the last block judges the part. What stands in it as its own parts is left to
// these, as far as it is known by then: a hit there would be given up in the end.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "pipeline/limits_unpack.h"
#include "pipeline/triage_blocks.h"
#include "pipeline/triage_sweep.h"

namespace ambit {

using HitCounts = std::map<IdentifierId, std::size_t>;

class StreamedPart : public std::enable_shared_from_this<StreamedPart> {
 public:
  // All references outlive it. `worker` is the one that unpacks.
  StreamedPart(Sweep& sweep, const Engine& engine, Worker& worker, Object object)
      : sweep_(sweep),
        engine_(engine),
        unpacker_(worker),
        object_(std::move(object)),
        cutter_(limits::kStreamBlock, engine.context_bytes(), limits::kBehindBytes,
                [this](Block block) { share(std::move(block)); }) {}

  // Where its parts stand in it as they are, by place, as far as they were read. To be given to end() in the end.
  void set_parts(const std::vector<Run>& standing) { standing_ = &standing; }
  void append(std::span<const std::byte> bytes) { cutter_.append(bytes); }
  // The part is through. `facts`: what unpacking it said (exceptions, kind); `stored`: where its own parts stand in it
  // as they are. `content`: its bytes, for the second look. `shown`: of a view, what other readings of the same object
  // show; without more than that it is no object.
  void end(std::unique_ptr<Content> content, Facts facts, std::vector<Run> stored,
           std::optional<HitCounts> shown = std::nullopt);

  [[nodiscard]] const Object& object() const { return object_; }
  [[nodiscard]] std::uint64_t size() const { return cutter_.size(); }  // bytes so far

 private:
  struct Stretch {
    std::uint64_t begin = 0, end = 0;
  };
  // Of a block, what its parts do not show; blocks come in order.
  [[nodiscard]] std::vector<Stretch> left_by_parts(const Block& block);
  void share(Block block);
  void sweep(Worker& worker, Block block, const std::vector<Stretch>& stretches);
  void arrived(Worker& worker, std::uint64_t blocks);

  Sweep& sweep_;
  const Engine& engine_;
  Worker& unpacker_;
  Object object_;
  BlockCutter cutter_;  // these four: the worker that unpacks alone
  const std::vector<Run>* standing_ = nullptr;
  std::size_t next_standing_ = 0;   // the first that does not end before the next block
  std::uint64_t standing_end_ = 0;  // of the one before

  std::mutex mutex_;
  Facts facts_;
  std::vector<Run> stored_;
  std::optional<HitCounts> shown_;
  std::uint64_t open_ = 1;  // blocks on their way, and the end
};

// Raw hits of each identifier.
[[nodiscard]] HitCounts hit_counts(const Facts& facts);
// Leaves out the hits of a view on identifiers that another reading of its object shows as often.
void leave_to_others(Facts& view, const HitCounts& shown);

// Hits that lie in one of the `stored` ranges (by place, in any order) are left out: a part has them.
void leave_to_parts(std::vector<Hit>& hits, std::vector<Run> stored);

}  // namespace ambit
