#include "pipeline/triage_unpack.h"

#include <algorithm>

#include "pipeline/limits.h"
#include "pipeline/triage_image.h"
#include "pipeline/triage_stream.h"
#include "stages/unpack/content_stream.h"

namespace ambit {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::size_t kWaitingParts = 64;
constexpr std::uint64_t kWaitingBytes = 512 * limits::KiB;

void note(Facts& facts, ExceptionReason reason) {
  const Exception exception{reason, 0, 0};
  if (std::find(facts.exceptions.begin(), facts.exceptions.end(), exception) == facts.exceptions.end()) {
    facts.exceptions.push_back(exception);
  }
}

// Formats that begin like many a text: one that is not of the format after all is no damage.
bool is_a_guess(Format format) {
  return format == Format::mail || format == Format::mailbox || format == Format::html || format == Format::xml ||
         format == Format::charset;
}

// Formats of which the bytes show their text as it is, if not all of it.
bool is_readable(Format format) {
  return is_a_guess(format) || format == Format::rtf || format == Format::uuencode || format == Format::sqlite ||
         format == Format::sqlite_log || format == Format::journal;
}

}  // namespace

// The bytes of a part, on their way to its own parts and to its sweep at once.
class Unpacking::Teed final : public ByteStream {
 public:
  Teed(Unpacking& unpacking, Unpacker& unpacker, std::vector<std::byte> first, StreamedPart& part)
      : unpacking_(unpacking), unpacker_(unpacker), first_(std::move(first)), part_(part) {
    part_.append(first_);
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (given_ < first_.size()) {
      const std::size_t length = std::min(into.size(), first_.size() - given_);
      std::copy_n(first_.begin() + static_cast<std::ptrdiff_t>(given_), length, into.begin());
      given_ += length;
      return length;
    }
    if (trouble_ != WalkTrouble::none || unpacking_.sweep_.stopped()) return std::size_t{0};
    Result<std::size_t> got = unpacker_.read(into);
    if (!got.ok()) {
      trouble_ = trouble_of(got.error());
      return got;
    }
    if (!unpacking_.may_expand(*got)) {
      trouble_ = unpacking_.over_limit_;
      return std::size_t{0};
    }
    part_.append(into.first(*got));
    return got;
  }
  [[nodiscard]] WalkTrouble trouble() const { return trouble_; }

 private:
  Unpacking& unpacking_;
  Unpacker& unpacker_;
  const std::vector<std::byte> first_;
  std::size_t given_ = 0;
  StreamedPart& part_;
  WalkTrouble trouble_ = WalkTrouble::none;
};

Unpacking::~Unpacking() { flush(); }

void Unpacking::run(Object& object, Facts& facts) {
  if (object_bytes_ == 0) object_bytes_ = facts.size;
  auto container = std::make_shared<Container>();
  container->content = object.content->duplicate();
  container->size = facts.size;
  container->format = facts.format;
  container->file_name = std::string(file_name_of(object.locator));
  container->sandboxes = engine_.sandboxes;
  ContentStream stream(*object.content, facts.size);
  std::vector<Run> stored;
  take_apart(container, stream, object.content.get(), object, facts, stored);
  leave_to_parts(facts.hits, stored);
  sort_exceptions(facts.exceptions);
  object.in_family = true;
}

void Unpacking::take_apart(const std::shared_ptr<const Container>& container, ByteStream& stream, Content* content,
                           const Object& object, Facts& facts, std::vector<Run>& stored) {
  if (depth_ >= engine_.scope.unpack.depth) return note(facts, ExceptionReason::too_deep);
  if (!is_unpacked(container->format)) return note(facts, ExceptionReason::unsupported);
  Result<std::unique_ptr<Unpacker>> opened = open_container(*container, stream, content);
  worker_.watch.charge(Work::unpack);
  if (!opened.ok()) {
    const WalkTrouble trouble = trouble_of(opened.error());
    if (trouble != WalkTrouble::damaged || !is_a_guess(container->format)) note(facts, exception_of(trouble));
    return;
  }
  PartNumbers numbers;
  for (std::uint64_t index = 0; !sweep_.stopped(); ++index) {
    worker_.watch.begin(Work::unpack);
    Result<std::optional<Part>> part = (*opened)->next();
    worker_.watch.charge(Work::unpack);
    if (!part.ok()) note(facts, exception_of(trouble_of(part.error())));
    if (!part.ok() || !part->has_value()) return;
    if (index == engine_.scope.unpack.members) return note(facts, ExceptionReason::objects_limit);
    const Part& found = **part;
    if (found.is == Part::Is::view && found.sent && !facts.sent) facts.sent = found.sent;
    const std::uint64_t bytes =
        take_part(**opened, found, container, index, numbers.child(object, found, index), facts);
    if (over_limit_ != WalkTrouble::none) return note(facts, exception_of(over_limit_));
    const std::optional<std::uint64_t> at = found.stored_at ? found.stored_at : found.written_at;
    if (!at || found.is == Part::Is::view || bytes == 0) continue;
    const std::uint64_t end = found.stored_at ? *at + bytes : (*opened)->written_until();
    if (end <= *at) continue;
    const Run run{0, *at, end - *at};
    if (stored.empty() || run.place >= stored.back().place_end()) stored.push_back(run);
  }
}

