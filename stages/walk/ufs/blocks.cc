#include "stages/walk/ufs/blocks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "stages/walk/layout.h"

namespace ambit::walk {
namespace {

constexpr std::array<std::uint64_t, 4> kSuperblocks{65536, 8192, 0, 262144};
constexpr std::size_t kSuperblockBytes = 1376, kMagicAt = 1372;
constexpr std::uint64_t kMagic1 = 0x011954, kMagic2 = 0x19540119;
constexpr std::uint64_t kMaxBlockBytes = 64 * limits::KiB;

class Mapping {
 public:
  Mapping(const ByteSource& volume, const UfsShape& shape, std::uint64_t size, Allowance& allowance)
      : volume_(volume), shape_(shape), size_(size), allowance_(allowance) {}

  // The `level` of an address: 0 is a block of the file. False: no more can be followed.
  bool follow(std::uint64_t address, int level);
  UfsBlocks take() { return std::move(blocks_); }

 private:
  // Bytes of the file behind one address of this level.
  [[nodiscard]] std::uint64_t behind(int level) const {
    std::uint64_t bytes = shape_.block_bytes;
    for (; level > 0; --level) bytes *= shape_.block_bytes / shape_.address_bytes();
    return bytes;
  }
  [[nodiscard]] bool inside(std::uint64_t address, std::uint64_t length) const {
    const std::uint64_t fragments = volume_.size() / shape_.fragment_bytes;
    return address < fragments && length <= volume_.size() - address * shape_.fragment_bytes;
  }
  bool fail() {
    blocks_.whole = false;
    return false;
  }

  const ByteSource& volume_;
  const UfsShape& shape_;
  const std::uint64_t size_;
  Allowance& allowance_;
  std::uint64_t at_ = 0;  // bytes of the file before the next block
  UfsBlocks blocks_;
};

bool Mapping::follow(std::uint64_t address, int level) {
  if (at_ >= size_) return true;
  if (address == 0) {
    at_ += std::min(behind(level), size_ - at_);
    return true;
  }
  if (level == 0) {
    const std::uint64_t left =
        (size_ - at_ + shape_.fragment_bytes - 1) / shape_.fragment_bytes * shape_.fragment_bytes;
    const std::uint64_t length = std::min(shape_.block_bytes, left);
    if (!inside(address, length)) return fail();
    if (!append_run(blocks_.data, {at_, address * shape_.fragment_bytes, length})) return fail();
    at_ += shape_.block_bytes;
    return true;
  }
  std::vector<std::byte> table(shape_.block_bytes);
  if (!inside(address, table.size()) || !allowance_.spend(table.size())) return fail();
  if (!read_fully(volume_, address * shape_.fragment_bytes, table).ok()) return fail();
  const std::uint64_t book = blocks_.books.empty() ? 0 : blocks_.books.back().end();
  if (!append_run(blocks_.books, {book, address * shape_.fragment_bytes, table.size()})) return fail();
  for (std::size_t i = 0; i < table.size() && at_ < size_; i += shape_.address_bytes()) {
    if (!follow(ufs_number(std::span(table).subspan(i, shape_.address_bytes()), shape_.big_endian), level - 1))
      return false;
  }
  return true;
}

}  // namespace

std::uint64_t ufs_number(std::span<const std::byte> bytes, bool big_endian) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[big_endian ? i : bytes.size() - 1 - i]);
  return value;
}

Result<std::optional<UfsShape>> ufs_shape(const ByteSource& volume) {
  for (const std::uint64_t place : kSuperblocks) {
    std::array<std::byte, kSuperblockBytes> block;
    if (place + block.size() > volume.size() || !read_fully(volume, place, block).ok()) continue;
    for (const bool big_endian : {false, true}) {
      const auto field = [&](std::size_t at, std::size_t bytes = 4) {
        return ufs_number(std::span(block).subspan(at, bytes), big_endian);
      };
      const std::uint64_t magic = field(kMagicAt);
      if (magic != kMagic1 && magic != kMagic2) continue;
      UfsShape shape;
      shape.second = magic == kMagic2;
      shape.big_endian = big_endian;
      shape.superblock_at = place;
      shape.superblock_first = field(8), shape.books_first = field(12), shape.inodes_first = field(16);
      shape.data_first = field(20), shape.group_offset = field(24), shape.group_mask = field(28);
      shape.groups = field(44), shape.block_bytes = field(48), shape.fragment_bytes = field(52);
      shape.group_inodes = field(184), shape.group_fragments = field(188);
      shape.fragments = shape.second ? field(1080, 8) : field(36);
      const bool sizes = std::has_single_bit(shape.block_bytes) && std::has_single_bit(shape.fragment_bytes) &&
                         shape.fragment_bytes >= 512 && shape.block_bytes >= shape.fragment_bytes &&
                         shape.block_bytes <= kMaxBlockBytes && shape.block_bytes >= shape.inode_bytes();
      const std::uint64_t most = volume.size() / std::max<std::uint64_t>(shape.fragment_bytes, 1);
      const bool counts = shape.groups > 0 && shape.group_inodes > 0 && shape.group_fragments > 0 &&
                          shape.groups <= most && shape.group_inodes <= most * 16 && shape.group_fragments <= most * 2;
      if (!sizes || !counts) return Error{ErrorKind::evidence, "a volume of UFS is damaged beyond use", "", ""};
      shape.declared_fragments = shape.fragments;
      shape.fragments = std::min(shape.fragments, most);
      return std::optional(shape);
    }
  }
  return std::optional<UfsShape>();
}

std::optional<UfsInode> ufs_inode(const ByteSource& volume, const UfsShape& shape, std::uint64_t number) {
  const std::uint64_t group = number / shape.group_inodes;
  if (group >= shape.groups) return std::nullopt;
  const std::uint64_t table = (shape.group_start(group) + shape.inodes_first) * shape.fragment_bytes;
  const std::uint64_t at = table + number % shape.group_inodes * shape.inode_bytes();
  std::array<std::byte, 256> bytes;
  const std::span<std::byte> inode = std::span(bytes).first(shape.inode_bytes());
  if (at >= volume.size() || inode.size() > volume.size() - at || !read_fully(volume, at, inode).ok()) {
    return std::nullopt;
  }
  const auto field = [&](std::size_t offset, std::size_t length) {
    return ufs_number(inode.subspan(offset, length), shape.big_endian);
  };
  UfsInode out;
  out.mode = static_cast<std::uint16_t>(field(0, 2));
  out.size = field(shape.second ? 16 : 8, 8);
  out.modified = shape.second ? static_cast<std::int64_t>(field(40, 8)) : static_cast<std::int32_t>(field(24, 4));
  const std::size_t addresses = shape.second ? 112 : 40;
  for (std::size_t i = 0; i < out.addresses.size(); ++i) {
    out.addresses[i] = field(addresses + i * shape.address_bytes(), shape.address_bytes());
  }
  out.target_bytes = out.addresses.size() * shape.address_bytes();
  std::memcpy(out.target.data(), inode.data() + addresses, out.target_bytes);
  return out;
}

UfsBlocks ufs_blocks(const ByteSource& volume, const UfsShape& shape, std::span<const std::uint64_t, 15> addresses,
                     std::uint64_t size, Allowance& allowance) {
  Mapping mapping(volume, shape, size, allowance);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (!mapping.follow(addresses[i], i < 12 ? 0 : static_cast<int>(i - 11))) break;
  }
  return mapping.take();
}

}  // namespace ambit::walk
