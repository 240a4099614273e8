// XFS, versions 4 and 5; the layout stands in format.h.
//
// XFS has one index of inodes per group and names in folders that may lie anywhere, and a walk must join the two with
// little memory and few seeks. Three sweeps, each in rising order of places:
//
//   1. the indexes of each group: where inodes are, what is free             xfs_group
//   2. all inodes, for the folders; then all blocks of names                 xfs_tree, xfs_folder, xfs_names
//   3. all inodes again: each with its names becomes entries                 xfs_entries, xfs_layout, xfs_attributes
//
// The price: inodes are read twice. They would take more memory than their names do.
//
// Not replayed: the log. A file system that was not unmounted cleanly is read as it stands on the disk; what is in
// its log only is not seen as a file (the log is an area of metadata and is swept as such).
//
// An inode that no folder names is listed as "$OrphanFiles/inode-N"; a name whose inode is not there is an entry that
// is damaged. What version 5 protects with a checksum is believed only if it holds, except names (see xfs_folder).
// Deleted files: xfs_deleted.
#include "stages/walk/file_system.h"
#include "stages/walk/xfs/deleted.h"
#include "stages/walk/xfs/log.h"
#include "stages/walk/xfs/tree.h"

namespace ambit::walk {
namespace {

using namespace xfs;

class Walk {
 public:
  Walk(const ByteSource& volume, const Superblock& super, EntrySink& sink)
      : super_(super), reading_(volume, super_), areas_(sink), entries_(reading_, sink, areas_) {}

  Result<> run() {
    read_groups();
    guess_internal_inodes();
    claim_log();
    learn_names(reading_, pieces_, names_, areas_);
    names_.settle(super_.root);
    emit_all();
    areas_.flush();
    if (!whole_) return Error{ErrorKind::evidence, "an index of the file system is damaged", "", ""};
    return {};
  }

 private:
  void read_groups() {
    for (std::uint32_t number = 0; number < super_.ag_count; ++number) {
      const std::uint64_t place = super_.group_place(number);
      if (place >= reading_.size()) break;
      claim(place, std::uint64_t{4} * super_.sector_bytes);
      Group group = read_group(reading_, number, pieces_);
      whole_ = whole_ && group.whole;
      for (const std::uint32_t block : group.index_blocks) {
        claim(place + (std::uint64_t{block} << super_.block_log), super_.block_bytes());
      }
      if (!free_.has_room(group.free.size())) group.free.clear();
      free_.add_group(std::move(group.free));
    }
    for (const InodePiece& piece : pieces_) {
      claim(super_.inode_place(piece.inode), std::uint64_t{piece.count} << super_.inode_log);
    }
  }

  // A copy of the superblock may not know the root and the two inodes of the realtime device. mkfs.xfs makes them
  // first of all, one after the other.
  void guess_internal_inodes() {
    if (pieces_.empty() || super_.valid_inode(super_.internal_inodes[0])) return;
    if (!super_.valid_inode(super_.root)) super_.root = pieces_.front().inode;
    super_.internal_inodes[0] = super_.root + 1;
    super_.internal_inodes[1] = super_.root + 2;
  }

  void claim_log() {
    if (super_.log_start != 0 && super_.valid_blocks(super_.log_start, super_.log_blocks)) {
      claim(super_.place(super_.log_start), std::uint64_t{super_.log_blocks} << super_.block_log);
    }
  }

  void claim(std::uint64_t place, std::uint64_t length) {
    if (place >= reading_.size()) return;
    areas_.add(Kind::metadata, place, std::min(length, reading_.size() - place));
  }

  void emit_all() {
    bool going = true;
    for_each_piece(reading_, pieces_, [&](const InodePiece& piece, std::optional<Bytes> bytes) {
      for (std::uint32_t i = 0; i < piece.count && going; ++i) {
        const std::uint64_t number = piece.inode + i;
        going = emit_lost(number);
        if (!going || !bytes) continue;
        const Bytes raw = inode_bytes(super_, *bytes, i);
        going = (piece.free >> i & 1) != 0 ? emit_free(number, raw) : emit_used(number, raw);
      }
      whole_ = whole_ && bytes;
      return going;
    });
    if (going) going = emit_lost(UINT64_MAX);
  }

  // Names up to inode `until` that nothing used: their inodes are not there, or free.
  bool emit_lost(std::uint64_t until) {
    while (next_name_ < names_.sorted().size() && names_.sorted()[next_name_].inode < until) {
      const std::uint64_t number = names_.sorted()[next_name_].inode;
      if (!entries_.trouble(number, paths(take_names(number)), WalkTrouble::damaged)) return false;
    }
    return true;
  }

