// What a run writes must lie apart from what it reads: a run directory in a folder that is an exhibit would change the
// evidence, and sweep its own journal.
//
// Names prove nothing, for there are links and folders that are mounted twice: folders are compared by device and
// inode, from the place that is to be written up to the root.
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "pipeline/locator.h"
#include "pipeline/triage.h"

namespace ambit {
namespace {

namespace fs = std::filesystem;

// A link may lead to what is not there yet: the file would be made where it leads. Longer chains the system refuses.
constexpr int kMostLinks = 40;

std::optional<struct stat> info_of(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? std::optional(info) : std::nullopt;
}

fs::path behind_links(fs::path path) {
  std::error_code error;
  for (int i = 0; i < kMostLinks && fs::is_symlink(path, error); ++i) {
    path = path.parent_path() / fs::read_symlink(path, error);
    if (error) break;
  }
  fs::path whole = fs::weakly_canonical(path, error);
  return error ? path : whole;
}

bool lies_in(const fs::path& written, const struct stat& exhibit) {
  for (fs::path place = written; !place.empty(); place = place.parent_path()) {
    if (const auto info = info_of(place)) {
      const bool is_it = info->st_dev == exhibit.st_dev && info->st_ino == exhibit.st_ino;
      const bool is_on_it = S_ISBLK(exhibit.st_mode) && info->st_dev == exhibit.st_rdev;
      if (is_it || is_on_it) return true;
    }
    if (place == place.root_path()) break;
  }
  return false;
}

std::string path_of(const std::string& exhibit) {
  for (const std::string_view prefix : {"raw:", "file:"}) {
    if (exhibit.starts_with(prefix)) return exhibit.substr(prefix.size());
  }
  return exhibit;
}

}  // namespace

Result<> check_apart(const std::vector<std::string>& exhibits, const std::vector<WrittenPlace>& places) {
  for (const WrittenPlace& place : places) {
    if (place.path.empty()) continue;
    const fs::path written = behind_links(fs::absolute(place.path));
    for (const std::string& exhibit : exhibits) {
      const auto info = info_of(path_of(exhibit));
      if (!info || !lies_in(written, *info)) continue;
      return Error{ErrorKind::usage, place.what + " would be written into the exhibit " + printable(exhibit),
                   place.path, "give a path outside the exhibits"};
    }
  }
  return {};
}

}  // namespace ambit
