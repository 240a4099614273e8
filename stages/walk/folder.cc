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
#include <vector>

#include "pipeline/evidence_file.h"
#include "pipeline/exhausted.h"
#include "pipeline/limits.h"
#include "pipeline/volume_sets.h"
#include "stages/walk/folder_content.h"
#include "stages/walk/sources.h"

namespace ambit::walk {
namespace {

enum class EntryType : std::uint8_t { file, folder, link, special };

struct Entry {
  ino_t inode;
  EntryType type;
  std::string name;
  SplitRole split = SplitRole::none;
};

bool is_later(const Entry& a, const Entry& b) { return a.inode > b.inode; }

EntryType type_of(unsigned mode) {
  if (S_ISREG(mode)) return EntryType::file;
  if (S_ISDIR(mode)) return EntryType::folder;
  return S_ISLNK(mode) ? EntryType::link : EntryType::special;
}

using Identity = std::pair<dev_t, ino_t>;

// A folder that was opened, before anybody knows whether its file system answers.
struct Entered {
  std::shared_ptr<const FileDescriptor> fd;  // null: it cannot be read, see error
  int error = 0;
  std::shared_ptr<DIR> stream;
  Identity identity;
  bool may_hang = false;
};

Entered refused_with(int error) {
  Entered entered;
  entered.error = error;
  return entered;
}

// `parent`: null for a path.
Entered enter_now(const FileDescriptor* parent, const std::string& name) {
  const int folder = parent != nullptr ? parent->get() : AT_FDCWD;
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (parent != nullptr ? O_NOFOLLOW : 0);
  FileDescriptor fd(::openat(folder, name.c_str(), flags | O_NOATIME));
  if (!fd.valid() && errno == EPERM) fd = FileDescriptor(::openat(folder, name.c_str(), flags));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) return refused_with(errno);
  const int copy = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);  // closedir closes the one, the objects keep the other
  DIR* stream = copy < 0 ? nullptr : ::fdopendir(copy);
  if (stream == nullptr) {
    const int error = errno;
    if (copy >= 0) ::close(copy);
    return refused_with(error);
  }
  Entered entered{nullptr, 0, {stream, ::closedir}, {info.st_dev, info.st_ino}, waits_for_others(fd.get())};
  entered.fd = std::make_shared<const FileDescriptor>(std::move(fd));
  return entered;
}

// True where `name` is another file system's root; nobody is asked for that but the kernel.
bool is_mounted(int folder, const std::string& name, dev_t around) {
  struct statx info {};
  constexpr int kHow = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;
  if (::statx(folder, name.c_str(), kHow, STATX_TYPE, &info) != 0) return false;
  return makedev(info.stx_dev_major, info.stx_dev_minor) != around;
}

// Some entries of a folder, in the order in which it gives them.
struct Listed {
  std::vector<Entry> entries;
  bool is_end = false, has_failed = false;
};

