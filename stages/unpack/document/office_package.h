// The container of office documents: a zip with a few parts that say what the others are.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "stages/unpack/formats.h"
#include "stages/unpack/markup/markup.h"

namespace ambit::unpack {

// The parts of the zip, from the first on; may be called again. Needs packed.content.
[[nodiscard]] Opened open_package(const Packed& packed);

// What must be known of a package before its parts are read.
struct PackageSurvey {
  std::set<std::string, std::less<>> encrypted;  // names of parts (OpenDocument, EPUB)
  SharedTexts shared;                            // of a workbook
};
[[nodiscard]] Result<PackageSurvey> survey_package(const Packed& packed);

// The bytes of the part that `package`, which outlives it, gave last.
[[nodiscard]] std::unique_ptr<ByteStream> part_stream(Unpacker& package);

}  // namespace ambit::unpack
