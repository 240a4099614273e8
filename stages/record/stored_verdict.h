// StoredVerdict: what is kept of a caught object until its family and its duplicates are known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stages/record/verdict.h"

namespace ambit::record {

// Findings as the ledger tells them: index of the category, number of findings; by index.
using FindingCounts = std::vector<std::pair<std::uint32_t, std::uint64_t>>;

struct StoredVerdict {
  ObjectState state = ObjectState::active;
  Facts facts;  // without findings, records and coverage, which were counted before
  Decision decision;
  FindingCounts findings;
  std::vector<std::optional<std::uint64_t>> exhibit_offsets;  // of decision.extents
  std::uint64_t inode = 0;
  std::vector<std::string> links;
  std::vector<Run> places;
};

// Bytes for the journal, and back; what is taken is taken off the front of `in`. Only for bytes that we wrote.
void append_hits(std::string& out, const std::vector<Hit>& hits);
[[nodiscard]] std::vector<Hit> take_hits(std::string_view& in);
void append_exceptions(std::string& out, const std::vector<Exception>& exceptions);
[[nodiscard]] std::vector<Exception> take_exceptions(std::string_view& in);

// Bytes for the journal and for SealedSort, and back. The locator is the sorter's key.
void append_verdict(std::string& out, const Verdict& verdict, const FindingCounts& findings);
[[nodiscard]] StoredVerdict read_verdict(std::string_view bytes);

}  // namespace ambit::record
