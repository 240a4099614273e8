// Opens a piece of evidence, read-only, whatever it is: the list of exhibit formats.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/exhibit.h"
#include "pipeline/limits.h"
#include "pipeline/result.h"
#include "stages/open/block_cache.h"

namespace ambit {

// `path` as the operator typed it; "raw:PATH" and "file:PATH" say what a file is when its bytes do not. `name`
// is what the exhibit is called in the run. A file system that says nothing for `patience` has timed out. Errors: io,
// timeout, evidence, with the remedy. `blocks`: shared by the images of a run, keeps what was unpacked of them.
[[nodiscard]] Result<std::unique_ptr<Exhibit>> open_exhibit(
    const std::string& path, const std::string& name,
    std::chrono::milliseconds patience = std::chrono::seconds(limits::kReadSeconds),
    std::shared_ptr<BlockCache> blocks = nullptr);

// What reading this exhibit may change, for the operator to know before it happens; empty: nothing (see
// access_time.cc). Reads nothing of it.
[[nodiscard]] std::string access_time_warning(const std::string& path);

// Printable, unique names for the exhibits of one run: the last component of each path, "#2" … where they clash.
[[nodiscard]] std::vector<std::string> exhibit_names(const std::vector<std::string>& paths);

}  // namespace ambit
