#include "pipeline/triage_image.h"

#include <algorithm>
#include <utility>

#include "pipeline/limits.h"
#include "pipeline/triage_joined.h"
#include "pipeline/triage_stripe.h"
#include "stages/unpack/carve.h"

namespace ambit {
namespace {

// Objects that are read through their content and make one task.
constexpr std::size_t kContents = 256;

std::uint64_t run_bytes(const Object& object) {
  std::uint64_t bytes = 0;
  for (const Run& run : object.runs) bytes += run.length;
  return bytes;
}

}  // namespace

bool ObjectPart::is_whole() const { return object && bytes >= run_bytes(*object); }

void ObjectPart::add(ObjectPart other) {
  if (other.object) object = std::move(other.object);
  if (other.kind) kind = other.kind;
  if (!other.first.empty()) first = std::move(other.first);
  bytes += other.bytes;
  hits.insert(hits.end(), other.hits.begin(), other.hits.end());
  exceptions.insert(exceptions.end(), other.exceptions.begin(), other.exceptions.end());
}

ImageSweep::ImageSweep(Sweep& sweep, const Engine& engine, Scheduler& scheduler, std::unique_ptr<walk::ImageWalk> walk,
                       ImageOrigin origin, std::shared_ptr<SweptPortion> outer, std::string folder, std::size_t memory)
    : sweep_(sweep),
      engine_(engine),
      scheduler_(scheduler),
      origin_(std::move(origin)),
      walk_(std::move(walk)),
      layout_(std::move(folder), memory, walk_->bytes().size(), Kind::gap),
      outer_(std::move(outer)),
      root_(Locator{walk_->image().exhibit, walk_->image().steps}.sort_key()) {
  if (outer_ == nullptr) done_ = sweep.done().take(root_);
  for (const walk::MappedRange& range : walk_->mapped()) mapped_.push_back({0, range.offset, range.length});
  std::sort(mapped_.begin(), mapped_.end(), [](const Run& a, const Run& b) { return a.place < b.place; });
}
ImageSweep::~ImageSweep() = default;

// --- the walk: one worker -------------------------------------------------------------------------------------

void ImageSweep::run(Worker& worker, const std::shared_ptr<ImageSweep>& self) {
  worker.watch.charge(Work::wait);
  // Where the portion is another's, its scope was announced by who made this sweep.
  const PortionScope scope(sweep_, worker, outer_ != nullptr ? outer_ : portion(PortionKind::walk, 0));
  if (!lay_out(worker, self)) return;
  worker.watch.begin(Work::wait);
  if (outer_ != nullptr) outer_->share();  // for who finds that there are no more stripes
  scheduler_.feed([self](std::size_t index) { return self->next_stripe(self, index); });
}

bool ImageSweep::lay_out(Worker& worker, const std::shared_ptr<ImageSweep>& self) {
  worker.watch.begin(Work::walk);
  walker_ = &worker;
  self_ = self;
  if (!is_derived() && !done_.is_walked) worker.account.owe(walk_->image().exhibit, walk_->bytes().size());
  walk_->walk(*this);
  const auto make = [this](std::vector<Run> runs, ContentInfo info) { return content(std::move(runs), info); };
  for (Object& joined : sets_.take_joined(make, joins_to_image)) {
    if (sweep_.stopped()) break;
    if (!this->object(std::move(joined), 0, 0)) break;
  }
  if (origin_.counter != nullptr) origin_.counter->end_walk();
  sweep_contents();
  if (sweep_.stopped()) return false;
  Result<> done = next_number_ < done_.objects.size() ? Result<>(changed()) : layout_.finish();
  if (!done) sweep_.fail(done.error());
  if (!done) return false;
  worker.watch.charge(Work::walk);
  take_up_parts(worker);
  return !sweep_.stopped();
}

Error ImageSweep::changed() const {
  return {ErrorKind::evidence, "the exhibit is not what it was when the run was begun",
          engine_.exhibits[walk_->image().exhibit]->name(), "start a new run, into a new directory"};
}

std::shared_ptr<SweptPortion> ImageSweep::portion(PortionKind kind, std::uint64_t number, std::uint32_t check) {
  if (outer_ == nullptr) {
    return std::make_shared<SweptPortion>(engine_, PortionName{root_, kind, number, check, false});
  }
  outer_->share();
  return outer_;
}

std::uint32_t ImageSweep::home(std::vector<Step> steps) { return layout_.add_home(std::move(steps)); }

bool ImageSweep::area(Kind kind, std::uint32_t home, std::uint64_t offset, std::uint64_t length) {
  Result<> done = layout_.add_area(kind, home, offset, length);
  if (!done) sweep_.fail(done.error());
  return done.ok() && !sweep_.stopped();
}

bool ImageSweep::object(Object&& object, std::uint64_t slack, std::uint32_t home) {
  const bool has_content = object.trouble != WalkTrouble::none || object.content != nullptr;
  sets_.add(object);
  if (!has_content && !object.runs.empty()) {
    if (!done_.is_walked) walker_->account.walked(object.locator.exhibit, object.info.size);
    Result<> done = layout_.add(object, slack, home);
    if (!done) sweep_.fail(done.error());
    return done.ok() && !sweep_.stopped();
  }
  const std::uint64_t number = next_number_++;
  if (has_content) object.origin = self_.lock();
  const std::uint32_t was = number < done_.objects.size() ? done_.objects[number] : 0;
  if (was != 0) {
    if (was != check_of(object.locator)) sweep_.fail(changed());
    if (done_.objects_with_image.contains(number)) sweep_.open_inside_again(object);
  } else if (has_content) {
    contents_.emplace_back(number, std::move(object));
    if (contents_.size() >= kContents) sweep_contents();
  } else {
    walker_->watch.charge(Work::walk);
    const PortionScope scope(sweep_, *walker_, portion(PortionKind::object, number, check_of(object.locator)));
    walker_->account.walked(object.locator.exhibit, object.info.size);
    ObjectPart part;
    part.object = std::move(object);
    finish(*walker_, std::move(part));
    walker_->watch.begin(Work::walk);
  }
  return !sweep_.stopped();
}

// Objects of which the bytes are made, not read in place: their worker reads them one by one.
void ImageSweep::sweep_contents() {
  walker_->watch.charge(Work::walk);
  for (auto& [number, object] : contents_) {
    if (sweep_.stopped()) break;
    const PortionScope scope(sweep_, *walker_, portion(PortionKind::object, number, check_of(object.locator)));
    sweep_.sweep_object(*walker_, std::move(object), Covers::nothing);
  }
  contents_.clear();
  walker_->watch.start();
  walker_->watch.begin(Work::walk);
}

// --- the stripes: every worker --------------------------------------------------------------------------------

Scheduler::Task ImageSweep::next_stripe(const std::shared_ptr<ImageSweep>& self, std::size_t index) {
  Worker& worker = sweep_.worker(index);
  worker.watch.charge(Work::wait);
  if (stripes_ended_) return {};
  worker.watch.begin(Work::walk);
  Result<std::optional<Stripe>> next = layout_.next();
  worker.watch.charge(Work::walk);
  worker.watch.begin(Work::wait);
  // The scheduler is asking and cannot be told to stop from here: a task does that.
  if (!next) return [self, error = next.error()](std::size_t) { self->sweep_.fail(error); };
  if (!*next) {
    stripes_ended_ = true;
    if (outer_ == nullptr) return {};
    return [self](std::size_t own) { const PortionScope last(self->sweep_, self->sweep_.worker(own), self->outer_); };
  }
  auto stripe = std::make_shared<Stripe>(std::move(**next));
  if (outer_ != nullptr) outer_->share();
  return [self, stripe](std::size_t own) {
    if (!self->sweep_.stopped()) self->sweep_stripe(self->sweep_.worker(own), *stripe);
  };
}

void ImageSweep::sweep_stripe(Worker& worker, Stripe& stripe) {
  const std::uint64_t number = stripe.begin / limits::kSpanBytes;
  if (done_.has_stripe(number)) return take_up_stripe(worker, stripe);
  const PortionScope scope(sweep_, worker, outer_ != nullptr ? outer_ : portion(PortionKind::stripe, number));
  StripeSweep(*this, worker, stripe).run();
}

void ImageSweep::take_up_stripe(Worker& worker, Stripe& stripe) {
  for (auto& [id, packed] : stripe.introduced) {
    if (sweep_.stopped()) return;
    if (done_.shared_objects.contains(id)) {
      pass_by(id, unpack_object(packed));
      continue;
    }
    ObjectPart part;
    {
      const std::lock_guard lock(mutex_);
      const auto open = open_.find(id);
      if (open == open_.end()) continue;  // it lies in the stripe whole
      open->second.object = unpack_object(packed);
      if (!open->second.is_whole()) continue;
      part = std::move(open->second);
      open_.erase(open);
    }
    finish_shared(worker, id, std::move(part));
  }
}

void ImageSweep::pass_by(ObjectId id, Object object) {
  if (!done_.shared_objects.at(id)) return;
  object.content = content(object.runs, object.info);
  object.origin = self_.lock();
  sweep_.open_inside_again(object);
}

void ImageSweep::take_up_parts(Worker& worker) {
  for (auto& [id, parts] : done_.parts) {
    for (const std::string& packed : parts) {
      NotedPart noted = unpack_noted_part(packed);
      ObjectPart part;
      part.bytes = noted.bytes;
      part.hits = std::move(noted.hits);
      part.exceptions = std::move(noted.exceptions);
      open_[id].add(std::move(part));
    }
  }
  done_.parts.clear();
  for (const std::string& packed : std::exchange(done_.spans, {})) {
    NotedResidue noted = unpack_noted_residue(packed);
    judge_shared_residue(worker, noted.home, noted.run_begin, noted.kind, std::move(noted.span));
  }
}

std::unique_ptr<Content> ImageSweep::content(std::vector<Run> runs, ContentInfo info) const {
  return run_content(walk_->bytes(), std::move(runs), info, is_derived() ? Places::derived : Places::exhibit);
}

void ImageSweep::deposit(Worker& worker, ObjectId id, ObjectPart part) {
  if (outer_ == nullptr) {
    const NotedPart noted{id, part.bytes, part.hits, part.exceptions};
    sweep_.check(engine_.writer->note(worker.record, worker.portion->recorded(), pack(noted)));
  }
  {
    const std::lock_guard lock(mutex_);
    ObjectPart& open = open_[id];
    open.add(std::move(part));
    if (!open.is_whole()) return;
    part = std::move(open);
    open_.erase(id);
  }
  finish_shared(worker, id, std::move(part));
}

void ImageSweep::finish_shared(Worker& worker, ObjectId id, ObjectPart part) {
  const PortionScope scope(sweep_, worker, portion(PortionKind::shared_object, id));
  finish(worker, std::move(part));
}

void ImageSweep::finish(Worker& worker, ObjectPart part) {
  Object& object = *part.object;
  const Holding holding(worker, object.locator);
  Facts facts;
  facts.size = object.info.size;
  facts.modified = object.info.modified;
  facts.sent = object.sent;
  facts.hits = std::move(part.hits);
  facts.exceptions = std::move(part.exceptions);
  object.content = content(object.runs, object.info);
  object.split = sets_.role_of(object.locator);
  worker.watch.charge(Work::walk);
  if (object.runs.size() > 1) match_seams(worker, object, facts);
  const std::size_t needed = std::min<std::uint64_t>(facts.size, kKindBytes);
  if (!part.kind && part.first.size() < needed) {  // in a hole, or in several pieces
    part.first.assign(needed, std::byte{0});
    const Result<std::size_t> got = object.content->read_at(0, part.first);
    worker.reread_bytes += got.ok() ? *got : 0;
    if (const auto lost = lost_bytes(got, 0, needed)) facts.exceptions.push_back(*lost);
  }
  settle(facts, engine_);
  const KindGuess guess = part.kind ? *part.kind : guess_object_kind(object, part.first);
  facts.kind = guess.kind;
  facts.is_text = guess.is_text;
  facts.format = guess.format;
  if (facts.size == 0) facts.kind = Kind::empty;
  if (facts.size > 0 && object.runs.empty()) facts.kind = Kind::zero;
  sweep_.look_up(worker, object, facts);
  object.origin = self_.lock();
  sweep_.open_inside(worker, object, facts);
  sweep_.unpack(worker, object, facts);
  sweep_.judge(worker, object, facts);
}

// Around each end of a run the bytes are matched in logical order; what lies on one side of it was found already.
void ImageSweep::match_seams(Worker& worker, const Object& object, Facts& facts) {
  const std::uint64_t reach = engine_.patterns.context_bytes();
  std::vector<std::byte> window;
  const std::size_t found = facts.hits.size();
  for (std::size_t i = 0; i + 1 < object.runs.size(); ++i) {
    const std::uint64_t seam = object.runs[i].end();
    if (object.runs[i + 1].start - seam > reach) continue;  // a hole wider than any pattern
    const std::uint64_t from = seam - std::min(seam, reach);
    window.resize(std::min(seam + reach, facts.size) - from);
    const Result<std::size_t> got = object.content->read_at(from, window);
    if (const auto lost = lost_bytes(got, from, window.size())) facts.exceptions.push_back(*lost);
    if (!got.ok() || *got <= seam - from) continue;
    worker.reread_bytes += *got;
    const auto lead = static_cast<std::size_t>(seam - from);
    const Segment whole{0, *got - lead};
    const Chunk chunk({window.data(), *got}, lead, *got - lead, seam, {&whole, 1});
    engine_.match->begin(worker.match, {facts.size, seam, seam + (*got - lead)});
    engine_.match->look(worker.match, chunk);
    Facts here;
    engine_.match->finish(worker.match, here);
    for (const Hit& hit : here.hits) {
      if (hit.start < seam) facts.hits.push_back(hit);
    }
  }
  worker.watch.charge(Work::match);
  if (facts.hits.size() == found) return;
  std::sort(facts.hits.begin(), facts.hits.end());
  facts.hits.erase(std::unique(facts.hits.begin(), facts.hits.end()), facts.hits.end());
}

// --- residue --------------------------------------------------------------------------------------------------

void ImageSweep::end_residue(Worker& worker, const Parcel& parcel, std::uint64_t run_begin, ResidueRun::Span span) {
  if (!parcel.from_before && !parcel.goes_on) {
    ResidueRun run(parcel.begin, parcel.kind);
    for (ResidueRun::Piece& piece : run.add(std::move(span))) judge_residue(worker, parcel.home, piece);
    return carve_residue(worker, parcel.home, {0, parcel.begin, parcel.end - parcel.begin}, run.take_starts(), false);
  }
  const std::uint64_t begin = parcel.from_before ? run_begin : parcel.begin;
  if (outer_ == nullptr) {
    const NotedResidue noted{begin, parcel.kind, parcel.home, span};
    sweep_.check(engine_.writer->note(worker.record, worker.portion->recorded(), pack(noted)));
  }
  judge_shared_residue(worker, parcel.home, begin, parcel.kind, std::move(span));
}

void ImageSweep::judge_shared_residue(Worker& worker, std::uint32_t home, std::uint64_t run_begin, Kind kind,
                                      ResidueRun::Span span) {
  std::vector<ResidueRun::Piece> pieces;
  std::vector<std::uint64_t> starts;
  std::uint64_t run_end = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto run = residue_.try_emplace(run_begin, run_begin, kind).first;
    pieces = run->second.add(std::move(span));
    if (run->second.done()) {
      starts = run->second.take_starts();
      run_end = run->second.end();
      residue_.erase(run);
    }
  }
  for (ResidueRun::Piece& piece : pieces) {
    if (done_.residue.contains(piece.begin)) continue;
    const PortionScope scope(sweep_, worker, portion(PortionKind::residue, piece.begin));
    judge_residue(worker, home, piece);
  }
  carve_residue(worker, home, {0, run_begin, run_end - run_begin}, std::move(starts), true);
}

