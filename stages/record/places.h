// Places: where the relevant extents of an object lie in the exhibit.
//
// A file of an image lies in runs. An extent that is within one of them is straight and has one offset; any other is
// told piece by piece, so that whoever distrusts us can put it together from the image alone. What no run holds is
// zeros: a hole, or what was never written.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/facts.h"
#include "pipeline/object.h"

namespace ambit::record {

// The pieces of `extent`, by start; neighbours are joined. Nothing where there would be more than `most`.
// `runs` as in Object.
[[nodiscard]] std::optional<std::vector<Run>> straight_pieces(std::span<const Run> runs, const Extent& extent,
                                                              std::size_t most);

struct ExtentPlaces {
  std::vector<std::optional<std::uint64_t>> exhibit_offsets;  // as in Verdict
  std::vector<Run> places;                                    // likewise; at most limits::kMaxPlaces
};
// `content` is the object's; null: there are no places.
[[nodiscard]] ExtentPlaces find_places(const Content* content, std::span<const Run> runs,
                                       std::span<const Extent> extents);

}  // namespace ambit::record
