// The names of a volume, folder by folder, until every inode knows all its paths.
//
// For file systems whose folders name inodes and whose inodes do not know their names. Folders are entered in the order
// in which they were found, each once: one that is inside itself, or in two places, is damage.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/result.h"

namespace ambit::walk {

class NameList {
 public:
  explicit NameList(std::uint64_t root);

  // Folders so far; more come while they are read.
  [[nodiscard]] std::size_t folders() const { return folders_.size(); }
  [[nodiscard]] std::uint64_t inode_of(std::size_t folder) const { return folders_[folder].inode; }
  // A name in folder `folder`; one that is empty, "." or ".." is no name. A '/' in it becomes '^'.
  void add_folder(std::size_t folder, std::uint64_t inode, std::string name);
  void add_file(std::size_t folder, std::uint64_t inode, std::string name);
  // A folder cannot be read, or not whole.
  void note_damage() { ++damaged_; }

  // By inode, with its paths, sorted, at least one. Ends when `each` is false; false then. Call it once.
  using Each = std::function<bool(std::uint64_t inode, std::vector<std::string> paths)>;
  [[nodiscard]] bool for_each_file(const Each& each);
  // What kept the list from being complete.
  [[nodiscard]] Result<> outcome() const;

 private:
  struct Folder {
    std::uint64_t inode = 0;
    std::string path;
    std::size_t depth = 0;
  };
  struct File {
    std::uint64_t inode = 0;
    std::uint32_t folder = 0;
    std::string name;
  };

  std::vector<Folder> folders_;
  std::set<std::uint64_t> entered_;
  std::vector<File> files_;
  std::size_t name_bytes_ = 0;
  std::uint64_t damaged_ = 0;
  bool room_ = true;
};

}  // namespace ambit::walk