Listed list_now(DIR* stream, int folder, std::size_t most) {
  Listed listed;
  while (listed.entries.size() < most) {
    errno = 0;
    const dirent* found = ::readdir(stream);
    if (found == nullptr) {
      listed.has_failed = errno != 0;
      listed.is_end = true;
      break;
    }
    const std::string_view name = found->d_name;
    if (name == "." || name == "..") continue;
    Entry entry{found->d_ino, EntryType::special, std::string(name), SplitRole::none};
    if (found->d_type == DT_UNKNOWN) {
      struct stat info {};
      const bool known = ::fstatat(folder, found->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0;
      entry.type = known ? type_of(info.st_mode) : EntryType::file;  // opening it will say what is wrong
    } else {
      entry.type = type_of(static_cast<unsigned>(DTTOIF(found->d_type)));
    }
    listed.entries.push_back(std::move(entry));
  }
  return listed;
}

// One folder that is being read.
struct Level {
  FolderHandle folder;
  std::shared_ptr<DIR> stream;       // shared with a call that has not come back
  std::string path;                  // below the exhibit, no leading slash
  Identity identity;                 // to notice a folder inside itself
  std::vector<Entry> entries;        // of this slice: files, in reverse order of inode
  std::vector<Entry> volumes;        // of all slices: files that may be volumes, for the end
  std::vector<std::string> folders;  // subfolders still to visit, in reverse order
  bool read_to_end = false;
};

constexpr std::size_t kSlice = 65'536;  // names held at a time: some 6 MB
constexpr std::size_t kListed = 1'024;  // of them read in one call

class FolderSource final : public ObjectSource {
 public:
  FolderSource(const Exhibit& exhibit, std::uint32_t number, IsImage is_image)
      : number_(number), patience_(exhibit.patience()), is_image_(std::move(is_image)) {
    const auto call = [path = exhibit.path()] { return enter_now(nullptr, path); };
    enter(patience_ != nullptr ? patience_->ask<Entered>(call) : call(), "");
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
    if (!joined_.empty()) {
      pending_ = std::move(joined_.back());
      joined_.pop_back();
    } else if (!level.entries.empty()) {
      const Entry entry = std::move(level.entries.back());
      level.entries.pop_back();
      pending_ = object_for(level, entry);
    } else if (!level.read_to_end) {
      read_slice(level);
    } else if (!level.volumes.empty()) {
      take_volumes(level);
    } else if (!level.folders.empty()) {
      const std::string name = std::move(level.folders.back());
      level.folders.pop_back();
      descend(level, name);
    } else {
      levels_.pop_back();
    }
  }

  void read_slice(Level& level) {
    while (!level.read_to_end && level.entries.size() < kSlice) {
      const auto call = [stream = level.stream, fd = level.folder->fd] {
        return list_now(stream.get(), fd->get(), kListed);
      };
      std::optional<Listed> listed = level.folder->ask<Listed>(call);
      if (!listed || listed->has_failed) {
        pending_ = trouble_at(level.path, listed ? WalkTrouble::unreadable : WalkTrouble::timeout);
      }
      level.read_to_end = !listed || listed->is_end;
      if (!listed) break;
      for (Entry& entry : listed->entries) {
        const bool may_be_volume = entry.type == EntryType::file && level.volumes.size() < limits::kMaxFolderVolumes;
        if (entry.type == EntryType::folder) {
          level.folders.push_back(std::move(entry.name));
        } else if (may_be_volume && volume_name(entry.name)) {
          level.volumes.push_back(std::move(entry));
        } else {
          level.entries.push_back(std::move(entry));
        }
      }
    }
    std::sort(level.entries.begin(), level.entries.end(), is_later);
    if (level.read_to_end) {
      if (level.folder->patience != nullptr) level.folder->patience->let_go(std::move(level.stream));
      level.stream.reset();
      std::sort(level.folders.begin(), level.folders.end(), std::greater<>());
    }
  }

  // What may be volumes comes last, each as the file that it is, and before it what they are together.
  void take_volumes(Level& level) {
    level.entries = std::exchange(level.volumes, {});
    std::sort(level.entries.begin(), level.entries.end(), is_later);
    std::vector<VolumeName> names;
    for (const Entry& entry : level.entries) names.push_back(volume_name(entry.name).value_or(VolumeName{}));
    for (const std::vector<std::size_t>& set : whole_sets(names)) {
      std::vector<JoinedVolume> volumes;
      for (const std::size_t index : set) {
        const std::string& name = level.entries[index].name;
        volumes.push_back({name, file_content(level.folder, name)});
      }
      Object joined = object_for(level, level.entries[set.front()]);
      joined.locator = joined.locator.child(joined_step(set.size()));
      joined.content = joined_content(std::move(volumes));
      const bool may_be_image = is_image_set(set, names);
      if (may_be_image && !is_image_(*joined.content)) continue;
      joined.split = may_be_image ? SplitRole::image : SplitRole::whole;
      for (const std::size_t index : set) {
        const SplitRole role = index == set.front() ? SplitRole::first : SplitRole::volume;
        level.entries[index].split = may_be_image ? SplitRole::image_part : role;
      }
      joined_.push_back(std::move(joined));
    }
  }

  void descend(const Level& level, const std::string& name) {
    const std::string path = join(level.path, name);
    if (levels_.size() >= limits::kMaxPathDepth) {
      pending_ = trouble_at(path, WalkTrouble::too_deep);
    } else if (path.size() > limits::kMaxPathBytes) {
      pending_ = trouble_at(path.substr(0, limits::kMaxPathBytes), WalkTrouble::name_too_long);
    } else {
      const auto call = [fd = level.folder->fd, name] { return enter_now(fd.get(), name); };
      const bool may_hang =
          level.folder->patience != nullptr || is_mounted(level.folder->fd->get(), name, level.identity.first);
      enter(may_hang && patience_ != nullptr ? patience_->ask<Entered>(call) : call(), path);
    }
  }

  // A new level, or an object in pending_ that says why there is none. Nothing: the file system did not answer.
  void enter(std::optional<Entered> entered, const std::string& path) {
    if (!entered) return void(pending_ = trouble_at(path, WalkTrouble::timeout));
    if (entered->fd == nullptr) throw_where_exhausted(entered->error);
    if (entered->fd == nullptr) return void(pending_ = trouble_at(path, WalkTrouble::unreadable));
    const bool loops =
        std::any_of(levels_.begin(), levels_.end(), [&](const Level& l) { return l.identity == entered->identity; });
    if (loops) return void(pending_ = trouble_at(path, WalkTrouble::loop));
    Level level;
    level.folder = std::make_shared<const OpenFolder>(std::move(entered->fd), entered->may_hang ? patience_ : nullptr);
    level.stream = std::move(entered->stream);
    level.path = path;
    level.identity = entered->identity;
    levels_.push_back(std::move(level));
  }

  Object object_for(const Level& level, const Entry& entry) {
    Object object = trouble_at(join(level.path, entry.name), WalkTrouble::none);
    object.place = entry.inode;
    object.split = entry.split;
    switch (entry.type) {
      case EntryType::file:
        object.content = file_content(level.folder, entry.name);
        break;
      case EntryType::link:
        object.content = link_content(level.folder, entry.name);
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
  std::shared_ptr<Patience> patience_;
  IsImage is_image_;
  std::vector<Level> levels_;
  std::optional<Object> pending_;
  std::vector<Object> joined_;  // of volumes; in reverse order
};

}  // namespace

std::unique_ptr<ObjectSource> folder(const Exhibit& exhibit, std::uint32_t number, IsImage is_image) {
  return std::make_unique<FolderSource>(exhibit, number, std::move(is_image));
}

}  // namespace ambit::walk
