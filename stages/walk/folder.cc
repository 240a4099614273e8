// A folder on the examiner's own machine: a mounted image, a copy, a share.
//
// Every entry becomes an object: a regular file with its bytes, a symbolic link with its target as its bytes (it is
// never followed: what it points at is walked where it lies, or lies outside), anything else as an exception. Names
// are bytes. Entries of one folder come in the order of their inodes, which on most file systems is the order of
// their place on the disk; its subfolders follow after them. Memory: one open folder per level and a bounded batch
// of names, so a folder of millions of entries is walked in slices.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <vector>

#include "pipeline/file_descriptor.h"
#include "pipeline/limits.h"
#include "stages/walk/sources.h"

namespace ambit::walk {
namespace {

Error refused() { return {ErrorKind::io, std::strerror(errno), "", ""}; }

// An open folder, shared by the objects that were found in it until they are swept. Immutable, so workers may use
// it at once; shared_ptr because nobody knows which of them is the last.
struct OpenFolder {
  FileDescriptor fd;
};
using FolderHandle = std::shared_ptr<const OpenFolder>;

class FileContent final : public Content {
 public:
  FileContent(FolderHandle folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}

  Result<ContentInfo> open() override {
    constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    // O_NOATIME leaves the evidence untouched; only its owner may ask for it.
    fd_ = FileDescriptor(::openat(folder_->fd.get(), name_.c_str(), kFlags | O_NOATIME));
    if (!fd_.valid() && errno == EPERM) fd_ = FileDescriptor(::openat(folder_->fd.get(), name_.c_str(), kFlags));
    if (!fd_.valid()) return refused();
    struct stat info {};
    if (::fstat(fd_.get(), &info) != 0) return refused();
    if (!S_ISREG(info.st_mode)) return Error{ErrorKind::io, "is no longer a regular file", "", ""};
    size_ = static_cast<std::uint64_t>(info.st_size);
    const auto allocated = static_cast<std::uint64_t>(info.st_blocks) * 512;
    sparse_ = allocated < size_ && size_ >= limits::kZeroRun;
    return ContentInfo{size_, info.st_mtim.tv_sec, allocated};
  }

  void close() override { fd_ = FileDescriptor(); }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    for (;;) {
      const ssize_t got = ::pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset));
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return refused();
    }
  }

  DataRun run_at(std::uint64_t offset) override {
    const DataRun rest{offset, std::max(size_, offset + 1) - offset, false};
    if (!sparse_) return rest;
    const auto at = static_cast<off_t>(offset);
    const off_t data = ::lseek(fd_.get(), at, SEEK_DATA);
    if (data < 0) return errno == ENXIO ? DataRun{offset, rest.length, true} : rest;
    if (data > at) return {offset, static_cast<std::uint64_t>(data - at), true};
    const off_t hole = ::lseek(fd_.get(), at, SEEK_HOLE);
    return hole > at ? DataRun{offset, static_cast<std::uint64_t>(hole - at), false} : rest;
  }

  std::unique_ptr<Content> duplicate() const override { return std::make_unique<FileContent>(folder_, name_); }

  void will_need(std::uint64_t offset, std::uint64_t length) override {
    ::posix_fadvise(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(length), POSIX_FADV_WILLNEED);
  }

 private:
  FolderHandle folder_;
  std::string name_;
  FileDescriptor fd_;
  std::uint64_t size_ = 0;
  bool sparse_ = false;
};

