#include "stages/walk/ext/walk.h"

#include <algorithm>

#include "pipeline/limits.h"

namespace ambit::walk::ext {

Walk::Walk(const ByteSource& volume, const Layout& layout, const Groups& groups, EntrySink& sink)
    : volume_(volume),
      layout_(layout),
      groups_(groups),
      sink_(sink),
      bitmaps_(volume, layout, groups),
      tables_(volume, layout, groups),
      maps_(volume, layout),
      attributes_(volume, layout, tables_, maps_),
      placer_(layout, maps_, sink),
      free_(volume, layout, groups) {}

Result<> Walk::run() {
  report_books(layout_, groups_, sink_);
  gather_names();
  names_.tie();
  emit_all();
  return outcome();
}

Result<> Walk::outcome() const {
  if (tables_.refused()) return *tables_.refused();
  if (!groups_.complete) return Error{ErrorKind::evidence, "descriptors of groups are damaged", "", ""};
  if (!names_.complete()) return Error{ErrorKind::evidence, "more names than a walk holds", "", ""};
  if (!complete_) return Error{ErrorKind::evidence, "more links or attributes than a walk holds", "", ""};
  return {};
}

// First pass: the folders and the names in them.
void Walk::gather_names() {
  const std::uint64_t in_use = layout_.inodes - std::min(layout_.inodes, layout_.free_inodes);
  const std::uint64_t possible = std::min(in_use, layout_.size / layout_.inode_bytes);
  names_.expect(possible, possible / 8);
  InodeTables tables(volume_, layout_, groups_);
  FolderReader reader(volume_, layout_, bitmaps_, names_);
  MapReader maps(volume_, layout_);
  BlockMap map;
  Inode inode;
  while (tables.next(inode)) {
    if (inode.type != InodeType::folder || inode.links == 0) continue;
    const bool own = layout_.is_own(inode.number);
    if (own || (bitmaps_.use(inode.number) == Use::free && inode.deleted_at != 0)) continue;
    const std::uint32_t folder = names_.add_folder(inode.number);
    if (!inode.intact) {
      names_.mark_damaged(folder);
    } else if (inode.is_resident()) {
      reader.add_resident(inode, folder, resident_rest(inode));
    } else if (maps.read(inode, map) != MapState::good) {
      names_.mark_damaged(folder);
    } else {
      placer_.report_map(map);
      reader.add(inode, folder, map);
    }
  }
  reader.flush();
}

// Second pass: inodes in order, and the names, which are in the same order.
void Walk::emit_all() {
  Inode inode;
  while (going_on_ && tables_.next(inode)) {
    const Called called = names_of(inode.number);
    if (going_on_) emit(inode, called);
  }
  if (going_on_) (void)names_of(UINT32_MAX);
}

// Names that were passed belong to inodes that are not there.
Walk::Called Walk::names_of(std::uint32_t inode) {
  const std::vector<Name>& all = names_.all();
  while (going_on_ && next_name_ < all.size() && all[next_name_].inode < inode) emit_missing(all[next_name_++]);
  Called called{next_name_, next_name_};
  while (called.end < all.size() && all[called.end].inode == inode) ++called.end;
  next_name_ = called.end;
  return called;
}

void Walk::emit(const Inode& inode, Called called) {
  const Use use = bitmaps_.use(inode.number);
  if (inode.type == InodeType::folder && names_.folder(inode.number) != nullptr) {
    emit_folder(inode, called);
  } else if (called.by_any()) {
    emit_active(inode, called);
  } else if (layout_.is_own(inode.number) || (inode.holds_attribute() && use != Use::free)) {
    placer_.report_as_books(inode);
  } else if (inode.links > 0 && (use == Use::used || (use == Use::unknown && inode.deleted_at == 0))) {
    emit_active(inode, called);
  } else {
    emit_deleted(inode, use);
  }
}

// A file, a link, a device; and what is named but is none of them.
void Walk::emit_active(const Inode& inode, Called called) {
  FileEntry entry;
  entry.inode = inode.number;
  put_paths(inode.number, called, entry);
  if (entry.trouble != WalkTrouble::none) return put(std::move(entry));
  if (inode.links == 0 || inode.type == InodeType::folder) {
    entry.trouble = WalkTrouble::damaged;
    return put(std::move(entry));
  }
  placer_.place(inode, entry);
  report_attribute_block(inode);
  const bool readable = inode.intact && inode.type != InodeType::none;
  const bool has_attributes = readable && (inode.attribute_block != 0 || !attributes_in(inode).empty());
  if (!has_attributes) return put(std::move(entry));
  const std::string path = entry.path;
  const std::vector<std::string> links = entry.links;
  put(std::move(entry));
  emit_attributes(inode, path, links);
}

void Walk::put_paths(std::uint32_t inode, Called called, FileEntry& entry) {
  if (!called.by_any()) {
    entry.path = names_.path_of_orphan(inode);
    return;
  }
  std::vector<std::string> paths;
  std::uint64_t bytes = 0;
  for (std::size_t i = called.first; i < called.end; ++i) {
    std::string path;
    if (!names_.path_of(names_.all()[i], path)) {
      path.resize(limits::kMaxPathBytes);
      entry.trouble = WalkTrouble::name_too_long;
    }
    bytes += path.size();
    if (i > called.first && bytes > limits::kMaxLinkBytes) {
      complete_ = false;
      break;
    }
    paths.push_back(std::move(path));
  }
  if (paths.size() > 1) std::sort(paths.begin(), paths.end());
  entry.path = std::move(paths.front());
  entry.links.assign(std::make_move_iterator(paths.begin() + 1), std::make_move_iterator(paths.end()));
}

// A folder is no entry; what is wrong with it is one.
void Walk::emit_folder(const Inode& inode, Called called) {
  const Folder& folder = *names_.folder(inode.number);
  for (std::size_t i = called.first; i < called.end && going_on_; ++i) {
    const Name name = names_.all()[i];
    const auto cut = static_cast<Cut>(folder.cut);
    WalkTrouble trouble = trouble_of(cut);
    if (!names_.is_the_way(folder, name)) trouble = names_.leads_back(name) ? WalkTrouble::loop : WalkTrouble::damaged;
    if (trouble == WalkTrouble::none) continue;
    std::string path;
    if (!names_.path_of(name, path)) path.resize(limits::kMaxPathBytes);
    put_trouble(std::move(path), inode.number, trouble);
  }
  const bool has_attributes = inode.intact && (inode.attribute_block != 0 || !attributes_in(inode).empty());
  if (!has_attributes && folder.damaged == 0) return;
  std::string path = names_.path_of(folder);
  if (path.empty()) path = ".";
  if (has_attributes) {
    report_attribute_block(inode);
    emit_attributes(inode, path, {});
  }
  if (folder.damaged != 0) put_trouble(std::move(path), inode.number, WalkTrouble::damaged);
}

// Whole deleted files only: where one block has gone to another file, the rest stays residue. An inode that is in use
// without a name was deleted while it was open; its blocks are still its own.
void Walk::emit_deleted(const Inode& inode, Use use) {
  FileEntry entry;
  const BlockMap* map = nullptr;
  if (inode.deleted_at == 0 && inode.links != 0) return;  // never in use, or not known to be deleted
  if (inode.holds_attribute() || !placer_.place_deleted(inode, entry, map)) return;
  if (use != Use::used && !free_.claim(map->segments)) return;
  entry.inode = inode.number;
  entry.path = names_.path_of_deleted(inode.number);
  put(std::move(entry));
}

void Walk::emit_missing(const Name& name) {
  std::string path;
  if (!names_.path_of(name, path)) path.resize(limits::kMaxPathBytes);
  put_trouble(std::move(path), name.inode, WalkTrouble::damaged);
}

void Walk::put_trouble(std::string path, std::uint32_t inode, WalkTrouble trouble) {
  FileEntry entry;
  entry.path = std::move(path);
  entry.inode = inode;
  entry.trouble = trouble;
  put(std::move(entry));
}

void Walk::emit_attributes(const Inode& inode, const std::string& path, const std::vector<std::string>& links) {
  for (const Attribute& attribute : attributes_.read(inode)) {
    if (attribute.kind != kUserAttribute || attribute.size == 0 || !going_on_) continue;
    if (++attributes_seen_ > limits::kMaxAttributes) {
      complete_ = false;
      return;
    }
    FileEntry entry;
    entry.path = path;
    entry.links = links;
    entry.stream = "user." + std::string(attribute.name);
    entry.inode = inode.number;
    entry.size = attribute.size;
    entry.modified = inode.modified;
    if (auto value = attributes_.value(attribute)) {
      entry.content = bytes_content(std::move(*value), inode.modified);
    } else {
      entry.trouble = attribute.size > limits::kMaxAttributeBytes ? WalkTrouble::unsupported : WalkTrouble::damaged;
    }
    put(std::move(entry));
  }
}

// Told once for the many inodes in a row that share it.
void Walk::report_attribute_block(const Inode& inode) {
  if (!inode.intact || inode.attribute_block == 0 || inode.attribute_block == last_attribute_block_) return;
  last_attribute_block_ = inode.attribute_block;
  if (layout_.block_is_usable(inode.attribute_block)) placer_.report_block_of_books(inode.attribute_block);
}

}  // namespace ambit::walk::ext
