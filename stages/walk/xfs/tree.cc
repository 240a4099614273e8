// Blocks of names are read in the order of their places, whatever folder they belong to: on a disk that turns, a
// million folders cost one sweep over the disk instead of a million seeks. So first the inodes are read and it is
// noted where the names are; the few blocks that lie in two pieces are read at once.
#include "stages/walk/xfs/tree.h"

#include <bit>

namespace ambit::walk::xfs {
namespace {

struct NameBlock {
  std::uint64_t place = 0;
  FolderId folder = kNoFolder;
};

class TreeReader {
 public:
  TreeReader(Reading& reading, Names& names, Areas& areas)
      : reading_(reading), super_(reading.super), names_(names), areas_(areas) {}

  void add_inode(const Inode& inode) {
    const FolderId folder = names_.add_folder(inode.number);
    if (folder == kNoFolder) return;
    if (inode.data.format == ForkFormat::local) {
      found_.clear();
      read_short_folder(super_, inode, found_);
      keep(folder);
      return;
    }
    if (!read_mapping(reading_, inode.data, inode.number, mapping_)) {
      names_.set_trouble(folder, WalkTrouble::damaged);
      return;
    }
    for (const std::uint64_t block : mapping_.tree_blocks) {
      areas_.add(Kind::metadata, super_.place(block), super_.block_bytes());
    }
    for (const Extent& extent : mapping_.extents) {
      areas_.add(Kind::metadata, super_.place(extent.block), extent.count << super_.block_log);
    }
    note_blocks(folder);
  }

  void read_blocks() {
    std::sort(blocks_.begin(), blocks_.end(), [](const NameBlock& a, const NameBlock& b) {
      return a.place != b.place ? a.place < b.place : a.folder < b.folder;
    });
    Window window(reading_);
    const auto place = [&](std::size_t i) { return blocks_[i].place; };
    const auto length = [&](std::size_t) { return std::uint64_t{super_.folder_block_bytes}; };
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      take(blocks_[i].folder, blocks_[i].place, window.at(i, blocks_.size(), place, length));
    }
  }

 private:
  // Where the blocks of names of a folder with this mapping_ are.
  void note_blocks(FolderId folder) {
    const std::uint64_t unit = super_.folder_block_bytes >> super_.block_log;
    std::vector<std::byte> joined;  // of a block in several pieces
    std::uint64_t joined_place = 0;
    std::uint64_t next = 0;
    for (const Extent& extent : mapping_.extents) {
      if (extent.start >= folder_names_end(super_)) break;
      std::uint64_t block = extent.start;
      if (extent.unwritten || (!joined.empty() && block != next)) break;
      while (block < extent.end()) {
        const std::uint64_t place = super_.place(extent.block + (block - extent.start));
        const bool fresh = joined.empty();
        if (fresh && block % unit != 0) return names_.set_trouble(folder, WalkTrouble::damaged);
        if (fresh && extent.end() - block >= unit) {
          if (blocks_.size() >= limits::kXfsMaxNameBlocks || !reading_.spend(super_.folder_block_bytes)) {
            return names_.set_trouble(folder, WalkTrouble::objects_limit);
          }
          blocks_.push_back({place, folder});
          block += unit;
          continue;
        }
        if (fresh) joined_place = place;
        const std::uint64_t part = std::min(extent.end() - block, unit - block % unit);
        const std::size_t at = joined.size();
        joined.resize(at + (part << super_.block_log));
        if (!reading_.read_owned(place, std::span(joined).subspan(at)))
          return names_.set_trouble(folder, WalkTrouble::damaged);
        block += part;
        if (joined.size() < super_.folder_block_bytes) continue;
        take(folder, joined_place, Bytes(joined));
        joined.clear();
      }
      next = block;
    }
    if (!joined.empty()) names_.set_trouble(folder, WalkTrouble::damaged);
  }

  void take(FolderId folder, std::uint64_t place, std::optional<Bytes> bytes) {
    if (!bytes) return names_.set_trouble(folder, WalkTrouble::damaged);
    found_.clear();
    read_folder_block(super_, names_.inode_of(folder), place, *bytes, found_);
    keep(folder);
  }

  void keep(FolderId folder) {
    if (!found_.whole) names_.set_trouble(folder, WalkTrouble::damaged);
    if (found_.parent) names_.set_parent(folder, *found_.parent);
    for (const FolderName& found : found_.names) {
      if (!names_.add(folder, found.name, found.inode)) return names_.set_trouble(folder, WalkTrouble::objects_limit);
    }
  }

  Reading& reading_;
  const Superblock& super_;
  Names& names_;
  Areas& areas_;
  Mapping mapping_;
  FolderNames found_;
  std::vector<NameBlock> blocks_;
};

}  // namespace

void learn_names(Reading& reading, const std::vector<InodePiece>& pieces, Names& names, Areas& areas) {
  std::size_t used = 0;
  for (const InodePiece& piece : pieces) {
    const std::uint64_t exist = piece.count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << piece.count) - 1;
    used += static_cast<std::size_t>(std::popcount(~piece.free & exist));
  }
  names.expect(used);
  TreeReader tree(reading, names, areas);
  for_each_piece(reading, pieces, [&](const InodePiece& piece, std::optional<Bytes> bytes) {
    for (std::uint32_t i = 0; bytes && i < piece.count; ++i) {
      if ((piece.free >> i & 1) != 0) continue;
      const Bytes raw = inode_bytes(reading.super, *bytes, i);
      if (!may_be_folder(raw)) continue;
      const auto inode = decode_inode(reading.super, raw, piece.inode + i);
      if (inode && inode->type == FileType::folder && !inode->internal) tree.add_inode(*inode);
    }
    return true;
  });
  tree.read_blocks();
}

}  // namespace ambit::walk::xfs
