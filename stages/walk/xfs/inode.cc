//   core = "IN" mode:2 version:1 format:1 …16:links:4 … 24:(extents:8 if many) … 40:modified:8 … 56:size:8
//          … 76:extents:4 80:attribute_extents:2 82:forkoff:1 83:attribute_format:1 … 90:flags:2 …
//          v5: 100:crc:4 … 120:flags2:8 … 152:number:8 160:uuid:16
//   (flags2 "many": extents at 24 in 8 bytes, those of attributes at 76 in 4)
#include "stages/walk/xfs/inode.h"

#include <sys/stat.h>

#include "pipeline/limits.h"

namespace ambit::walk::xfs {
namespace {

constexpr std::size_t kCore4 = 100, kCore5 = 176;
constexpr std::uint64_t kFlagBigTime = 8, kFlagManyExtents = 16, kFlagMetadata = 32;
constexpr std::uint16_t kFlagRealtime = 1;

bool core_holds(const Superblock& super, Bytes raw, std::uint64_t number) {
  if (raw.size() < super.inode_bytes() || be16(raw, 0) != 0x494E) return false;
  const std::uint8_t version = be8(raw, 4);
  if (!super.v5) return version == 1 || version == 2;
  return version == 3 && be64(raw, 152) == number && same_uuid(raw, 160, super.uuid) && crc_holds(raw, 100);
}

std::optional<FileType> type_of(std::uint16_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return FileType::file;
    case S_IFDIR:
      return FileType::folder;
    case S_IFLNK:
      return FileType::link;
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
      return FileType::special;
    default:
      return std::nullopt;
  }
}

// Both forks; false if they do not fit into the inode.
bool split_forks(const Superblock& super, Bytes raw, bool many, Inode& inode) {
  const Bytes literal = literal_area(super, raw);
  const std::size_t offset = std::size_t{be8(raw, 82)} * 8;
  const std::uint8_t format = be8(raw, 5), attribute_format = be8(raw, 83);
  if (offset > literal.size() || format > 3) return false;
  inode.data = {static_cast<ForkFormat>(format), many ? be64(raw, 24) : be32(raw, 76),
                offset == 0 ? literal : literal.first(offset)};
  if (offset == 0) return true;
  if (attribute_format < 1 || attribute_format > 3) return false;
  inode.attributes = {static_cast<ForkFormat>(attribute_format), many ? be32(raw, 76) : be16(raw, 80),
                      literal.subspan(offset)};
  return true;
}

// A tree of extents. Each record must begin behind the one before it, and no block is empty, so a block that comes
// a second time ends the walk.
class MappingReader {
 public:
  MappingReader(Reading& reading, std::uint64_t inode, Mapping& into)
      : reading_(reading), super_(reading.super), inode_(inode), into_(into) {}

  bool add_records(Bytes records) {
    for (; records.size() >= kExtentBytes; records = records.subspan(kExtentBytes)) {
      const Extent extent = decode_extent(records);
      if (extent.count == 0 || extent.start < next_ || into_.extents.size() >= limits::kXfsMaxExtents) return false;
      if (!super_.valid_blocks(extent.block, extent.count)) return false;
      const std::uint64_t place = super_.place(extent.block);
      const std::uint64_t bytes = extent.count << super_.block_log;
      if (place > reading_.size() || bytes > reading_.size() - place) return false;
      next_ = extent.end();
      into_.extents.push_back(extent);
    }
    return true;
  }

  bool add_root(Bytes fork) {
    if (fork.size() < 4) return false;
    const std::size_t level = be16(fork, 0), count = be16(fork, 2), capacity = (fork.size() - 4) / 16;
    if (level == 0 || level > limits::kXfsMaxTreeLevels || count == 0 || count > capacity) return false;
    for (std::size_t i = 0; i < count; ++i) {
      if (!descend(be64(fork, 4 + capacity * 8 + i * 8), level - 1)) return false;
    }
    return true;
  }

