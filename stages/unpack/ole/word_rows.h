// Where the rows of tables end in a Word document. A cell and a row end with the same character; which of them it is,
// say the properties of the paragraph (MS-DOC 2.9.175, 2.9.183):
//
//   bins      = *place(4) *page(4)                    of the table stream
//   page      = *place(4) *( offset(1) …(12) ) … count(1)       512 bytes of the document
//   paragraph = words(1) style(2) *( property(2) value )
#pragma once

#include <cstdint>
#include <vector>

#include "stages/unpack/ole/file.h"

namespace ambit::unpack {

// Offsets in the stream `document` behind the mark of each row, ascending. `bins`: where the bins stand in `table`.
[[nodiscard]] std::vector<std::uint32_t> word_row_ends(const OleFile& file, std::uint32_t document, std::uint32_t table,
                                                       std::uint64_t bins, std::uint64_t bytes);

}  // namespace ambit::unpack
