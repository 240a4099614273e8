#include "stages/walk/ext/deleted.h"

#include "pipeline/limits.h"

namespace ambit::walk::ext {

const FreeBlocks::Cached& FreeBlocks::bitmap_of(std::uint64_t group) {
  Cached& cached = cache_[group % cache_.size()];
  if (cached.group == group) return cached;
  cached.group = group;
  cached.known = false;
  const bool counted = group < groups_.list.size() && groups_.list[group].blocks_counted;
  if (!counted) return cached;  // a group that was never used holds no deleted file
  cached.bits.resize(layout_.block);
  cached.known = read_fully(volume_, groups_.list[group].block_bitmap * layout_.block, cached.bits).ok();
  return cached;
}

bool FreeBlocks::all_free(std::uint64_t first, std::uint64_t count) {
  if (first < layout_.first_block) return false;
  const std::uint64_t each = layout_.cluster_blocks;
  const std::uint64_t per_group = layout_.blocks_per_group / each;
  const std::uint64_t end = (first + count - layout_.first_block + each - 1) / each;
  for (std::uint64_t cluster = (first - layout_.first_block) / each; cluster < end;) {
    const Cached& bitmap = bitmap_of(cluster / per_group);
    if (!bitmap.known) return false;
    const std::uint64_t bit = cluster % per_group;
    if (bit % 64 == 0 && end - cluster >= 64 && per_group - bit >= 64) {  // a hostile map names many, so in words
      if (number_at<std::uint64_t>(bitmap.bits, bit / 8) != 0) return false;
      cluster += 64;
    } else {
      if ((bitmap.bits[bit / 8] >> (bit % 8) & std::byte{1}) != std::byte{0}) return false;
      ++cluster;
    }
  }
  return true;
}

bool FreeBlocks::claim(const std::vector<Segment>& segments) {
  if (claimed_.size() + segments.size() > limits::kMaxExtDeletedPieces) return false;
  std::vector<std::uint64_t> made;
  for (const Segment& segment : segments) {
    const std::uint64_t end = segment.place + segment.blocks;
    const auto behind = claimed_.lower_bound(segment.place);
    bool mine = behind == claimed_.end() || behind->first >= end;
    if (mine && behind != claimed_.begin()) mine = std::prev(behind)->second <= segment.place;
    if (!mine || !all_free(segment.place, segment.blocks)) {
      for (const std::uint64_t begin : made) claimed_.erase(begin);
      return false;
    }
    claimed_.emplace(segment.place, end);
    made.push_back(segment.place);
  }
  return true;
}

}  // namespace ambit::walk::ext