 private:
  bool block_holds(Bytes bytes, std::uint64_t place, std::size_t level) const {
    if (be32(bytes, 0) != (super_.v5 ? magic("BMA3") : magic("BMAP")) || be16(bytes, 4) != level) return false;
    if (!super_.v5) return true;
    return be64(bytes, 24) == Superblock::stamp(place) && be64(bytes, 56) == inode_ && crc_holds(bytes, 64);
  }

  bool descend(std::uint64_t block, std::size_t level) {
    if (!super_.valid_blocks(block, 1)) return false;
    std::vector<std::byte> buffer(super_.block_bytes());
    const Bytes bytes(buffer);
    const std::uint64_t place = super_.place(block);
    if (!reading_.read_owned(place, buffer) || !block_holds(bytes, place, level)) return false;
    into_.tree_blocks.push_back(block);
    const std::size_t header = super_.v5 ? 72 : 24;
    const std::size_t count = be16(bytes, 6), capacity = (bytes.size() - header) / 16;
    if (count == 0 || count > capacity) return false;
    if (level == 0) return add_records(bytes.subspan(header, count * kExtentBytes));
    for (std::size_t i = 0; i < count; ++i) {
      if (!descend(be64(bytes, header + capacity * 8 + i * 8), level - 1)) return false;
    }
    return true;
  }

  Reading& reading_;
  const Superblock& super_;
  std::uint64_t inode_;
  Mapping& into_;
  std::uint64_t next_ = 0;
};

}  // namespace

Bytes literal_area(const Superblock& super, Bytes raw) { return raw.subspan(super.v5 ? kCore5 : kCore4); }

// Big times count nanoseconds from the earliest that the old ones (32 bits of seconds) could say.
std::int64_t modified_time(const Superblock& super, Bytes raw) {
  const bool big = super.v5 && (be64(raw, 120) & kFlagBigTime) != 0;
  if (!big) return static_cast<std::int32_t>(be32(raw, 40));
  return static_cast<std::int64_t>(be64(raw, 40) / 1'000'000'000) + INT32_MIN;
}

std::optional<Inode> decode_inode(const Superblock& super, Bytes raw, std::uint64_t number) {
  if (!core_holds(super, raw, number)) return std::nullopt;
  const std::optional<FileType> type = type_of(be16(raw, 2));
  if (!type) return std::nullopt;
  const std::uint64_t flags2 = super.v5 ? be64(raw, 120) : 0;
  Inode inode;
  inode.number = number;
  inode.type = *type;
  inode.links = be8(raw, 4) == 1 ? be16(raw, 6) : be32(raw, 16);
  inode.size = be64(raw, 56);
  inode.modified = modified_time(super, raw);
  inode.realtime = (be16(raw, 90) & kFlagRealtime) != 0;
  inode.internal = (flags2 & kFlagMetadata) != 0;
  for (const std::uint64_t internal : super.internal_inodes) inode.internal = inode.internal || internal == number;
  if (inode.size > INT64_MAX || !split_forks(super, raw, (flags2 & kFlagManyExtents) != 0, inode)) return std::nullopt;
  return inode;
}

bool is_free_inode(const Superblock& super, Bytes raw, std::uint64_t number) {
  return raw.size() >= super.inode_bytes() && be16(raw, 2) == 0 && be64(raw, 56) == 0 && be64(raw, 64) == 0 &&
         core_holds(super, raw, number);
}

Extent decode_extent(Bytes record) {
  const std::uint64_t high = be64(record, 0), low = be64(record, 8);
  return {high << 1 >> 10, (high & 0x1FF) << 43 | low >> 21, low & 0x1FFFFF, high >> 63 != 0};
}

bool read_mapping(Reading& reading, const Fork& fork, std::uint64_t inode, Mapping& into) {
  into.extents.clear();
  into.tree_blocks.clear();
  MappingReader reader(reading, inode, into);
  if (fork.format == ForkFormat::extents) {
    return fork.extents <= fork.bytes.size() / kExtentBytes &&
           reader.add_records(fork.bytes.first(fork.extents * kExtentBytes));
  }
  return fork.format == ForkFormat::tree && reader.add_root(fork.bytes) && into.extents.size() == fork.extents;
}

}  // namespace ambit::walk::xfs
