#include "pipeline/triage_unpack.h"

#include <algorithm>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "pipeline/read_ahead.h"
#include "pipeline/triage_image.h"
#include "pipeline/triage_stream.h"
#include "stages/unpack/content_stream.h"
#include "stages/unpack/embedded/embedded.h"

namespace ambit {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::size_t kWaitingParts = 32;
constexpr std::uint64_t kWaitingBytes = 256 * limits::KiB;
constexpr std::uint64_t kBesideBytes = 1 * limits::KiB;  // what a part takes beside its bytes: a million may have none

void note(Facts& facts, ExceptionReason reason) {
  const Exception exception{reason, 0, 0};
  if (std::find(facts.exceptions.begin(), facts.exceptions.end(), exception) == facts.exceptions.end()) {
    facts.exceptions.push_back(exception);
  }
}

// Formats of which the bytes show their text as it is, if not all of it. WiredTiger, LevelDB and RocksDB pack whole
// pages.
bool is_readable(Format format) {
  return is_a_guess(format) || format == Format::embedded || format == Format::rtf || format == Format::uuencode ||
         (holds_rows(format) && format != Format::wired_tiger && format != Format::sorted_table);
}

// Where an order reaches records, those of a database are the rows of its views; its raw bytes show no row's end.
bool reaches_rows(const Scope& scope, Format format) {
  return holds_rows(format) && std::any_of(scope.rules.begin(), scope.rules.end(),
                                           [](const Rule& rule) { return rule.unit == Unit::record; });
}

// Whether no rule asks for more than which identifiers were hit how often: what holds for an object then holds for its
// view that shows the same hits.
bool asks_for_hits_only(const Scope& scope) {
  return std::all_of(scope.rules.begin(), scope.rules.end(), [](const Rule& rule) {
    return std::none_of(rule.conditions.begin(), rule.conditions.end(),
                        [](const Condition& c) { return c.op == Op::near || c.op == Op::path || c.op == Op::kind; });
  });
}

// Counts what is read of a part: its run grows.
class CountedUnpacker final : public Unpacker {
 public:
  CountedUnpacker(Unpacker& unpacker, Run& run) : unpacker_(unpacker), run_(run) {}
  Result<std::optional<Part>> next() override { return unpacker_.next(); }
  Result<std::size_t> read(std::span<std::byte> into) override {
    Result<std::size_t> got = unpacker_.read(into);
    if (got.ok()) run_.length += *got;
    return got;
  }
  std::uint64_t written_until() const override { return unpacker_.written_until(); }

 private:
  Unpacker& unpacker_;
  Run& run_;
};

// Of a volume, which is taken apart with the others: none, unless it is an archive by itself that is only called like a
// volume. Those of a rar all begin like one.
Format format_alone(Object& object, std::uint64_t size) {
  std::vector<std::byte> head(static_cast<std::size_t>(std::min<std::uint64_t>(size, kKindBytes)));
  const Result<std::size_t> got = object.content->read_at(0, head);
  const auto first = std::span(head).first(got.ok() ? *got : 0);
  const Format format = format_of(first, {}, size);
  const bool is_archive = format == Format::zip || format == Format::other_archive || format == Format::gzip ||
                          format == Format::xz || format == Format::bzip2 || format == Format::zstd;
  if (!is_archive || is_rar(first)) return Format::none;
  if (object.split == SplitRole::volume) return format;
  return format == Format::zip && format_by_end(*object.content, size) != Format::none ? format : Format::none;
}

}  // namespace

void Sweep::take_apart(Worker& worker, Object object, const KindGuess& told) {
  const Holding holding(worker, object.locator);
  Facts facts;
  open_object(worker, object, facts);
  worker.account.walked(object.locator.exhibit, facts.size);
  set_kind(told, facts);
  if (told.kind == Kind::unknown && facts.exceptions.empty() && facts.size > 0) {
    std::vector<std::byte> first(static_cast<std::size_t>(std::min<std::uint64_t>(facts.size, kKindBytes)));
    const Result<std::size_t> got = object.content->read_at(0, first);
    if (const auto lost = lost_bytes(got, 0, first.size())) facts.exceptions.push_back(*lost);
    note_kind(object, std::span(first).first(got.ok() ? *got : 0), facts);
  }
  if (facts.size == 0) facts.kind = Kind::empty;
  if (object.split == SplitRole::image) {
    facts.kind = Kind::disk_image;
    facts.format = Format::none;
    open_inside(worker, object, facts);
  } else {
    unpack(worker, object, facts);
  }
  judge(worker, object, facts);
}