bool Unpacking::may_expand(std::uint64_t bytes) {
  const UnpackLimits& most = engine_.scope.unpack;
  expanded_ += bytes;
  const std::uint64_t by_ratio = object_bytes_ > UINT64_MAX / most.ratio ? UINT64_MAX : object_bytes_ * most.ratio;
  const std::uint64_t free = std::max(limits::kFreeExpandedBytes, by_ratio);
  if (expanded_ > std::min(free, most.expanded_bytes)) over_limit_ = WalkTrouble::expansion_limit;
  if (std::chrono::steady_clock::now() - begun_ > std::chrono::seconds(most.seconds))
    over_limit_ = WalkTrouble::timeout;
  return over_limit_ == WalkTrouble::none;
}

WalkTrouble Unpacking::fill(Unpacker& unpacker, std::vector<std::byte>& bytes, std::size_t most, bool& ended) {
  while (bytes.size() < most) {
    const std::size_t had = bytes.size();
    bytes.resize(std::min(most, had + std::max<std::size_t>(had, 16 * 1024)));
    const Result<std::size_t> got = unpacker.read(std::span(bytes).subspan(had));
    bytes.resize(had + (got.ok() ? *got : 0));
    ended = !got.ok() || *got == 0;
    if (!got.ok()) return trouble_of(got.error());
    if (ended) return WalkTrouble::none;
    if (!may_expand(*got)) {
      ended = true;
      return over_limit_;
    }
  }
  return WalkTrouble::none;
}

std::uint64_t Unpacking::take_part(Unpacker& unpacker, const Part& part,
                                   const std::shared_ptr<const Container>& container, std::uint64_t index, Object child,
                                   Facts& facts) {
  if (part.trouble != WalkTrouble::none) {
    if (part.is == Part::Is::view) {
      note(facts, exception_of(part.trouble));
    } else {
      sweep_later(std::move(child), {}, 0);
    }
    return 0;
  }
  child.counted_elsewhere =
      part.stored_at.has_value() || (part.is == Part::Is::view && (part.retells || is_readable(container->format)));
  std::vector<std::byte> bytes;
  bool ended = false;
  child.trouble = fill(unpacker, bytes, limits::kSmallPartBytes + 1, ended);
  if (!ended) {
    child.info.size = std::max<std::uint64_t>(child.info.size, bytes.size());
    const Format format = guess_object_kind(child, bytes).format;
    if (part.is != Part::Is::view && wants_any_place(format)) {
      child.trouble = fill(unpacker, bytes, limits::kHeldPartBytes + 1, ended);
    }
  }
  worker_.watch.charge(Work::unpack, bytes.size());
  if (!ended) {
    std::optional<HitCounts> shown;
    if (part.is == Part::Is::view) shown = hit_counts(facts);
    return take_large(unpacker, part, container, index, std::move(child), std::move(bytes), std::move(shown));
  }
  const std::uint64_t size = bytes.size();
  take_small(part, std::move(child), std::move(bytes), facts);
  return size;
}

