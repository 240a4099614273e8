// The indexes of a group are B+ trees of blocks of the group; the layout stands in format.h.
//
// A hostile tree may hold itself, name the same block twice or lie about its height. Each block is entered once only
// in a group, whatever tree it is found in, and each level must be one less than the level above; so a walk ends
// after at most as many blocks as there are. Trees of which only the blocks matter are read down to level 1.
#include "stages/walk/xfs/group.h"

#include <algorithm>
#include <unordered_set>

#include "pipeline/limits.h"

namespace ambit::walk::xfs {
namespace {

struct Shape {
  std::uint32_t v4, v5;  // magic numbers
  std::size_t record_bytes, key_bytes;
};
constexpr Shape kFreeByPlace{magic("ABTB"), magic("AB3B"), 8, 8};
constexpr Shape kFreeBySize{magic("ABTC"), magic("AB3C"), 8, 8};
constexpr Shape kInodes{magic("IABT"), magic("IAB3"), 16, 4};
constexpr Shape kFreeInodes{magic("FIBT"), magic("FIB3"), 16, 4};
constexpr Shape kOwners{0, magic("RMB3"), 24, 40};
constexpr Shape kShared{0, magic("R3FC"), 12, 4};

constexpr std::size_t kHeader4 = 16, kHeader5 = 56;

class GroupReader {
 public:
  GroupReader(const Reading& reading, std::uint32_t number)
      : reading_(reading), super_(reading.super), number_(number), blocks_(super_.group_blocks(number)) {}

  // Calls `leaf(records)` for each block of level 0, in order. False: damaged, what was given may not be all.
  template <class Leaf>
  bool walk(const Shape& shape, std::uint32_t root, std::uint32_t levels, Leaf&& leaf) {
    if (levels == 0 || levels > limits::kXfsMaxTreeLevels) return false;
    return descend(shape, root, levels - 1, leaf);
  }
  // Only collects the blocks.
  bool collect(const Shape& shape, std::uint32_t root, std::uint32_t levels) {
    if (levels == 1) return enter(root);
    blocks_only_ = true;
    const bool whole = walk(shape, root, levels, [](Bytes) { return true; });
    blocks_only_ = false;
    return whole;
  }
  [[nodiscard]] std::vector<std::uint32_t> entered() const {
    std::vector<std::uint32_t> sorted(entered_.begin(), entered_.end());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }

 private:
  bool enter(std::uint32_t block) { return block != 0 && block < blocks_ && entered_.insert(block).second; }

  bool block_holds(const Shape& shape, std::uint32_t block, std::uint32_t level, Bytes bytes) const {
    if (be32(bytes, 0) != (super_.v5 ? shape.v5 : shape.v4) || be16(bytes, 4) != level) return false;
    if (!super_.v5) return true;
    const std::uint64_t place = super_.group_place(number_) + (std::uint64_t{block} << super_.block_log);
    return be64(bytes, 16) == Superblock::stamp(place) && be32(bytes, 48) == number_ && crc_holds(bytes, 52);
  }

  template <class Leaf>
  bool descend(const Shape& shape, std::uint32_t block, std::uint32_t level, Leaf& leaf) {
    if (!enter(block)) return false;
    if (level == 0 && blocks_only_) return true;
    std::vector<std::byte> buffer(super_.block_bytes());
    const Bytes bytes(buffer);
    const std::uint64_t place = super_.group_place(number_) + (std::uint64_t{block} << super_.block_log);
    if (!reading_.read(place, buffer) || !block_holds(shape, block, level, bytes)) return false;
    const std::size_t header = super_.v5 ? kHeader5 : kHeader4;
    const std::size_t count = be16(bytes, 6);
    if (level == 0) {
      if (count > (bytes.size() - header) / shape.record_bytes) return false;
      return leaf(bytes.subspan(header, count * shape.record_bytes));
    }
    const std::size_t capacity = (bytes.size() - header) / (shape.key_bytes + 4);
    if (count == 0 || count > capacity) return false;
    bool whole = true;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t child = be32(bytes, header + capacity * shape.key_bytes + 4 * i);
      whole = descend(shape, child, level - 1, leaf) && whole;
    }
    return whole;
  }

  const Reading& reading_;
  const Superblock& super_;
  std::uint32_t number_;
  std::uint32_t blocks_;
  bool blocks_only_ = false;
  std::unordered_set<std::uint32_t> entered_;
};

// One record of a chunk becomes a piece, or some where it is sparse. False if it cannot be true.
class ChunkReader {
 public:
  ChunkReader(const Reading& reading, std::uint32_t number, std::vector<InodePiece>& pieces)
      : super_(reading.super), size_(reading.size()), number_(number), pieces_(pieces) {}

  bool add(Bytes record) {
    const std::uint32_t first = be32(record, 0);
    const std::uint32_t holes = super_.sparse_inodes ? be16(record, 4) : 0;
    const std::uint64_t free = be64(record, 8);
    if (first < next_) return false;  // not in order: the same chunk again, or one across another
    next_ = std::uint64_t{first} + 64;
    bool whole = true;
    for (std::uint32_t cell = 0; cell < 16;) {
      const std::uint32_t begin = cell;
      const bool missing = (holes >> cell & 1) != 0;
      while (cell < 16 && ((holes >> cell & 1) != 0) == missing) ++cell;
      if (!missing)
        whole = add_piece(std::uint64_t{first} + begin * 4, (cell - begin) * 4, free >> (begin * 4)) && whole;
    }
    return whole;
  }

