// What a PDF holds beside its pages: strings of forms, comments and bookmarks, XML, embedded files.
//
// Reads the file from front to back as a row of objects, not by its tables: what an editor left behind, or a damaged
// table hides, is there too. ISO 32000-1, 7.2 to 7.5 and 7.11.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ambit::unpack {

struct EmbeddedFile {
  std::uint64_t object = 0;      // its number in the PDF
  std::size_t at = 0, size = 0;  // of its bytes in the PDF
  bool deflated = false;         // by zlib
};

struct PdfObjects {
  // Every string that is text, and all XML, a line each, in UTF-8; up to limits::kMaxViewBytes.
  std::string strings;
  std::vector<EmbeddedFile> files;
  std::map<std::uint64_t, std::string> names;  // of embedded files, by the number of their object
  bool encrypted = false;                      // strings and streams are, so none of the above is there
  bool cut = false;                            // there was more than limits allow
};

// `pages`: also what the pages show, as far as it can be told without their fonts: for a PDF of which pdftotext made
// nothing.
enum class Pages : bool { leave, read };
[[nodiscard]] PdfObjects read_pdf_objects(std::string_view pdf, Pages pages);

}  // namespace ambit::unpack
