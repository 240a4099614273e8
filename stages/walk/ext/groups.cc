#include "stages/walk/ext/groups.h"

#include <algorithm>

#include "pipeline/limits.h"
#include "stages/walk/ext/checksum.h"

namespace ambit::walk::ext {
namespace {

constexpr std::uint16_t kInodesUnused = 1, kBlocksUnused = 2;  // flags of a descriptor

bool is_power_of(std::uint64_t number, std::uint64_t base) {
  std::uint64_t power = base;
  while (power < number) power *= base;
  return power == number;
}

std::uint64_t descriptors_per_block(const Layout& layout) { return layout.block / layout.descriptor_bytes; }
std::uint64_t descriptor_blocks(const Layout& layout) {
  return (layout.groups + descriptors_per_block(layout) - 1) / descriptors_per_block(layout);
}
bool in_meta_group(const Layout& layout, std::uint64_t number) {
  return (layout.incompatible & kMetaGroups) != 0 && number >= layout.first_meta_group;
}

// Where copy `copy` (0: the one that is used) of descriptor block `number` lies; 0: there is no such copy.
std::uint64_t descriptor_place(const Layout& layout, std::uint64_t number, std::uint64_t copy) {
  const std::uint64_t superblock = 1024 / layout.block;  // of group 0: block 1 or 0
  if (in_meta_group(layout, number)) {
    const std::uint64_t begin = number * descriptors_per_block(layout);
    const std::uint64_t last = descriptors_per_block(layout) - 1;
    const std::uint64_t group = begin + (copy == 0 ? 0 : copy == 1 ? 1 : last);
    if (copy > 2 || group >= layout.groups) return 0;
    const std::uint64_t skipped = group == 0                      ? superblock - layout.first_block + 1
                                  : has_superblock(layout, group) ? 1
                                                                  : 0;
    return layout.group_begin(group) + skipped;
  }
  if (copy == 0) return superblock + 1 + number;
  if ((layout.compatible & kSparseSuper2) != 0) {
    const std::uint64_t group = copy <= 2 ? layout.backup_groups[copy - 1] : 0;
    return group == 0 || group >= layout.groups ? 0 : layout.group_begin(group) + 1 + number;
  }
  std::uint64_t seen = 0;
  for (std::uint64_t group = 1; group < layout.groups && group <= 9; ++group) {
    if (has_superblock(layout, group) && ++seen == copy) return layout.group_begin(group) + 1 + number;
  }
  return 0;
}

bool group_checksum_holds(const Layout& layout, std::uint32_t group, Bytes bytes) {
  constexpr std::size_t kAt = 0x1E;
  const Bytes number{reinterpret_cast<const std::byte*>(&group), sizeof(group)};
  if (layout.checksums()) {
    constexpr std::array<std::byte, 2> kZeros{};
    std::uint32_t crc = crc32c(layout.checksum_seed, number);
    crc = crc32c(crc32c(crc, bytes.first(kAt)), kZeros);
    return (crc32c(crc, bytes.subspan(kAt + 2)) & 0xFFFFU) == u16(bytes, kAt);
  }
  std::uint16_t crc = crc16(crc16(0xFFFF, layout.uuid), number);
  crc = crc16(crc, bytes.first(kAt));
  if (bytes.size() > 32) crc = crc16(crc, bytes.subspan(32));
  return crc == u16(bytes, kAt);
}

bool places_hold(const Layout& layout, std::uint64_t number, const Group& group) {
  const std::uint64_t table =
      (std::uint64_t{layout.inodes_per_group} * layout.inode_bytes + layout.block - 1) / layout.block;
  const auto holds = [&](std::uint64_t first, std::uint64_t count) {
    // The file system may reach beyond a volume that was cut off; a place may not reach beyond the file system.
    if (first <= layout.first_block) return false;
    if ((layout.incompatible & kFlexGroups) != 0) return first < layout.group_begin(layout.groups);
    return first >= layout.group_begin(number) && first + count <= layout.group_begin(number + 1);
  };
  return holds(group.block_bitmap, 1) && holds(group.inode_bitmap, 1) && holds(group.inode_table, table);
}

Group parse(const Layout& layout, std::uint64_t number, Bytes bytes) {
  const bool wide = bytes.size() >= 64;
  const auto place = [&](std::size_t low, std::size_t high) {
    return (wide ? static_cast<std::uint64_t>(u32(bytes, high)) << 32U : 0) | u32(bytes, low);
  };
  Group group;
  group.block_bitmap = place(0x0, 0x20);
  group.inode_bitmap = place(0x4, 0x24);
  group.inode_table = place(0x8, 0x28);
  group.inodes = layout.inodes_per_group;
  group.blocks_counted = group.inodes_counted = true;
  const bool flagged = (layout.read_only & (kGroupChecksum | kMetadataChecksum)) != 0;
  group.sound = places_hold(layout, number, group) &&
                (!flagged || group_checksum_holds(layout, static_cast<std::uint32_t>(number), bytes));
  if (!flagged || !group.sound) return group;
  const std::uint16_t flags = u16(bytes, 0x12);
  const std::uint32_t unused = u16(bytes, 0x1C) | (wide ? static_cast<std::uint32_t>(u16(bytes, 0x32)) << 16U : 0U);
  group.blocks_counted = (flags & kBlocksUnused) == 0;
  group.inodes_counted = (flags & kInodesUnused) == 0;
  group.inodes = group.inodes_counted ? layout.inodes_per_group - std::min(unused, layout.inodes_per_group) : 0;
  return group;
}

// Takes from a copy what is not sound. What a copy counts is as old as the copy.
void mend(const ByteSource& volume, const Layout& layout, std::uint64_t number, std::span<Group> groups) {
  const auto sound = [](const Group& group) { return group.sound; };
  std::vector<std::byte> bytes(layout.block);
  const std::uint64_t first = number * descriptors_per_block(layout);
  for (std::uint64_t copy = 1; !std::all_of(groups.begin(), groups.end(), sound); ++copy) {
    const std::uint64_t place = descriptor_place(layout, number, copy);
    if (place == 0) return;
    if (!layout.block_is_usable(place) || !read_fully(volume, place * layout.block, bytes).ok()) continue;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (groups[i].sound) continue;
      Group group =
          parse(layout, first + i, Bytes(bytes).subspan(i * layout.descriptor_bytes, layout.descriptor_bytes));
      if (!group.sound) continue;
      group.blocks_counted = group.inodes_counted = true;
      group.inodes = layout.inodes_per_group;
      groups[i] = group;
    }
  }
}

// Tables cannot overlap, so all of them are no larger than the volume: hostile descriptors may share one.
void drop_unusable(const Layout& layout, Groups& groups) {
  std::uint64_t most = layout.size / layout.inode_bytes;
  for (Group& group : groups.list) {
    if (!group.sound) groups.complete = false;
    if (layout.inodes_per_group > most) group.inode_table = 0;
    if (!layout.block_is_usable(group.block_bitmap)) group.block_bitmap = 0;
    if (!layout.block_is_usable(group.inode_bitmap)) group.inode_bitmap = 0;
    if (!layout.block_is_usable(group.inode_table)) group.inode_table = 0;
    if (group.inode_table == 0) {
      group.inode_bitmap = 0;
      groups.complete = false;
    } else {
      most -= layout.inodes_per_group;
    }
    if (group.block_bitmap == 0) group.blocks_counted = false;
    if (group.inode_bitmap == 0) group.inodes_counted = false;
  }
}

// Ranges of blocks, whole clusters, told by place; neighbours joined.
class Joined {
 public:
  explicit Joined(const Layout& layout) : layout_(layout) {}
  void add(std::uint64_t first, std::uint64_t count) {
    if (first >= layout_.blocks || count == 0) return;
    const std::uint64_t size = layout_.cluster_blocks;
    const std::uint64_t begin = first < layout_.first_block ? first : first - (first - layout_.first_block) % size;
    const std::uint64_t over = (first + count - std::min<std::uint64_t>(layout_.first_block, first)) % size;
    const std::uint64_t end = first + count + (over == 0 ? 0 : size - over);
    if (!ranges_.empty() && ranges_.back().second == begin) {
      ranges_.back().second = end;
    } else {
      ranges_.emplace_back(begin, end);
    }
  }
  void report(EntrySink& sink) {
    std::sort(ranges_.begin(), ranges_.end());
    for (std::size_t i = 0; i < ranges_.size();) {
      const std::uint64_t begin = ranges_[i].first;
      std::uint64_t end = ranges_[i].second;
      for (++i; i < ranges_.size() && ranges_[i].first <= end; ++i) end = std::max(end, ranges_[i].second);
      report_blocks(layout_, Kind::metadata, begin, end - begin, sink);
    }
  }

