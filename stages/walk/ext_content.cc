#include "stages/walk/ext_content.h"

#include <algorithm>

namespace ambit::walk::ext {

void ContentPlacer::place(const Inode& inode, FileEntry& entry) {
  entry.size = inode.size;
  entry.modified = inode.modified;
  entry.trouble = trouble_of(inode);
  if (entry.trouble != WalkTrouble::none || place_resident(inode, entry)) return;
  const MapState state = maps_.read(inode, map_);
  if (state != MapState::good) {
    entry.trouble = state == MapState::damaged ? WalkTrouble::damaged : WalkTrouble::unsupported;
    return;
  }
  for (const std::uint64_t node : map_.nodes) report_blocks(layout_, Kind::metadata, node, 1, sink_);
  place_segments(inode, entry, Areas::report);
}

bool ContentPlacer::place_deleted(const Inode& inode, FileEntry& entry, const BlockMap*& map) {
  entry.size = inode.size;
  entry.modified = inode.modified;
  entry.state = ObjectState::deleted;
  map_.clear();
  map = &map_;
  const bool readable = inode.type == InodeType::file || inode.type == InodeType::link;
  if (!readable || inode.size == 0 || trouble_of(inode) != WalkTrouble::none) return false;
  if (place_resident(inode, entry)) return entry.trouble == WalkTrouble::none;
  if (maps_.read(inode, map_) != MapState::good) return false;
  place_segments(inode, entry, Areas::keep_silent);
  return !entry.runs.empty();
}

void ContentPlacer::report_as_books(const Inode& inode) {
  if (!inode.intact || inode.is_resident() || maps_.read(inode, map_) != MapState::good) return;
  for (const std::uint64_t node : map_.nodes) report_blocks(layout_, Kind::metadata, node, 1, sink_);
  for (const Segment& segment : map_.segments) {
    report_blocks(layout_, Kind::metadata, segment.place, segment.blocks, sink_);
  }
}

WalkTrouble ContentPlacer::trouble_of(const Inode& inode) const {
  constexpr std::uint64_t kMostBlocks = std::uint64_t{1} << 32U;
  if (!inode.intact || inode.type == InodeType::none) return WalkTrouble::damaged;
  if (inode.type == InodeType::special) return WalkTrouble::special_file;
  if (inode.size > kMostBlocks * layout_.block) return WalkTrouble::damaged;
  if (inode.is_encrypted()) return WalkTrouble::encrypted;
  if (inode.is_compressed()) return WalkTrouble::unsupported;
  return WalkTrouble::none;
}

// True if the bytes lie in the inode itself; they are in `entry` then, or its trouble.
bool ContentPlacer::place_resident(const Inode& inode, FileEntry& entry) const {
  const bool short_link = inode.type == InodeType::link && !inode.is_resident() && is_short_link(layout_, inode);
  if (!short_link && !inode.is_resident()) return false;
  std::string bytes(text_of(inode.map()));
  if (inode.is_resident()) bytes += text_of(resident_rest(inode));
  if (inode.size > bytes.size()) {
    entry.trouble = WalkTrouble::damaged;
    return true;
  }
  bytes.resize(inode.size);
  if (!bytes.empty()) entry.content = bytes_content(std::move(bytes), inode.modified);
  return true;
}

void ContentPlacer::place_segments(const Inode& inode, FileEntry& entry, Areas areas) {
  const std::uint64_t block = layout_.block;
  const Kind beyond = inode.has_verity() ? Kind::metadata : Kind::slack;  // fs-verity keeps its tree there
  for (const Segment& segment : map_.segments) {
    const std::uint64_t begin = segment.logical * block;
    const std::uint64_t place = segment.place * block;
    const std::uint64_t length = segment.blocks * block;
    if (begin >= inode.size) {
      report_beyond(entry, place, length, beyond, areas);
    } else if (!segment.written) {
      if (areas == Areas::report) sink_.area(Kind::slack, place, length);
    } else {
      const std::uint64_t inside = std::min(length, inode.size - begin);
      if (!entry.runs.empty() && entry.runs.back().end() == begin && entry.runs.back().place_end() == place) {
        entry.runs.back().length += inside;
      } else {
        entry.runs.push_back({begin, place, inside});
      }
      entry.slack = length - inside;
    }
  }
  if (layout_.cluster_blocks > 1) place_rest_of_cluster(entry, areas);
}

// The blocks of the last cluster that no map names belong to the file all the same.
void ContentPlacer::place_rest_of_cluster(FileEntry& entry, Areas areas) {
  if (map_.segments.empty()) return;
  const std::uint64_t end = map_.segments.back().place + map_.segments.back().blocks;
  const std::uint64_t over = (end - layout_.first_block) % layout_.cluster_blocks;
  if (over == 0) return;
  const std::uint64_t rest = std::min<std::uint64_t>(layout_.cluster_blocks - over, layout_.blocks - end);
  if (rest > 0) report_beyond(entry, end * layout_.block, rest * layout_.block, Kind::slack, areas);
}

// Bytes that the file has beyond its end: its slack, where they lie straight behind its last run.
void ContentPlacer::report_beyond(FileEntry& entry, std::uint64_t place, std::uint64_t length, Kind kind, Areas areas) {
  const bool behind = !entry.runs.empty() && entry.runs.back().end() == entry.size &&
                      entry.runs.back().place_end() + entry.slack == place;
  if (behind && kind == Kind::slack) {
    entry.slack += length;
  } else if (areas == Areas::report) {
    sink_.area(kind, place, length);
  }
}

}  // namespace ambit::walk::ext
