#include "pipeline/layout.h"

#include <algorithm>

#include "pipeline/limits.h"
#include "pipeline/varint.h"

// A claim in the sort: key <u64 place> <u64 ordinal>, both big-endian; value <kind> <varint length> <varint home>, and
// for an object <varint number> <varint start> <varint slack> <description, with the first of its claims>.
namespace ambit {
namespace {

constexpr unsigned kObjectMark = 0xff;  // in the place of the kind

void append_big_endian(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift & 0xff));
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes.substr(0, 8)) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

void append_text(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out.append(text);
}

std::string_view take_text(std::string_view& in) {
  const std::uint64_t bytes = take_varint(in);
  return take_bytes(in, bytes);
}

void append_time(std::string& out, const std::optional<std::int64_t>& time) {
  out.push_back(time ? '\1' : '\0');
  if (time) append_varint(out, static_cast<std::uint64_t>(*time));
}

std::optional<std::int64_t> take_time(std::string_view& in) {
  if (take_varint(in) == 0) return std::nullopt;
  return static_cast<std::int64_t>(take_varint(in));
}

// Which area names the bytes that several claim: the books before what they describe.
int rank_of(Kind kind) {
  switch (kind) {
    case Kind::metadata:
      return 0;
    case Kind::slack:
      return 1;
    case Kind::volume_slack:
      return 2;
    case Kind::unallocated:
      return 3;
    case Kind::gap:
      return 4;
    default:
      return 5;
  }
}

}  // namespace

std::string pack_object(const Object& object) {
  std::string out;
  append_text(out, object.locator.sort_key());
  append_varint(out, static_cast<std::uint64_t>(object.state));
  append_varint(out, object.inode);
  append_varint(out, object.info.size);
  append_time(out, object.info.modified);
  append_time(out, object.sent);
  append_varint(out, object.links.size());
  for (const std::string& link : object.links) append_text(out, link);
  append_varint(out, object.runs.size());
  for (const Run& run : object.runs) {
    append_varint(out, run.start);
    append_varint(out, run.place);
    append_varint(out, run.length);
  }
  return out;
}

Object unpack_object(std::string_view packed) {
  Object object;
  object.locator = Locator::from_sort_key(take_text(packed));
  object.state = static_cast<ObjectState>(take_varint(packed));
  object.inode = take_varint(packed);
  object.info.size = take_varint(packed);
  object.info.modified = take_time(packed);
  object.sent = take_time(packed);
  for (std::uint64_t left = take_varint(packed); left > 0; --left) object.links.emplace_back(take_text(packed));
  object.runs.resize(take_varint(packed));
  for (Run& run : object.runs) {
    run.start = take_varint(packed);
    run.place = take_varint(packed);
    run.length = take_varint(packed);
  }
  return object;
}

Layout::Layout(std::string folder, std::size_t memory, std::uint64_t bytes, Kind kind)
    : sort_(std::move(folder), memory), bytes_(bytes), kind_(kind) {}

std::uint32_t Layout::add_home(std::vector<Step> steps) {
  homes_.push_back(std::move(steps));
  return static_cast<std::uint32_t>(homes_.size() - 1);
}

Result<> Layout::put(const Claim& claim, std::string_view description) {
  if (claim.place >= bytes_ || claim.end <= claim.place) return {};
  std::string key, value;
  append_big_endian(key, claim.place);
  append_big_endian(key, next_claim_++);
  value.push_back(static_cast<char>(claim.is_object ? kObjectMark : static_cast<unsigned>(claim.kind)));
  append_varint(value, std::min(claim.end, bytes_) - claim.place);
  append_varint(value, claim.home);
  if (claim.is_object) {
    append_varint(value, claim.object);
    append_varint(value, claim.start);
    append_varint(value, claim.slack);
    value.append(description);
  }
  return sort_.add(key, value);
}

Result<> Layout::add(const Object& object, std::uint64_t slack, std::uint32_t home) {
  const ObjectId number = next_object_++;
  const auto by_place = [](const Run& a, const Run& b) { return a.place < b.place; };
  const auto first = std::min_element(object.runs.begin(), object.runs.end(), by_place);
  for (auto run = object.runs.begin(); run != object.runs.end(); ++run) {
    Claim claim{run->place, run->place_end(), true, Kind::residue, home, number, run->start, 0};
    if (run + 1 == object.runs.end()) claim.slack = slack;
    const std::string description = run == first ? pack_object(object) : std::string();
    if (Result<> done = put(claim, description); !done) return done;
  }
  return {};
}

Result<> Layout::add_area(Kind kind, std::uint32_t home, std::uint64_t offset, std::uint64_t length) {
  if (offset >= bytes_) return {};
  return put({offset, offset + std::min(length, bytes_ - offset), false, kind, home, 0, 0, 0}, {});
}

Result<> Layout::finish() {
  if (Result<> done = sort_.finish(); !done) return done;
  cursor_ = std::make_unique<SealedSort::Cursor>(sort_);
  Result<bool> loaded = load_next();
  return loaded ? Result<>() : std::move(loaded).error();
}

