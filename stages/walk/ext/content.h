// From an inode to what a FileEntry says of its bytes.
#pragma once

#include "stages/walk/ext/attributes.h"
#include "stages/walk/ext/extents.h"

namespace ambit::walk::ext {

class ContentPlacer {
 public:
  ContentPlacer(const Layout& layout, MapReader& maps, EntrySink& sink) : layout_(layout), maps_(maps), sink_(sink) {}
  // Fills size, time and content of a file or link that is in use, and tells the sink which other blocks are its own.
  void place(const Inode& inode, FileEntry& entry);
  // The same for a deleted one, without areas; false unless it is whole. `map` is then where it lies.
  [[nodiscard]] bool place_deleted(const Inode& inode, FileEntry& entry, const BlockMap*& map);
  // All blocks of the inode are the file system's books.
  void report_as_books(const Inode& inode);
  // A block that is allocated for itself, with the rest of its cluster.
  void report_block_of_books(std::uint64_t block);
  // The map of a folder or of books, and what it maps.
  void report_map(const BlockMap& map);

 private:
  enum class Areas : std::uint8_t { report, keep_silent };
  [[nodiscard]] WalkTrouble trouble_of(const Inode& inode) const;
  [[nodiscard]] bool place_resident(const Inode& inode, FileEntry& entry) const;
  void place_segments(const Inode& inode, FileEntry& entry, Areas areas);
  void place_segment(const Inode& inode, const Segment& segment, FileEntry& entry, Areas areas);
  void report_beyond(FileEntry& entry, std::uint64_t place, std::uint64_t length, Kind kind, Areas areas);

  const Layout& layout_;
  MapReader& maps_;
  EntrySink& sink_;
  BlockMap map_;
};

}  // namespace ambit::walk::ext
