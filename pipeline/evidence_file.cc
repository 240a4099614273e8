#include "pipeline/evidence_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "pipeline/exhausted.h"
#include "pipeline/limits.h"

namespace ambit {
namespace {

struct Opened {
  std::shared_ptr<const FileDescriptor> fd;  // null: see error
  struct stat info {};
  int error = 0;
  bool may_hang = false;
};

// O_NOATIME leaves the evidence untouched; only its owner may ask for it. O_NONBLOCK: a pipe opens at once.
Opened open_now(int folder, const std::string& path, EvidenceFile::Links links) {
  const int flags =
      O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (links == EvidenceFile::Links::refuse ? O_NOFOLLOW : 0);
  int fd = -1;
  do {
    fd = ::openat(folder, path.c_str(), flags | O_NOATIME);
    if (fd < 0 && errno == EPERM) fd = ::openat(folder, path.c_str(), flags);
  } while (fd < 0 && errno == EINTR);
  Opened opened;
  opened.error = errno;
  if (fd < 0) return opened;
  auto file = std::make_shared<const FileDescriptor>(fd);
  if (::fstat(fd, &opened.info) != 0) {
    opened.error = errno;
    return opened;
  }
  opened.fd = std::move(file);
  return opened;
}

Error cannot_open(int code) {
  std::string remedy;
  if (code == ENOENT) remedy = "check the path";
  if (code == EACCES || code == EPERM) remedy = "run as a user who may read it";
  return {ErrorKind::io, std::strerror(code), "", remedy};
}

}  // namespace

Result<EvidenceFile> EvidenceFile::open(std::shared_ptr<const FileDescriptor> folder, const std::string& path,
                                        Links links, std::shared_ptr<Patience> patience) {
  const auto call = [folder = std::move(folder), path, links, asks = patience != nullptr] {
    Opened opened = open_now(folder != nullptr ? folder->get() : AT_FDCWD, path, links);
    opened.may_hang = asks && opened.fd != nullptr && waits_for_others(opened.fd->get());
    return opened;
  };
  std::optional<Opened> opened = patience != nullptr ? patience->ask<Opened>(call) : call();
  if (!opened) return Error{ErrorKind::timeout, "the file system does not answer", "", ""};
  if (opened->fd == nullptr) throw_where_exhausted(opened->error);
  if (opened->fd == nullptr) return cannot_open(opened->error);
  EvidenceFile file;
  file.fd_ = std::move(opened->fd);
  file.info_ = opened->info;
  file.size_ = static_cast<std::uint64_t>(opened->info.st_size);
  if (opened->may_hang) file.patience_ = std::move(patience);
  return file;
}

EvidenceFile& EvidenceFile::operator=(EvidenceFile&& other) noexcept {
  close();
  fd_ = std::move(other.fd_);
  patience_ = std::move(other.patience_);
  info_ = other.info_;
  size_ = other.size_;
  return *this;
}

void EvidenceFile::close() {
  if (patience_ != nullptr) patience_->let_go(std::move(fd_));
  fd_.reset();
  patience_.reset();
}

Result<std::size_t> EvidenceFile::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  return patience_ == nullptr ? read_file(fd_->get(), offset, into) : patience_->read(fd_, offset, into);
}

// lseek moves a position that nobody uses, so several workers may ask at once.
DataRun EvidenceFile::run_at(std::uint64_t offset) const {
  const DataRun rest{offset, std::max(size_, offset + 1) - offset, false};
  const bool is_sparse =
      S_ISREG(info_.st_mode) && size_ >= limits::kZeroRun && static_cast<std::uint64_t>(info_.st_blocks) * 512 < size_;
  if (!is_sparse) return rest;
  const auto call = [fd = fd_, at = static_cast<off_t>(offset), rest] {
    const off_t data = ::lseek(fd->get(), at, SEEK_DATA);
    if (data < 0) return errno == ENXIO ? DataRun{rest.offset, rest.length, true} : rest;
    if (data > at) return DataRun{rest.offset, static_cast<std::uint64_t>(data - at), true};
    const off_t hole = ::lseek(fd->get(), at, SEEK_HOLE);
    return hole > at ? DataRun{rest.offset, static_cast<std::uint64_t>(hole - at), false} : rest;
  };
  return patience_ == nullptr ? call() : patience_->ask<DataRun>(call).value_or(rest);
}

void EvidenceFile::will_need(std::uint64_t offset, std::uint64_t length) const {
  ::posix_fadvise(fd_->get(), static_cast<off_t>(offset), static_cast<off_t>(length), POSIX_FADV_WILLNEED);
}

void EvidenceFile::will_read_in_order() const { ::posix_fadvise(fd_->get(), 0, 0, POSIX_FADV_SEQUENTIAL); }

bool EvidenceFile::has_changed() const {
  if (fd_ == nullptr) return false;
  const auto call = [fd = fd_, before = info_] {
    struct stat now {};
    return ::fstat(fd->get(), &now) != 0 || now.st_size != before.st_size ||
           now.st_mtim.tv_sec != before.st_mtim.tv_sec || now.st_mtim.tv_nsec != before.st_mtim.tv_nsec;
  };
  return patience_ == nullptr ? call() : patience_->ask<bool>(call).value_or(true);
}

}  // namespace ambit
