#include "stages/walk/xfs/names.h"

#include <algorithm>

#include "pipeline/limits.h"

namespace ambit::walk::xfs {
namespace {

constexpr std::uint32_t kArenaLog = 20;
constexpr std::size_t kArenaPiece = std::size_t{1} << kArenaLog;
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kMaxPieces = limits::kXfsMaxNameBytes >> kArenaLog;

std::string orphan(std::uint64_t inode) { return "$OrphanFiles/inode-" + std::to_string(inode); }

}  // namespace

Names::Names() : arena_used_(kArenaPiece) {}

void Names::expect(std::size_t names) { names_.reserve(std::min(names, limits::kXfsMaxNames)); }

FolderId Names::add_folder(std::uint64_t inode) {
  if (folders_.size() >= limits::kXfsMaxNames) return kNoFolder;
  folders_.emplace_back().inode = inode;
  return static_cast<FolderId>(folders_.size() - 1);
}

void Names::set_trouble(FolderId folder, WalkTrouble trouble) {
  if (folders_[folder].trouble == WalkTrouble::none) folders_[folder].trouble = trouble;
}

bool Names::add(FolderId folder, std::string_view name, std::uint64_t inode) {
  if (names_.size() >= limits::kXfsMaxNames || name.size() > kLongestName) return false;
  if (arena_used_ + 1 + name.size() > kArenaPiece) {
    if (arena_.size() >= kMaxPieces) return false;
    arena_.push_back(std::make_unique<char[]>(kArenaPiece));
    arena_used_ = 0;
  }
  char* const at = arena_.back().get() + arena_used_;
  *at = static_cast<char>(static_cast<unsigned char>(name.size()));
  std::copy(name.begin(), name.end(), at + 1);
  const std::size_t place = ((arena_.size() - 1) << kArenaLog) + arena_used_;
  names_.push_back({inode, folder, static_cast<std::uint32_t>(place)});
  arena_used_ += 1 + name.size();
  return true;
}

std::string_view Names::letters(std::uint32_t at) const {
  const char* const piece = arena_[at >> kArenaLog].get() + (at & (kArenaPiece - 1));
  return {piece + 1, static_cast<unsigned char>(*piece)};
}

FolderId Names::folder_of(std::uint64_t inode) const {
  const auto found = std::lower_bound(folders_.begin(), folders_.end(), inode,
                                      [](const Folder& folder, std::uint64_t value) { return folder.inode < value; });
  if (found == folders_.end() || found->inode != inode) return kNoFolder;
  return static_cast<FolderId>(found - folders_.begin());
}

void Names::settle(std::uint64_t root) {
  std::sort(names_.begin(), names_.end(), [](const Name& a, const Name& b) {
    if (a.inode != b.inode) return a.inode < b.inode;
    if (a.folder != b.folder) return a.folder < b.folder;
    return a.letters < b.letters;
  });
  root_ = folder_of(root);
  choose_parents();
  for (FolderId folder = 0; folder < folders_.size(); ++folder) settle_folder(folder);
}

// Of the names of a folder the one in the folder that it calls its parent; else the first.
void Names::choose_parents() {
  std::size_t at = 0;
  for (Folder& folder : folders_) {
    while (at < names_.size() && names_[at].inode < folder.inode) ++at;
    const bool is_root = root_ != kNoFolder && folder.inode == folders_[root_].inode;
    bool agreed = false;
    for (; at < names_.size() && names_[at].inode == folder.inode; ++at) {
      if (is_root || agreed) continue;
      agreed = folders_[names_[at].folder].inode == folder.wanted_parent;
      if (!agreed && folder.parent != kNoFolder) continue;
      folder.parent = names_[at].folder;
      folder.letters = names_[at].letters;
    }
  }
}

void Names::cut(FolderId folder, WalkTrouble why) {
  folders_[folder].parent = kNoFolder;
  folders_[folder].cut = why;
}

// Depth and length of a folder whose parent is settled.
void Names::measure(FolderId id) {
  Folder& folder = folders_[id];
  if (folder.parent != kNoFolder) {
    const Folder& parent = folders_[folder.parent];
    const std::size_t bytes = parent.path_bytes + 1 + letters(folder.letters).size();
    if (parent.depth + 1U > limits::kMaxPathDepth) {
      cut(id, WalkTrouble::too_deep);
    } else if (bytes + 1 + kLongestName > limits::kMaxPathBytes) {
      cut(id, WalkTrouble::name_too_long);
    } else {
      folder.depth = static_cast<std::uint16_t>(parent.depth + 1);
      folder.path_bytes = static_cast<std::uint32_t>(bytes);
    }
  }
  if (folder.parent == kNoFolder) {
    folder.depth = 1;
    folder.path_bytes = id == root_ ? 0 : static_cast<std::uint32_t>(orphan(folder.inode).size());
  }
  folder.place = Place::settled;
}

// Climbs until something settled or without a parent, and settles on the way back. Who meets himself is in a ring:
// its first member by inode lets go.
void Names::settle_folder(FolderId folder) {
  std::vector<FolderId> climbed;
  while (folder != kNoFolder && folders_[folder].place == Place::unknown) {
    folders_[folder].place = Place::entered;
    climbed.push_back(folder);
    folder = folders_[folder].parent;
  }
  if (folder != kNoFolder && folders_[folder].place == Place::entered) {
    const auto ring = std::find(climbed.begin(), climbed.end(), folder);
    const auto first = std::min_element(ring, climbed.end());
    cut(*first, WalkTrouble::loop);
    std::rotate(ring, first + 1, climbed.end());  // the one that let go is settled first
  }
  for (; !climbed.empty(); climbed.pop_back()) measure(climbed.back());
}

WalkTrouble Names::lost_by(const Name& name, FolderId id) const {
  const Folder& folder = folders_[id];
  if (folder.parent == name.folder && folder.letters == name.letters) return WalkTrouble::none;
  return folder.parent == kNoFolder && folder.cut != WalkTrouble::none ? folder.cut : WalkTrouble::loop;
}

std::string Names::folder_path(FolderId folder) const {
  if (folder == last_folder_) return last_path_;
  std::vector<FolderId> up;
  FolderId top = folder;
  for (; folders_[top].parent != kNoFolder; top = folders_[top].parent) up.push_back(top);
  std::string path = top == root_ ? std::string() : orphan(folders_[top].inode);
  for (; !up.empty(); up.pop_back()) {
    if (!path.empty()) path += '/';
    path += letters(folders_[up.back()].letters);
  }
  last_folder_ = folder;
  last_path_ = path;
  return path;
}

std::string Names::path(const Name& name) const {
  std::string path = folder_path(name.folder);
  if (!path.empty()) path += '/';
  return path += letters(name.letters);
}

}  // namespace ambit::walk::xfs
