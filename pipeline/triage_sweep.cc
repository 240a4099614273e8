#include "pipeline/triage_sweep.h"

#include <algorithm>
#include <tuple>

#include "pipeline/limits.h"
#include "stages/decide/decide.h"
#include "stages/unpack/kind.h"
#include "stages/walk/walk.h"

namespace ambit {
namespace {

// Objects that one task takes from the walk: small enough to share the end of a folder evenly, large enough that
// asking costs nothing.
constexpr std::size_t kBatch = 32;

ExceptionReason reason_of(WalkTrouble trouble) {
  switch (trouble) {
    case WalkTrouble::special_file:
      return ExceptionReason::special_file;
    case WalkTrouble::loop:
      return ExceptionReason::loop;
    case WalkTrouble::too_deep:
      return ExceptionReason::too_deep;
    case WalkTrouble::name_too_long:
      return ExceptionReason::name_too_long;
    case WalkTrouble::encrypted:
      return ExceptionReason::encrypted;
    case WalkTrouble::unsupported:
      return ExceptionReason::unsupported;
    case WalkTrouble::damaged:
      return ExceptionReason::damaged;
    case WalkTrouble::objects_limit:
      return ExceptionReason::objects_limit;
    case WalkTrouble::none:
    case WalkTrouble::unreadable:
      break;
  }
  return ExceptionReason::unreadable;
}

std::string_view file_name(const Locator& locator) {
  if (locator.steps.empty()) return {};
  const std::string_view name = locator.steps.back().name;
  return name.substr(name.rfind('/') + 1);
}

void note_kind(const Object& object, std::span<const std::byte> first, Facts& facts) {
  if (object.state == ObjectState::residue) return;  // decided by ResidueRun
  const KindGuess guess =
      guess_kind(first.first(std::min<std::size_t>(first.size(), 4096)), file_name(object.locator), facts.size);
  facts.kind = guess.kind;
  facts.is_text = guess.is_text;
}

}  // namespace

// Shared by the workers that sweep its spans: `object` and `head` are const meanwhile; the rest is under `mutex`.
struct Sweep::Huge {
  Object object;
  Facts head;              // what is known before the first span
  std::uint64_t next = 0;  // begin of the next span to hand out; touched by the scheduler's source alone
  std::mutex mutex;
  std::optional<ResidueRun> residue;
  std::vector<Hit> hits;
  std::vector<Exception> exceptions;
  Coverage coverage;
  Kind kind = Kind::unknown;
  bool is_text = false;
  std::uint64_t bytes_left = 0;  // not yet swept
};

Sweep::Sweep(const Engine& engine, std::vector<std::unique_ptr<Worker>>& workers, Scheduler& scheduler,
             Counters& counters)
    : engine_(engine), workers_(workers), scheduler_(scheduler), counters_(counters) {}
Sweep::~Sweep() = default;

Result<> Sweep::run() {
  for (auto& worker : workers_) worker->watch.start();
  scheduler_.run([this](std::size_t worker) { return next_task(worker); });
  if (failure_) return *failure_;
  return {};
}

void Sweep::stop() {
  stopped_.store(true);
  scheduler_.stop();
}

void Sweep::fail(Error error) {
  const std::lock_guard lock(failure_mutex_);
  if (!failure_) failure_ = std::move(error);
  scheduler_.stop();
}

Scheduler::Task Sweep::next_task(std::size_t index) {
  Worker& worker = *workers_[index];
  worker.watch.charge(Work::wait);
  auto batch = std::make_shared<std::vector<Object>>();
  while (batch->size() < kBatch) {
    if (source_ == nullptr) {
      if (next_exhibit_ == engine_.exhibits.size()) break;
      source_ = walk_exhibit(*engine_.exhibits[next_exhibit_], static_cast<std::uint32_t>(next_exhibit_));
      ++next_exhibit_;
    }
    std::optional<Object> object = source_->next();
    if (object) {
      batch->push_back(std::move(*object));
    } else {
      source_.reset();
    }
  }
  worker.watch.charge(Work::walk);
  if (batch->empty()) return {};
  return [this, batch](std::size_t own) {
    for (Object& object : *batch) {
      if (stopped_.load(std::memory_order_relaxed)) return;
      sweep_object(*workers_[own], std::move(object));
    }
  };
}

void Sweep::sweep_object(Worker& worker, Object object) {
  worker.watch.charge(Work::wait);
  Facts facts;
  facts.sent = object.sent;
  if (object.content == nullptr) {
    facts.exceptions.push_back({reason_of(object.trouble), 0, 0});
  } else if (Result<ContentInfo> info = object.content->open(); !info.ok()) {
    facts.exceptions.push_back({ExceptionReason::unreadable, 0, 0});
  } else {
    object.info = *info;
    facts.size = info->size;
    facts.modified = info->modified;
  }
  worker.watch.charge(Work::open);
  const bool residue = object.state == ObjectState::residue;
  const bool shared =
      facts.size > limits::kSpanBytes && object.content != nullptr && !engine_.lookup->needed(facts.size).any();
  if (object.content != nullptr && facts.size > 0 && (residue || shared)) {
    if (!residue) worker.account.walked(object.locator.exhibit, facts.size);  // residue: piece by piece
    return share(std::move(object), facts);
  }
  if (residue && facts.size == 0) return;  // an empty image has no residue
  worker.account.walked(object.locator.exhibit, facts.size);
  if (object.content != nullptr && facts.exceptions.empty()) sweep_whole(worker, object, facts);
  counters_.bytes.fetch_add(facts.size, std::memory_order_relaxed);
  judge(worker, object, facts);
}

void Sweep::sweep_whole(Worker& worker, Object& object, Facts& facts) {
  const DigestSet digests = engine_.lookup->needed(facts.size);
  worker.digest.want(digests);
  ChunkReader reader(*object.content, facts.size, 0, facts.size, worker.buffer, facts);
  Fingerprint fingerprint;
  bool fingerprinted = false;
  bool seen = false;
  const auto admit = [&](const Chunk& chunk) {
    if (stopped_.load(std::memory_order_relaxed)) return false;  // nothing of this run will be written
    if (chunk.offset() != 0 || chunk.zeros_before() != 0) return true;
    note_kind(object, chunk.body(), facts);
    if (chunk.body_bytes() != facts.size || digests.any() || chunk.segments().empty()) return true;
    fingerprint = engine_.fingerprints->of(chunk.body());
    fingerprinted = true;
    seen = engine_.seen->has(fingerprint);
    worker.watch.charge(Work::hash, chunk.body_bytes());
    return !seen;
  };
  const Head head{facts.size, 0, facts.size};
  scan(reader, head, facts, worker.watch, admit, Looking<Digest>{engine_.digest, worker.digest, Work::hash},
       Looking<Match>{*engine_.match, worker.match, Work::match});
  if (facts.size == 0) facts.kind = Kind::empty;
  if (facts.size > 0 && facts.coverage.zero == facts.size) facts.kind = Kind::zero;
  if (fingerprinted && !seen && facts.hits.empty() && facts.exceptions.empty()) engine_.seen->add(fingerprint);
  engine_.lookup->look_up(facts);
}

// Makes a source of spans of the object; the workers take them before anything else.
void Sweep::share(Object object, const Facts& facts) {
  auto huge = std::make_shared<Huge>();
  huge->object = std::move(object);
  huge->head = facts;
  huge->bytes_left = facts.size;
  if (huge->object.state == ObjectState::residue) huge->residue.emplace(facts.size);
  scheduler_.feed([this, huge](std::size_t) -> Scheduler::Task {
    const std::uint64_t begin = huge->next;
    if (begin >= huge->head.size) return {};
    const std::uint64_t end = std::min(begin + limits::kSpanBytes, huge->head.size);
    huge->next = end;
    return [this, huge, begin, end](std::size_t own) {
      if (!stopped_.load(std::memory_order_relaxed)) sweep_span(*workers_[own], *huge, begin, end);
    };
  });
}

void Sweep::sweep_span(Worker& worker, Huge& huge, std::uint64_t begin, std::uint64_t end) {
  worker.watch.charge(Work::wait);
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
      return !stopped_.load(std::memory_order_relaxed);
    };
    scan(reader, Head{huge.head.size, begin, end}, facts, worker.watch, admit,
         Looking<Match>{*engine_.match, worker.match, Work::match});
  }
  counters_.bytes.fetch_add(end - begin, std::memory_order_relaxed);
  if (begin == 0) {
    const std::lock_guard lock(huge.mutex);
    huge.kind = facts.kind;
    huge.is_text = facts.is_text;
  }
  ResidueRun::Span span{begin, end, std::move(facts.hits), std::move(facts.exceptions), facts.coverage};
  if (huge.residue) {
    end_residue_span(worker, huge, std::move(span));
  } else {
    end_file_span(worker, huge, std::move(span));
  }
}

