#include "pipeline/triage_stream.h"

#include <algorithm>

#include "pipeline/limits.h"
#include "pipeline/triage_parts.h"

namespace ambit {

// A match ends in a part and not in it alone only where it begins before the part: in its first bytes.
std::vector<StreamedPart::Stretch> StreamedPart::left_by_parts(const Block& block) {
  std::vector<Stretch> out;
  std::uint64_t at = block.begin;
  const auto look = [&](std::uint64_t end) {
    if (end > at) out.push_back({at, end});
  };
  const bool counts_all = engine_.census->is_full() && !object_.counted_elsewhere;
  if (standing_ != nullptr && !counts_all) {
    for (; next_standing_ < standing_->size(); ++next_standing_) {
      const Run& run = (*standing_)[next_standing_];
      const std::uint64_t begin = align_up(run.place + engine_.context_bytes(), limits::kZeroBlock);
      const std::uint64_t end = std::min(align_down(run.place_end(), limits::kZeroBlock), block.end);
      if (run.place >= block.end) break;
      if (run.place >= standing_end_ && begin < end && end > at) {
        look(begin);
        at = std::max(at, end);
      }
      if (run.place_end() >= block.end) break;
      standing_end_ = std::max(standing_end_, run.place_end());
    }
  }
  look(block.end);
  return out;
}

void StreamedPart::share(Block block) {
  std::vector<Stretch> stretches = left_by_parts(block);
  if (stretches.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    ++open_;
  }
  const std::uint64_t bytes = block.bytes.capacity();  // as much waits with it
  auto shared = std::make_shared<Block>(std::move(block));
  sweep_.share_part(unpacker_, bytes,
                    [self = shared_from_this(), shared, stretches = std::move(stretches)](Worker& worker) {
                      self->sweep(worker, std::move(*shared), stretches);
                    });
}

void StreamedPart::sweep(Worker& worker, Block block, const std::vector<Stretch>& stretches) {
  worker.watch.charge(Work::wait);
  Facts facts;
  const std::uint64_t end = block.at + block.bytes.size();
  const std::unique_ptr<Content> content = window_content(std::move(block.bytes), block.at, end);
  const auto admit = [this](const Chunk&) { return !sweep_.stopped(); };
  engine_.census->prepare(worker.census, !object_.counted_elsewhere);
  for (const Stretch& stretch : stretches) {
    ChunkReader reader(*content, end, stretch.begin, stretch.end, worker.buffer, facts);
    scan(reader, Head{end, stretch.begin, stretch.end}, facts, worker.watch, admit,
         Looking<Match>{*engine_.match, worker.match, Work::match},
         Looking<PrivateCensus>{*engine_.census, worker.census, Work::scrutinise});
  }
  sweep_.count_private(worker, object_.locator.exhibit);
  {
    const std::lock_guard lock(mutex_);
    facts_.hits.insert(facts_.hits.end(), facts.hits.begin(), facts.hits.end());
    facts_.exceptions.insert(facts_.exceptions.end(), facts.exceptions.begin(), facts.exceptions.end());
    facts_.coverage += facts.coverage;
  }
  arrived(worker, 1);
}

void StreamedPart::end(std::unique_ptr<Content> content, Facts facts, std::vector<Run> stored,
                       std::optional<HitCounts> shown) {
  if (standing_ != nullptr) standing_ = &stored;
  cutter_.end();
  const std::uint64_t size = cutter_.size();
  object_.content = std::move(content);
  object_.info = {size, facts.modified, 0};
  {
    const std::lock_guard lock(mutex_);
    facts_.size = size;
    facts_.modified = facts.modified;
    facts_.sent = facts.sent;
    facts_.kind = facts.kind;
    facts_.is_text = facts.is_text;
    facts_.format = facts.format;
    facts_.exceptions.insert(facts_.exceptions.end(), facts.exceptions.begin(), facts.exceptions.end());
    stored_ = std::move(stored);
    if (!shown) unpacker_.account.walked(object_.locator.exhibit, size);
    shown_ = std::move(shown);
  }
  arrived(unpacker_, 1);
}

void StreamedPart::arrived(Worker& worker, std::uint64_t blocks) {
  {
    const std::lock_guard lock(mutex_);
    open_ -= blocks;
    if (open_ > 0 || sweep_.stopped()) return;
  }
  // All is in: from here on this worker is the part's one owner.
  leave_to_parts(facts_.hits, std::move(stored_));
  settle(facts_, engine_);
  static_cast<void>(take_marks(facts_.hits, engine_));
  if (shown_) leave_to_others(facts_, *shown_);
  if (shown_ && facts_.hits.empty() && facts_.exceptions.empty()) return;
  if (shown_) worker.account.walked(object_.locator.exhibit, facts_.size);
  if (facts_.coverage.zero == facts_.size) facts_.kind = Kind::zero;
  facts_.coverage = {};
  if (!object_.content->open().ok()) facts_.exceptions.push_back({ExceptionReason::unreadable, 0, 0});
  sweep_.look_up(worker, object_, facts_);
  sweep_.judge(worker, object_, facts_);
}

HitCounts hit_counts(const Facts& facts) {
  HitCounts counts;
  for (const Hit& hit : facts.hits) {
    if (hit.view == View::raw) ++counts[hit.identifier];
  }
  return counts;
}

void leave_to_others(Facts& view, const HitCounts& shown) {
  if (view.hits.empty()) return;
  const HitCounts here = hit_counts(view);
  std::erase_if(view.hits, [&](const Hit& hit) {
    const auto count = shown.find(hit.identifier);
    return count != shown.end() && count->second >= here.at(hit.identifier);
  });
}

void leave_to_parts(std::vector<Hit>& hits, std::vector<Run> stored) {
  if (stored.empty() || hits.empty()) return;
  // In order of place; of two that overlap the one that begins first, or else the longer one.
  std::sort(stored.begin(), stored.end(),
            [](const Run& a, const Run& b) { return a.place != b.place ? a.place < b.place : a.length > b.length; });
  std::uint64_t end = 0;
  std::erase_if(stored, [&](const Run& run) {
    const bool overlaps = run.place < end;
    if (!overlaps) end = run.place_end();
    return overlaps;
  });
  std::erase_if(hits, [&](const Hit& hit) {
    if (hit.view != View::raw) return false;
    const Run* const run = run_at(stored, hit.start);
    return run != nullptr && hit.end() <= run->place_end();
  });
}

}  // namespace ambit