Result<bool> Layout::load_next() {
  coming_.reset();
  Result<bool> more = cursor_->next();
  if (!more || !*more) return more;
  std::string_view value = cursor_->value();
  Claim claim;
  claim.place = big_endian(cursor_->key());
  const auto kind = static_cast<unsigned char>(take_bytes(value, 1).front());
  claim.is_object = kind == kObjectMark;
  claim.kind = claim.is_object ? Kind::residue : static_cast<Kind>(kind);
  claim.end = claim.place + take_varint(value);
  claim.home = static_cast<std::uint32_t>(take_varint(value));
  coming_description_.clear();
  if (claim.is_object) {
    claim.object = take_varint(value);
    claim.start = take_varint(value);
    claim.slack = take_varint(value);
    coming_description_.assign(value);
  }
  coming_ = claim;
  return true;
}

// Moves what begins at `place` to the active claims.
Result<> Layout::take_claims_at(std::uint64_t place, Stripe& stripe) {
  while (coming_ && coming_->place <= place) {
    const Claim claim = *coming_;
    if (!coming_description_.empty()) stripe.introduced.emplace_back(claim.object, std::move(coming_description_));
    if (Result<bool> more = load_next(); !more) return std::move(more).error();
    if (claim.slack > 0) {
      const std::uint64_t end = claim.end + std::min(claim.slack, bytes_ - claim.end);
      slack_.emplace(claim.end, Claim{claim.end, end, false, Kind::slack, claim.home, 0, 0, 0});
    }
    if (active_.size() < limits::kMaxClaimsPerByte) {
      active_.push_back(claim);
    } else if (claim.is_object) {
      stripe.refused.push_back({claim.object, claim.start, claim.end - claim.place});
    }
  }
  while (!slack_.empty() && slack_.begin()->first <= place) {
    if (active_.size() < limits::kMaxClaimsPerByte) active_.push_back(slack_.begin()->second);
    slack_.erase(slack_.begin());
  }
  return {};
}

void Layout::drop_claims_before(std::uint64_t place) {
  std::erase_if(active_, [&](const Claim& claim) { return claim.end <= place; });
}

std::uint64_t Layout::next_border(std::uint64_t after) const {
  std::uint64_t border = bytes_;
  if (coming_) border = std::min(border, coming_->place);
  if (!slack_.empty()) border = std::min(border, slack_.begin()->first);
  for (const Claim& claim : active_) border = std::min(border, claim.end);
  return std::max(border, after + 1);
}

void Layout::append_parcel(Stripe& stripe, std::uint64_t begin, std::uint64_t end) {
  Parcel parcel;
  parcel.begin = begin;
  parcel.end = end;
  parcel.first_owner = static_cast<std::uint32_t>(stripe.owners.size());
  parcel.kind = kind_;
  const Claim* name = nullptr;  // the area that names these bytes
  for (const Claim& claim : active_) {
    if (claim.is_object) {
      stripe.owners.push_back({claim.object, claim.start + (begin - claim.place), claim.end});
      ++parcel.owners;
    } else if (name == nullptr || rank_of(claim.kind) < rank_of(name->kind)) {
      name = &claim;
    }
  }
  if (name != nullptr) {
    parcel.kind = name->kind;
    parcel.home = name->home;
  }
  // Residue that only the names of two areas of one kind divide is one.
  if (parcel.owners == 0 && !stripe.parcels.empty()) {
    Parcel& last = stripe.parcels.back();
    if (last.owners == 0 && last.kind == parcel.kind && last.home == parcel.home) {
      last.end = end;
      return;
    }
  }
  stripe.parcels.push_back(parcel);
}

Result<std::optional<Stripe>> Layout::next() {
  if (at_ >= bytes_) return std::optional<Stripe>();
  Stripe stripe;
  if (early_) {
    stripe.introduced = std::move(early_->introduced);
    stripe.refused = std::move(early_->refused);
    early_.reset();
  }
  stripe.begin = at_;
  stripe.end = std::min((at_ / limits::kSpanBytes + 1) * limits::kSpanBytes, bytes_);
  while (at_ < stripe.end) {
    drop_claims_before(at_);
    if (Result<> done = take_claims_at(at_, stripe); !done) return std::move(done).error();
    const std::uint64_t border = std::min(next_border(at_), stripe.end);
    append_parcel(stripe, at_, border);
    at_ = border;
  }
  const auto same = [](const Parcel& a, const Parcel& b) {
    return a.owners == 0 && b.owners == 0 && a.kind == b.kind && a.home == b.home;
  };
  stripe.parcels.front().from_before = last_ && same(*last_, stripe.parcels.front());
  // What follows is known only once its claims are read; they are, up to the first beyond.
  drop_claims_before(at_);
  if (at_ < bytes_) {
    Stripe probe;
    if (Result<> done = take_claims_at(at_, probe); !done) return std::move(done).error();
    append_parcel(probe, at_, at_ + 1);
    stripe.parcels.back().goes_on = same(stripe.parcels.back(), probe.parcels.front());
    early_ = std::move(probe);
  }
  stripe.residue_begin = residue_begin_;
  last_ = stripe.parcels.back();
  if (stripe.parcels.size() > 1 || !last_->from_before) residue_begin_ = last_->begin;
  return std::optional<Stripe>(std::move(stripe));
}

}  // namespace ambit