void ImageSweep::carve_residue(Worker& worker, std::uint32_t home, const Run& run, std::vector<std::uint64_t> starts,
                               bool is_shared) {
  if (starts.empty()) return;
  for (std::uint64_t& start : starts) start -= run.place;
  const auto bytes = content({run}, {run.length, std::nullopt, 0});
  worker.watch.begin(Work::unpack);
  carve(*bytes, run.length, starts, StreamEnds::as_far_as_the_next, [&](const CarvedFile& file) {
    worker.watch.charge(Work::unpack);
    const Run place{0, run.place + file.begin, file.bytes};
    if (!is_shared) {
      judge_carved(worker, home, place, file.guess);
    } else if (!done_.carved.contains(place.place)) {
      const PortionScope scope(sweep_, worker, portion(PortionKind::carved, place.place));
      judge_carved(worker, home, place, file.guess);
    }
    worker.watch.begin(Work::unpack);
    return !sweep_.stopped();
  });
  worker.watch.charge(Work::unpack);
}

// Its raw bytes were swept as the residue that they are, and its hits in them stand there.
void ImageSweep::judge_carved(Worker& worker, std::uint32_t home, const Run& place, const KindGuess& guess) {
  Object object = residue_object(home, {StepKind::residue, std::string(kCarvedName), place.place, place.length});
  object.content = content({place}, {place.length, std::nullopt, 0});
  object.origin = self_.lock();
  sweep_.take_apart(worker, std::move(object), guess);
}

void ImageSweep::judge_residue(Worker& worker, std::uint32_t home, ResidueRun::Piece& piece) {
  Object object = residue_object(home, {StepKind::residue, "", piece.begin, piece.end - piece.begin});
  object.content = content({{0, piece.begin, piece.end - piece.begin}}, {piece.end - piece.begin, std::nullopt, 0});
  worker.account.walked(object.locator.exhibit, piece.facts.size);
  sweep_.judge(worker, object, piece.facts);
}

Object ImageSweep::residue_object(std::uint32_t home, Step step) const {
  Object object;
  object.locator = {walk_->image().exhibit, home == 0 ? walk_->image().steps : layout_.home(home)};
  object.locator.steps.push_back(std::move(step));
  object.state = ObjectState::residue;
  return object;
}

}  // namespace ambit
