#include "stages/record/counts.h"

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
  seen += other.seen;
  exception_objects += other.exception_objects;
  exception_bytes += other.exception_bytes;
  return *this;
}

}  // namespace ambit::record
