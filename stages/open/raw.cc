// A raw image, a block device, or one plain file: the bytes as they are.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "pipeline/file_descriptor.h"
#include "stages/open/formats.h"

namespace ambit::open {
namespace {

class RawExhibit final : public Exhibit {
 public:
  RawExhibit(const Request& request, ExhibitKind kind, FileDescriptor fd, std::uint64_t size, bool sparse)
      : Exhibit(request.name, request.path, kind), fd_(std::move(fd)), size_(size), sparse_(sparse) {}

  std::uint64_t size() const override { return size_; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    for (;;) {
      const ssize_t got = ::pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset));
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return io_error("cannot read the exhibit", name());
    }
  }

  // lseek moves a position that nobody uses, so several workers may ask at once.
  DataRun run_at(std::uint64_t offset) const override {
    const DataRun rest{offset, size_ - offset, false};
    if (!sparse_) return rest;
    const auto at = static_cast<off_t>(offset);
    const off_t data = ::lseek(fd_.get(), at, SEEK_DATA);
    if (data < 0) return errno == ENXIO ? DataRun{offset, size_ - offset, true} : rest;
    if (data > at) return {offset, static_cast<std::uint64_t>(data - at), true};
    const off_t hole = ::lseek(fd_.get(), at, SEEK_HOLE);
    return hole > at ? DataRun{offset, static_cast<std::uint64_t>(hole - at), false} : rest;
  }

  void will_need(std::uint64_t offset, std::uint64_t length) const override {
    ::posix_fadvise(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(length), POSIX_FADV_WILLNEED);
  }

 private:
  FileDescriptor fd_;
  std::uint64_t size_;
  bool sparse_;
};

}  // namespace

Error io_error(const std::string& what, const std::string& path) {
  const int code = errno;
  std::string remedy;
  if (code == ENOENT) remedy = "check the path";
  if (code == EACCES || code == EPERM) remedy = "run as a user who may read it";
  if (code == EIO) remedy = "the device reports a read error; image it first with a tool that skips bad sectors";
  return {ErrorKind::io, what + ": " + std::strerror(code), path, remedy};
}

Opened open_raw(const Request& request, ExhibitKind kind) {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
  // O_NOATIME leaves the evidence untouched; only its owner may ask for it.
  FileDescriptor fd(::open(request.path.c_str(), kFlags | O_NOATIME));
  if (!fd.valid() && errno == EPERM) fd = FileDescriptor(::open(request.path.c_str(), kFlags));
  if (!fd.valid()) return io_error("cannot open the exhibit", request.path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return io_error("cannot examine the exhibit", request.path);
  auto size = static_cast<std::uint64_t>(info.st_size);
  if (S_ISBLK(info.st_mode) && ::ioctl(fd.get(), BLKGETSIZE64, &size) != 0) {
    return io_error("cannot tell the size of the device", request.path);
  }
  if (!S_ISBLK(info.st_mode) && !S_ISREG(info.st_mode)) {
    return Error{ErrorKind::io, "the exhibit is neither a folder, nor a file, nor a block device", request.path,
                 "name the folder or the image"};
  }
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  const bool sparse = S_ISREG(info.st_mode) && static_cast<std::uint64_t>(info.st_blocks) * 512 < size;
  return std::unique_ptr<Exhibit>(std::make_unique<RawExhibit>(request, kind, std::move(fd), size, sparse));
}

}  // namespace ambit::open
