// The columns of a table of SQLite, by the text that made it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ambit::unpack {

struct SqliteSchema {
  std::vector<std::string> columns;  // in the order in which a row has their values
  std::size_t keys = 0;              // so many of them, the first, are the key of a table without rowid
};

// Empty where it is not understood.
[[nodiscard]] SqliteSchema sqlite_schema(std::string_view sql);

}  // namespace ambit::unpack
