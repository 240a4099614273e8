#include "stages/walk/ext/extents.h"

#include "pipeline/limits.h"
#include "stages/walk/file_system.h"

namespace ambit::walk::ext {
namespace {

constexpr std::uint16_t kNodeMagic = 0xF30A;
constexpr std::size_t kEntryBytes = 12;  // of a header, too
constexpr unsigned kMaxDepth = 5;
constexpr std::uint64_t kLogicalEnd = std::uint64_t{1} << 32U;

std::uint64_t place_at(Bytes entry, std::size_t low, std::size_t high) {
  return static_cast<std::uint64_t>(u16(entry, high)) << 32U | u32(entry, low);
}

}  // namespace

MapState MapReader::read(const Inode& inode, BlockMap& map) {
  map.clear();
  map_ = &map;
  next_ = total_ = 0;
  too_many_ = false;
  bool good = true;
  if (inode.has_extents()) {
    const Bytes root = inode.map();
    const unsigned depth = u16(root, 6);
    good = depth <= kMaxDepth && read_node(root, depth);
  } else {
    good = read_numbers(inode.map().first(48), 0);
    for (unsigned depth = 1; good && depth <= 3; ++depth) {
      good = read_numbers(inode.map().subspan(44 + 4 * std::size_t{depth}, 4), depth);
    }
  }
  if (good) return MapState::good;
  return too_many_ ? MapState::too_many : MapState::damaged;
}

bool MapReader::read_node(Bytes node, unsigned depth) {
  const std::size_t entries = u16(node, 2);
  if (u16(node, 0) != kNodeMagic || u16(node, 6) != depth || entries > node.size() / kEntryBytes - 1) return false;
  if (depth == 0) return read_leaf(node, entries);
  for (std::size_t i = 1; i <= entries; ++i) {
    const Bytes entry = node.subspan(i * kEntryBytes, kEntryBytes);
    const std::uint64_t before = total_;
    // A node without extents below the root would make no headway.
    if (u32(entry, 0) < next_ || !fetch(place_at(entry, 4, 8), depth)) return false;
    if (!read_node(buffers_[depth], depth - 1) || total_ == before) return false;
  }
  return true;
}

bool MapReader::read_leaf(Bytes node, std::size_t entries) {
  constexpr std::uint64_t kWritten = 32768;
  for (std::size_t i = 1; i <= entries; ++i) {
    const Bytes entry = node.subspan(i * kEntryBytes, kEntryBytes);
    const std::uint64_t length = u16(entry, 4);
    const bool written = length <= kWritten;
    if (!add({place_at(entry, 8, 6), written ? length : length - kWritten, u32(entry, 0), written})) return false;
  }
  return true;
}

// `numbers` name blocks of data (depth 0) or blocks of numbers.
bool MapReader::read_numbers(Bytes numbers, unsigned depth) {
  std::uint64_t covers = 1;  // logical blocks of one number
  for (unsigned i = 0; i < depth; ++i) covers *= layout_.block / 4;
  for (std::size_t at = 0; at + 4 <= numbers.size(); at += 4) {
    const std::uint64_t number = u32(numbers, at);
    if (number == 0) {
      next_ += covers;
    } else if (depth == 0) {
      if (!add({number, 1, next_, true})) return false;
    } else if (!fetch(number, depth) || !read_numbers(buffers_[depth], depth - 1)) {
      return false;
    }
  }
  return true;
}

// Reads a node into the buffer of its depth.
bool MapReader::fetch(std::uint64_t block, unsigned depth) {
  if (!layout_.block_is_usable(block) || budget_ == 0) return false;
  --budget_;
  buffers_[depth].resize(layout_.block);
  map_->nodes.push_back(block);
  return read_fully(volume_, block * layout_.block, buffers_[depth]).ok();
}

bool MapReader::add(const Segment& segment) {
  if (segment.blocks == 0 || segment.logical < next_ || segment.logical + segment.blocks > kLogicalEnd) return false;
  if (!layout_.blocks_are_usable(segment.place, segment.blocks)) return false;
  total_ += segment.blocks;
  if (total_ > layout_.blocks) return false;
  next_ = segment.logical + segment.blocks;
  if (!map_->segments.empty()) {
    Segment& last = map_->segments.back();
    const bool behind = last.place + last.blocks == segment.place && last.logical + last.blocks == segment.logical;
    if (behind && last.written == segment.written) {
      last.blocks += segment.blocks;
      return true;
    }
  }
  too_many_ = map_->segments.size() >= limits::kMaxFileRuns;
  if (!too_many_) map_->segments.push_back(segment);
  return !too_many_;
}

}  // namespace ambit::walk::ext
