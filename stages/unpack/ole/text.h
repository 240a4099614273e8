// Text out of the streams of an OLE file, which every program writes in a way of its own.
#pragma once

#include <string>
#include <string_view>

#include "stages/unpack/input.h"
#include "stages/unpack/ole/file.h"

namespace ambit::unpack {

// A text that is made a piece at a time. At the end an Error(evidence), if some of it could not be read.
class OleText : public ByteStream {
 public:
  Result<std::size_t> read(std::span<std::byte> into) final;

 protected:
  // Appends what comes next, which may be nothing. False: that was all.
  [[nodiscard]] virtual bool more(std::string& out) = 0;
  bool is_damaged_ = false;

 private:
  std::string text_;
  std::size_t at_ = 0;
  bool over_ = false;
};

// UTF-16, least byte first, to UTF-8; half a character at the end is left out.
[[nodiscard]] std::string utf16_text(std::string_view bytes);
// The same, for `bytes` in a code page as Windows numbers them; 1200 is UTF-16.
[[nodiscard]] std::string code_page_text(std::string_view bytes, int code_page);
// The code page in which Windows wrote a language before Unicode. `language`: its LCID (MS-LCID).
[[nodiscard]] int language_code_page(std::uint32_t language);

// `text` as in every other view: non-breaking blanks are blanks, soft hyphens and zero-width spaces are gone.
void make_readable(std::string& text);
// … in one line: newlines, tabs and other control characters are blanks.
[[nodiscard]] std::string one_line(std::string text);
// A number as a person writes it: whole ones without a point or an exponent.
[[nodiscard]] std::string number_text(double value);

// Seconds since 1970 of a FILETIME, tenths of a microsecond since 1601; nothing if it is none.
[[nodiscard]] std::optional<std::int64_t> file_time(std::uint64_t time);

// Numbers in `bytes`, least byte first, each checked: 0 beyond the end.
[[nodiscard]] std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t width);

}  // namespace ambit::unpack
