// A file of a squashfs, put together from its blocks.
//
//   file := block… [piece of a fragment]      a fragment is a block that holds the ends of several files
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "stages/unpack/archive/squashfs_image.h"

namespace ambit::unpack {

// What an inode says, as far as it is wanted here.
struct SquashfsInode {
  static constexpr std::uint32_t kNone = UINT32_MAX;  // no fragment, no attributes
  static constexpr std::uint16_t kFolder = 1, kFile = 2, kLongFolder = 8, kLongFile = 9;

  std::uint16_t type = 0;
  std::uint32_t modified = 0, attributes = kNone;
  // of a folder
  std::uint64_t listing = 0;  // its place among the folders, as of an inode
  std::uint32_t listing_bytes = 0;
  // of a file
  std::uint64_t size = 0, blocks_at = 0;
  std::uint32_t links = 1, fragment = kNone, in_fragment = 0;
  SquashfsImage::Place list;  // of the sizes of its blocks
  [[nodiscard]] bool is_folder() const { return type == kFolder || type == kLongFolder; }
  [[nodiscard]] bool is_file() const { return type == kFile || type == kLongFile; }
  [[nodiscard]] bool has_fragment() const { return fragment != kNone && in_fragment != kNone; }
};

class SquashfsFile {
 public:
  explicit SquashfsFile(SquashfsImage& image) : image_(image) {}

  void begin(const SquashfsInode& inode);
  void end() { left_ = blocks_left_ = 0; }
  // The next bytes, into `block`, while there are some left. False: they are damaged.
  [[nodiscard]] bool next_block(std::vector<std::byte>& block);
  [[nodiscard]] bool is_over() const { return left_ == 0; }
  // Where its bytes stand as they are, in one piece; asked before anything is read. Of files that share bytes, and of
  // those that stand before another, the first has them.
  [[nodiscard]] std::optional<std::uint64_t> stored_place();

 private:
  // The size of a block as it is packed.
  struct BlockSize {
    explicit BlockSize(std::uint32_t told) : bytes(told & 0xffffff), is_packed((told & 1U << 24) == 0) {}
    std::uint32_t bytes;  // 0: it is all zeros
    bool is_packed;
  };
  struct Fragment {
    std::uint64_t at;
    BlockSize size;
  };
  [[nodiscard]] std::optional<BlockSize> next_size();
  [[nodiscard]] std::optional<Fragment> find_fragment(std::uint32_t number);
  [[nodiscard]] bool read_fragment(std::size_t bytes, std::vector<std::byte>& block);
  // Where they begin, if all are as they are and follow one another.
  [[nodiscard]] std::optional<std::uint64_t> stored_blocks();

  SquashfsImage& image_;
  SquashfsInode inode_;
  std::uint64_t left_ = 0, blocks_left_ = 0;  // bytes, and blocks, that are still packed
  std::uint64_t stored_until_ = 0;
  std::vector<std::byte> fragment_;                       // the last one that was unpacked,
  std::uint32_t fragment_number_ = SquashfsInode::kNone;  // and which it is
};

}  // namespace ambit::unpack
