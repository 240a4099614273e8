#include "pipeline/triage_sweep.h"

#include <algorithm>
#include <bitset>
#include <tuple>

#include "pipeline/disk_marks.h"
#include "pipeline/limits.h"
#include "pipeline/triage_image.h"
#include "pipeline/triage_joined.h"
#include "pipeline/triage_unpack.h"
#include "pipeline/volume_sets.h"
#include "stages/decide/decide.h"
#include "stages/record/places.h"
#include "stages/unpack/kind/kind.h"
#include "stages/unpack/unpack.h"
#include "stages/walk/walk.h"

namespace ambit {
namespace {

// Objects that one task takes from the walk: small enough to share the end of a folder evenly, large enough that
// asking costs nothing.
constexpr std::size_t kBatch = 32;

bool is_image(const Exhibit& exhibit) {
  return exhibit.kind() != ExhibitKind::folder && exhibit.kind() != ExhibitKind::file;
}

}  // namespace

// Objects for whoever is free.
struct Sweep::Batch {
  struct Entry {
    Object object;
    PortionName name;
    bool is_done = false;  // but for the image in it
  };
  std::vector<Entry> objects;
  std::atomic<std::size_t> next{0};
};

std::string_view file_name_of(const Locator& locator) {
  for (auto step = locator.steps.rbegin(); step != locator.steps.rend(); ++step) {
    if (step->kind == StepKind::stream || step->kind == StepKind::view) continue;
    const bool is_joined =
        step->kind == StepKind::residue && step->name == kJoinedName && step + 1 != locator.steps.rend();
    if (is_joined) ++step;
    const std::string_view name = is_joined ? joined_name(step->name) : step->name;
    return name.substr(name.rfind('/') + 1);
  }
  return {};
}

KindGuess guess_object_kind(const Object& object, std::span<const std::byte> first) {
  const auto head = first.first(std::min(first.size(), kKindBytes));
  KindGuess guess = guess_kind(head, file_name_of(object.locator), object.info.size);
  guess.format = format_of(guess, head, file_name_of(object.locator), object.info.size);
  return guess;
}

bool begins_as_disk(Kind guessed, std::span<const std::byte> first) {
  if (guessed != Kind::binary || first.size() < limits::kLeastImageByMarks) return false;
  const std::string_view all(reinterpret_cast<const char*>(first.data()), first.size());
  return begins_like_disk(all.substr(0, kDiskMarkBytes)) ||
         std::any_of(kFarMarkPlaces.begin(), kFarMarkPlaces.end(), [&](std::uint64_t place) {
           return all.size() >= place + kFarMarkBytes && is_far_mark(all.substr(place, kFarMarkBytes));
         });
}

void note_kind(const Object& object, std::span<const std::byte> first, Facts& facts) {
  set_kind(guess_object_kind(object, first), facts);
}

Sweep::Sweep(const Engine& engine, std::vector<std::unique_ptr<Worker>>& workers, Scheduler& scheduler,
             Counters& counters, Done& done, const std::string& folder, std::uint64_t memory)
    : engine_(engine), workers_(workers), scheduler_(scheduler), counters_(counters), done_(done), folder_(folder) {
  image_memory_ = memory / scheduler.workers();
  std::vector<walk::Image> images;
  for (std::uint32_t i = 0; i < engine.exhibits.size(); ++i) {
    if (!is_image(*engine.exhibits[i])) continue;
    reads_.push_back(std::make_unique<ReadCounter>(*engine.exhibits[i]));
    images.push_back({i, {}, reads_.back().get(), engine.exhibits[i]->unread()});
  }
  if (images.empty()) return;
  auto walks = walk::walks_of(images, engine.scope.volume_keys);
  image_memory_ = memory / std::min(walks.size(), scheduler.workers());
  for (auto& walk : walks) {
    ImageOrigin origin;
    origin.covers = walk->is_derived() ? Covers::nothing : Covers::own_bytes;
    if (images_.size() < reads_.size()) origin.counter = reads_[images_.size()].get();  // devices come after the images
    images_.push_back(std::make_shared<ImageSweep>(*this, engine, scheduler, std::move(walk), std::move(origin),
                                                   nullptr, folder_, image_memory_));
  }
}
Sweep::~Sweep() = default;

Result<> Sweep::run() {
  for (auto& worker : workers_) worker->watch.start();
  try {
    scheduler_.run([this](std::size_t worker) { return next_task(worker); });
  } catch (const std::bad_alloc& gone) { run_out(resource_of(gone)); }
  if (failure_) return *failure_;
  if (gone_.load() != Resource::none) return error_of(gone_.load());
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

void Sweep::run_out(Resource of) noexcept {
  Resource none = Resource::none;
  gone_.compare_exchange_strong(none, of);
  scheduler_.stop();
}

Scheduler::Task Sweep::next_task(std::size_t index) {
  Worker& worker = *workers_[index];
  worker.watch.charge(Work::wait);
  if (next_image_ < images_.size()) {
    // The walk holds on to what it opened only as long as its sweep lives.
    return [this, image = std::move(images_[next_image_++])](std::size_t own) { image->run(*workers_[own], image); };
  }
  worker.watch.begin(Work::walk);
  auto batch = std::make_shared<Batch>();
  // The scheduler is asking and cannot be told to stop from here: a task does that.
  if (Result<> taken = take_objects(*batch); !taken) return [this, taken](std::size_t) { check(taken); };
  worker.watch.charge(Work::walk);
  worker.watch.begin(Work::wait);
  std::erase_if(batches_, [](const auto& b) { return b->next.load(std::memory_order_relaxed) >= b->objects.size(); });
  if (!batch->objects.empty()) {
    batches_.push_back(batch);
  } else if (!batches_.empty()) {
    // One object of a batch may take an hour to take apart; the others need not wait for it.
    batch = batches_.front();
  } else {
    return {};
  }
  return [this, batch](std::size_t own) { sweep_batch(*workers_[own], *batch); };
}

Result<> Sweep::take_objects(Batch& batch) {
  const auto changed = [this] {
    return Error{ErrorKind::evidence, "the exhibit is not what it was when the run was begun",
                 engine_.exhibits[next_exhibit_ - 1]->name(), "start a new run, into a new directory"};
  };
  while (batch.objects.size() < kBatch && !stopped()) {
    if (source_ == nullptr) {
      if (next_exhibit_ == engine_.exhibits.size()) return {};
      const auto number = static_cast<std::uint32_t>(next_exhibit_++);
      if (is_image(*engine_.exhibits[number])) continue;
      source_ = walk_exhibit(*engine_.exhibits[number], number, joins_to_image);
      source_root_ = Locator{number, {}}.sort_key();
      source_done_ = done_.take(source_root_);
      source_number_ = 0;
    }
    std::optional<Object> object = source_->next();
    if (!object) {
      if (source_number_ < source_done_.objects.size()) return changed();
      source_.reset();
      continue;
    }
    const std::uint64_t number = source_number_++;
    const std::uint32_t was = number < source_done_.objects.size() ? source_done_.objects[number] : 0;
    if (was == 0) {
      batch.objects.push_back({std::move(*object), {source_root_, PortionKind::object, number, 0, false}, false});
      continue;
    }
    if (was != check_of(object->locator)) return changed();
    if (source_done_.objects_with_image.contains(number)) batch.objects.push_back({std::move(*object), {}, true});
  }
  return {};
}

void Sweep::sweep_batch(Worker& worker, Batch& batch) {
  for (;;) {
    const std::size_t mine = batch.next.fetch_add(1, std::memory_order_relaxed);
    if (mine >= batch.objects.size() || stopped()) return;
    Batch::Entry& entry = batch.objects[mine];
    if (entry.is_done) {
      open_inside_again(entry.object);
      continue;
    }
    entry.name.check = check_of(entry.object.locator);
    const PortionScope scope(*this, worker, std::make_shared<SweptPortion>(engine_, std::move(entry.name)));
    sweep_object(worker, std::move(entry.object), Covers::own_bytes);
  }
}

void Sweep::open_object(Worker& worker, Object& object, Facts& facts) {
  worker.watch.charge(Work::wait);
  worker.watch.begin(Work::open);
  facts.sent = object.sent;
  if (object.content == nullptr) {
    facts.size = object.info.size;
    facts.modified = object.info.modified;
    facts.exceptions.push_back({exception_of(object.trouble), 0, object.trouble_bytes});
  } else if (Result<ContentInfo> info = object.content->open(); !info.ok()) {
    facts.exceptions.push_back({reason_of(info.error()), 0, 0});
  } else {
    object.info = *info;
    facts.size = info->size;
    facts.modified = info->modified;
  }
  worker.watch.charge(Work::open);
}

void Sweep::examine(Worker& worker, Object& object, Facts& facts) {
  open_object(worker, object, facts);
  sweep_opened(worker, object, facts);
}

void Sweep::sweep_opened(Worker& worker, Object& object, Facts& facts) {
  if (object.content == nullptr || !facts.exceptions.empty()) return;
  sweep_whole(worker, object, facts);
  if (object.trouble != WalkTrouble::none) facts.exceptions.push_back({exception_of(object.trouble), facts.size, 0});
}

void Sweep::sweep_object(Worker& worker, Object object, Covers covers, const KindGuess& told) {
  if (is_joined(object)) return take_apart(worker, std::move(object));
  Facts facts;
  set_kind(told, facts);
  std::optional<Holding> holding(std::in_place, worker, object.locator);
  open_object(worker, object, facts);
  worker.account.walked(object.locator.exhibit, facts.size);
  if (covers == Covers::own_bytes) worker.account.owe(object.locator.exhibit, facts.size);
  const bool shared =
      facts.size > limits::kSpanBytes && object.content != nullptr && !engine_.lookup->needed(facts.size).any();
  if (shared) {
    holding.reset();  // the object moves on, to several workers
    return share(worker, std::move(object), facts, covers);
  }
  sweep_opened(worker, object, facts);
  if (covers == Covers::own_bytes) counters_.sweep_bytes(object.locator.exhibit, facts.size);
  if (covers == Covers::nothing) facts.coverage = {};
  open_inside(worker, object, facts);
  unpack(worker, object, facts);
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
    if (stopped()) return false;  // nothing of this run will be written
    if (chunk.offset() != 0 || chunk.zeros_before() != 0) return true;
    if (facts.kind == Kind::unknown) note_kind(object, chunk.body(), facts);
    if (chunk.body_bytes() != facts.size || digests.any() || chunk.segments().empty()) return true;
    fingerprint = engine_.fingerprints->of(chunk.body());
    fingerprinted = true;
    seen = !engine_.census->is_full() && engine_.seen->has(fingerprint);
    worker.watch.charge(Work::hash, chunk.body_bytes());
    return !seen;
  };
  const Head head{facts.size, 0, facts.size};
  engine_.census->prepare(worker.census, !object.counted_elsewhere);
  scan(reader, head, facts, worker.watch, admit, Looking<Digest>{engine_.digest, worker.digest, Work::hash},
       Looking<Match>{*engine_.match, worker.match, Work::match},
       Looking<PrivateCensus>{*engine_.census, worker.census, Work::scrutinise});
  count_private(worker, object.locator.exhibit);
  if (facts.size == 0) facts.kind = Kind::empty;
  if (facts.size > 0 && facts.coverage.zero == facts.size) facts.kind = Kind::zero;
  if (fingerprinted && !seen && facts.hits.empty() && facts.exceptions.empty()) engine_.seen->add(fingerprint);
  engine_.lookup->look_up(facts);
}

// Of an object in an image: the sweep went by its bytes in the order of the disk and made no digest.
void Sweep::look_up(Worker& worker, Object& object, Facts& facts) {
  const DigestSet digests = engine_.lookup->needed(facts.size);
  if (!digests.any() || object.content == nullptr) return;
  worker.digest.want(digests);
  Facts again;  // takes the coverage of this reading
  ChunkReader reader(*object.content, facts.size, 0, facts.size, worker.buffer, again);
  const auto admit = [this](const Chunk&) { return !stopped(); };
  scan(reader, Head{facts.size, 0, facts.size}, facts, worker.watch, admit,
       Looking<Digest>{engine_.digest, worker.digest, Work::hash});
  worker.reread_bytes += facts.size;
  facts.exceptions.insert(facts.exceptions.end(), again.exceptions.begin(), again.exceptions.end());
  sort_exceptions(facts.exceptions);
  engine_.lookup->look_up(facts);
}

// Names and paths are searched as the view `name`; each of several paths of one file counts. What is in a container has
// the names around it searched there.
void Sweep::match_names(Worker& worker, const Object& object, Facts& facts) {
  if (object.state == ObjectState::residue || is_joined(object)) return;
  const std::size_t found = facts.hits.size();
  if (object.inside == 0) engine_.match->match_name(worker.match, object.locator.path_text(), facts.hits);
  if (object.inside > 0 && object.locator.steps.back().kind == StepKind::member) {
    engine_.match->match_name(worker.match, "/" + object.locator.steps.back().name, facts.hits);
  }
  for (const std::string& link : object.links) engine_.match->match_name(worker.match, "/" + link, facts.hits);
  if (facts.hits.size() == found) return;
  std::sort(facts.hits.begin(), facts.hits.end());
  facts.hits.erase(std::unique(facts.hits.begin(), facts.hits.end()), facts.hits.end());
}

void Sweep::judge(Worker& worker, Object& object, Facts& facts) {
  match_names(worker, object, facts);
  if (facts.kind == Kind::encrypted && facts.exceptions.empty()) {
    facts.exceptions.push_back({ExceptionReason::encrypted, 0, facts.size});
  }
  static_cast<void>(take_marks(facts.hits, engine_));
  worker.watch.charge(Work::match);
  worker.watch.begin(Work::decide);
  Decision decision = decide(facts, object.locator, engine_.scope);
  worker.watch.charge(Work::decide);
  if (is_caught(decision)) {
    scrutinise(worker, object, facts);
    decision = decide(facts, object.locator, engine_.scope);
    if (is_released(decision.disposition) && scrutinise_packed(worker, object, facts)) {
      decision = decide(facts, object.locator, engine_.scope);
    }
    worker.watch.start();
  }
  worker.watch.begin(Work::record);
  record::Verdict verdict;
  verdict.locator = &object.locator;
  verdict.state = object.state;
  verdict.facts = &facts;
  verdict.decision = &decision;
  verdict.in_family = object.in_family;
  verdict.inode = object.inode;
  verdict.links = object.links;
  if (is_released(decision.disposition)) {
    record::ExtentPlaces places = record::find_places(object.content.get(), object.runs, decision.extents);
    verdict.exhibit_offsets = std::move(places.exhibit_offsets);
    verdict.places = std::move(places.places);
  }
  check(engine_.writer->add(worker.record, worker.portion->recorded(), verdict));
  worker.account.judged(object.locator.exhibit, facts.size);
  worker.account.cover(object.locator.exhibit, facts.coverage);
  count(facts, decision.disposition);
  worker.watch.charge(Work::record);
  worker.watch.begin(Work::wait);
}

void Sweep::count_private(Worker& worker, std::uint32_t exhibit) {
  if (engine_.census->is_full()) engine_.writer->count_private(worker.record, exhibit, worker.census.found);
}

void Sweep::count(const Facts& facts, Disposition disposition) {
  const auto add = [](std::atomic<std::uint64_t>& counter, std::uint64_t number) {
    counter.fetch_add(number, std::memory_order_relaxed);
  };
  add(counters_.objects, 1);
  if (!facts.hits.empty()) add(counters_.hits, facts.hits.size());
  if (is_released(disposition)) add(counters_.released, 1);
  if (facts.exceptions.empty()) return;
  add(counters_.exceptions, 1);
  std::bitset<kExceptionReasons> reasons;
  for (const Exception& exception : facts.exceptions) reasons.set(static_cast<std::size_t>(exception.reason));
  for (std::size_t i = 0; i < kExceptionReasons; ++i) {
    if (reasons[i]) add(counters_.exceptions_by_reason[i], 1);
  }
}

}  // namespace ambit
