// ext2, ext3 and ext4. Our own reader: a server has folders of millions of names and tables of millions of inodes,
// and both must be read once, in the order of the disk, within tens of bytes of memory for each.
//
//   1. bitmaps of inodes, all of them                                            (tables.h)
//   2. inode tables, front to back: the folders, and from their blocks the names (folders.h, names.h)
//   3. names sorted by inode, folders tied to a tree
//   4. inode tables again: each inode with its names becomes an entry            (walk.h)
//
// What is read is what lies there: a journal that was not played back is metadata like any other. Deleted files are
// entries as long as their inode still says where they lay and all of that is free; their paths come from the gaps of
// the folders, else they are "$OrphanFiles/inode-N", like files in use that no folder names. ("$OrphanFiles" gets
// further '$' where the root holds something of that name.) Names of deleted folders' files are not looked for.
#include "stages/walk/ext/ext.h"

#include "stages/walk/ext/walk.h"

namespace ambit::walk {
namespace {

class ExtFileSystem final : public FileSystem {
 public:
  ExtFileSystem(const ByteSource& volume, const ext::Layout& layout)
      : volume_(volume), layout_(layout), groups_(ext::read_groups(volume, layout_)) {}
  std::string_view type() const override { return layout_.type(); }
  std::uint64_t block_bytes() const override { return layout_.block; }
  std::string_view journal() const override {
    return (layout_.incompatible & ext::kNeedsRecovery) != 0 ? kNotPlayedBack : std::string_view();
  }
  std::uint64_t size() const override { return layout_.size; }
  std::uint64_t declared_size() const override { return layout_.declared_size; }
  Result<> walk(EntrySink& sink) const override { return ext::Walk(volume_, layout_, groups_, sink).run(); }

 private:
  const ByteSource& volume_;
  const ext::Layout layout_;
  const ext::Groups groups_;
};

}  // namespace

OpenedFileSystem open_ext(const ByteSource& volume) {
  const auto layout = ext::find_superblock(volume);
  if (!layout.ok()) return layout.error();
  if (!*layout) return std::unique_ptr<FileSystem>();
  return std::unique_ptr<FileSystem>(std::make_unique<ExtFileSystem>(volume, **layout));
}

std::optional<std::uint64_t> ext_inodes_in_use(const ByteSource& volume) {
  const auto layout = ext::find_superblock(volume);
  if (!layout.ok() || !*layout || (*layout)->free_inodes > (*layout)->inodes) return std::nullopt;
  return (*layout)->inodes - (*layout)->free_inodes;
}

}  // namespace ambit::walk