void Unpacking::take_small(const Part& part, Object child, std::vector<std::byte> bytes, Facts& facts) {
  const std::uint64_t size = bytes.size();
  child.info.size = size;
  const bool is_view = part.is == Part::Is::view;
  const KindGuess told = is_view ? KindGuess{Kind::text, true} : guess_object_kind(child, bytes);
  child.content = memory_content(std::make_shared<const std::vector<std::byte>>(std::move(bytes)), child.info.modified);
  if (is_view) return view(std::move(child), part.retells, facts);
  // What expands by itself is taken apart here, so that its limits count; unless it stands as it is in what is on the
  // disk: that adds nothing to it.
  const bool adds_nothing = part.stored_at && child.inside == 1;
  if (told.format == Format::none || adds_nothing) return sweep_later(std::move(child), told, size);
  Facts own;
  const Holding holding(worker_, child.locator);
  set_kind(told, own);
  sweep_.examine(worker_, child, own);
  worker_.account.walked(child.locator.exhibit, own.size);
  own.coverage = {};
  ++depth_;
  if (own.format != Format::none) run(child, own);
  --depth_;
  sweep_.open_inside(worker_, child, own);
  sweep_.judge(worker_, child, own);
}

std::uint64_t Unpacking::take_large(Unpacker& unpacker, const Part& part,
                                    const std::shared_ptr<const Container>& container, std::uint64_t index,
                                    Object child, std::vector<std::byte> first, std::optional<HitCounts> shown) {
  Facts facts;
  facts.modified = part.modified;
  facts.sent = part.sent;
  const bool is_view = part.is == Part::Is::view;
  const KindGuess guess = guess_object_kind(child, first);
  facts.kind = is_view ? Kind::text : guess.kind;
  facts.is_text = is_view || guess.is_text;
  facts.format = is_view ? Format::none : guess.format;
  if (facts.kind == Kind::disk_image) note(facts, ExceptionReason::unsupported);
  const auto streamed = std::make_shared<StreamedPart>(sweep_, engine_, worker_, std::move(child));
  Teed teed(*this, unpacker, std::move(first), *streamed);
  std::vector<Run> stored;
  if (facts.format != Format::none) {
    auto own = std::make_shared<Container>();
    constexpr std::uint64_t kUnknown = std::uint64_t{1} << 62;
    own->content = part_content(container, index, {kUnknown, std::nullopt, 0});
    own->size = kUnknown;
    own->format = facts.format;
    own->file_name = std::string(last_component(part.name));
    own->sandboxes = engine_.sandboxes;
    own->at_any_place = false;
    ++depth_;
    take_apart(own, teed, nullptr, streamed->object(), facts, stored);
    --depth_;
  }
  std::vector<std::byte> rest(kReadBytes);
  for (Result<std::size_t> got = teed.read(rest); got.ok() && *got > 0; got = teed.read(rest)) {
    worker_.watch.charge(Work::unpack, *got);
  }
  if (teed.trouble() != WalkTrouble::none) note(facts, exception_of(teed.trouble()));
  const std::uint64_t size = streamed->size();
  streamed->end(part_content(container, index, {size, part.modified, 0}), std::move(facts), std::move(stored),
                std::move(shown));
  return size;
}

// What the raw bytes show as often is theirs, or the view's that it retells; the view is an object where it shows more.
void Unpacking::view(Object child, bool retells, Facts& facts) {
  Facts own;
  set_kind({Kind::text, true}, own);
  sweep_.examine(worker_, child, own);
  own.kind = Kind::text;
  own.coverage = {};
  const HitCounts shows = hit_counts(own);
  leave_to_others(own, hit_counts(facts));
  if (retells) leave_to_others(own, retold_);
  if (!retells) retold_.clear();
  for (const auto& [identifier, count] : shows) retold_[identifier] = std::max(retold_[identifier], count);
  if (own.hits.empty() && own.exceptions.empty()) return;
  worker_.account.walked(child.locator.exhibit, own.size);
  sweep_.judge(worker_, child, own);
}

void Unpacking::sweep_later(Object child, const KindGuess& told, std::uint64_t bytes) {
  waiting_.push_back({std::move(child), told});
  waiting_bytes_ += bytes;
  if (waiting_.size() >= kWaitingParts || waiting_bytes_ >= kWaitingBytes) flush();
}

void Unpacking::flush() {
  if (waiting_.empty()) return;
  auto parts = std::make_shared<std::vector<Waiting>>(std::move(waiting_));
  waiting_.clear();
  sweep_.share_part(worker_, std::exchange(waiting_bytes_, 0), [sweep = &sweep_, parts](Worker& worker) {
    for (Waiting& part : *parts) {
      if (!sweep->stopped()) sweep->sweep_object(worker, std::move(part.object), Covers::nothing, part.told);
    }
  });
}

}  // namespace ambit
