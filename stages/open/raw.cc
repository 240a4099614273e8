// A raw image, a block device, or one plain file: the bytes as they are.
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "pipeline/evidence_file.h"
#include "stages/open/formats.h"

namespace ambit::open {
namespace {

class RawExhibit final : public Exhibit {
 public:
  RawExhibit(const Request& request, ExhibitKind kind, EvidenceFile file)
      : Exhibit(request.name, request.path, kind), file_(std::move(file)) {}

  std::uint64_t size() const override { return file_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    Result<std::size_t> got = file_.read_at(offset, into);
    return got.ok() ? got : Result<std::size_t>(io_error(got.error(), "cannot read the exhibit", name()));
  }
  DataRun run_at(std::uint64_t offset) const override { return file_.run_at(offset); }
  void will_need(std::uint64_t offset, std::uint64_t length) const override { file_.will_need(offset, length); }

 private:
  EvidenceFile file_;
};

}  // namespace

Error io_error(const Error& error, const std::string& what, const std::string& path) {
  return {error.kind, what + ": " + error.what, path, error.remedy};
}

Opened open_raw(const Request& request, ExhibitKind kind) {
  Result<EvidenceFile> opened =
      EvidenceFile::open(nullptr, request.path, EvidenceFile::Links::follow, request.patience);
  if (!opened.ok()) return io_error(opened.error(), "cannot open the exhibit", request.path);
  EvidenceFile file = std::move(opened).value();
  const unsigned mode = file.info().st_mode;
  std::uint64_t device_bytes = 0;
  if (S_ISBLK(mode)) {
    if (::ioctl(file.fd(), BLKGETSIZE64, &device_bytes) != 0) {
      return Error{ErrorKind::io, "cannot tell the size of the device", request.path, ""};
    }
    file.set_size(device_bytes);
  } else if (!S_ISREG(mode)) {
    return Error{ErrorKind::io, "the exhibit is neither a folder, nor a file, nor a block device", request.path,
                 "name the folder or the image"};
  }
  file.will_read_in_order();
  if (request.files != nullptr) request.files->push_back(request.path);
  return std::unique_ptr<Exhibit>(std::make_unique<RawExhibit>(request, kind, std::move(file)));
}

}  // namespace ambit::open
