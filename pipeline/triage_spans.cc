// A huge object: cut into spans, which several workers sweep; whoever brings the last one judges it.
#include <algorithm>
#include <tuple>

#include "pipeline/limits.h"
#include "pipeline/triage_image.h"
#include "pipeline/triage_sweep.h"

namespace ambit {

// Shared by the workers that sweep its spans: `object` and `head` are const meanwhile; the rest is under `mutex`.
struct Sweep::Huge {
  Object object;
  Facts head;  // what is known before the first span
  Covers covers = Covers::own_bytes;
  std::shared_ptr<SweptPortion> portion;
  std::uint64_t next = 0;  // begin of the next span to hand out; touched by the scheduler's source alone
  std::mutex mutex;
  Facts facts;                   // of the spans so far
  std::uint64_t bytes_left = 0;  // not yet swept
};

// Makes a source of spans of the object; the workers take them before anything else.
void Sweep::share(Worker& worker, Object object, const Facts& facts, Covers covers) {
  auto huge = std::make_shared<Huge>();
  huge->object = std::move(object);
  huge->head = facts;
  huge->covers = covers;
  huge->bytes_left = facts.size;
  huge->portion = worker.portion;
  for (std::uint64_t begin = 0; begin < facts.size; begin += limits::kSpanBytes) huge->portion->share();
  scheduler_.feed([this, huge](std::size_t) -> Scheduler::Task {
    const std::uint64_t begin = huge->next;
    if (begin >= huge->head.size) return {};
    const std::uint64_t end = std::min(begin + limits::kSpanBytes, huge->head.size);
    huge->next = end;
    return [this, huge, begin, end](std::size_t own) {
      if (stopped()) return;
      const PortionScope scope(*this, *workers_[own], huge->portion);
      sweep_span(*workers_[own], *huge, begin, end);
    };
  });
}

void Sweep::sweep_span(Worker& worker, Huge& huge, std::uint64_t begin, std::uint64_t end) {
  worker.watch.charge(Work::wait);
  const Holding holding(worker, huge.object.locator);
  Facts facts;
  facts.size = huge.head.size;
  const std::unique_ptr<Content> content = huge.object.content->duplicate();
  if (content == nullptr || !content->open().ok()) {
    facts.exceptions.push_back({ExceptionReason::unreadable, begin, end - begin});
    facts.coverage.unreadable = end - begin;
  } else {
    ChunkReader reader(*content, huge.head.size, begin, end, worker.buffer, facts);
    const auto admit = [&](const Chunk& chunk) {
      if (chunk.offset() == 0) note_kind(huge.object, chunk.body(), facts);
      return !stopped();
    };
    engine_.census->prepare(worker.census, !huge.object.counted_elsewhere);
    scan(reader, Head{huge.head.size, begin, end}, facts, worker.watch, admit,
         Looking<Match>{*engine_.match, worker.match, Work::match},
         Looking<PrivateCensus>{*engine_.census, worker.census, Work::scrutinise});
    count_private(worker, huge.object.locator.exhibit);
  }
  if (huge.covers == Covers::own_bytes) counters_.sweep_bytes(huge.object.locator.exhibit, end - begin);
  end_span(worker, huge, end - begin, facts);
}

void Sweep::end_span(Worker& worker, Huge& huge, std::uint64_t bytes, Facts& span) {
  Facts facts = huge.head;
  {
    const std::lock_guard lock(huge.mutex);
    Facts& all = huge.facts;
    all.hits.insert(all.hits.end(), span.hits.begin(), span.hits.end());
    all.exceptions.insert(all.exceptions.end(), span.exceptions.begin(), span.exceptions.end());
    all.coverage += span.coverage;
    if (span.kind != Kind::unknown) {
      std::tie(all.kind, all.is_text, all.format) = std::tie(span.kind, span.is_text, span.format);
    }
    huge.bytes_left -= bytes;
    if (huge.bytes_left > 0) return;
    // The last span is in: from here on this worker is the object's one owner.
    facts.hits = std::move(all.hits);
    facts.exceptions = std::move(all.exceptions);
    facts.coverage = all.coverage;
    facts.kind = all.kind;
    facts.is_text = all.is_text;
    facts.format = all.format;
  }
  settle(facts, engine_);
  if (facts.coverage.zero == facts.size) facts.kind = Kind::zero;
  if (huge.covers == Covers::nothing) facts.coverage = {};
  open_inside(worker, huge.object, facts);
  unpack(worker, huge.object, facts);
  judge(worker, huge.object, facts);
}

}  // namespace ambit
