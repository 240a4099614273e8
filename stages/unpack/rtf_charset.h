// What the numbers of RTF mean: code pages and the character sets of fonts.
#pragma once

#include <string>

namespace ambit::unpack {

// The code page that \fcharsetN stands for; 0 where it is the document's.
[[nodiscard]] int rtf_code_page(int font_charset);
// A name for charset_decoder().
[[nodiscard]] std::string rtf_charset(int code_page);

}  // namespace ambit::unpack