  // All names of `number`; the next to be taken.
  std::span<const Name> take_names(std::uint64_t number) {
    const auto sorted = names_.sorted();
    const std::size_t begin = next_name_;
    while (next_name_ < sorted.size() && sorted[next_name_].inode == number) ++next_name_;
    return sorted.subspan(begin, next_name_ - begin);
  }

  [[nodiscard]] Paths paths(std::span<const Name> names) const {
    Paths all;
    if (names.size() == 1) {
      all.first = names_.path(names.front());
      return all;
    }
    for (const Name& name : names) all.others.push_back(names_.path(name));
    std::sort(all.others.begin(), all.others.end());
    all.first = std::move(all.others.front());
    all.others.erase(all.others.begin());
    return all;
  }

  [[nodiscard]] Paths paths_or_orphan(std::uint64_t number, std::span<const Name> names) const {
    return names.empty() ? Paths{"$OrphanFiles/inode-" + std::to_string(number), {}} : paths(names);
  }

  bool emit_free(std::uint64_t number, Bytes raw) {
    const std::vector<Extent> extents = former_extents(reading_, free_, raw, number);
    return extents.empty() || entries_.deleted(number, modified_time(super_, raw), extents);
  }

  bool emit_used(std::uint64_t number, Bytes raw) {
    const std::span<const Name> names = take_names(number);
    const std::optional<Inode> inode = decode_inode(super_, raw, number);
    if (!inode) return entries_.trouble(number, paths_or_orphan(number, names), WalkTrouble::damaged);
    if (inode->internal) {
      entries_.internal(*inode);
      return true;
    }
    if (inode->type != FileType::folder) return entries_.file(*inode, paths_or_orphan(number, names));
    const FolderId folder = names_.folder_of(number);
    if (folder == kNoFolder)
      return entries_.trouble(number, paths_or_orphan(number, names), WalkTrouble::objects_limit);
    return emit_folder(*inode, folder, names);
  }

  bool emit_folder(const Inode& inode, FolderId folder, std::span<const Name> names) {
    for (const Name& name : names) {
      const WalkTrouble why = names_.lost_by(name, folder);
      if (why != WalkTrouble::none && !entries_.trouble(inode.number, {names_.path(name), {}}, why)) return false;
    }
    std::string path = names_.folder_path(folder);
    if (path.empty()) path = ".";
    const WalkTrouble why = names_.trouble_of(folder);
    if (why != WalkTrouble::none && !entries_.trouble(inode.number, {path, {}}, why)) return false;
    return entries_.folder(inode, std::move(path));
  }

  Superblock super_;  // our own: a copy of it on the disk may lack what the walk then learns
  Reading reading_;
  Areas areas_;
  Entries entries_;
  std::vector<InodePiece> pieces_;
  FreeSpace free_;
  Names names_;
  std::size_t next_name_ = 0;
  bool whole_ = true;
};

class Xfs final : public FileSystem {
 public:
  Xfs(const ByteSource& volume, const Superblock& super)
      : volume_(volume), super_(super), log_(log_state(volume, super)) {}
  [[nodiscard]] std::string_view type() const override { return "XFS"; }
  [[nodiscard]] std::uint64_t block_bytes() const override { return super_.block_bytes(); }
  [[nodiscard]] std::string_view journal() const override {
    if (log_ == LogState::elsewhere) return "journal on another device";
    return log_ == LogState::open ? kNotPlayedBack : std::string_view();
  }
  [[nodiscard]] std::uint64_t size() const override { return std::min(super_.bytes(), volume_.size()); }
  [[nodiscard]] std::uint64_t declared_size() const override { return super_.bytes(); }
  [[nodiscard]] Result<> walk(EntrySink& sink) const override { return Walk(volume_, super_, sink).run(); }

 private:
  const ByteSource& volume_;
  const Superblock super_;
  const LogState log_;
};

}  // namespace

OpenedFileSystem open_xfs(const ByteSource& volume) {
  const Result<std::optional<Superblock>> super = xfs::find_superblock(volume);
  if (!super.ok()) return super.error();
  if (!super->has_value()) return std::unique_ptr<FileSystem>();
  return std::unique_ptr<FileSystem>(std::make_unique<Xfs>(volume, **super));
}

}  // namespace ambit::walk
