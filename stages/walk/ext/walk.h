// One walk over an ext file system.
#pragma once

#include "stages/walk/ext/content.h"
#include "stages/walk/ext/deleted.h"
#include "stages/walk/ext/folders.h"

namespace ambit::walk::ext {

class Walk {
 public:
  Walk(const ByteSource& volume, const Layout& layout, const Groups& groups, EntrySink& sink);
  [[nodiscard]] Result<> run();

 private:
  // First pass.
  void gather_names();
  void gather_folder(const Inode& inode);
  // Second pass. What an inode is called: names_.all()[first, end).
  struct Called {
    std::size_t first = 0, end = 0;
    [[nodiscard]] bool by_any() const { return first != end; }
  };
  void emit_all();
  [[nodiscard]] Called names_of(std::uint32_t inode);
  void emit(const Inode& inode, Called called);
  void emit_active(const Inode& inode, Called called);
  void emit_folder(const Inode& inode, Called called);
  void emit_deleted(const Inode& inode, Use use);
  void emit_missing(const Name& name);
  void emit_attributes(const Inode& inode, const std::string& path, const std::vector<std::string>& links);
  void put_paths(std::uint32_t inode, Called called, FileEntry& entry);
  void put(FileEntry&& entry) { going_on_ = going_on_ && sink_.entry(std::move(entry)); }
  void put_trouble(std::string path, std::uint32_t inode, WalkTrouble trouble);
  void report_attribute_block(const Inode& inode);
  [[nodiscard]] Result<> outcome() const;

  const ByteSource& volume_;
  const Layout& layout_;
  const Groups& groups_;
  EntrySink& sink_;
  InodeBitmaps bitmaps_;
  Names names_;
  InodeTables tables_;  // of the second pass
  MapReader maps_;
  AttributeReader attributes_;
  ContentPlacer placer_;
  FreeBlocks free_;
  std::size_t next_name_ = 0;
  std::uint64_t attributes_seen_ = 0;
  std::uint64_t last_attribute_block_ = 0;
  bool going_on_ = true;
  bool complete_ = true;
};

}  // namespace ambit::walk::ext
