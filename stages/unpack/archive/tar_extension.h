// What a tar says of its next member, or of all further ones, in members of its own: the records of PAX.
//
//   record := length " " key "=" value "\n"      length: of the whole record, in decimal
//
// Sparse files came in three forms. 0.0: GNU.sparse.offset and .numbytes in turn; 0.1: GNU.sparse.map,
// "offset,length,…"; 1.0: GNU.sparse.major=1, and the map stands before the member's bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/object.h"

namespace ambit::unpack {

struct TarExtension {
  std::optional<std::string> name, link;
  std::optional<std::uint64_t> size;
  std::optional<std::int64_t> modified;
  // Sparse files.
  std::optional<std::uint64_t> real_size;
  bool sparse = false, map_in_front = false;
  std::vector<Run> pieces;

  // Reads records over what is there already; false: some could not be read.
  bool read(std::string_view records);

 private:
  void set(std::string_view key, std::string_view value);
  void set_sparse(std::string_view key, std::string_view value);
  void read_map(std::string_view map);

  std::uint64_t next_start_ = 0;
};

// The number that `text` begins with, taken off; nothing if it begins with none or it is too large.
[[nodiscard]] std::optional<std::uint64_t> take_number(std::string_view& text);

}  // namespace ambit::unpack
