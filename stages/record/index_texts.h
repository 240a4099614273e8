// The texts of a relevance.db, every one of them, as a stranger finds them who knows nothing of its tables.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "pipeline/result.h"

namespace ambit::record {

// One value. Views: valid during the call.
struct IndexText {
  std::string_view table, column;
  std::uint64_t item = 0;  // the id of the item that it tells of; 0: of none
  std::string_view text;   // of a BLOB, its bytes
};

// Visits what is no number in every row of every table of the file. `where` names the run directory in errors. Error:
// io, tampered.
[[nodiscard]] Result<> visit_index_texts(const std::string& file, const std::string& where,
                                         const std::function<void(const IndexText&)>& visit);

}  // namespace ambit::record
