#include "stages/walk/ext/names.h"

#include <algorithm>

#include "pipeline/limits.h"

namespace ambit::walk::ext {

std::optional<std::uint32_t> NamePool::add(std::string_view name) {
  if (used_ + 1 + name.size() > kPiece) {
    if ((pieces_.size() + 1) * kPiece > limits::kMaxExtNameBytes) return std::nullopt;
    pieces_.push_back(std::make_unique<char[]>(kPiece));
    used_ = 0;
  }
  char* to = pieces_.back().get() + used_;
  *to = static_cast<char>(name.size());
  std::copy(name.begin(), name.end(), to + 1);
  const std::size_t place = (pieces_.size() - 1) * kPiece + used_;
  used_ += 1 + name.size();
  return static_cast<std::uint32_t>(place);
}

std::string_view NamePool::at(std::uint32_t place) const {
  const char* from = pieces_[place / kPiece].get() + place % kPiece;
  return {from + 1, static_cast<unsigned char>(*from)};
}

WalkTrouble trouble_of(Cut cut) {
  switch (cut) {
    case Cut::none:
      return WalkTrouble::none;
    case Cut::loop:
      return WalkTrouble::loop;
    case Cut::too_deep:
      return WalkTrouble::too_deep;
    case Cut::too_long:
      return WalkTrouble::name_too_long;
  }
  return WalkTrouble::damaged;
}

void Names::expect(std::size_t names, std::size_t folders) {
  // What is reserved costs nothing until it is used; a hostile count shall not reserve without end.
  names_.reserve(std::min(names, limits::kMaxExtNames / 4));
  folders_.reserve(std::min(folders, limits::kMaxExtNames / 4));
}

std::uint32_t Names::add_folder(std::uint32_t inode) {
  Folder folder;
  folder.inode = inode;
  folders_.push_back(folder);
  return static_cast<std::uint32_t>(folders_.size() - 1);
}

void Names::set_above(std::uint32_t folder, std::uint32_t inode) {
  if (folders_[folder].parent == kNowhere) folders_[folder].parent = inode;
}

void Names::add(std::uint32_t inode, std::uint32_t folder, std::string_view name) {
  const auto place = names_.size() < limits::kMaxExtNames ? pool_.add(name) : std::nullopt;
  if (!place) {
    complete_ = false;
    return;
  }
  names_.push_back({inode, folder, *place});
  if (folders_[folder].inode == kRoot && name.starts_with(orphans_) &&
      name.find_first_not_of('$', orphans_.size()) == std::string_view::npos) {
    orphans_ = std::string(name) + '$';
  }
}

void Names::add_deleted(std::uint32_t inode, std::uint32_t folder, std::string_view name) {
  if (deleted_.size() >= limits::kMaxExtDeletedNames) return;
  if (const auto place = pool_.add(name)) deleted_.push_back({inode, folder, *place});
}

void Names::tie() {
  std::sort(names_.begin(), names_.end());
  std::sort(deleted_.begin(), deleted_.end());
  choose_parents();
  std::vector<std::uint32_t> way;
  for (std::uint32_t i = 0; i < folders_.size(); ++i) tie_upwards(i, way);
}

// A folder hangs where ".." says, if it is named there; else at its first name.
void Names::choose_parents() {
  auto name = names_.begin();
  for (Folder& folder : folders_) {
    const std::uint32_t above = folder.parent;
    folder.parent = kNowhere;
    while (name != names_.end() && name->inode < folder.inode) ++name;
    for (bool found = false; name != names_.end() && name->inode == folder.inode; ++name) {
      if (folder.inode == kRoot || found) continue;
      found = folders_[name->folder].inode == above;
      if (!found && folder.parent != kNowhere) continue;
      folder.parent = name->folder;
      folder.name = name->name;
    }
  }
}

// Climbs from `start` until something is known, then comes down and notes depths.
void Names::tie_upwards(std::uint32_t start, std::vector<std::uint32_t>& way) {
  way.clear();
  std::uint32_t at = start;
  while (at != kNowhere && folders_[at].tied == 0) {
    folders_[at].tied = 1;
    way.push_back(at);
    at = folders_[at].parent;
  }
  bool circle = at != kNowhere && folders_[at].tied == 1;
  for (; !way.empty(); way.pop_back()) {
    place(way.back(), circle ? Cut::loop : Cut::none);
    circle = false;
  }
}

// Notes where a folder is, whose parent is known. `broken`: it is where a circle was entered.
void Names::place(std::uint32_t index, Cut broken) {
  Folder& folder = folders_[index];
  folder.tied = 2;
  Cut cut = broken;
  if (folder.parent != kNowhere && cut == Cut::none) {
    const Folder& parent = folders_[folder.parent];
    const std::size_t bytes = parent.bytes + (parent.bytes == 0 ? 0 : 1) + pool_.at(folder.name).size();
    if (parent.depth + 2U > limits::kMaxPathDepth) cut = Cut::too_deep;
    if (bytes + 1 + 255 > limits::kMaxPathBytes) cut = Cut::too_long;  // no file in it shall be too long
    if (cut == Cut::none) {
      folder.depth = (parent.depth + 1U) & 0x3FFU;
      folder.bytes = bytes & 0x1FFFFU;
      return;
    }
  }
  folder.cut = static_cast<std::uint32_t>(cut) & 3U;
  folder.parent = kNowhere;
  if (folder.inode == kRoot) return;
  folder.depth = 2;
  folder.bytes = path_of_orphan(folder.inode).size() & 0x1FFFFU;
}

const Folder* Names::folder(std::uint32_t inode) const {
  const auto found = std::lower_bound(folders_.begin(), folders_.end(), inode,
                                      [](const Folder& folder, std::uint32_t wanted) { return folder.inode < wanted; });
  return found != folders_.end() && found->inode == inode ? &*found : nullptr;
}

bool Names::is_the_way(const Folder& folder, const Name& name) const {
  return folder.name == name.name && folder.inode == name.inode;
}

bool Names::leads_back(const Name& name) const {
  for (std::uint32_t at = name.folder; at != kNowhere; at = folders_[at].parent) {
    if (folders_[at].inode == name.inode) return true;
  }
  return false;
}

void Names::append_path(std::uint32_t index, std::string& path) const {
  std::vector<std::uint32_t> way;
  for (; folders_[index].parent != kNowhere; index = folders_[index].parent) way.push_back(index);
  if (folders_[index].inode != kRoot) path += path_of_orphan(folders_[index].inode);
  for (auto step = way.rbegin(); step != way.rend(); ++step) {
    if (!path.empty()) path += '/';
    path += pool_.at(folders_[*step].name);
  }
}

bool Names::path_of(const Name& name, std::string& path) {
  if (cached_folder_ != name.folder) {
    cached_path_.clear();
    append_path(name.folder, cached_path_);
    cached_folder_ = name.folder;
  }
  path = cached_path_;
  if (!path.empty()) path += '/';
  path += pool_.at(name.name);
  return path.size() <= limits::kMaxPathBytes;
}

std::string Names::path_of(const Folder& folder) const {
  std::string path;
  append_path(static_cast<std::uint32_t>(&folder - folders_.data()), path);
  return path;
}

std::string Names::path_of_deleted(std::uint32_t inode) {
  const auto found = std::lower_bound(deleted_.begin(), deleted_.end(), Name{inode, 0, 0});
  if (found == deleted_.end() || found->inode != inode) return path_of_orphan(inode);
  std::string path;
  (void)path_of(*found, path);
  return path;
}

std::string Names::path_of_orphan(std::uint32_t inode) const { return orphans_ + "/inode-" + std::to_string(inode); }

}  // namespace ambit::walk::ext
