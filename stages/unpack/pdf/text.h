// The text of a PDF, by pdftotext in a sandbox.
#pragma once

#include <string>

#include "pipeline/result.h"
#include "stages/unpack/sandbox/sandbox.h"

namespace ambit::unpack {

struct PdfText {
  std::string text;  // UTF-8: a line for each entry of its properties, then the pages; may be cut by what follows
  // What ended it: nothing, evidence (pdftotext could not read it, or not to its end), crashed, timeout.
  std::optional<Error> failure;
};

// `file`: the PDF, to be read from its first byte on.
[[nodiscard]] PdfText pdf_text(Sandboxes& sandboxes, int file);

// The same text with the lines of each paragraph joined, words that a hyphen parts too, and without the marks of
// directions. What runs from right to left comes once more, backwards: in some PDFs its letters stand as they are seen.
[[nodiscard]] std::string with_joined_lines(std::string_view text);

}  // namespace ambit::unpack
