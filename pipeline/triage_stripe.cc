#include "pipeline/triage_stripe.h"

#include <algorithm>
#include <utility>

#include "pipeline/limits.h"
#include "stages/unpack/carve.h"

namespace ambit {
namespace {

void append_clipped(const Exception& exception, std::uint64_t begin, std::uint64_t end, std::uint64_t shift,
                    std::vector<Exception>& out) {
  const std::uint64_t from = std::max(exception.offset, begin);
  const std::uint64_t to = std::min(exception.offset + exception.length, end);
  if (from < to) out.push_back({exception.reason, from - begin + shift, to - from});
}

}  // namespace

StripeSweep::StripeSweep(ImageSweep& image, Worker& worker, Stripe& stripe)
    : image_(image), worker_(worker), stripe_(stripe) {
  const std::uint64_t size = image.walk_->bytes().size();
  content_ = image.content({{0, 0, size}}, {size, std::nullopt, 0});
  for (const Parcel& parcel : stripe.parcels) {
    if (!parcel.from_before) borders_.push_back(parcel.begin);
  }
}

void StripeSweep::run() {
  worker_.watch.charge(Work::wait);
  for (auto& [id, packed] : stripe_.introduced) parts_[id].object = unpack_object(packed);
  worker_.watch.charge(Work::walk);
  read();
  if (image_.sweep_.stopped()) return;
  read_on();
  leave_out_foreign_hits();
  read_first_bytes();
  for (const Parcel& parcel : stripe_.parcels) {
    if (parcel.owners > 0) {
      give_to_owners(parcel);
    } else {
      give_to_residue(parcel);
    }
  }
  deliver();
}

// The stripe itself: its coverage, its hits by place, the first bytes of the objects that begin in it.
void StripeSweep::read() {
  Facts facts;
  const std::uint64_t size = image_.walk_->bytes().size();
  ChunkReader reader(*content_, size, stripe_.begin, stripe_.end, worker_.buffer, facts);
  reader.set_borders(borders_);
  const auto admit = [&](const Chunk& chunk) {
    note_first_bytes(chunk.offset() - chunk.lead_bytes(), chunk.window());
    note_starts(chunk);
    return !image_.sweep_.stopped();
  };
  const Engine& engine = image_.engine_;
  engine.census->prepare(worker_.census, !image_.origin_.counted_elsewhere, image_.mapped_);
  scan(reader, Head{size, stripe_.begin, stripe_.end}, facts, worker_.watch, admit,
       Looking<Match>{*engine.match, worker_.match, Work::match},
       Looking<PrivateCensus>{*engine.census, worker_.census, Work::scrutinise});
  image_.sweep_.count_private(worker_, image_.walk_->image().exhibit);
  hits_ = std::move(facts.hits);
  exceptions_ = std::move(facts.exceptions);
  find_limit();
  const std::uint32_t exhibit = image_.walk_->image().exhibit;
  if (image_.is_derived()) return;
  worker_.account.cover(exhibit, facts.coverage);
  image_.engine_.writer->cover(worker_.record, exhibit, facts.coverage);
  image_.sweep_.count_bytes(exhibit, stripe_.end - stripe_.begin);
}

// A few bytes more: what starts in this stripe and ends in the next.
void StripeSweep::read_on() {
  const std::uint64_t size = image_.walk_->bytes().size();
  const std::uint64_t end = std::min<std::uint64_t>(stripe_.end + image_.engine_.patterns.context_bytes(), size);
  if (end == stripe_.end) return;
  Facts facts;
  ChunkReader reader(*content_, size, stripe_.end, end, worker_.buffer, facts);
  reader.set_borders(borders_);
  const auto admit = [](const Chunk&) { return true; };
  scan(reader, Head{size, stripe_.end, end}, facts, worker_.watch, admit,
       Looking<Match>{*image_.engine_.match, worker_.match, Work::match});
  worker_.reread_bytes += end - stripe_.end;
  std::erase_if(facts.hits, [&](const Hit& hit) { return hit.start >= stripe_.end; });
  if (facts.hits.empty()) return;
  hits_.insert(hits_.end(), facts.hits.begin(), facts.hits.end());
  bool over_limit = false;
  settle_hits(hits_, image_.engine_.patterns, static_cast<std::uint32_t>(image_.engine_.scope.max_hits_per_identifier),
              over_limit);
}

// Hits that start in the stripe before were found there, as far as a pattern is wide. Only what was united from many
// finds can be longer: its rest counts here.
void StripeSweep::leave_out_foreign_hits() {
  const std::uint64_t reach = stripe_.begin + image_.engine_.patterns.context_bytes();
  std::erase_if(hits_, [&](const Hit& hit) { return hit.start < stripe_.begin && hit.end() <= reach; });
  for (Hit& hit : hits_) {
    if (hit.start >= stripe_.begin) continue;
    hit.length = static_cast<std::uint32_t>(hit.end() - stripe_.begin);
    hit.start = stripe_.begin;
  }
  std::sort(hits_.begin(), hits_.end());
}

// Where a limit was reached, the objects behind the last hit that was kept may lack some.
void StripeSweep::find_limit() {
  const auto is_limit = [](const Exception& e) { return e.reason == ExceptionReason::hits_limit; };
  if (std::erase_if(exceptions_, is_limit) == 0) return;
  std::unordered_map<IdentifierId, std::uint64_t> counts;
  limit_at_ = hits_.size() >= limits::kMaxHitsPerObject ? hits_.back().start : UINT64_MAX;
  for (const Hit& hit : hits_) {
    const bool is_mark = hit.identifier == image_.engine_.patterns.mark();
    if (++counts[hit.identifier] >= (is_mark ? limits::kMaxMarks : image_.engine_.scope.max_hits_per_identifier)) {
      limit_at_ = std::min(limit_at_, hit.start);
    }
  }
}

// Guesses the kinds of the objects whose first bytes lie in the window whole.
void StripeSweep::note_first_bytes(std::uint64_t from, std::span<const std::byte> bytes) {
  const std::uint64_t to = from + bytes.size();
  for (; next_parcel_ < stripe_.parcels.size(); ++next_parcel_) {
    const Parcel& parcel = stripe_.parcels[next_parcel_];
    if (parcel.begin >= to) return;
    for (const Owner& owner : owners_of(parcel)) {
      const std::uint64_t end = std::min<std::uint64_t>(parcel.begin + kKindBytes, owner.run_end);
      if (owner.start != 0 || parcel.begin < from || end > to) continue;
      note_beginning(owner, bytes.subspan(static_cast<std::size_t>(parcel.begin - from),
                                          static_cast<std::size_t>(end - parcel.begin)));
    }
  }
}

// The books of a file system hold the packed bytes of files, too, that are read another way.
void StripeSweep::note_starts(const Chunk& chunk) {
  const std::uint64_t from = chunk.offset(), to = from + chunk.body_bytes();
  const std::span<const std::byte> bytes = chunk.window().subspan(chunk.lead_bytes());
  for (; starts_parcel_ < stripe_.parcels.size(); ++starts_parcel_) {
    const Parcel& parcel = stripe_.parcels[starts_parcel_];
    if (parcel.begin >= to) return;
    const bool may_hold_files = parcel.owners == 0 && parcel.kind != Kind::metadata;
    constexpr std::uint64_t kStep = limits::kCarveStep;
    for (std::uint64_t place = (std::max(parcel.begin, from) + kStep - 1) / kStep * kStep;
         may_hold_files && place < std::min(parcel.end, to); place += kStep) {
      const std::span<const std::byte> first = bytes.subspan(static_cast<std::size_t>(place - from));
      if (may_begin_packed(first) && run_at(image_.mapped_, place) == nullptr) starts_.push_back(place);
    }
    if (parcel.end > to) return;
  }
}

// Those of which the first bytes lay in no window: at a cut, or behind a hole.
void StripeSweep::read_first_bytes() {
  std::vector<std::byte> bytes;
  for (const Parcel& parcel : stripe_.parcels) {
    for (const Owner& owner : owners_of(parcel)) {
      ObjectPart& part = parts_[owner.object];
      if (owner.start != 0 || part.kind || !part.first.empty()) continue;
      bytes.assign(std::min<std::uint64_t>(kKindBytes, owner.run_end - parcel.begin), std::byte{0});
      const Result<std::size_t> got = content_->read_at(parcel.begin, bytes);
      if (got.ok()) worker_.reread_bytes += *got;
      if (const auto lost = lost_bytes(got, 0, bytes.size())) part.exceptions.push_back(*lost);
      note_beginning(owner, bytes);
    }
  }
}

void StripeSweep::note_beginning(const Owner& owner, std::span<const std::byte> bytes) {
  ObjectPart& part = parts_[owner.object];
  if (part.object) {
    if (bytes.size() < std::min<std::uint64_t>(kKindBytes, part.object->info.size)) return;  // the end is elsewhere
    part.kind = guess_object_kind(*part.object, bytes);
  } else {
    part.first.assign(bytes.begin(), bytes.end());  // the name comes with another stripe
  }
}

std::span<const Owner> StripeSweep::owners_of(const Parcel& parcel) const {
  return std::span(stripe_.owners).subspan(parcel.first_owner, parcel.owners);
}

std::span<const Hit> StripeSweep::hits_in(const Parcel& parcel) const {
  const auto starts_before = [](const Hit& hit, std::uint64_t place) { return hit.start < place; };
  const auto first = std::lower_bound(hits_.begin(), hits_.end(), parcel.begin, starts_before);
  const auto last = std::lower_bound(first, hits_.end(), parcel.end, starts_before);
  return {first, last};
}

void StripeSweep::give_to_owners(const Parcel& parcel) {
  const std::span<const Hit> hits = hits_in(parcel);
  for (const Owner& owner : owners_of(parcel)) {
    ObjectPart& part = parts_[owner.object];
    part.bytes += parcel.end - parcel.begin;
    for (Hit hit : hits) {
      hit.crossing = hit.end() > owner.run_end;
      hit.start = hit.start - parcel.begin + owner.start;
      part.hits.push_back(hit);
    }
    for (const Exception& exception : exceptions_) {
      append_clipped(exception, parcel.begin, parcel.end, owner.start, part.exceptions);
    }
    if (parcel.end > limit_at_) part.exceptions.push_back({ExceptionReason::hits_limit, 0, 0});
  }
}

void StripeSweep::give_to_residue(const Parcel& parcel) {
  ResidueRun::Span span{parcel.begin, parcel.end, {}, {}, parcel.goes_on, {}};
  const auto first_start = std::lower_bound(starts_.begin(), starts_.end(), parcel.begin);
  span.starts.assign(first_start, std::lower_bound(first_start, starts_.end(), parcel.end));
  add_letters(parcel, span.starts);
  if (span.starts.size() > limits::kMaxCarveStartsOfSpan) {
    span.exceptions.push_back({ExceptionReason::objects_limit, span.starts[limits::kMaxCarveStartsOfSpan], 0});
    span.starts.resize(limits::kMaxCarveStartsOfSpan);
  }
  for (const Hit& hit : hits_in(parcel)) {
    if (run_at(image_.mapped_, hit.start) == nullptr && hit.identifier != image_.engine_.patterns.mark()) {
      span.hits.push_back(hit);
    }
  }
  for (const Exception& exception : exceptions_) {
    append_clipped(exception, parcel.begin, parcel.end, parcel.begin, span.exceptions);
  }
  if (parcel.end > limit_at_) span.exceptions.push_back({ExceptionReason::hits_limit, parcel.end - 1, 0});
  const bool is_small = parcel.end - parcel.begin < limits::kResidueCell && !parcel.from_before && !parcel.goes_on;
  if (is_small && span.hits.empty() && span.exceptions.empty() && span.starts.empty()) {
    small_[{parcel.kind, parcel.home}] += parcel.end - parcel.begin;
  } else {
    image_.end_residue(worker_, parcel, stripe_.residue_begin, std::move(span));
  }
}

// Marks in letters may stand at any byte.
void StripeSweep::add_letters(const Parcel& parcel, std::vector<std::uint64_t>& starts) const {
  if (parcel.kind == Kind::metadata) return;
  const auto mark = image_.engine_.patterns.mark();
  const std::size_t sectors = starts.size();
  for (const Hit& hit : hits_in(parcel)) {
    const bool is_letters = hit.identifier == mark && hit.form == Form::base64;
    if (is_letters && run_at(image_.mapped_, hit.start) == nullptr) starts.push_back(hit.start);
  }
  std::inplace_merge(starts.begin(), starts.begin() + static_cast<std::ptrdiff_t>(sectors), starts.end());
}

void StripeSweep::deliver() {
  for (const Stripe::Refusal& refusal : stripe_.refused) {
    ObjectPart& part = parts_[refusal.object];
    part.bytes += refusal.length;
    part.exceptions.push_back({ExceptionReason::damaged, refusal.start, refusal.length});
  }
  for (auto& [id, part] : parts_) {
    if (image_.done_.shared_objects.contains(id)) {
      if (part.object) image_.pass_by(id, std::move(*part.object));
    } else if (part.is_whole()) {
      image_.finish(worker_, std::move(part));
    } else {
      image_.deposit(worker_, id, std::move(part));
    }
  }
  for (const auto& [key, bytes] : small_) {
    const Step step{StepKind::residue, std::string(to_string(key.first)), stripe_.begin, stripe_.end - stripe_.begin};
    Object object = image_.residue_object(key.second, step);
    Facts facts;
    facts.size = bytes;
    facts.kind = key.first;
    worker_.account.walked(object.locator.exhibit, bytes);
    image_.sweep_.judge(worker_, object, facts);
  }
}

}  // namespace ambit