void Sweep::unpack(Worker& worker, Object& object, Facts& facts) {
  const std::vector<std::uint64_t> marks = take_marks(facts.hits, engine_);
  if (facts.size == 0 || object.content == nullptr || object.split == SplitRole::image_part) return;
  if (is_volume(object)) {
    facts.format = format_alone(object, facts.size);
  } else if (facts.format == Format::none) {
    if (!facts.is_text) facts.format = format_by_end(*object.content, facts.size);
    // Of a part it is known already (Unpacking::take_small); an image is opened.
    const bool may_embed = facts.format == Format::none && object.inside == 0 && facts.kind != Kind::disk_image;
    if (may_embed && holds_embedded(*object.content, facts.size, marks)) facts.format = Format::embedded;
  }
  if (facts.format == Format::none) return;
  worker.watch.begin(Work::unpack);
  Unpacking unpacking(*this, engine_, worker, object.inside);
  unpacking.run(object, facts);
  unpacking.flush();
  worker.watch.charge(Work::unpack);
}

void Unpacking::run(Object& object, Facts& facts) {
  if (expansion_ == nullptr) {
    expansion_ = &own_expansion_.emplace(engine_.scope.unpack, facts.size);
    bundles_ = std::make_shared<Bundles>(
        std::make_shared<Turns>(engine_.scope.unpack, facts.size, [&sweep = sweep_] { return sweep.is_ending(); }));
  }
  auto container = std::make_shared<Container>();
  container->content = object.content->duplicate();
  container->size = facts.size;
  container->format = facts.format;
  container->file_name = std::string(file_name_of(object.locator));
  container->sandboxes = engine_.sandboxes;
  container->in_place = container->content;
  container->in_place_bytes = facts.size;
  ContentStream stream(*object.content, facts.size);
  std::vector<Run> stored;
  const bool around = std::exchange(rows_show_all_, false);
  const bool has_parts = take_apart(container, stream, object.content.get(), object, facts, stored) > 0;
  leave_to_parts(facts.hits, std::move(stored));
  if (std::exchange(rows_show_all_, around) && asks_for_hits_only(engine_.scope)) {
    std::erase_if(facts.hits, [](const Hit& hit) { return hit.view == View::raw; });
  }
  sort_exceptions(facts.exceptions);
  // These mostly hold nothing.
  const bool may_be_empty = facts.format == Format::embedded || facts.format == Format::png;
  object.in_family = object.in_family || !may_be_empty || has_parts;
}

std::uint64_t Unpacking::take_apart(const std::shared_ptr<const Container>& container, ByteStream& stream,
                                    Content* content, const Object& object, Facts& facts, std::vector<Run>& stored) {
  if (depth_ >= engine_.scope.unpack.depth) return note(facts, ExceptionReason::too_deep), 0;
  if (!is_unpacked(container->format)) return note(facts, ExceptionReason::unsupported), 0;
  Result<std::unique_ptr<Unpacker>> opened = open_container(*container, stream, content);
  worker_.watch.charge(Work::unpack);
  if (!opened.ok()) {
    const WalkTrouble trouble = trouble_of(opened.error());
    if (trouble != WalkTrouble::damaged || !is_a_guess(container->format)) note(facts, exception_of(trouble));
    return 0;
  }
  PartNumbers numbers;
  std::uint64_t index = 0;
  for (; !sweep_.stopped(); ++index) {
    worker_.watch.begin(Work::unpack);
    Result<std::optional<Part>> part = (*opened)->next();
    worker_.watch.charge(Work::unpack);
    if (!part.ok()) note(facts, exception_of(trouble_of(part.error())));
    if (!part.ok() || !part->has_value()) break;
    if (index == engine_.scope.unpack.members) {
      note(facts, ExceptionReason::objects_limit);
      break;
    }
    const Part& found = **part;
    if (found.is == Part::Is::view && found.sent && !facts.sent) facts.sent = found.sent;
    const std::optional<std::uint64_t> at = found.stored_at ? found.stored_at : found.written_at;
    const bool stands = at && found.is != Part::Is::view;
    if (stands) stored.push_back(Run{0, *at, 0});
    Run uncounted;
    CountedUnpacker counted(**opened, stands && found.stored_at ? stored.back() : uncounted);
    const std::uint64_t bytes = take_part(counted, found, container, index, numbers.child(object, found, index), facts);
    if (stands) {
      const std::uint64_t end = found.stored_at ? *at + bytes : (*opened)->written_until();
      stored.back().length = end - std::min(end, *at);
      if (stored.back().length == 0 || bytes == 0) stored.pop_back();
    }
    if (expansion_->over() != WalkTrouble::none) {
      note(facts, exception_of(expansion_->over()));
      break;
    }
  }
  return index;
}

