#include "stages/record/settlement.h"

#include <algorithm>

#include "pipeline/locator.h"
#include "pipeline/varint.h"
#include "stages/record/seal.h"

namespace ambit::record {
namespace {

bool makes_family(Disposition d) {
  return d == Disposition::review_private || d == Disposition::redact || d == Disposition::disclose ||
         d == Disposition::review_relevance;
}

// What equal objects share: a text of fixed width, so that it can stand before a sort key.
std::string equality(const StoredVerdict& verdict) {
  std::string same;
  append_varint(same, verdict.facts.size);
  append_varint(same, static_cast<std::uint64_t>(verdict.decision.disposition));
  append_varint(same, verdict.decision.rule ? *verdict.decision.rule + std::uint64_t{1} : 0);
  for (const Extent& extent : verdict.decision.extents) {
    append_varint(same, static_cast<std::uint64_t>(extent.view));
    append_varint(same, extent.start);
    append_varint(same, extent.length);
  }
  for (const Hit& hit : verdict.facts.hits) {
    append_varint(same, hit.start);
    append_varint(same, hit.length);
    append_varint(same, hit.identifier);
    append_varint(same, static_cast<std::uint64_t>(hit.view));
    append_varint(same, static_cast<std::uint64_t>(hit.form));
    append_varint(same, hit.crossing ? 1 : 0);
  }
  return std::string(as_text(*verdict.facts.digests.sha256)) + std::string(as_text(sha256(same)));
}
constexpr std::size_t kEqualityBytes = 64;

// Tells which family comes next in locator order. A family's key is the locator up to its first step into a
// container; an object outside all containers leads a family of its own.
class FamilyCounter {
 public:
  // Index of the family of the object with this sort key. Keys must ascend.
  std::size_t next(std::string_view key) {
    Locator locator = Locator::from_sort_key(key);
    const auto inside = std::find_if(locator.steps.begin(), locator.steps.end(), [](const Step& step) {
      return step.kind == StepKind::member || step.kind == StepKind::message || step.kind == StepKind::view;
    });
    locator.steps.erase(inside, locator.steps.end());
    std::string family = locator.sort_key();
    if (count_ == 0 || family != current_) {
      current_ = std::move(family);
      ++count_;
    }
    return count_ - 1;
  }

 private:
  std::string current_;
  std::size_t count_ = 0;
};

// Whether a container with this in it may not be released as `container`.
bool holds_back(Disposition inside, Disposition container) {
  if (inside == Disposition::privileged || inside == Disposition::quarantined) return true;
  return inside == Disposition::out_of_scope && container == Disposition::disclose;
}

// The objects as they are to be released, in locator order.
class HeldBack {
 public:
  explicit HeldBack(const std::vector<bool>& is_held_back) : is_held_back_(is_held_back) {}
  // To be called once for each object.
  void apply(Decision& decision) {
    if (!is_released(decision.disposition) || !is_held_back_[next_++]) return;
    decision.disposition = Disposition::review_private;
    decision.reason = Reason::holds_withheld;
  }

 private:
  const std::vector<bool>& is_held_back_;
  std::size_t next_ = 0;
};

}  // namespace

Settlement::Settlement(std::string folder, std::size_t memory)
    : folder_(std::move(folder)), memory_(memory), objects_(folder_, memory / 2), twins_(folder_, memory / 8) {}

Result<> Settlement::find_held_back() {
  struct Container {
    std::string key;
    std::size_t index;
    Disposition disposition;
  };
  std::vector<Container> around;  // the outermost first
  SealedSort::Cursor cursor(objects_);
  while (true) {
    Result<bool> more = cursor.next();
    if (!more) return std::move(more).error();
    if (!*more) return {};
    while (!around.empty() && !cursor.key().starts_with(around.back().key)) around.pop_back();
    const Disposition disposition = read_verdict(cursor.value()).decision.disposition;
    for (const Container& container : around) {
      if (holds_back(disposition, container.disposition)) is_held_back_[container.index] = true;
    }
    if (!is_released(disposition)) continue;
    around.push_back({std::string(cursor.key()), is_held_back_.size(), disposition});
    is_held_back_.push_back(false);
  }
}

Result<> Settlement::find_families(SealedSort& equals) {
  SealedSort::Cursor cursor(objects_);
  FamilyCounter families;
  HeldBack held_back(is_held_back_);
  while (true) {
    Result<bool> more = cursor.next();
    if (!more) return std::move(more).error();
    if (!*more) return {};
    StoredVerdict verdict = read_verdict(cursor.value());
    held_back.apply(verdict.decision);
    const Disposition disposition = verdict.decision.disposition;
    is_relevant_.resize(families.next(cursor.key()) + 1);
    if (makes_family(disposition)) is_relevant_.back() = true;
    const bool caught =
        makes_family(disposition) || disposition == Disposition::privileged || disposition == Disposition::quarantined;
    if (!caught || !verdict.facts.digests.sha256) continue;
    Result<> added = equals.add(equality(verdict) + std::string(cursor.key()), "");
    if (!added) return added;
  }
}

Result<> Settlement::find_twins(SealedSort& equals) {
  if (Result<> done = equals.finish(); !done) return done;
  SealedSort::Cursor cursor(equals);
  std::string same, original;  // of the set that is being read
  std::uint64_t sets = 0;
  bool has_twin = false;
  while (true) {
    Result<bool> more = cursor.next();
    if (!more) return std::move(more).error();
    if (!*more) return twins_.finish();
    const std::string_view key = cursor.key().substr(kEqualityBytes);
    if (cursor.key().substr(0, kEqualityBytes) != same) {
      same = cursor.key().substr(0, kEqualityBytes);
      original = key;
      has_twin = false;
      continue;
    }
    std::string number;
    if (!has_twin) {
      append_varint(number, ++sets);
      if (Result<> added = twins_.add(original, number); !added) return added;
      has_twin = true;
    }
    number.clear();
    append_varint(number, sets);
    if (Result<> added = twins_.add(key, number + original); !added) return added;
  }
}

Result<> Settlement::settle(const std::function<Result<>(Settled&)>& settled) {
  Result<> done = objects_.finish();
  if (!done) return done;
  {
    SealedSort equals(folder_, memory_ / 8);
    done = find_held_back();
    if (done) done = find_families(equals);
    if (done) done = find_twins(equals);
    if (!done) return done;
  }
  SealedSort::Cursor object(objects_), twin(twins_);
  FamilyCounter families;
  HeldBack held_back(is_held_back_);
  Result<bool> more_twins = twin.next();
  while (more_twins) {
    Result<bool> more = object.next();
    if (!more) return std::move(more).error();
    if (!*more) return {};
    StoredVerdict verdict = read_verdict(object.value());
    Decision& decision = verdict.decision;
    held_back.apply(decision);
    const bool has_relative = is_relevant_[families.next(object.key())];
    Settled out{object.key(), verdict, decision.disposition, 0, {}};
    if (*more_twins && twin.key() == object.key()) {
      std::string_view value = twin.value();
      out.twins = take_varint(value);
      out.original = value;
      if (!value.empty()) {
        decision.disposition = Disposition::duplicate;
        decision.reason = Reason::same_content;
      }
    } else if (decision.disposition == Disposition::not_relevant && has_relative) {
      out.fate = decision.disposition = Disposition::family;
      decision.reason = Reason::relative;
    }
    if (done = settled(out); !done) return done;
    if (out.twins != 0) more_twins = twin.next();
  }
  return std::move(more_twins).error();
}

}  // namespace ambit::record