// A symbolic link: its bytes are the path that it holds.
class LinkContent final : public Content {
 public:
  LinkContent(FolderHandle folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {}

  Result<ContentInfo> open() override {
    std::string target(limits::kMaxPathBytes, '\0');
    const ssize_t got = ::readlinkat(folder_->fd.get(), name_.c_str(), target.data(), target.size());
    if (got < 0) return refused();
    target_.assign(target, 0, static_cast<std::size_t>(got));
    struct stat info {};
    const bool known = ::fstatat(folder_->fd.get(), name_.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
    return ContentInfo{target_.size(), known ? std::optional<std::int64_t>(info.st_mtim.tv_sec) : std::nullopt, 0};
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

enum class EntryType : std::uint8_t { file, folder, link, special };

struct Entry {
  ino_t inode;
  EntryType type;
  std::string name;
};

EntryType type_of(unsigned mode) {
  if (S_ISREG(mode)) return EntryType::file;
  if (S_ISDIR(mode)) return EntryType::folder;
  return S_ISLNK(mode) ? EntryType::link : EntryType::special;
}

// One folder that is being read.
struct Level {
  FolderHandle folder;
  std::unique_ptr<DIR, int (*)(DIR*)> stream{nullptr, ::closedir};
  std::string path;                  // below the exhibit, no leading slash
  std::pair<dev_t, ino_t> identity;  // to notice a folder inside itself
  std::vector<Entry> entries;        // of this slice: files, in reverse order of inode
  std::vector<std::string> folders;  // subfolders still to visit, in reverse order
  bool read_to_end = false;
};

constexpr std::size_t kSlice = 65'536;  // names held at a time: some 6 MB

class FolderSource final : public ObjectSource {
 public:
  FolderSource(const Exhibit& exhibit, std::uint32_t number) : number_(number) {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    FileDescriptor fd(::open(exhibit.path().c_str(), kFlags | O_NOATIME));
    if (!fd.valid() && errno == EPERM) fd = FileDescriptor(::open(exhibit.path().c_str(), kFlags));
    if (!fd.valid() || !enter(std::move(fd), "")) pending_ = trouble_at("", WalkTrouble::unreadable);
  }

  std::optional<Object> next() override {
    while (!pending_) {
      if (levels_.empty()) return std::nullopt;
      step();
    }
    return std::exchange(pending_, std::nullopt);
  }

 private:
  // Does one thing at the deepest level; leaves an object in pending_ or not.
  void step() {
    Level& level = levels_.back();
    if (!level.entries.empty()) {
      const Entry entry = std::move(level.entries.back());
      level.entries.pop_back();
      pending_ = object_for(level, entry);
    } else if (!level.read_to_end) {
      read_slice(level);
    } else if (!level.folders.empty()) {
      const std::string name = std::move(level.folders.back());
      level.folders.pop_back();
      descend(level, name);
    } else {
      levels_.pop_back();
    }
  }

  void read_slice(Level& level) {
    while (level.entries.size() < kSlice) {
      errno = 0;
      const dirent* found = ::readdir(level.stream.get());
      if (found == nullptr) {
        if (errno != 0) pending_ = trouble_at(level.path, WalkTrouble::unreadable);
        level.read_to_end = true;
        break;
      }
      const std::string_view name = found->d_name;
      if (name == "." || name == "..") continue;
      Entry entry{found->d_ino, EntryType::special, std::string(name)};
      if (found->d_type == DT_UNKNOWN) {
        struct stat info {};
        const bool known = ::fstatat(level.folder->fd.get(), found->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0;
        entry.type = known ? type_of(info.st_mode) : EntryType::file;  // opening it will say what is wrong
      } else {
        entry.type = type_of(static_cast<unsigned>(DTTOIF(found->d_type)));
      }
      if (entry.type == EntryType::folder) {
        level.folders.push_back(std::move(entry.name));
      } else {
        level.entries.push_back(std::move(entry));
      }
    }
    std::sort(level.entries.begin(), level.entries.end(),
              [](const Entry& a, const Entry& b) { return a.inode > b.inode; });
    if (level.read_to_end) {
      level.stream.reset();
      std::sort(level.folders.begin(), level.folders.end(), std::greater<>());
    }
  }

  void descend(const Level& level, const std::string& name) {
    const std::string path = join(level.path, name);
    if (levels_.size() >= limits::kMaxPathDepth) {
      pending_ = trouble_at(path, WalkTrouble::too_deep);
    } else if (path.size() > limits::kMaxPathBytes) {
      pending_ = trouble_at(path.substr(0, limits::kMaxPathBytes), WalkTrouble::name_too_long);
    } else {
      constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
      FileDescriptor fd(::openat(level.folder->fd.get(), name.c_str(), kFlags | O_NOATIME));
      if (!fd.valid() && errno == EPERM) fd = FileDescriptor(::openat(level.folder->fd.get(), name.c_str(), kFlags));
      if (!fd.valid() || !enter(std::move(fd), path)) {
        if (!pending_) pending_ = trouble_at(path, WalkTrouble::unreadable);
      }
    }
  }

  // False with an object in pending_ if the folder contains itself; false without if it cannot be read.
  bool enter(FileDescriptor fd, const std::string& path) {
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return false;
    const std::pair identity{info.st_dev, info.st_ino};
    const bool loops =
        std::any_of(levels_.begin(), levels_.end(), [&](const Level& l) { return l.identity == identity; });
    if (loops) {
      pending_ = trouble_at(path, WalkTrouble::loop);
      return false;
    }
    const int copy = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);  // closedir closes the one, the objects keep the other
    DIR* stream = copy < 0 ? nullptr : ::fdopendir(copy);
    if (stream == nullptr) {
      if (copy >= 0) ::close(copy);
      return false;
    }
    Level level;
    level.folder = std::make_shared<OpenFolder>(OpenFolder{std::move(fd)});
    level.stream.reset(stream);
    level.path = path;
    level.identity = identity;
    levels_.push_back(std::move(level));
    return true;
  }

  Object object_for(const Level& level, const Entry& entry) {
    Object object = trouble_at(join(level.path, entry.name), WalkTrouble::none);
    object.place = entry.inode;
    switch (entry.type) {
      case EntryType::file:
        object.content = std::make_unique<FileContent>(level.folder, entry.name);
        break;
      case EntryType::link:
        object.content = std::make_unique<LinkContent>(level.folder, entry.name);
        break;
      default:
        object.trouble = WalkTrouble::special_file;
        break;
    }
    return object;
  }

  [[nodiscard]] Object trouble_at(std::string path, WalkTrouble trouble) const {
    Object object;
    object.locator = {number_, {Step{StepKind::path, std::move(path), 0, 0}}};
    object.trouble = trouble;
    return object;
  }

  static std::string join(const std::string& folder, const std::string& name) {
    return folder.empty() ? name : folder + '/' + name;
  }

  std::uint32_t number_;
  std::vector<Level> levels_;
  std::optional<Object> pending_;
};

}  // namespace

std::unique_ptr<ObjectSource> folder(const Exhibit& exhibit, std::uint32_t number) {
  return std::make_unique<FolderSource>(exhibit, number);
}

}  // namespace ambit::walk
