#include "stages/open/open_exhibit.h"

#include <algorithm>

#include "pipeline/evidence_file.h"
#include "pipeline/locator.h"
#include "stages/open/formats.h"

namespace ambit {

namespace open {
namespace {

// A file whose bytes are an image's: opened as what they say. Null: they say nothing.
Opened open_by_content(const Request& request, Bytes bytes) {
  const ImageFormat format = image_format(*bytes);
  if (format == ImageFormat::ewf) return open_ewf(request);
  if (format == ImageFormat::vmdk_text) return open_vmdk_parts(request, std::move(bytes));
  return open_as(format, request, std::move(bytes));
}

// Rows: what it looks like -> how it is opened. The first that fits.
Opened open_by_looks(const Request& request) {
  const bool says_raw = request.typed.starts_with("raw:");
  const bool says_file = request.typed.starts_with("file:");
  const Result<EvidenceFile> there =
      EvidenceFile::open(nullptr, request.path, EvidenceFile::Links::follow, request.patience);
  if (!there.ok()) return io_error(there.error(), "cannot open the exhibit", request.path);
  const unsigned mode = there->info().st_mode;
  if (S_ISDIR(mode)) return open_folder(request);
  if (says_file) return open_raw(request, ExhibitKind::file);
  if (is_split_raw(request.path)) return open_split_raw(request);
  if (says_raw) return open_raw(request, ExhibitKind::raw);
  Opened plain = open_raw(request, ExhibitKind::file);
  if (!plain.ok()) return plain;
  const Bytes bytes = std::move(plain).value();
  Opened image = open_by_content(request, bytes);
  if (!image.ok() || *image != nullptr) return image;
  const bool disk = S_ISBLK(mode) || has_disk_name(request.path) || has_disk_content(*bytes);
  return open_raw(request, disk ? ExhibitKind::raw : ExhibitKind::file);
}

}  // namespace
}  // namespace open

Result<std::unique_ptr<Exhibit>> open_exhibit(const std::string& path, const std::string& name,
                                              std::chrono::milliseconds patience, std::shared_ptr<BlockCache> blocks) {
  std::vector<std::string> files;
  open::Request request{name, path, path, std::make_shared<Patience>(patience), &files, std::move(blocks)};
  if (path.starts_with("raw:")) request.path = path.substr(4);
  if (path.starts_with("file:")) request.path = path.substr(5);
  open::Opened opened = open::open_by_looks(request);
  if (!opened.ok()) return opened;
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  (*opened)->set_origin(std::move(files), request.patience);
  return opened;
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
