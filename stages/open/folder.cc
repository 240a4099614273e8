// A folder. It has no bytes of its own: the walk goes through its path, or through a view of it that no reading
// changes.
#include <unistd.h>

#include <utility>

#include "pipeline/evidence_file.h"
#include "stages/open/formats.h"

namespace ambit::open {
namespace {

class FolderExhibit final : public Exhibit {
 public:
  FolderExhibit(const Request& request, FileDescriptor view)
      : Exhibit(request.name, view.valid() ? "/proc/self/fd/" + std::to_string(view.get()) : request.path,
                ExhibitKind::folder),
        view_(std::move(view)) {}
  std::uint64_t size() const override { return 0; }
  Result<std::size_t> read_at(std::uint64_t, std::span<std::byte>) const override { return std::size_t{0}; }
  DataRun run_at(std::uint64_t offset) const override { return {offset, 0, false}; }

 private:
  FileDescriptor view_;  // what the path leads to; not valid: to the folder itself
};

// Nothing where /proc, through which it is walked, is not there.
FileDescriptor usable_view(const std::string& folder) {
  FileDescriptor view = untouched_view(folder);
  if (!view.valid() || ::access(("/proc/self/fd/" + std::to_string(view.get())).c_str(), R_OK | X_OK) != 0) return {};
  return view;
}

}  // namespace

Opened open_folder(const Request& request) {
  const Result<EvidenceFile> opened =
      EvidenceFile::open(nullptr, request.path, EvidenceFile::Links::follow, request.patience);
  if (!opened.ok()) return io_error(opened.error(), "cannot open the folder", request.path);
  if (request.files != nullptr) request.files->push_back(request.path);
  return std::unique_ptr<Exhibit>(std::make_unique<FolderExhibit>(request, usable_view(request.path)));
}

}  // namespace ambit::open
