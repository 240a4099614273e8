#include "pipeline/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ambit {
namespace {

int open_again(const char* path, int flags, unsigned mode = 0) {
  int fd = -1;
  do { fd = ::open(path, flags | O_CLOEXEC, mode); } while (fd < 0 && errno == EINTR);
  return fd;
}

}  // namespace

Error space_error(const std::string& where) {
  return {ErrorKind::space, "no room left where the run directory is written", where,
          "free some room, or name another --out"};
}

Error system_error(const std::string& what, const std::string& where) {
  if (errno == ENOSPC || errno == EDQUOT) return space_error(where);
  return {ErrorKind::io, what + ": " + std::strerror(errno), where, ""};
}

File& File::operator=(File&& other) noexcept {
  close();
  fd_ = std::exchange(other.fd_, -1);
  path_ = std::move(other.path_);
  return *this;
}
File::~File() { close(); }
void File::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<File> File::open(const std::string& path) {
  File file(open_again(path.c_str(), O_RDONLY));
  if (!file.is_open()) return system_error("cannot open", path);
  file.path_ = path;
  return file;
}

Result<File> File::create(const std::string& path, unsigned mode) {
  File file(open_again(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
  if (!file.is_open()) return system_error("cannot create", path);
  file.path_ = path;
  return file;
}

Result<File> File::create_unnamed(const std::string& folder) {
  File file(open_again(folder.c_str(), O_TMPFILE | O_RDWR | O_EXCL, 0600));
  if (!file.is_open() && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    // A file system without O_TMPFILE (some network mounts): a name for as long as it takes to remove it.
    std::string name = folder + "/spill-XXXXXX";
    file = File(::mkostemp(name.data(), O_CLOEXEC));
    if (file.is_open()) ::unlink(name.c_str());
  }
  if (!file.is_open()) return system_error("cannot create a temporary file", folder);
  file.path_ = folder;
  return file;
}

Result<> File::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd_, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return system_error("cannot write", path_);
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

Result<> File::read_at(std::uint64_t offset, char* into, std::size_t bytes) const {
  while (bytes > 0) {
    const ssize_t got = ::pread(fd_, into, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read", path_);
    if (got == 0) return Error{ErrorKind::io, "the file became shorter while it was read", path_, ""};
    into += got;
    offset += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
  return {};
}

Result<> File::sync() {
  if (::fsync(fd_) != 0) return system_error("cannot write", path_);
  return {};
}

Result<> write_file(const std::string& path, std::string_view bytes) {
  Result<File> file = File::create(path, 0666);
  if (!file) return std::move(file).error();
  Result<> done = file->write(bytes);
  return done ? file->sync() : done;
}

Result<> sync_path(const std::string& path) {
  Result<File> file = File::open(path);
  if (!file) return std::move(file).error();
  return file->sync();
}

}  // namespace ambit