void Sweep::end_residue_span(Worker& worker, Huge& huge, ResidueRun::Span span) {
  std::vector<ResidueRun::Piece> pieces;
  {
    const std::lock_guard lock(huge.mutex);
    pieces = huge.residue->add(std::move(span));
  }
  const Step& run = huge.object.locator.steps.back();
  for (ResidueRun::Piece& piece : pieces) {
    Object object;
    object.locator = huge.object.locator;
    object.locator.steps.back().number = run.number + piece.begin;
    object.locator.steps.back().length = piece.end - piece.begin;
    object.state = ObjectState::residue;
    object.content = part_of(*huge.object.content, piece.begin, piece.end - piece.begin);
    worker.account.walked(object.locator.exhibit, piece.end - piece.begin);
    if (!piece.facts.hits.empty() && !object.content->open().ok()) {
      piece.facts.exceptions.push_back({ExceptionReason::unreadable, 0, piece.end - piece.begin});
    }
    judge(worker, object, piece.facts);
  }
}

void Sweep::end_file_span(Worker& worker, Huge& huge, ResidueRun::Span span) {
  Facts facts = huge.head;
  {
    const std::lock_guard lock(huge.mutex);
    huge.hits.insert(huge.hits.end(), span.hits.begin(), span.hits.end());
    huge.exceptions.insert(huge.exceptions.end(), span.exceptions.begin(), span.exceptions.end());
    huge.coverage += span.coverage;
    huge.bytes_left -= span.end - span.begin;
    if (huge.bytes_left > 0) return;
    // The last span is in: from here on this worker is the object's one owner.
    facts.hits = std::move(huge.hits);
    facts.exceptions = std::move(huge.exceptions);
    facts.coverage = huge.coverage;
    facts.kind = huge.kind;
    facts.is_text = huge.is_text;
  }
  bool over_limit = false;
  settle_hits(facts.hits, engine_.patterns, static_cast<std::uint32_t>(engine_.scope.max_hits_per_identifier),
              over_limit);
  if (over_limit) facts.exceptions.push_back({ExceptionReason::hits_limit, 0, 0});
  std::sort(facts.exceptions.begin(), facts.exceptions.end(), [](const Exception& a, const Exception& b) {
    return std::tie(a.offset, a.reason, a.length) < std::tie(b.offset, b.reason, b.length);
  });
  facts.exceptions.erase(std::unique(facts.exceptions.begin(), facts.exceptions.end()), facts.exceptions.end());
  if (facts.coverage.zero == facts.size) facts.kind = Kind::zero;
  judge(worker, huge.object, facts);
}

