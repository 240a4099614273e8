// A folder. It has no bytes of its own: the walk goes through its path.
#include <fcntl.h>

#include "pipeline/file_descriptor.h"
#include "stages/open/formats.h"

namespace ambit::open {
namespace {

class FolderExhibit final : public Exhibit {
 public:
  explicit FolderExhibit(const Request& request) : Exhibit(request.name, request.path, ExhibitKind::folder) {}
  std::uint64_t size() const override { return 0; }
  Result<std::size_t> read_at(std::uint64_t, std::span<std::byte>) const override { return std::size_t{0}; }
  DataRun run_at(std::uint64_t offset) const override { return {offset, 0, false}; }
};

}  // namespace

Opened open_folder(const Request& request) {
  const FileDescriptor fd(::open(request.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return io_error("cannot open the folder", request.path);
  return std::unique_ptr<Exhibit>(std::make_unique<FolderExhibit>(request));
}

}  // namespace ambit::open
