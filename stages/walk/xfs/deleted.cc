#include "stages/walk/xfs/deleted.h"

namespace ambit::walk::xfs {

std::vector<Extent> former_extents(const Reading& reading, const FreeSpace& free, Bytes raw, std::uint64_t number) {
  const Superblock& super = reading.super;
  std::vector<Extent> extents;
  const Bytes literal = literal_area(super, raw);
  if (be64(literal, 8) == 0) return extents;  // most free inodes were never used; the checksum can wait
  if (!is_free_inode(super, raw, number)) return extents;
  bool any_written = false;
  std::uint64_t next = 0;
  for (std::size_t at = 0; literal.size() - at >= kExtentBytes; at += kExtentBytes) {
    const Extent extent = decode_extent(literal.subspan(at));
    if (extent.count == 0 || extent.start != next || !super.valid_blocks(extent.block, extent.count)) break;
    const std::uint64_t place = super.place(extent.block);
    if (place > reading.size() || extent.count << super.block_log > reading.size() - place) break;
    if (!free.holds(super, extent.block, extent.count)) return {};  // somebody has these blocks now
    any_written = any_written || !extent.unwritten;
    next = extent.end();
    extents.push_back(extent);
  }
  if (!any_written) extents.clear();
  return extents;
}

}  // namespace ambit::walk::xfs
