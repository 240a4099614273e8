#include "stages/walk/ntfs/folders.h"

#include <algorithm>

#include "pipeline/limits.h"

namespace ambit::walk::ntfs {

bool Folders::add(const Head& head, const Name& name) {
  if (folders_.size() >= limits::kMaxFolders || names_.size() + name.text.size() > limits::kMaxFolderNameBytes)
    return false;
  folders_.push_back({head.number, name.parent.number, static_cast<std::uint32_t>(names_.size()),
                      static_cast<std::uint16_t>(name.text.size()), name.parent.sequence, head.sequence, head.in_use});
  names_ += name.text;
  return true;
}

const Folders::Folder* Folders::find(std::uint64_t number) const {
  const auto at = std::lower_bound(folders_.begin(), folders_.end(), number,
                                   [](const Folder& f, std::uint64_t n) { return f.number < n; });
  return at == folders_.end() || at->number != number ? nullptr : &*at;
}

const Folders::Folder* Folders::find(const Reference& folder, bool deleted) const {
  const Folder* f = find(folder.number);
  if (f == nullptr) return nullptr;
  if (folder.sequence == 0 || f->sequence == folder.sequence) return f->in_use || deleted ? f : nullptr;
  // Deleting a folder counts its sequence up.
  const bool was_deleted = deleted && !f->in_use && f->sequence == static_cast<std::uint16_t>(folder.sequence + 1);
  return was_deleted ? f : nullptr;
}

std::optional<std::string> Folders::spell(const Reference& folder, bool deleted) const {
  std::vector<std::string_view> names;
  std::size_t bytes = 0;
  for (Reference at = folder; at.number != kRoot;) {
    const Folder* f = find(at, deleted);
    if (f == nullptr || names.size() >= limits::kMaxPathDepth) return std::nullopt;
    names.push_back(name_of(*f));
    bytes += names.back().size() + 1;
    if (bytes > limits::kMaxPathBytes - 1024) return std::nullopt;  // room for the file's own name
    at = {f->parent, f->parent_sequence};
  }
  std::string path;
  path.reserve(bytes);
  for (auto name = names.rbegin(); name != names.rend(); ++name) path.append(*name) += '/';
  return path;
}

std::optional<std::string> Folders::path_of(const Reference& folder, bool deleted) {
  if (folder.number == kRoot) return std::string();
  if (last_.number != folder.number || last_.sequence != folder.sequence || last_deleted_ != deleted) {
    last_ = folder;
    last_deleted_ = deleted;
    last_path_ = spell(folder, deleted);
  }
  return last_path_;
}

bool Folders::is_own(const Reference& folder) const {
  Reference at = folder;
  for (std::size_t depth = 0; depth < 8; ++depth) {  // $Extend/$RmMetadata/$TxfLog is as deep as it gets
    if (at.number == kExtend) return true;
    const Folder* f = at.number == kRoot ? nullptr : find(at.number);
    if (f == nullptr || (f->parent == kExtend && name_of(*f) == "$Deleted")) return false;
    at = {f->parent, f->parent_sequence};
  }
  return false;
}

}  // namespace ambit::walk::ntfs
