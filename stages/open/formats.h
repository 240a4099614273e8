// What open_exhibit.cc chooses from; one function per file.
#pragma once

#include <memory>
#include <string>

#include "pipeline/exhibit.h"
#include "pipeline/result.h"

namespace ambit::open {

// A path split from its "raw:" or "file:" prefix.
struct Request {
  std::string name;   // of the exhibit in the run
  std::string typed;  // as the operator typed it
  std::string path;   // without the prefix
};

using Opened = Result<std::unique_ptr<Exhibit>>;
[[nodiscard]] Opened open_folder(const Request& request);
[[nodiscard]] Opened open_raw(const Request& request, ExhibitKind kind);  // one image, one device or one plain file
[[nodiscard]] Opened open_split_raw(const Request& request);              // path names the first part

// True if the path looks like the first part of a split image and its second part exists: image.001, image.000,
// image.aa.
[[nodiscard]] bool is_split_raw(const std::string& path);
// True if the file's first bytes or its name say that it is the image of a disk or of a file system.
[[nodiscard]] bool is_disk_image(const std::string& path);

// An Error for the system call that has just failed on the exhibit.
[[nodiscard]] Error io_error(const std::string& what, const std::string& path);

}  // namespace ambit::open
