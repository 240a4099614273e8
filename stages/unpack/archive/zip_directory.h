// The directory of a zip, which stands at its end.
//
//   archive := [prefix] members directory [zip64-end zip64-locator] end comment [anything]
//   end     := "PK\5\6" disk:2 directory-disk:2 entries-here:2 entries:2 size:4 at:4 comment-length:2 comment
//
// A prefix (a program that unpacks the rest) makes all places wrong by its length, unless whoever put it there set them
// right. Entries are read one by one: the directory of a zip of a million members does not fit into every budget.
#pragma once

#include <memory>

#include "stages/unpack/archive/zip_entry.h"

namespace ambit::unpack {

class ZipDirectory {
 public:
  // `content` is open and has `size` bytes. Null: there is none, or not at the place where it should be.
  [[nodiscard]] static Result<std::unique_ptr<ZipDirectory>> find(Content& content, std::uint64_t size);

  // The next entry, its place that in the content; nothing at the end. Error(evidence): the directory is damaged here.
  [[nodiscard]] Result<std::optional<ZipEntry>> next();
  // The disk of this part of a split archive.
  [[nodiscard]] std::uint16_t disk() const { return disk_; }

 private:
  explicit ZipDirectory(Content& content, std::uint64_t size) : input_(content, size) {}
  [[nodiscard]] Result<bool> open(std::uint64_t end_at);

  Input input_;
  std::uint64_t prefix_ = 0, end_ = 0;
  std::uint16_t disk_ = 0;
};

}  // namespace ambit::unpack
