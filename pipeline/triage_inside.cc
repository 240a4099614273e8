// An image that is an object: opened, and swept as an image of its own.
#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/content_source.h"
#include "pipeline/disk_marks.h"
#include "pipeline/limits.h"
#include "pipeline/triage_image.h"
#include "pipeline/triage_joined.h"
#include "pipeline/triage_parts.h"
#include "pipeline/triage_sweep.h"
#include "stages/open/open_image.h"

namespace ambit {
namespace {

// An object in an image that is a file has a path for the file, and one for each image around it.
std::ptrdiff_t images_around(const Locator& locator) {
  return std::count_if(locator.steps.begin(), locator.steps.end(),
                       [](const Step& step) { return step.kind == StepKind::path; });
}

// Images that begin like anything say at their end what they are, whatever they are called. The first block of a packed
// one is a stream of its own.
bool may_end_as_image(const Facts& facts) {
  const bool is_stream = facts.format == Format::zlib || facts.format == Format::bzip2 || facts.format == Format::xz;
  return facts.size >= limits::kLeastImageByEnd && (is_stream || facts.kind == Kind::binary);
}

bool ends_as_image(const Object& object, std::uint64_t size) {
  std::array<std::byte, kImageEndBytes> end{};
  const Result<std::size_t> got = object.content->read_at(size - end.size(), end);
  return got.ok() && *got == end.size() && ends_like_image(end);
}

// File systems whose marks lie behind the first bytes, by which the kind was guessed.
bool begins_as_image(const Object& object, const Facts& facts) {
  if (facts.kind != Kind::binary || facts.size < limits::kLeastImageByMarks) return false;
  std::vector<std::byte> head(std::min<std::uint64_t>(facts.size, kDiskMarkBytes));
  const Result<std::size_t> got = object.content->read_at(0, head);
  if (got.ok() && begins_as_disk(facts.kind, std::span(head).first(*got))) return true;
  return std::any_of(kFarMarkPlaces.begin(), kFarMarkPlaces.end(), [&](std::uint64_t place) {
    std::array<char, kFarMarkBytes> mark{};
    if (facts.size < place + mark.size()) return false;
    const Result<std::size_t> there = object.content->read_at(place, std::as_writable_bytes(std::span(mark)));
    return there.ok() && *there == mark.size() && is_far_mark({mark.data(), mark.size()});
  });
}

// A container that the order may have a key to; whether one fits is seen when it is walked.
bool may_be_unlocked(const Object& object, const Facts& facts, const Scope& scope) {
  constexpr std::string_view kLuks = "LUKS\xba\xbe";
  if (facts.kind != Kind::encrypted || scope.volume_keys.empty()) return false;
  std::array<char, kLuks.size()> mark{};
  const Result<std::size_t> got = object.content->read_at(0, std::as_writable_bytes(std::span(mark)));
  return got.ok() && std::string_view(mark.data(), *got) == kLuks;
}

}  // namespace

// An image in an object, opened.
struct Sweep::InsideImage {
  ImageOrigin origin;
  std::shared_ptr<const Exhibit> image;
};

void ImageSweep::run_alone(Worker& worker, const std::shared_ptr<ImageSweep>& self) {
  const PortionScope scope(sweep_, worker, outer_);
  if (!lay_out(worker, self)) return;
  while (!sweep_.stopped()) {
    Result<std::optional<Stripe>> next = layout_.next();
    if (!next) return sweep_.fail(std::move(next).error());
    if (!*next) return;
    outer_->share();
    sweep_stripe(worker, **next);
  }
}

// Nothing, where it is none after all. Error: where it is one and cannot be read.
Result<std::optional<Sweep::InsideImage>> Sweep::look_inside(const Object& object, std::uint64_t size) const {
  std::unique_ptr<Content> content = object.content->duplicate();
  if (content == nullptr) return std::optional<InsideImage>();
  if (const Result<ContentInfo> info = content->open(); !info.ok()) return info.error();
  InsideImage inside;
  inside.origin.covers = Covers::nothing;
  inside.origin.container = object.origin;
  const std::vector<ContentPart> parts = content->parts();
  inside.origin.bytes = content_source(std::move(content), size);
  Result<std::unique_ptr<Exhibit>> opened = open_image(inside.origin.bytes, "", parts, engine_.blocks);
  if (!opened.ok()) return std::move(opened).error();
  if (*opened == nullptr) return std::optional<InsideImage>();
  if (images_around(object.locator) > limits::kMaxImageDepth) {
    return Error{ErrorKind::evidence, "too many images in one another", "", ""};
  }
  inside.image = std::move(opened).value();
  inside.origin.bytes = inside.image;
  const ExhibitKind kind = inside.image->kind();  // the others hold bytes as they are
  inside.origin.counted_elsewhere = kind != ExhibitKind::ewf && kind != ExhibitKind::udif;
  return std::optional(std::move(inside));
}

// `outer`: the portion that the image belongs to; null where it has its own. `alone`: who sweeps all of it at once;
// null: whoever is free.
void Sweep::sweep_inside(const Object& object, const InsideImage& inside, const std::shared_ptr<SweptPortion>& outer,
                         Worker* alone) {
  const walk::Image root{object.locator.exhibit, object.locator.steps, inside.image.get(), inside.image->unread()};
  for (auto& walk : walk::walks_of({&root, 1}, engine_.scope.volume_keys)) {
    if (outer != nullptr) outer->share();
    auto sweep = std::make_shared<ImageSweep>(*this, engine_, scheduler_, std::move(walk), inside.origin, outer,
                                              folder_, image_memory_);
    if (alone != nullptr) {
      sweep->run_alone(*alone, sweep);
      continue;
    }
    scheduler_.feed([this, sweep](std::size_t) mutable -> Scheduler::Task {
      if (sweep == nullptr) return {};
      return [this, mine = std::exchange(sweep, nullptr)](std::size_t own) { mine->run(*workers_[own], mine); };
    });
  }
}

void Sweep::open_inside(Worker& worker, const Object& object, Facts& facts) {
  if (object.content == nullptr) return;
  if (object.split == SplitRole::image_part) {  // what it holds is told where it stands in the image
    facts.kind = Kind::disk_image;
    facts.format = Format::none;
    return void(std::erase_if(facts.hits, [](const Hit& hit) { return hit.view == View::raw; }));
  }
  if ((may_end_as_image(facts) && ends_as_image(object, facts.size)) || begins_as_image(object, facts) ||
      may_be_unlocked(object, facts, engine_.scope)) {
    facts.kind = Kind::disk_image;
    facts.format = Format::none;
  }
  if (facts.kind != Kind::disk_image) return;
  const Result<std::optional<InsideImage>> inside = look_inside(object, facts.size);
  if (!inside.ok()) {
    facts.exceptions.insert(facts.exceptions.begin(), {ExceptionReason::unsupported, 0, facts.size});
    return;
  }
  if (!inside->has_value()) return;
  // A large one is hours of work; what is in an archive can be come to only through it.
  const bool has_own_portions = facts.size > limits::kSpanBytes && object.inside == 0;
  if (has_own_portions) worker.portion->opens_image();
  // What is held in memory for it is not to pile up while an archive of images is unpacked.
  const bool is_held = object.inside > 0 && is_in_memory(*object.content);
  sweep_inside(object, **inside, has_own_portions ? nullptr : worker.portion, is_held ? &worker : nullptr);
  // What is in it was walked: an ISO is an archive too, and any bytes may hold something packed.
  if (facts.format == Format::other_archive || facts.format == Format::embedded) facts.format = Format::none;
  std::erase_if(facts.hits, [](const Hit& hit) { return hit.view == View::raw; });
}

bool joins_to_image(const Content& joined) {
  std::unique_ptr<Content> content = joined.duplicate();
  const Result<ContentInfo> info = content == nullptr ? ContentInfo() : content->open();
  if (content == nullptr || !info.ok()) return false;
  const std::vector<ContentPart> parts = content->parts();
  const auto opened = open_image(content_source(std::move(content), info->size), "", parts);
  return opened.ok() && *opened != nullptr;
}

void Sweep::open_inside_again(Object& object) {
  Result<ContentInfo> info = object.content == nullptr ? ContentInfo() : object.content->open();
  if (object.content == nullptr || !info.ok()) {
    return fail({ErrorKind::evidence, "an image in the exhibit cannot be opened any more",
                 engine_.exhibits[object.locator.exhibit]->name(), "make the exhibit readable and resume again"});
  }
  const Result<std::optional<InsideImage>> inside = look_inside(object, info->size);
  if (inside.ok() && inside->has_value()) sweep_inside(object, **inside, nullptr, nullptr);
}

}  // namespace ambit
