// One released item as a JSON object on one line: what `list --json`, `explain --json` and the jsonl export print.
#pragma once

#include <string>

#include "stages/record/run_reader.h"

namespace ambit::record {

enum class ItemDetail {
  summary,  // hits, extents and links as numbers
  full,     // as lists, and the places
};

// {"id":1,"exhibit":"srv","locator":"srv:/a","state":"active","kind":"text","size":5,"sha256":"…","modified":"…Z",
//  "disposition":"disclose","rule":"R1","paragraph":"4a","identifiers":["a.b"],"hits":…,"extents":…}
// Behind the locator "links":["srv:/b"],"inode":12; at the end "places":[{"start":0,"length":9,"exhibit_offset":512}].
// No line end. Keys that do not apply (parent, links, inode, sha256, modified, rule, duplicate_of, exhibit_offset,
// places) are left out.
[[nodiscard]] std::string item_json(const RunReader& run, const IndexItem& item, ItemDetail detail);

// 2012-01-19T10:00:00Z; the number itself where it is beyond the years that four digits write.
[[nodiscard]] std::string utc_text(std::int64_t unix_seconds);

}  // namespace ambit::record