 private:
  bool add_piece(std::uint64_t in_group, std::uint32_t count, std::uint64_t free) {
    const std::uint64_t group_inodes = std::uint64_t{super_.group_blocks(number_)} << super_.inodes_log;
    if (in_group + count > group_inodes || in_group >> super_.inodes_log == 0) return false;
    const std::uint64_t inode = (std::uint64_t{number_} << (super_.ag_block_log + super_.inodes_log)) + in_group;
    const std::uint64_t place = super_.inode_place(inode);
    const std::uint64_t bytes = std::uint64_t{count} << super_.inode_log;
    if (place > size_ || bytes > size_ - place) return false;
    pieces_.push_back({inode, free, count});
    return true;
  }

  const Superblock& super_;
  std::uint64_t size_;
  std::uint32_t number_;
  std::uint64_t next_ = 0;
  std::vector<InodePiece>& pieces_;
};

bool read_inodes(const Reading& reading, GroupReader& trees, std::uint32_t number, Bytes agi,
                 std::vector<InodePiece>& pieces) {
  ChunkReader chunks(reading, number, pieces);
  return trees.walk(kInodes, be32(agi, 20), be32(agi, 24), [&](Bytes records) {
    bool whole = true;
    for (; !records.empty(); records = records.subspan(kInodes.record_bytes)) {
      whole = chunks.add(records.first(kInodes.record_bytes)) && whole;
    }
    return whole;
  });
}

bool read_free(const Reading& reading, GroupReader& trees, std::uint32_t number, Bytes agf,
               std::vector<FreeExtent>& free) {
  const std::uint32_t blocks = reading.super.group_blocks(number);
  std::uint64_t next = 1;
  return trees.walk(kFreeByPlace, be32(agf, 16), be32(agf, 28), [&](Bytes records) {
    for (; !records.empty(); records = records.subspan(kFreeByPlace.record_bytes)) {
      const FreeExtent extent{be32(records, 0), be32(records, 4)};
      if (extent.block < next || extent.count == 0 || extent.block >= blocks) return false;
      if (extent.count > blocks - extent.block || free.size() >= limits::kXfsMaxFreeExtents) return false;
      next = std::uint64_t{extent.block} + extent.count;
      free.push_back(extent);
    }
    return true;
  });
}

// The header in sector `sector` of the group, if it is what it should be.
bool read_header(const Reading& reading, std::uint32_t number, std::uint32_t sector, std::uint32_t wanted,
                 std::size_t crc_at, std::vector<std::byte>& header) {
  header.resize(reading.super.sector_bytes);
  const std::uint64_t place = reading.super.group_place(number) + std::uint64_t{sector} * header.size();
  if (!reading.read(place, header) || be32(header, 0) != wanted || be32(header, 8) != number) return false;
  return !reading.super.v5 || crc_holds(header, crc_at);
}

}  // namespace

void FreeSpace::add_group(std::vector<FreeExtent> extents) {
  extents_ += extents.size();
  groups_.push_back(std::move(extents));
}

bool FreeSpace::has_room(std::size_t extents) const { return extents <= limits::kXfsMaxFreeExtents - extents_; }

bool FreeSpace::holds(const Superblock& super, std::uint64_t block, std::uint64_t count) const {
  const std::uint64_t number = block >> super.ag_block_log;
  const std::uint64_t at = block & ((std::uint64_t{1} << super.ag_block_log) - 1);
  if (number >= groups_.size()) return false;
  const std::vector<FreeExtent>& group = groups_[number];
  auto after = std::upper_bound(group.begin(), group.end(), at,
                                [](std::uint64_t value, const FreeExtent& extent) { return value < extent.block; });
  if (after == group.begin()) return false;
  --after;
  return at + count <= std::uint64_t{after->block} + after->count;
}

Group read_group(const Reading& reading, std::uint32_t number, std::vector<InodePiece>& pieces) {
  const Superblock& super = reading.super;
  Group group;
  GroupReader trees(reading, number);
  std::vector<std::byte> header;
  // The index of inodes goes first: where a damaged group has two trees in one block, the inodes are worth more.
  bool rest_whole = true;
  if (read_header(reading, number, 2, magic("XAGI"), 312, header)) {
    group.inodes_whole = read_inodes(reading, trees, number, header, pieces);
    if (super.has_free_inodes) rest_whole = trees.collect(kFreeInodes, be32(header, 328), be32(header, 332));
  }
  if (read_header(reading, number, 1, magic("XAGF"), 216, header)) {
    const bool free_whole = read_free(reading, trees, number, header, group.free);
    if (!free_whole) group.free.clear();
    rest_whole = trees.collect(kFreeBySize, be32(header, 20), be32(header, 32)) && free_whole && rest_whole;
    if (super.has_owners) rest_whole = trees.collect(kOwners, be32(header, 24), be32(header, 36)) && rest_whole;
    if (super.has_shared) rest_whole = trees.collect(kShared, be32(header, 88), be32(header, 92)) && rest_whole;
  } else {
    rest_whole = false;
  }
  group.whole = rest_whole && group.inodes_whole;
  group.index_blocks = trees.entered();
  return group;
}

}  // namespace ambit::walk::xfs
