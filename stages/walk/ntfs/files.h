// From the attributes of one record to the entries of its file: paths, streams, places.
#pragma once

#include "stages/walk/ntfs/folders.h"
#include "stages/walk/ntfs/volume.h"

namespace ambit::walk::ntfs {

class Files {
 public:
  Files(const ByteSource& volume, const Geometry& geometry, Table& table, Folders& folders, EntrySink& sink);

  // False: the run is being ended.
  [[nodiscard]] bool offer(const Head& head, std::vector<Attribute> attributes, bool whole);
  // The table itself, without what lies in it and belongs to files.
  void table_areas();

 private:
  struct File {
    const Head& head;
    bool whole;
    std::vector<std::string> paths;  // sorted; never empty
    std::optional<std::int64_t> modified;
    bool foreign = false;  // the bytes mean nothing without another place: de-duplicated, compressed by a filter
  };
  [[nodiscard]] bool is_own(const Head& head, const std::vector<Name>& names) const;
  [[nodiscard]] std::vector<std::string> paths_of(const Head& head, const std::vector<Name>& names);
  [[nodiscard]] FileEntry entry_of(const File& file, const Attribute& attribute) const;
  [[nodiscard]] bool offer_stream(const File& file, const Attribute& attribute);
  [[nodiscard]] bool offer_link(File& file, const Attribute& reparse);
  [[nodiscard]] bool offer_empty(const File& file);
  void lay_resident(const Attribute& attribute, FileEntry& entry);
  // False: a deleted file whose clusters are in use again.
  [[nodiscard]] bool lay_clusters(const File& file, const Attribute& attribute, FileEntry& entry);
  // False: its clusters are in use again, or another deleted file has them.
  [[nodiscard]] bool take(const File& file, const std::vector<Run>& runs, const FileEntry& entry);
  void areas(Kind kind, const std::vector<Run>& runs);

  const ByteSource& volume_;
  const Geometry& geometry_;
  Table& table_;
  Folders& folders_;
  EntrySink& sink_;
  Claims deleted_;
  Allowance allowance_;
  std::vector<Run> resident_;  // places in the table that belong to files
};

}  // namespace ambit::walk::ntfs
