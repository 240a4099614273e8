// The words of which a PDF is made. ISO 32000-1, 7.2 and 7.3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ambit::unpack {

struct PdfToken {
  enum class Kind : std::uint8_t { end, number, word, name, string, open, close };
  Kind kind = Kind::end;
  std::string text;          // of a word or name; of a string its bytes, escapes resolved
  std::uint64_t number = 0;  // of digits alone; else 0
};

class PdfTokens {
 public:
  explicit PdfTokens(std::string_view bytes) : bytes_(bytes) {}
  // Linear: no byte is looked at twice. A string that does not end is cut at kMostStringBytes.
  [[nodiscard]] PdfToken next();
  // Passes the end of the line behind "stream"; where the bytes begin.
  [[nodiscard]] std::size_t skip_line_end();
  // Passes a stream of `length` bytes, or where that does not lead to "endstream", up to the next of these. Where the
  // bytes end.
  [[nodiscard]] std::size_t skip_stream(std::size_t length);

 private:
  static constexpr std::size_t kMostStringBytes = 256 * 1024;
  PdfToken literal();
  PdfToken hexadecimal();
  PdfToken name();
  PdfToken plain();

  std::string_view bytes_;
  std::size_t at_ = 0;
};

// The text of a string object in UTF-8: UTF-16 and UTF-8 by their marks, else PDFDocEncoding. Empty where it is no
// text.
[[nodiscard]] std::string pdf_string(std::string_view bytes);

}  // namespace ambit::unpack