std::uint64_t Unpacking::take_part(Unpacker& unpacker, const Part& part,
                                   const std::shared_ptr<const Container>& container, std::uint64_t index, Object child,
                                   Facts& facts) {
  if (part.trouble != WalkTrouble::none) {
    if (part.is == Part::Is::view) {
      note(facts, exception_of(part.trouble));
    } else {
      later({std::move(child), KindGuess{}}, 0);
    }
    return 0;
  }
  child.counted_elsewhere =
      part.stored_at.has_value() || (part.is == Part::Is::view && (part.retells || is_readable(container->format)));
  std::vector<std::byte> bytes;
  bool ended = false;
  child.trouble = fill(unpacker, part, bytes, limits::kSmallPartBytes + 1, ended, *expansion_);
  if (!ended) {
    child.info.size = std::max<std::uint64_t>(child.info.size, bytes.size());
    KindGuess guess = guess_object_kind(child, bytes);
    if (begins_as_disk(guess.kind, bytes)) guess = {Kind::disk_image, false};
    const bool is_view = part.is == Part::Is::view, is_image = guess.kind == Kind::disk_image;
    std::optional<PartInPlace> in_place;
    if (is_image && !is_view) in_place = part_in_place(*container, part);
    if (in_place && in_place->bytes >= bytes.size())
      return take_image(part, std::move(*in_place), std::move(child), guess);
    if (!is_view && (is_image || wants_any_place(guess.format) || may_end_as_archive(guess))) {
      child.trouble = fill(unpacker, part, bytes, limits::kHeldPartBytes + 1, ended, *expansion_);
    }
  }
  worker_.watch.charge(Work::unpack, bytes.size());
  if (!ended) {
    std::optional<HitCounts> shown;
    if (part.is == Part::Is::view) {
      shown = reaches_rows(engine_.scope, facts.format) ? HitCounts() : hit_counts(facts);
    }
    return take_large(unpacker, part, container, index, std::move(child), std::move(bytes), std::move(shown));
  }
  const std::uint64_t size = bytes.size();
  take_small(part, std::move(child), std::move(bytes), facts);
  return size;
}

// A large image is not read from its container but where it stands, like one that is a file.
std::uint64_t Unpacking::take_image(const Part& part, PartInPlace in_place, Object child, const KindGuess& guess) {
  if (in_place.bytes < *part.size) child.trouble = WalkTrouble::damaged;
  child.content = std::move(in_place.content);
  child.info.size = in_place.bytes;
  later({std::move(child), guess}, 0);
  return in_place.bytes;
}

void Unpacking::take_small(const Part& part, Object child, std::vector<std::byte> bytes, Facts& facts) {
  const std::uint64_t size = bytes.size();
  child.info.size = size;
  child.content = memory_content(std::make_shared<const std::vector<std::byte>>(std::move(bytes)), child.info.modified);
  if (part.is == Part::Is::view) return view(std::move(child), part.retells, facts);
  // What stands as it is in what is on the disk adds nothing to it, and is taken apart like a file.
  const bool adds = !part.stored_at || child.inside > 1;
  if (bundles_ != nullptr) return later({std::move(child), std::nullopt, adds, depth_}, size);
  const KindGuess told = guess_held(child);
  if (adds && expands(told.format, child.content->held().bytes)) return take_whole(std::move(child), told);
  later({std::move(child), told, false, depth_}, size);
}

void Unpacking::take_whole(Object object, const KindGuess& told) {
  Facts facts;
  const Holding holding(worker_, object.locator);
  set_kind(told, facts);
  sweep_.examine(worker_, object, facts);
  worker_.account.walked(object.locator.exhibit, facts.size);
  facts.coverage = {};
  static_cast<void>(take_marks(facts.hits, engine_));
  ++depth_;
  sweep_.open_inside(worker_, object, facts);
  if (facts.format != Format::none) run(object, facts);
  --depth_;
  sweep_.judge(worker_, object, facts);
}

