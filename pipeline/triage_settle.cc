// What several tasks, or the walk, say of one object, as its facts have it.
#include <algorithm>
#include <tuple>

#include "pipeline/triage_sweep.h"

namespace ambit {

ExceptionReason exception_of(WalkTrouble trouble) {
  switch (trouble) {
    case WalkTrouble::special_file:
      return ExceptionReason::special_file;
    case WalkTrouble::loop:
      return ExceptionReason::loop;
    case WalkTrouble::too_deep:
      return ExceptionReason::too_deep;
    case WalkTrouble::name_too_long:
      return ExceptionReason::name_too_long;
    case WalkTrouble::encrypted:
      return ExceptionReason::encrypted;
    case WalkTrouble::unsupported:
      return ExceptionReason::unsupported;
    case WalkTrouble::damaged:
      return ExceptionReason::damaged;
    case WalkTrouble::objects_limit:
      return ExceptionReason::objects_limit;
    case WalkTrouble::expansion_limit:
      return ExceptionReason::expansion_limit;
    case WalkTrouble::decoder_crashed:
      return ExceptionReason::decoder_crashed;
    case WalkTrouble::timeout:
      return ExceptionReason::timeout;
    case WalkTrouble::none:
    case WalkTrouble::unreadable:
      break;
  }
  return ExceptionReason::unreadable;
}

std::optional<Exception> lost_bytes(const Result<std::size_t>& got, std::uint64_t from, std::uint64_t wanted) {
  if (got.ok() && *got >= wanted) return std::nullopt;
  const std::uint64_t had = got.ok() ? *got : 0;
  return Exception{got.ok() ? ExceptionReason::unreadable : reason_of(got.error()), from + had, wanted - had};
}

void sort_exceptions(std::vector<Exception>& exceptions) {
  std::sort(exceptions.begin(), exceptions.end(), [](const Exception& a, const Exception& b) {
    return std::tie(a.offset, a.reason, a.length) < std::tie(b.offset, b.reason, b.length);
  });
  exceptions.erase(std::unique(exceptions.begin(), exceptions.end()), exceptions.end());
}

std::vector<std::uint64_t> take_marks(std::vector<Hit>& hits, const Engine& engine) {
  std::vector<std::uint64_t> places;
  const auto mark = engine.patterns.mark();
  std::erase_if(hits, [&](const Hit& hit) {
    if (hit.identifier != mark) return false;
    if (hit.view == View::raw) places.push_back(hit.start);
    return true;
  });
  return places;
}

void settle(Facts& facts, const Engine& engine) {
  bool over_limit = false;
  if (!facts.hits.empty()) {
    settle_hits(facts.hits, engine.patterns, static_cast<std::uint32_t>(engine.scope.max_hits_per_identifier),
                over_limit);
  }
  if (over_limit) facts.exceptions.push_back({ExceptionReason::hits_limit, 0, 0});
  sort_exceptions(facts.exceptions);
}

}  // namespace ambit
