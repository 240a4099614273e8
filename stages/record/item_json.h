// One released item as a JSON object on one line: what `list --json`, `explain --json` and the jsonl export print.
#pragma once

#include <string>

#include "stages/record/run_reader.h"

namespace ambit::record {

enum class ItemDetail {
  summary,  // hits and extents as numbers
  full,     // hits and extents as lists
};

// {"id":1,"exhibit":"srv","locator":"srv:/a","state":"active","kind":"text","size":5,"sha256":"…","modified":"…Z",
//  "disposition":"disclose","rule":"R1","paragraph":"4a","identifiers":["a.b"],"hits":…,"extents":…}
// No line end. Keys that do not apply (parent, sha256, modified, rule, duplicate_of, exhibit_offset) are left out.
[[nodiscard]] std::string item_json(const RunReader& run, const IndexItem& item, ItemDetail detail);

// 2012-01-19T10:00:00Z; the number itself where it is beyond the years that four digits write.
[[nodiscard]] std::string utc_text(std::int64_t unix_seconds);

}  // namespace ambit::record
