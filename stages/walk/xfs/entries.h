// Makes the entries of one inode after the other, and the areas of what its blocks hold besides.
#pragma once

#include <string>

#include "stages/walk/file_system.h"
#include "stages/walk/xfs/attributes.h"
#include "stages/walk/xfs/layout.h"

namespace ambit::walk::xfs {

// Joins neighbouring areas, and gives them to the sink.
class Areas {
 public:
  explicit Areas(EntrySink& sink) : sink_(sink) {}
  void add(Kind kind, std::uint64_t place, std::uint64_t length);
  void flush();

 private:
  EntrySink& sink_;
  Kind kind_ = Kind::metadata;
  std::uint64_t begin_ = 0, end_ = 0;
};

// The names of an inode. `first` is where it stands, `others` are its other links, sorted.
struct Paths {
  std::string first;
  std::vector<std::string> others;
};

class Entries {
 public:
  Entries(Reading& reading, EntrySink& sink, Areas& areas) : reading_(reading), sink_(sink), areas_(areas) {}

  // Each false: the run is being ended.
  [[nodiscard]] bool file(const Inode& inode, Paths&& paths);       // whatever is no folder
  [[nodiscard]] bool folder(const Inode& inode, std::string path);  // its attributes
  [[nodiscard]] bool deleted(std::uint64_t number, std::int64_t modified, const std::vector<Extent>& extents);
  [[nodiscard]] bool trouble(std::uint64_t number, Paths&& paths, WalkTrouble why);
  // The blocks of an inode that belongs to the file system itself.
  void internal(const Inode& inode);

 private:
  void fill_from_runs(const Inode& inode, FileEntry& entry);
  void fill_link(const Inode& inode, FileEntry& entry);
  [[nodiscard]] std::optional<std::string> remote_link(const Inode& inode);
  [[nodiscard]] bool attributes(const Inode& inode, const std::string& path, ObjectState state);
  void claim_metadata(const std::vector<std::uint64_t>& blocks);
  void claim_metadata(const std::vector<Extent>& extents);

  Reading& reading_;
  EntrySink& sink_;
  Areas& areas_;
  Mapping mapping_;  // these are reused from inode to inode
  Layout layout_;
  Attributes attributes_;
};

}  // namespace ambit::walk::xfs
