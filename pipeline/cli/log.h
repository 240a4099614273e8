// Log: `triage --log FILE`, one JSON object a line: time, event, counters.
//
// For the person who watches a night's run from elsewhere. It holds what the progress line holds: no evidence
// bytes, no locator, no name of an object (law L6); exhibits and the order appear as the operator
// typed them, what could steer a terminal escaped.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/file_descriptor.h"
#include "pipeline/result.h"
#include "pipeline/triage.h"

namespace ambit::cli {

class Log {
 public:
  // Appends to `path`, made 0600. An empty path logs nowhere.
  [[nodiscard]] static Result<Log> open(const std::string& path);

  void started(const TriageOptions& options);
  void progress(const Progress& progress);  // at most one line every ten seconds of the run
  void note(std::string_view line);
  void failed(const Error& error);
  void finished(const TriageOutcome& outcome);

 private:
  explicit Log(FileDescriptor file) : file_(std::move(file)) {}
  FileDescriptor file_;  // not valid: nowhere
  double next_progress_ = 0;
};

}  // namespace ambit::cli
