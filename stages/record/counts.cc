#include "stages/record/counts.h"

#include <algorithm>

#include "pipeline/varint.h"

namespace ambit::record {

void Counts::see(std::uint32_t exhibit, const Facts& facts) {
  ++seen;
  coverage[exhibit] += facts.coverage;
  if (!facts.hits.empty()) {
    std::unordered_map<IdentifierId, std::uint64_t> hits;
    for (const Hit& hit : facts.hits) ++hits[hit.identifier];
    for (const auto& [identifier, count] : hits) {
      HitCount& sum = identifiers[identifier];
      ++sum.objects;
      sum.hits += count;
    }
  }
  if (facts.exceptions.empty()) return;
  ++exception_objects;
  std::array<bool, kExceptionReasons> counted{};
  for (const Exception& exception : facts.exceptions) {
    ItemCount& sum = exceptions[{exhibit, exception.reason}];
    bool& once = counted[static_cast<std::size_t>(exception.reason)];
    sum.items += once ? 0 : 1;
    sum.bytes += exception.length;
    once = true;
    exception_bytes += exception.length;
  }
}

void Counts::settle(const CensusKey& key, std::uint64_t bytes) {
  ItemCount& sum = census[key];
  ++sum.items;
  sum.bytes += bytes;
}

Counts& Counts::operator+=(const Counts& other) {
  for (std::size_t i = 0; i < coverage.size(); ++i) coverage[i] += other.coverage[i];
  for (const auto& [key, count] : other.census) {
    census[key].items += count.items;
    census[key].bytes += count.bytes;
  }
  for (const auto& [key, count] : other.exceptions) {
    exceptions[key].items += count.items;
    exceptions[key].bytes += count.bytes;
  }
  for (const auto& [identifier, count] : other.identifiers) {
    identifiers[identifier].objects += count.objects;
    identifiers[identifier].hits += count.hits;
  }
  for (const auto& [key, count] : other.private_values) private_values[key] += count;
  seen += other.seen;
  exception_objects += other.exception_objects;
  exception_bytes += other.exception_bytes;
  return *this;
}

void Counts::clear() {
  coverage.assign(coverage.size(), {});
  census.clear();
  exceptions.clear();
  identifiers.clear();
  private_values.clear();
  seen = exception_objects = exception_bytes = 0;
}

namespace {

void append_count(std::string& out, const ItemCount& count) {
  append_varint(out, count.items);
  append_varint(out, count.bytes);
}
ItemCount take_count(std::string_view& in) {
  ItemCount count;
  count.items = take_varint(in);
  count.bytes = take_varint(in);
  return count;
}

bool is_covered(const Coverage& coverage) { return coverage.total() != 0; }

}  // namespace

bool append_counts(std::string& out, const Counts& counts) {
  const auto covered = std::count_if(counts.coverage.begin(), counts.coverage.end(), is_covered);
  if (counts.seen == 0 && counts.census.empty() && counts.private_values.empty() && covered == 0) return false;
  append_varint(out, static_cast<std::uint64_t>(covered));
  for (std::size_t i = 0; i < counts.coverage.size(); ++i) {
    const Coverage& coverage = counts.coverage[i];
    if (!is_covered(coverage)) continue;
    for (const std::uint64_t number : {std::uint64_t{i}, coverage.swept, coverage.zero, coverage.unreadable}) {
      append_varint(out, number);
    }
  }
  append_varint(out, counts.census.size());
  for (const auto& [key, count] : counts.census) {
    append_varint(out, key.exhibit);
    append_varint(out, static_cast<std::uint64_t>(key.disposition));
    append_varint(out, static_cast<std::uint64_t>(key.reason));
    append_varint(out, static_cast<std::uint64_t>(key.kind));
    append_count(out, count);
  }
  append_varint(out, counts.exceptions.size());
  for (const auto& [key, count] : counts.exceptions) {
    append_varint(out, key.exhibit);
    append_varint(out, static_cast<std::uint64_t>(key.reason));
    append_count(out, count);
  }
  append_varint(out, counts.identifiers.size());
  for (const auto& [identifier, count] : counts.identifiers) {
    append_varint(out, identifier);
    append_varint(out, count.objects);
    append_varint(out, count.hits);
  }
  append_varint(out, counts.private_values.size());
  for (const auto& [key, count] : counts.private_values) {
    append_varint(out, key.first);
    append_varint(out, key.second);
    append_varint(out, count);
  }
  append_varint(out, counts.seen);
  append_varint(out, counts.exception_objects);
  append_varint(out, counts.exception_bytes);
  return true;
}

Counts read_counts(std::string_view bytes, std::size_t exhibits) {
  Counts counts(exhibits);
  for (std::uint64_t left = take_varint(bytes); left > 0; --left) {
    Coverage& coverage = counts.coverage.at(take_varint(bytes));
    coverage.swept = take_varint(bytes);
    coverage.zero = take_varint(bytes);
    coverage.unreadable = take_varint(bytes);
  }
  for (std::uint64_t left = take_varint(bytes); left > 0; --left) {
    CensusKey key;
    key.exhibit = static_cast<std::uint32_t>(take_varint(bytes));
    key.disposition = static_cast<Disposition>(take_varint(bytes));
    key.reason = static_cast<Reason>(take_varint(bytes));
    key.kind = static_cast<Kind>(take_varint(bytes));
    counts.census[key] = take_count(bytes);
  }
  for (std::uint64_t left = take_varint(bytes); left > 0; --left) {
    ExceptionKey key;
    key.exhibit = static_cast<std::uint32_t>(take_varint(bytes));
    key.reason = static_cast<ExceptionReason>(take_varint(bytes));
    counts.exceptions[key] = take_count(bytes);
  }
  for (std::uint64_t left = take_varint(bytes); left > 0; --left) {
    HitCount& count = counts.identifiers[static_cast<IdentifierId>(take_varint(bytes))];
    count.objects = take_varint(bytes);
    count.hits = take_varint(bytes);
  }
  for (std::uint64_t left = take_varint(bytes); left > 0; --left) {
    const auto exhibit = static_cast<std::uint32_t>(take_varint(bytes));
    const auto category = static_cast<std::uint32_t>(take_varint(bytes));
    counts.private_values[{exhibit, category}] = take_varint(bytes);
  }
  counts.seen = take_varint(bytes);
  counts.exception_objects = take_varint(bytes);
  counts.exception_bytes = take_varint(bytes);
  return counts;
}

}  // namespace ambit::record
