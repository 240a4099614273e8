// Names, and the tree of folders that makes them paths.
//
// A file system of millions of inodes must be walked in little memory, and an inode does not know its name. So the
// names are gathered from all folders first, 12 bytes each and their letters, and sorted by inode; then the inode
// tables are read in order and each inode finds its names as the next in the row. A folder is 16 bytes; a path is put
// together only when an entry needs it.
//
// Folders whose way up does not reach the root (nobody names them, the way is a circle, or it is deeper or longer than
// the limits) become roots of their own, below the folder of orphans: their files keep the rest of their paths.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/object.h"
#include "stages/walk/ext/layout.h"

namespace ambit::walk::ext {

// Short texts, one behind the other, in pieces of 1 MiB, so that growing never copies.
class NamePool {
 public:
  // The place of a copy of `name` (1 to 255 bytes); nothing when the pool is full.
  [[nodiscard]] std::optional<std::uint32_t> add(std::string_view name);
  [[nodiscard]] std::string_view at(std::uint32_t place) const;

 private:
  static constexpr std::size_t kPiece = std::size_t{1} << 20U;
  std::vector<std::unique_ptr<char[]>> pieces_;
  std::size_t used_ = kPiece;  // of the last piece
};

struct Name {
  std::uint32_t inode = 0;
  std::uint32_t folder = 0;  // index into the folders
  std::uint32_t name = 0;    // place in the pool
  friend auto operator<=>(const Name&, const Name&) = default;
};

inline constexpr std::uint32_t kNowhere = UINT32_MAX;  // no folder, no name

struct Folder {
  std::uint32_t inode = 0;
  std::uint32_t parent = kNowhere;  // index; until the tree is tied: the inode that ".." says
  std::uint32_t name = kNowhere;
  std::uint32_t depth : 10 = 0;   // names in its path
  std::uint32_t bytes : 17 = 0;   // of its path
  std::uint32_t tied : 2 = 0;     // 0 not looked at, 1 being looked at, 2 known
  std::uint32_t cut : 2 = 0;      // Cut
  std::uint32_t damaged : 1 = 0;  // not all of its names could be read
};
static_assert(sizeof(Folder) == 16);

// Why a folder is a root of its own although it has a name.
enum class Cut : std::uint8_t { none, loop, too_deep, too_long };
[[nodiscard]] WalkTrouble trouble_of(Cut cut);

class Names {
 public:
  // Room for so many names without moving them.
  void expect(std::size_t names, std::size_t folders);
  // Folders come by inode. `above` is what ".." says, set later by set_above().
  [[nodiscard]] std::uint32_t add_folder(std::uint32_t inode);
  void set_above(std::uint32_t folder, std::uint32_t inode);
  void mark_damaged(std::uint32_t folder) { folders_[folder].damaged = 1; }
  void add(std::uint32_t inode, std::uint32_t folder, std::string_view name);
  void add_deleted(std::uint32_t inode, std::uint32_t folder, std::string_view name);
  // Sorts, and ties the folders to a tree. Nothing may be added afterwards.
  void tie();

  [[nodiscard]] const std::vector<Name>& all() const { return names_; }  // by inode
  [[nodiscard]] const Folder* folder(std::uint32_t inode) const;
  // Whether `name` is the one by which its folder hangs in the tree.
  [[nodiscard]] bool is_the_way(const Folder& folder, const Name& name) const;
  // Whether `name` lies in the folder that it names, or below.
  [[nodiscard]] bool leads_back(const Name& name) const;
  // The path, or less than all of it, which is too long, where false comes back.
  [[nodiscard]] bool path_of(const Name& name, std::string& path);
  [[nodiscard]] std::string path_of(const Folder& folder) const;  // "" for the root
  // The first name that a deleted entry gives the inode; else the orphan's.
  [[nodiscard]] std::string path_of_deleted(std::uint32_t inode);
  [[nodiscard]] std::string path_of_orphan(std::uint32_t inode) const;
  [[nodiscard]] bool complete() const { return complete_; }  // false: a limit was reached

 private:
  void choose_parents();
  void tie_upwards(std::uint32_t start, std::vector<std::uint32_t>& way);
  void place(std::uint32_t folder, Cut broken);
  void append_path(std::uint32_t folder, std::string& path) const;

  NamePool pool_;
  std::vector<Name> names_, deleted_;
  std::vector<Folder> folders_;
  std::string orphans_ = "$OrphanFiles";  // longer where the root has such a name
  std::uint32_t cached_folder_ = kNowhere;
  std::string cached_path_;
  bool complete_ = true;
};

}  // namespace ambit::walk::ext
