#include "stages/walk/ufs_blocks.h"

#include <algorithm>
#include <array>
#include <bit>

#include "stages/walk/layout.h"

namespace ambit::walk {
namespace {

// Where the superblock may be, and where its fields are in it (BSD's ufs/ffs/fs.h).
constexpr std::array<std::uint64_t, 3> kSuperblocks{65536, 8192, 262144};
constexpr std::size_t kSuperblockBytes = 1376, kBlockBytesAt = 48, kFragmentBytesAt = 52, kMagicAt = 1372;
constexpr std::uint64_t kMagic1 = 0x011954, kMagic2 = 0x19540119;
constexpr std::uint64_t kMaxBlockBytes = 64 * limits::KiB;

std::uint64_t number(std::span<const std::byte> bytes, bool big_endian) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[big_endian ? i : bytes.size() - 1 - i]);
  return value;
}

class Mapping {
 public:
  Mapping(const ByteSource& volume, const UfsShape& shape, std::uint64_t size)
      : volume_(volume), shape_(shape), size_(size) {}

  // The `level` of an address: 0 is a block of the file. False: no more can be followed.
  bool follow(std::uint64_t address, int level);
  UfsBlocks take() { return std::move(blocks_); }

 private:
  // Bytes of the file behind one address of this level.
  [[nodiscard]] std::uint64_t behind(int level) const {
    std::uint64_t bytes = shape_.block_bytes;
    for (; level > 0; --level) bytes *= shape_.block_bytes / shape_.address_bytes;
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
  if (!inside(address, table.size())) return fail();
  const auto got = volume_.read_at(address * shape_.fragment_bytes, table);
  if (!got.ok() || *got != table.size()) return fail();
  const std::uint64_t book = blocks_.books.empty() ? 0 : blocks_.books.back().end();
  if (!append_run(blocks_.books, {book, address * shape_.fragment_bytes, table.size()})) return fail();
  for (std::size_t i = 0; i < table.size() && at_ < size_; i += shape_.address_bytes) {
    if (!follow(number(std::span(table).subspan(i, shape_.address_bytes), shape_.big_endian), level - 1)) return false;
  }
  return true;
}

}  // namespace

std::optional<UfsShape> ufs_shape(const ByteSource& volume, bool big_endian) {
  for (const std::uint64_t place : kSuperblocks) {
    std::array<std::byte, kSuperblockBytes> block;
    const auto got = volume.read_at(place, block);
    if (!got.ok() || *got != block.size()) continue;
    const auto field = [&](std::size_t at) { return number(std::span(block).subspan(at, 4), big_endian); };
    const std::uint64_t magic = field(kMagicAt);
    if (magic != kMagic1 && magic != kMagic2) continue;
    const UfsShape shape{field(kBlockBytesAt), field(kFragmentBytesAt), magic == kMagic1 ? 4U : 8U, big_endian};
    const bool sizes = std::has_single_bit(shape.block_bytes) && std::has_single_bit(shape.fragment_bytes) &&
                       shape.fragment_bytes >= 512 && shape.block_bytes >= shape.fragment_bytes &&
                       shape.block_bytes <= kMaxBlockBytes;
    if (sizes) return shape;
  }
  return std::nullopt;
}

UfsBlocks ufs_blocks(const ByteSource& volume, const UfsShape& shape, std::span<const std::uint64_t, 15> addresses,
                     std::uint64_t size) {
  Mapping mapping(volume, shape, size);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (!mapping.follow(addresses[i], i < 12 ? 0 : static_cast<int>(i - 11))) break;
  }
  return mapping.take();
}

}  // namespace ambit::walk
