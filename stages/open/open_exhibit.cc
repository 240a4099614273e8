#include "stages/open/open_exhibit.h"

#include <sys/stat.h>

#include <algorithm>

#include "pipeline/locator.h"
#include "stages/open/formats.h"

namespace ambit {

namespace open {
namespace {

// A file whose bytes are an image's: opened as what they say. Null: they say nothing.
Opened open_by_content(const Request& request, Bytes bytes) {
  switch (const ImageFormat format = image_format(*bytes)) {
    case ImageFormat::ewf:
      return open_ewf(request);
    case ImageFormat::qcow2:
      return open_qcow2(request, std::move(bytes));
    case ImageFormat::vmdk:
      return open_vmdk(request, std::move(bytes));
    case ImageFormat::vmdk_text:
      return open_vmdk_parts(request, std::move(bytes));
    case ImageFormat::vhd:
      return open_vhd(request, std::move(bytes));
    case ImageFormat::vhdx:
      return open_vhdx(request, std::move(bytes));
    case ImageFormat::ewf2:
    case ImageFormat::logical_ewf:
    case ImageFormat::vmdk_other:
      return not_read(format, request.path);
    case ImageFormat::none:
      break;
  }
  return std::unique_ptr<Exhibit>();
}

}  // namespace
}  // namespace open

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
  if (says_raw) return open::open_raw(request, ExhibitKind::raw);
  open::Opened plain = open::open_raw(request, ExhibitKind::file);
  if (!plain.ok()) return plain;
  const open::Bytes bytes = std::move(plain).value();
  open::Opened image = open::open_by_content(request, bytes);
  if (!image.ok() || *image != nullptr) return image;
  const bool disk = S_ISBLK(info.st_mode) || open::has_disk_name(request.path) || open::has_disk_content(*bytes);
  return open::open_raw(request, disk ? ExhibitKind::raw : ExhibitKind::file);
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
