// Metrics: `triage --metrics FILE`, for Prometheus (its node exporter reads such files from a folder).
//
// The text exposition format 0.0.4: for each metric a line of help, one of its type, then its samples. The file is
// written beside and renamed, so that a reader finds it whole, once a second, and once more at the end with the exit
// code. It holds what the screen holds: numbers; exhibits by their number, nothing of the evidence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pipeline/cli/command.h"
#include "pipeline/result.h"
#include "pipeline/triage.h"

namespace ambit::cli {

// `now`: seconds since 1970. `exit`: how the run ended, once it has.
[[nodiscard]] std::string metrics_text(const Progress& progress, std::int64_t now, std::optional<Exit> exit);

class MetricsFile {
 public:
  // Error: io, when the file cannot be written. An empty path writes nowhere.
  [[nodiscard]] static Result<MetricsFile> open(const std::string& path);
  void progress(const Progress& progress);
  void ended(Exit exit);

 private:
  explicit MetricsFile(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] Result<> write(std::optional<Exit> exit) const;
  std::string path_;
  Progress last_;
  double next_ = 0;  // seconds of the run
};

}  // namespace ambit::cli