void Sweep::judge(Worker& worker, Object& object, Facts& facts) {
  Decision decision = decide(facts, object.locator, engine_.scope);
  worker.watch.charge(Work::decide);
  if (is_caught(decision)) {
    scrutinise(worker, object, facts);
    worker.watch.start();
    decision = decide(facts, object.locator, engine_.scope);
    worker.watch.charge(Work::decide);
  }
  record::Verdict verdict;
  verdict.locator = &object.locator;
  verdict.state = object.state;
  verdict.facts = &facts;
  verdict.decision = &decision;
  verdict.in_family = object.in_family;
  for (const Extent& extent : decision.extents) {
    const bool straight = extent.view == View::raw && object.content != nullptr;
    verdict.exhibit_offsets.push_back(straight ? object.content->exhibit_offset(extent.start) : std::nullopt);
  }
  if (Result<> written = engine_.writer->add(worker.record, verdict); !written.ok()) fail(std::move(written).error());
  worker.account.judged(object.locator.exhibit, facts.size, facts.coverage);
  counters_.objects.fetch_add(1, std::memory_order_relaxed);
  counters_.hits.fetch_add(facts.hits.size(), std::memory_order_relaxed);
  if (is_released(decision.disposition)) counters_.released.fetch_add(1, std::memory_order_relaxed);
  if (!facts.exceptions.empty()) counters_.exceptions.fetch_add(1, std::memory_order_relaxed);
  worker.watch.charge(Work::record);
}

// The second look. It may read the object again; what it cannot read any more is an exception.
void Sweep::scrutinise(Worker& worker, Object& object, Facts& facts) {
  Facts again;  // takes the coverage and the exceptions of the second reading
  if (object.content != nullptr && facts.size > 0) {
    worker.digest.want({.sha256 = true});
    engine_.scrutinise->prepare(worker.scrutinise, facts);
    ChunkReader reader(*object.content, facts.size, 0, facts.size, worker.buffer, again);
    const auto admit = [this](const Chunk&) { return !stopped_.load(std::memory_order_relaxed); };
    worker.watch.start();
    scan(reader, Head{facts.size, 0, facts.size}, facts, worker.watch, admit,
         Looking<Digest>{engine_.digest, worker.digest, Work::hash},
         Looking<Scrutinise>{*engine_.scrutinise, worker.scrutinise, Work::scrutinise});
  }
  for (const Exception& e : again.exceptions) {
    if (std::find(facts.exceptions.begin(), facts.exceptions.end(), e) == facts.exceptions.end()) {
      facts.exceptions.push_back(e);
    }
  }
  engine_.scrutinise->look_at_names(worker.scrutinise, object.locator, facts);
}

}  // namespace ambit