 private:
  const Layout& layout_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;
};

void report_descriptors(const Layout& layout, std::uint64_t group, Joined& out) {
  const std::uint64_t begin = group == 0 ? 0 : layout.group_begin(group);
  const std::uint64_t all = descriptor_blocks(layout);
  if (has_superblock(layout, group)) {
    const bool meta = (layout.incompatible & kMetaGroups) != 0;
    const std::uint64_t plain = meta ? std::min<std::uint64_t>(layout.first_meta_group, all) : all;
    out.add(begin, (group == 0 ? 1024 / layout.block : 0) + 1 + plain + (meta ? 0 : layout.reserved_descriptor_blocks));
  }
  const std::uint64_t number = group / descriptors_per_block(layout);
  if (!in_meta_group(layout, number)) return;
  for (std::uint64_t copy = 0; copy < 3; ++copy) {
    const std::uint64_t place = descriptor_place(layout, number, copy);
    if (place >= begin && place < layout.group_begin(group + 1)) out.add(place, 1);
  }
}

}  // namespace

bool has_superblock(const Layout& layout, std::uint64_t group) {
  if (group == 0) return true;
  if ((layout.compatible & kSparseSuper2) != 0) {
    return group == layout.backup_groups[0] || group == layout.backup_groups[1];
  }
  if (group == 1 || (layout.read_only & kSparseSuper) == 0) return true;
  return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

Groups read_groups(const ByteSource& volume, const Layout& layout) {
  constexpr std::uint64_t kPiece = 256;  // blocks read at once
  Groups groups;
  groups.list.resize(layout.groups);
  const std::uint64_t blocks = descriptor_blocks(layout);
  std::vector<std::byte> bytes;
  for (std::uint64_t number = 0; number < blocks;) {
    const std::uint64_t place = descriptor_place(layout, number, 0);
    std::uint64_t count = 1;
    while (count < kPiece && number + count < blocks && descriptor_place(layout, number + count, 0) == place + count) {
      ++count;
    }
    bytes.assign(count * layout.block, std::byte{0});
    if (layout.block_is_usable(place)) {
      const std::uint64_t there = std::min(count, layout.blocks - place) * layout.block;
      (void)read_fully(volume, place * layout.block, std::span(bytes).first(there));  // zeros are not sound
    }
    for (std::uint64_t i = 0; i < count; ++i, ++number) {
      const std::uint64_t first = number * descriptors_per_block(layout);
      const std::uint64_t here = std::min(descriptors_per_block(layout), layout.groups - first);
      for (std::uint64_t d = 0; d < here; ++d) {
        const std::size_t at = i * layout.block + d * layout.descriptor_bytes;
        groups.list[first + d] = parse(layout, first + d, Bytes(bytes).subspan(at, layout.descriptor_bytes));
      }
      mend(volume, layout, number, std::span(groups.list).subspan(first, here));
    }
  }
  drop_unusable(layout, groups);
  return groups;
}

void report_blocks(const Layout& layout, Kind kind, std::uint64_t first, std::uint64_t count, EntrySink& sink) {
  if (first >= layout.blocks || count == 0) return;
  sink.area(kind, first * layout.block, std::min(count, layout.blocks - first) * layout.block);
}

void report_books(const Layout& layout, const Groups& groups, EntrySink& sink) {
  const std::uint64_t table =
      (std::uint64_t{layout.inodes_per_group} * layout.inode_bytes + layout.block - 1) / layout.block;
  Joined out(layout);
  for (std::uint64_t number = 0; number < groups.list.size(); ++number) report_descriptors(layout, number, out);
  for (const Group& group : groups.list) {
    if (group.block_bitmap != 0) out.add(group.block_bitmap, 1);
  }
  for (const Group& group : groups.list) {
    if (group.inode_bitmap != 0) out.add(group.inode_bitmap, 1);
  }
  for (const Group& group : groups.list) {
    if (group.inode_table != 0) out.add(group.inode_table, table);
  }
  if (layout.multi_mount_block != 0) out.add(layout.multi_mount_block, 1);
  out.report(sink);
}

}  // namespace ambit::walk::ext
