// The inode tables, read from front to back in large pieces, and the bitmaps that say which inodes are in use.
#pragma once

#include <optional>
#include <vector>

#include "stages/walk/ext/groups.h"
#include "stages/walk/ext/inode.h"

namespace ambit::walk::ext {

enum class Use : std::uint8_t { free, used, unknown };

// One bit per inode of the groups that were ever used.
class InodeBitmaps {
 public:
  InodeBitmaps(const ByteSource& volume, const Layout& layout, const Groups& groups);
  [[nodiscard]] Use use(std::uint32_t inode) const;

 private:
  void read(const ByteSource& volume, const Layout& layout, const Groups& groups, std::size_t first, std::size_t count);
  std::uint32_t inodes_per_group_;
  std::vector<std::uint32_t> slot_;  // of each group, in units of a group's bitmap; kNone: unknown, kUnused: no inode
  std::vector<std::byte> bits_;
};

// Every inode that has a type, by number.
class InodeTables {
 public:
  InodeTables(const ByteSource& volume, const Layout& layout, const Groups& groups)
      : volume_(volume), layout_(layout), groups_(groups) {}
  // False at the end. The inode's bytes last until the next call.
  [[nodiscard]] bool next(Inode& inode);
  // One inode out of order, into `bytes`; nothing where it cannot be read.
  [[nodiscard]] std::optional<Inode> find(std::uint32_t number, std::vector<std::byte>& bytes) const;
  // What could not be read.
  [[nodiscard]] const std::optional<Error>& refused() const { return refused_; }

 private:
  [[nodiscard]] bool refill();
  void read_piece(std::uint64_t begin);
  const ByteSource& volume_;
  const Layout& layout_;
  const Groups& groups_;
  std::size_t group_ = 0;
  std::uint32_t done_ = 0;               // inodes of the group that were read
  std::vector<std::byte> bytes_;         // a piece of the table
  std::uint32_t first_ = 0, count_ = 0;  // number of the first inode in the piece, inodes in it
  std::uint32_t at_ = 0;                 // next one in the piece
  std::optional<Error> refused_;
};

}  // namespace ambit::walk::ext
