// Documents of MongoDB (BSON) as lines.
//
//   document = bytes(4) *( type(1) name 00 value ) 00
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ambit::unpack {

// How long the document is that begins there, and appends what it says: names and values, parted by tabs. Nothing, and
// nothing appended: there is none. `effort`: bytes that may still be read in vain; once it is 0, there is none
// anywhere.
[[nodiscard]] std::optional<std::size_t> append_bson(std::string_view bytes, std::size_t& effort, std::string& line);

}  // namespace ambit::unpack
