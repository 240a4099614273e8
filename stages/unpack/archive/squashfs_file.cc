#include "stages/unpack/archive/squashfs_file.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "stages/unpack/input.h"

namespace ambit::unpack {

void SquashfsFile::begin(const SquashfsInode& inode) {
  const std::uint64_t block = image_.super().block_bytes;
  inode_ = inode;
  left_ = inode.size;
  blocks_left_ = left_ / block + (left_ % block != 0 && !inode.has_fragment() ? 1 : 0);
}

std::optional<SquashfsFile::BlockSize> SquashfsFile::next_size() {
  std::array<std::byte, 4> size;
  if (!image_.read_metadata(SquashfsImage::Table::inodes, inode_.list, size)) return std::nullopt;
  --blocks_left_;
  return BlockSize(little32(size, 0));
}

std::optional<std::uint64_t> SquashfsFile::stored_blocks() {
  std::uint64_t bytes = 0;
  while (blocks_left_ > 0) {
    const std::optional<BlockSize> size = next_size();
    if (!size || size->is_packed || size->bytes == 0) return std::nullopt;
    bytes += size->bytes;
  }
  return bytes == inode_.size ? std::optional(inode_.blocks_at) : std::nullopt;
}

std::optional<std::uint64_t> SquashfsFile::stored_place() {
  if (left_ == 0) return std::nullopt;
  std::optional<std::uint64_t> at;
  if (blocks_left_ > 0 && inode_.blocks_at >= stored_until_) {
    const std::pair before(inode_.list, blocks_left_);
    at = stored_blocks();
    std::tie(inode_.list, blocks_left_) = before;
  } else if (blocks_left_ == 0) {
    const std::optional<Fragment> fragment = find_fragment(inode_.fragment);
    if (fragment && !fragment->size.is_packed) at = fragment->at + inode_.in_fragment;
  }
  const bool is_there = at && *at >= stored_until_ && *at <= image_.size() && inode_.size <= image_.size() - *at;
  if (!is_there) return std::nullopt;
  stored_until_ = *at + inode_.size;
  return at;
}

// The table of fragments is a list of places of metadata, each with 512 entries: place:8 size:4 unused:4.
std::optional<SquashfsFile::Fragment> SquashfsFile::find_fragment(std::uint32_t number) {
  constexpr std::uint64_t kInOne = 512;
  constexpr std::size_t kPlace = 8, kEntry = 16;
  const SquashfsImage::Super& super = image_.super();
  std::array<std::byte, kEntry> bytes;
  if (number >= super.fragments || super.fragments_at > image_.size()) return std::nullopt;
  if (!image_.read(super.fragments_at + number / kInOne * kPlace, std::span(bytes).first(kPlace))) return std::nullopt;
  SquashfsImage::Place place{little64(bytes, 0), static_cast<std::size_t>(number % kInOne * kEntry)};
  if (!image_.read_metadata(SquashfsImage::Table::fragments, place, bytes)) return std::nullopt;
  return Fragment{little64(bytes, 0), BlockSize(little32(bytes, 8))};
}

bool SquashfsFile::read_fragment(std::size_t bytes, std::vector<std::byte>& block) {
  if (!inode_.has_fragment()) return false;
  if (fragment_number_ != inode_.fragment) {
    fragment_number_ = SquashfsInode::kNone;
    const std::optional<Fragment> found = find_fragment(inode_.fragment);
    if (!found || !image_.read_block(found->at, found->size.bytes, found->size.is_packed, fragment_)) return false;
    fragment_number_ = inode_.fragment;
  }
  if (inode_.in_fragment > fragment_.size() || bytes > fragment_.size() - inode_.in_fragment) return false;
  const auto begin = fragment_.begin() + static_cast<std::ptrdiff_t>(inode_.in_fragment);
  block.assign(begin, begin + static_cast<std::ptrdiff_t>(bytes));
  return true;
}

bool SquashfsFile::next_block(std::vector<std::byte>& block) {
  const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(left_, image_.super().block_bytes));
  left_ -= bytes;
  if (blocks_left_ == 0) return read_fragment(bytes, block);
  const std::optional<BlockSize> size = next_size();
  if (!size) return false;
  if (size->bytes == 0) {
    block.assign(bytes, std::byte{0});
    return true;
  }
  const std::uint64_t at = std::exchange(inode_.blocks_at, inode_.blocks_at + size->bytes);
  return image_.read_block(at, size->bytes, size->is_packed, block) && block.size() == bytes;
}

}  // namespace ambit::unpack
