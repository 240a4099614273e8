#include "stages/walk/name_list.h"

#include <algorithm>

#include "pipeline/limits.h"

namespace ambit::walk {
namespace {

constexpr std::size_t kMostNameBytes = 4 * limits::kMaxFolderNameBytes;

bool clean(std::string& name) {
  std::replace(name.begin(), name.end(), '/', '^');
  return !name.empty() && name != "." && name != "..";
}

}  // namespace

NameList::NameList(std::uint64_t root) {
  folders_.push_back({root, "", 0});
  entered_.insert(root);
}

void NameList::add_folder(std::size_t folder, std::uint64_t inode, std::string name) {
  if (!clean(name)) return;
  std::string path = folders_[folder].path + name + '/';
  const std::size_t depth = folders_[folder].depth + 1;
  name_bytes_ += path.size();
  const bool fits = depth <= limits::kMaxPathDepth && path.size() < limits::kMaxPathBytes - 1024;
  if (folders_.size() >= limits::kMaxFolders || name_bytes_ >= kMostNameBytes || !fits) {
    room_ = false;
  } else if (entered_.insert(inode).second) {
    folders_.push_back({inode, std::move(path), depth});
  } else {
    ++damaged_;
  }
}

void NameList::add_file(std::size_t folder, std::uint64_t inode, std::string name) {
  if (!clean(name)) return;
  name_bytes_ += name.size();
  if (files_.size() < limits::kMaxListedNames && name_bytes_ < kMostNameBytes) {
    files_.push_back({inode, static_cast<std::uint32_t>(folder), std::move(name)});
  } else {
    room_ = false;
  }
}

bool NameList::for_each_file(const Each& each) {
  std::stable_sort(files_.begin(), files_.end(), [](const File& a, const File& b) { return a.inode < b.inode; });
  for (std::size_t next = 0; next < files_.size();) {
    const std::uint64_t inode = files_[next].inode;
    std::vector<std::string> paths;
    std::uint64_t bytes = 0;
    for (; next < files_.size() && files_[next].inode == inode; ++next) {
      std::string path = folders_[files_[next].folder].path + files_[next].name;
      bytes += path.size();
      if (bytes > limits::kMaxLinkBytes) {
        room_ = false;
      } else {
        paths.push_back(std::move(path));
      }
    }
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    if (!each(inode, std::move(paths))) return false;
  }
  return true;
}

Result<> NameList::outcome() const {
  if (damaged_ > 0) return Error{ErrorKind::evidence, std::to_string(damaged_) + " folders are damaged", "", ""};
  if (!room_) return Error{ErrorKind::evidence, "more names than can be kept; some were left out", "", ""};
  return {};
}

}  // namespace ambit::walk
