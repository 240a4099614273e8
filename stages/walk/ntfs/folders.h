// The folders of an NTFS volume, by the number of their record: what paths are spelled from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stages/walk/ntfs/record.h"

namespace ambit::walk::ntfs {

class Folders {
 public:
  // In the order of their numbers. False: there are more than may be kept.
  [[nodiscard]] bool add(const Head& head, const Name& name);

  // The path of the folder `folder` with a '/' at its end, "" for the root. Nothing: the folder is gone, is another one
  // by now, is inside itself, or its path is beyond the limits. A deleted file (`deleted`) may stand in a deleted one.
  [[nodiscard]] std::optional<std::string> path_of(const Reference& folder, bool deleted);

  // Whether the folder belongs to the file system's own $Extend. What waits there for its deletion is a file like
  // others.
  [[nodiscard]] bool is_own(const Reference& folder) const;

 private:
  struct Folder {
    std::uint64_t number;
    std::uint64_t parent;
    std::uint32_t name_at;
    std::uint16_t name_bytes, parent_sequence, sequence;
    bool in_use;
  };
  [[nodiscard]] const Folder* find(std::uint64_t number) const;
  [[nodiscard]] const Folder* find(const Reference& folder, bool deleted) const;
  [[nodiscard]] std::string_view name_of(const Folder& f) const {
    return std::string_view(names_).substr(f.name_at, f.name_bytes);
  }
  [[nodiscard]] std::optional<std::string> spell(const Reference& folder, bool deleted) const;

  std::vector<Folder> folders_;
  std::string names_;
  // Files of one folder tend to stand together: the answer to the last question.
  Reference last_;
  bool last_deleted_ = false;
  std::optional<std::string> last_path_;
};

}  // namespace ambit::walk::ntfs