std::uint64_t Unpacking::take_large(Unpacker& unpacker, const Part& part,
                                    const std::shared_ptr<const Container>& container, std::uint64_t index,
                                    Object child, std::vector<std::byte> first, std::optional<HitCounts> shown) {
  Facts facts;
  facts.modified = part.modified;
  facts.sent = part.sent;
  const bool is_view = part.is == Part::Is::view;
  KindGuess guess = guess_object_kind(child, first);
  if (begins_as_disk(guess.kind, first)) guess = {Kind::disk_image, false};
  facts.kind = is_view ? Kind::text : guess.kind;
  facts.is_text = is_view || guess.is_text;
  facts.format = is_view ? Format::none : format_of_passing(guess);
  if (facts.kind == Kind::disk_image) note(facts, ExceptionReason::unsupported);
  const auto streamed = std::make_shared<StreamedPart>(sweep_, engine_, worker_, std::move(child));
  PartStream stream(unpacker);
  // What stands in its container as it is costs nothing to read; and one thread more is enough for a worker.
  std::unique_ptr<ByteStream> ahead;
  if (!is_read_ahead_ && !part.stored_at && sweep_.shares_parts()) ahead = read_ahead(stream);
  const bool reads_ahead = ahead != nullptr;
  is_read_ahead_ = is_read_ahead_ || reads_ahead;
  TeedPart teed(reads_ahead ? *ahead : stream, std::move(first), *expansion_, [&](std::span<const std::byte> bytes) {
    streamed->append(bytes);
    return !sweep_.stopped();
  });
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
    streamed->set_parts(stored);
    if (std::optional<PartInPlace> in_place = part_in_place(*container, part)) {
      own->in_place = std::move(in_place->content);
      own->in_place_bytes = in_place->bytes;
    }
    ++depth_;
    take_apart(own, teed, nullptr, streamed->object(), facts, stored);
    --depth_;
  }
  std::vector<std::byte> rest(kReadBytes);
  for (Result<std::size_t> got = teed.read(rest); got.ok() && *got > 0; got = teed.read(rest)) {
    worker_.watch.charge(Work::unpack, *got);
  }
  if (reads_ahead) is_read_ahead_ = false;
  ahead.reset();
  if (teed.trouble() != WalkTrouble::none) note(facts, exception_of(teed.trouble()));
  const std::uint64_t size = streamed->size();
  streamed->end(part_content(container, index, {size, part.modified, 0}), std::move(facts), std::move(stored),
                std::move(shown));
  return size;
}

// What the raw bytes show as often is theirs, or the view's that it retells; the view is an object where it shows more.
// A view of rows keeps what it shows. Where that is all that the raw bytes show it is theirs no longer, else both have
// it: raw hits in a database that a record is asked for are only ever reviewed.
void Unpacking::view(Object child, bool retells, Facts& facts) {
  Facts own;
  set_kind({Kind::text, true}, own);
  sweep_.examine(worker_, child, own);
  static_cast<void>(take_marks(own.hits, engine_));
  own.kind = Kind::text;
  own.coverage = {};
  const HitCounts shows = hit_counts(own), raw = hit_counts(facts);
  if (!reaches_rows(engine_.scope, facts.format)) {
    leave_to_others(own, raw);
  } else if (!raw.empty()) {
    rows_show_all_ = rows_show_all_ || std::all_of(raw.begin(), raw.end(), [&](const auto& of) {
                       const auto shown = shows.find(of.first);
                       return shown != shows.end() && shown->second >= of.second;
                     });
  }
  if (retells) leave_to_others(own, retold_);
  if (!retells) retold_.clear();
  for (const auto& [identifier, count] : shows) retold_[identifier] = std::max(retold_[identifier], count);
  if (own.hits.empty() && own.exceptions.empty()) return;
  worker_.account.walked(child.locator.exhibit, own.size);
  sweep_.judge(worker_, child, own);
}

void Unpacking::later(BundledPart part, std::uint64_t bytes) {
  waiting_.has_turn = waiting_.has_turn || part.counts;
  waiting_.parts.push_back(std::move(part));
  waiting_bytes_ += bytes + kBesideBytes;
  if (waiting_.parts.size() >= kWaitingParts || waiting_bytes_ >= kWaitingBytes) flush();
}

void Unpacking::flush() {
  if (waiting_.parts.empty()) return;
  Bundle bundle = std::exchange(waiting_, {});
  sweep_.share_bundle(worker_, std::exchange(waiting_bytes_, 0), std::move(bundle), bundles_);
}

}  // namespace ambit
