// All names of a volume, and the tree of its folders.
//
// Five million names must fit beside everything else, so a name costs 16 bytes and its letters: the inode that it
// stands for, the folder that it is in, and where the letters are. Folders are numbered in the order of their inodes;
// only they have a record of their own. First everything is added, then settle() sorts the names by inode and hangs
// each folder below one parent; from then on names are looked up front to back beside the inodes.
//
// Two names may claim one folder, a folder may lie in itself, a chain of folders may be a million long. settle()
// leaves a forest without loops and of bounded depth: a folder that cannot keep its place begins a tree of its own,
// "$OrphanFiles/inode-N", and the name that it lost is a trouble of the walk.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/object.h"

namespace ambit::walk::xfs {

using FolderId = std::uint32_t;
inline constexpr FolderId kNoFolder = UINT32_MAX;

struct Name {
  std::uint64_t inode = 0;
  FolderId folder = kNoFolder;
  std::uint32_t letters = 0;
};

class Names {
 public:
  Names();
  void expect(std::size_t names);  // room for so many, within limits

  // In rising order of inodes. `parent`: the inode that its ".." names, if known.
  FolderId add_folder(std::uint64_t inode);
  void set_parent(FolderId folder, std::uint64_t parent) { folders_[folder].wanted_parent = parent; }
  // What is wrong with the folder's own blocks. The first trouble counts.
  void set_trouble(FolderId folder, WalkTrouble trouble);
  // False: a limit is reached.
  [[nodiscard]] bool add(FolderId folder, std::string_view name, std::uint64_t inode);

  // --- beyond this point nothing is added ---
  void settle(std::uint64_t root);
  [[nodiscard]] std::span<const Name> sorted() const { return names_; }  // by inode
  [[nodiscard]] std::size_t folders() const { return folders_.size(); }
  [[nodiscard]] FolderId folder_of(std::uint64_t inode) const;  // kNoFolder: is none
  [[nodiscard]] std::uint64_t inode_of(FolderId folder) const { return folders_[folder].inode; }
  [[nodiscard]] WalkTrouble trouble_of(FolderId folder) const { return folders_[folder].trouble; }
  // Why the folder does not stand below this name; none: it does.
  [[nodiscard]] WalkTrouble lost_by(const Name& name, FolderId folder) const;
  // Below the root; that of the root itself is empty.
  [[nodiscard]] std::string folder_path(FolderId folder) const;
  [[nodiscard]] std::string path(const Name& name) const;

 private:
  enum class Place : std::uint8_t { unknown, entered, settled };
  struct Folder {
    std::uint64_t inode = 0;
    std::uint64_t wanted_parent = UINT64_MAX;
    FolderId parent = kNoFolder;
    std::uint32_t letters = 0;  // of the name by which it hangs below `parent`
    std::uint32_t path_bytes = 0;
    std::uint16_t depth = 0;
    Place place = Place::unknown;
    WalkTrouble trouble = WalkTrouble::none;
    WalkTrouble cut = WalkTrouble::none;  // why it lost its parent
  };

  [[nodiscard]] std::string_view letters(std::uint32_t at) const;
  void choose_parents();
  void settle_folder(FolderId folder);
  void measure(FolderId folder);
  void cut(FolderId folder, WalkTrouble why);

  std::vector<Name> names_;
  std::vector<Folder> folders_;
  std::vector<std::unique_ptr<char[]>> arena_;  // pieces of one size; in each, length:1 letters, one after another
  std::size_t arena_used_ = 0;                  // of the last piece
  FolderId root_ = kNoFolder;
  mutable FolderId last_folder_ = kNoFolder;  // whose path was asked for last, and will be again
  mutable std::string last_path_;
};

}  // namespace ambit::walk::xfs
