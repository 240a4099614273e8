// Code pages by number, as RTF, OLE and MAPI have them, and the character sets of fonts.
#pragma once

#include <string>

namespace ambit::unpack {

// The code page that RTF's \fcharsetN stands for; 0 where it is the document's.
[[nodiscard]] int code_page_of_font(int font_charset);
// A name for charset_decoder().
[[nodiscard]] std::string charset_of_code_page(int code_page);

}  // namespace ambit::unpack
