// The text form of detectors: configs/detectors/*.toml. The reference of the keys is docs/detectors.md.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/detector.h"
#include "pipeline/result.h"

namespace ambit {

// One file of configs/detectors as it was when the program was built.
struct EmbeddedDetector {
  std::string_view file_name;
  std::string_view text;
};

// All of them, by file name. The position is the DetectorId of the built-in set.
[[nodiscard]] std::span<const EmbeddedDetector> embedded_detectors();

// What reading a file gave: a detector that may be used only if there are no mistakes.
struct DetectorReading {
  Detector detector;
  std::vector<Error> mistakes;  // all of them; kind order, `where` is "file:line"
};
[[nodiscard]] DetectorReading read_detector(std::string_view file_name, std::string_view toml);

// Every built-in detector. Error: the first mistake of the first bad file; the tests keep it from happening.
[[nodiscard]] Result<std::vector<Detector>> read_embedded_detectors();

}  // namespace ambit
