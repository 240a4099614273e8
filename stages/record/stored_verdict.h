// StoredVerdict: what is kept of a caught object until its family and its duplicates are known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/object.h"
#include "pipeline/scope.h"

namespace ambit::record {

// Findings as the ledger tells them: index of the category, number of findings; by index.
using FindingCounts = std::vector<std::pair<std::uint32_t, std::uint64_t>>;

struct StoredVerdict {
  ObjectState state = ObjectState::active;
  Facts facts;  // without findings, records and coverage, which were counted before
  Decision decision;
  FindingCounts findings;
  std::vector<std::optional<std::uint64_t>> exhibit_offsets;  // of decision.extents
};

// Bytes for SealedSort, and back. `exhibit_offsets` may be shorter than the extents: the rest is unknown.
void append_verdict(std::string& out, ObjectState state, const Facts& facts, const Decision& decision,
                    const FindingCounts& findings, const std::vector<std::optional<std::uint64_t>>& exhibit_offsets);
[[nodiscard]] StoredVerdict read_verdict(std::string_view bytes);

}  // namespace ambit::record
