// The laws of the house (CONTRIBUTING.md says why they are there), as functions from a file to complaints.
//
// A law that reads the tree could pass because it looks at nothing. So each is a function of one file's path and
// text, and laws_test.cc feeds each a text that breaks it before it is believed about the tree.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/laws/source.h"

namespace ambit::laws {

// "path:line: what is wrong", for the engineer who broke it.
using Complaints = std::vector<std::string>;

// The place of a file of pipeline/ in the order, 0 at the bottom; -1: it has none.
[[nodiscard]] int place_in_pipeline(std::string_view path);

[[nodiscard]] Complaints down_the_list(const Source& source);         // L0
[[nodiscard]] Complaints star(const Source& source);                  // L1
[[nodiscard]] Complaints one_door(const Source& source);              // L2
[[nodiscard]] Complaints one_list_of_stages(const Source& source);    // L3
[[nodiscard]] Complaints one_mouth(const Source& source);             // L4
[[nodiscard]] Complaints no_optional_features(const Source& source);  // L5
// L6, in three parts: a Chunk cannot be printed; facts hold no text; one place makes pseudonyms.
[[nodiscard]] Complaints chunk_stays_silent(const Source& source);
[[nodiscard]] Complaints facts_hold_no_text(const Source& source);
[[nodiscard]] Complaints one_pseudonym(const Source& source);

// Housekeeping.
[[nodiscard]] Complaints short_files(const Source& source);
[[nodiscard]] Complaints telling_names(const Source& source);
[[nodiscard]] Complaints no_machine_paths(const Source& source);
// `paths`: every file and folder of the tree.
[[nodiscard]] Complaints links_lead_somewhere(const Source& source, const std::set<std::string>& paths);
// `lists`: every CMakeLists.txt of the tree.
[[nodiscard]] Complaints is_built(const Source& source, const std::vector<Source>& lists);

}  // namespace ambit::laws
