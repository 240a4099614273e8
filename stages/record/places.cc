#include "stages/record/places.h"

#include <algorithm>

#include "pipeline/limits.h"

namespace ambit::record {

std::optional<std::vector<Run>> straight_pieces(std::span<const Run> runs, const Extent& extent, std::size_t most) {
  std::vector<Run> out;
  std::uint64_t at = extent.start;  // everything before it is dealt with
  auto run = std::partition_point(runs.begin(), runs.end(), [&](const Run& r) { return r.end() <= extent.start; });
  for (; run != runs.end() && run->start < extent.end(); ++run) {
    const std::uint64_t from = std::max(run->start, at);
    const std::uint64_t to = std::min(run->end(), extent.end());
    if (from >= to) continue;
    const std::uint64_t place = run->place + (from - run->start);
    at = to;
    if (!out.empty() && out.back().end() == from && out.back().place_end() == place) {
      out.back().length += to - from;
      continue;
    }
    if (out.size() == most) return std::nullopt;
    out.push_back({from, place, to - from});
  }
  return out;
}

ExtentPlaces find_places(const Content* content, std::span<const Run> runs, std::span<const Extent> extents) {
  ExtentPlaces out;
  // The places of the runs may be those of something that was opened out of the exhibit: a mirror, a decrypted volume.
  const bool in_exhibit = content != nullptr && !runs.empty() && content->exhibit_offset(runs.front().start);
  for (const Extent& extent : extents) {
    std::optional<std::uint64_t>& offset = out.exhibit_offsets.emplace_back();
    if (extent.view != View::raw || content == nullptr) continue;
    if (runs.empty()) offset = content->exhibit_offset(extent.start);
    if (!in_exhibit) continue;
    const auto pieces = straight_pieces(runs, extent, limits::kMaxPlaces);
    if (!pieces) continue;
    if (pieces->size() == 1 && pieces->front().start == extent.start && pieces->front().length == extent.length) {
      offset = pieces->front().place;
    } else if (out.places.size() + pieces->size() <= limits::kMaxPlaces) {
      out.places.insert(out.places.end(), pieces->begin(), pieces->end());
    }
  }
  return out;
}

}  // namespace ambit::record
