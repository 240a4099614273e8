// Verdict: what is to be written about one object, as whoever judged it hands it over.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/locator.h"
#include "pipeline/object.h"
#include "pipeline/scope.h"

namespace ambit::record {

// Everything pointed to must outlive the call it is passed to.
struct Verdict {
  const Locator* locator = nullptr;
  ObjectState state = ObjectState::active;
  const Facts* facts = nullptr;
  const Decision* decision = nullptr;
  bool in_family = false;  // is in a container, or is one that was opened
  // Offset in the exhibit of each of decision->extents that is one straight piece of it; may be shorter.
  std::vector<std::optional<std::uint64_t>> exhibit_offsets = {};
  std::uint64_t inode = 0;                  // 0: none
  std::span<const std::string> links = {};  // Object::links
  // Of the extents in raw bytes that are not straight, the pieces that are: `place` is an offset in the exhibit. By
  // start, not overlapping. All pieces of an extent or none of them; what is between the pieces of one is zeros.
  std::vector<Run> places = {};
};

}  // namespace ambit::record
