#include "stages/walk/ext/content.h"

#include <algorithm>

namespace ambit::walk::ext {
namespace {

// With bigalloc a file owns whole clusters, though its map may name a part of their blocks only. Calls
// `each(next, place, blocks)` for the blocks that no segment names, `next` being the number of segments before them;
// and once more with no blocks at the end.
template <class Each>
void for_each_rest(const Layout& layout, const std::vector<Segment>& segments, Each&& each) {
  const std::uint64_t size = layout.cluster_blocks;
  std::uint64_t known = 0;  // blocks of the cluster at hand up to here are told
  for (std::size_t i = 0; size > 1 && i < segments.size(); ++i) {
    const std::uint64_t over = (segments[i].place - layout.first_block) % size;
    const std::uint64_t cluster = segments[i].place - over;
    const std::uint64_t begin = known > cluster && known <= segments[i].place ? known : cluster;
    if (begin < segments[i].place) each(i, begin, segments[i].place - begin);
    known = segments[i].place + segments[i].blocks;
    const std::uint64_t rest = (size - (known - layout.first_block) % size) % size;
    const bool more = i + 1 < segments.size() && segments[i + 1].place >= known && segments[i + 1].place < known + rest;
    const std::uint64_t there = std::min(rest, layout.blocks - known);
    if (!more && there > 0) each(i + 1, known, there);
  }
  each(segments.size(), 0, 0);
}

}  // namespace

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
  for (const std::uint64_t node : map_.nodes) report_block_of_books(node);
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
  if (!inode.intact || inode.is_resident()) return;
  if (inode.number == kResizeInode) {  // it maps the reserved blocks, which report_books() knows
    const std::uint32_t block = u32(inode.map(), 52);
    if (layout_.block_is_usable(block)) report_block_of_books(block);
  } else if (maps_.read(inode, map_) == MapState::good) {
    report_map(map_);
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
    // Cut off longer while it was resident: zeros, as long as there is nothing else.
    if (bytes.find_first_not_of('\0') != std::string::npos) entry.trouble = WalkTrouble::damaged;
    return true;
  }
  bytes.resize(inode.size);
  if (!bytes.empty()) entry.content = bytes_content(std::move(bytes), inode.modified);
  return true;
}

void ContentPlacer::place_segments(const Inode& inode, FileEntry& entry, Areas areas) {
  std::uint64_t done = 0;
  for_each_rest(layout_, map_.segments, [&](std::size_t next, std::uint64_t place, std::uint64_t blocks) {
    for (; done < next; ++done) place_segment(inode, map_.segments[done], entry, areas);
    if (blocks > 0) report_beyond(entry, place * layout_.block, blocks * layout_.block, Kind::slack, areas);
  });
}

void ContentPlacer::place_segment(const Inode& inode, const Segment& segment, FileEntry& entry, Areas areas) {
  const std::uint64_t begin = segment.logical * layout_.block;
  const std::uint64_t place = segment.place * layout_.block;
  const std::uint64_t length = segment.blocks * layout_.block;
  if (begin >= inode.size) {
    // fs-verity keeps its tree behind the end.
    report_beyond(entry, place, length, inode.has_verity() ? Kind::metadata : Kind::slack, areas);
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

void ContentPlacer::report_block_of_books(std::uint64_t block) {
  const std::uint64_t over = (block - layout_.first_block) % layout_.cluster_blocks;
  report_blocks(layout_, Kind::metadata, block - over, layout_.cluster_blocks, sink_);
}

void ContentPlacer::report_map(const BlockMap& map) {
  for (const std::uint64_t node : map.nodes) report_block_of_books(node);
  for (const Segment& segment : map.segments) {
    report_blocks(layout_, Kind::metadata, segment.place, segment.blocks, sink_);
  }
  for_each_rest(layout_, map.segments, [&](std::size_t /*next*/, std::uint64_t place, std::uint64_t blocks) {
    report_blocks(layout_, Kind::metadata, place, blocks, sink_);
  });
}

}  // namespace ambit::walk::ext
