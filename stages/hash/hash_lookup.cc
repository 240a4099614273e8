#include "stages/hash/hash_lookup.h"

#include <algorithm>
#include <tuple>

#include "pipeline/hash_set.h"

namespace ambit {
namespace {

auto digest_key(const HashValue& value) { return std::tie(value.kind, value.bytes); }

bool& member(DigestSet& set, DigestKind kind) {
  return kind == DigestKind::md5 ? set.md5 : kind == DigestKind::sha1 ? set.sha1 : set.sha256;
}

}  // namespace

HashLookup::HashLookup(const Scope& scope) {
  for (IdentifierId id = 0; id < scope.identifiers.size(); ++id) {
    for (const HashValue& value : scope.identifiers[id].hashes) entries_.push_back({value, id});
    for (const auto& set : scope.identifiers[id].hash_sets) sets_.push_back({set, id});
  }
  for (const KnownSet& known : scope.known) sets_.push_back({known.set, kKnown});
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.value, a.identifier) < std::tie(b.value, b.identifier);
  });
  for (const Entry& entry : entries_) {
    if (entry.value.size) {
      sizes_[static_cast<std::size_t>(entry.value.kind)].insert(*entry.value.size);
    } else {
      member(any_size_, entry.value.kind) = true;
    }
  }
}

DigestSet HashLookup::needed(std::uint64_t size) const {
  DigestSet out = any_size_;
  if (empty()) return out;
  for (const DigestKind kind : {DigestKind::md5, DigestKind::sha1, DigestKind::sha256}) {
    const auto& sizes = sizes_[static_cast<std::size_t>(kind)];
    const bool needed =
        (!sizes.empty() && sizes.contains(size)) ||
        std::any_of(sets_.begin(), sets_.end(), [&](const Set& one) { return one.set->may_hold_size(kind, size); });
    if (needed) member(out, kind) = true;
  }
  return out;
}

void HashLookup::look_up(Facts& facts) const {
  if (facts.digests.md5) look_up(DigestKind::md5, *facts.digests.md5, facts);
  if (facts.digests.sha1) look_up(DigestKind::sha1, *facts.digests.sha1, facts);
  if (facts.digests.sha256) look_up(DigestKind::sha256, *facts.digests.sha256, facts);
}

void HashLookup::look_up(DigestKind kind, std::span<const std::uint8_t> digest, Facts& facts) const {
  HashValue wanted{kind, {}, std::nullopt};
  std::copy(digest.begin(), digest.end(), wanted.bytes.begin());
  auto at = std::lower_bound(entries_.begin(), entries_.end(), wanted,
                             [](const Entry& entry, const HashValue& value) { return entry.value < value; });
  for (; at != entries_.end() && digest_key(at->value) == digest_key(wanted); ++at) {
    if (at->value.size && *at->value.size != facts.size) continue;
    note(at->identifier, facts);
  }
  for (const Set& one : sets_) {
    if (one.set->holds(kind, digest, facts.size)) note(one.identifier, facts);
  }
}

void HashLookup::note(IdentifierId identifier, Facts& facts) {
  if (identifier == kKnown) {
    facts.known = true;
    return;
  }
  const auto length = static_cast<std::uint32_t>(std::min<std::uint64_t>(facts.size, UINT32_MAX));
  const Hit hit{0, length, identifier, View::raw, Form::hash, false};
  const auto place = std::lower_bound(facts.hits.begin(), facts.hits.end(), hit);
  if (place == facts.hits.end() || *place != hit) facts.hits.insert(place, hit);
}

}  // namespace ambit
