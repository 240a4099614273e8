// status.json: what a run says of itself while it runs, for `ambit status` from another process.
//
// Written beside and renamed, so that a reader finds it whole; not synced, because after a power cut nobody asks how
// fast the run was. It holds numbers and the program's own words, nothing of the evidence: it may lie about in DIR/work
// after a crash. A disk without room costs the status, not the run.
#pragma once

#include <string>

#include "pipeline/triage.h"

namespace ambit {

class StatusFile {
 public:
  // `folder` need not be there yet.
  explicit StatusFile(const std::string& folder);
  void write(const Progress& progress) const;
  void remove() const;

 private:
  const std::string path_;
  RunStatus self_;  // who this process is
};

}  // namespace ambit
