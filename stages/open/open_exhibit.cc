#include "stages/open/open_exhibit.h"

#include <sys/stat.h>

#include <algorithm>

#include "pipeline/locator.h"
#include "stages/open/formats.h"

namespace ambit {

Result<std::unique_ptr<Exhibit>> open_exhibit(const std::string& path, const std::string& name) {
  open::Request request{name, path, path};
  const bool says_raw = path.starts_with("raw:");
  const bool says_file = path.starts_with("file:");
  if (says_raw) request.path = path.substr(4);
  if (says_file) request.path = path.substr(5);

  struct stat info {};
  if (::stat(request.path.c_str(), &info) != 0) return open::io_error("cannot open the exhibit", request.path);
  // Rows: what it looks like -> how it is opened. The first that fits.
  if (S_ISDIR(info.st_mode)) return open::open_folder(request);
  if (says_file) return open::open_raw(request, ExhibitKind::file);
  if (open::is_split_raw(request.path)) return open::open_split_raw(request);
  if (says_raw || S_ISBLK(info.st_mode) || open::is_disk_image(request.path)) {
    return open::open_raw(request, ExhibitKind::raw);
  }
  return open::open_raw(request, ExhibitKind::file);
}

std::vector<std::string> exhibit_names(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (std::string path : paths) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    const std::string plain = printable(path.substr(path.find_last_of("/:") + 1));
    std::string name = plain;
    for (int count = 2; std::find(names.begin(), names.end(), name) != names.end(); ++count) {
      name = plain + "#" + std::to_string(count);
    }
    names.push_back(name);
  }
  return names;
}

}  // namespace ambit
