#include "stages/walk/folder_content.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "pipeline/evidence_file.h"
#include "pipeline/limits.h"

namespace ambit::walk {
namespace {

Error refused() { return {ErrorKind::io, std::strerror(errno), "", ""}; }
Error no_answer() { return {ErrorKind::timeout, "the file system does not answer", "", ""}; }

class FileContent final : public Content {
 public:
  FileContent(FolderHandle folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}

  Result<ContentInfo> open() override {
    Result<EvidenceFile> opened =
        EvidenceFile::open(folder_->fd, name_, EvidenceFile::Links::refuse, folder_->patience);
    if (!opened.ok()) return std::move(opened).error();
    file_ = std::move(opened).value();
    const struct stat& info = file_.info();
    if (!S_ISREG(info.st_mode)) return Error{ErrorKind::io, "is no longer a regular file", "", ""};
    return ContentInfo{file_.size(), info.st_mtim.tv_sec, static_cast<std::uint64_t>(info.st_blocks) * 512};
  }

  void close() override { file_.close(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    return file_.read_at(offset, into);
  }
  DataRun run_at(std::uint64_t offset) override { return file_.run_at(offset); }
  std::unique_ptr<Content> duplicate() const override { return std::make_unique<FileContent>(folder_, name_); }
  void will_need(std::uint64_t offset, std::uint64_t length) override { file_.will_need(offset, length); }
  bool has_changed() const override { return file_.has_changed(); }

 private:
  FolderHandle folder_;
  std::string name_;
  EvidenceFile file_;
};

// A symbolic link: its bytes are the path that it holds.
class LinkContent final : public Content {
 public:
  LinkContent(FolderHandle folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}

  Result<ContentInfo> open() override {
    struct Read {
      Result<std::string> target;
      std::optional<std::int64_t> modified;
    };
    const auto call = [fd = folder_->fd, name = name_]() -> Read {
      std::string target(limits::kMaxPathBytes, '\0');
      const ssize_t got = ::readlinkat(fd->get(), name.c_str(), target.data(), target.size());
      if (got < 0) return {refused(), std::nullopt};
      target.resize(static_cast<std::size_t>(got));
      struct stat info {};
      const bool known = ::fstatat(fd->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
      return {std::move(target), known ? std::optional<std::int64_t>(info.st_mtim.tv_sec) : std::nullopt};
    };
    std::optional<Read> read = folder_->ask<Read>(call);
    if (!read) return no_answer();
    if (!read->target.ok()) return read->target.error();
    target_ = std::move(read->target).value();
    return ContentInfo{target_.size(), read->modified, 0};
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= target_.size()) return std::size_t{0};
    const std::size_t count = std::min<std::uint64_t>(into.size(), target_.size() - offset);
    std::memcpy(into.data(), target_.data() + offset, count);
    return count;
  }

 private:
  FolderHandle folder_;
  std::string name_, target_;
};

}  // namespace

std::unique_ptr<Content> file_content(FolderHandle folder, std::string name) {
  return std::make_unique<FileContent>(std::move(folder), std::move(name));
}
std::unique_ptr<Content> link_content(FolderHandle folder, std::string name) {
  return std::make_unique<LinkContent>(std::move(folder), std::move(name));
}

}  // namespace ambit::walk
