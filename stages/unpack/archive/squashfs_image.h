// A squashfs as libsquashfs reads it: its super-block, its metadata, its blocks, its extended attributes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/object.h"

namespace ambit::unpack {

class SquashfsImage {
 public:
  // What the super-block says. Places count bytes of the image; none of it was checked but the size of a block.
  struct Super {
    std::uint64_t root = 0;         // the inode of the outermost folder; see inode_place()
    std::uint32_t block_bytes = 0;  // 4 KiB to 1 MiB
    std::uint32_t fragments = 0;    // how many
    std::uint64_t inodes_at = 0, folders_at = 0, fragments_at = 0;
    bool has_attributes = false;
  };
  // A byte of metadata: which one of the block of 8 KiB that stands, packed, at `block`.
  struct Place {
    std::uint64_t block = 0;
    std::size_t at = 0;
  };
  enum class Table : std::uint8_t { inodes, folders, fragments };
  struct Attribute {
    std::string name;
    std::vector<std::byte> value;
  };

  // `content` is open, has `size` bytes and outlives the image. Null: it is damaged, or of another version than 4.
  [[nodiscard]] static std::unique_ptr<SquashfsImage> open(Content& content, std::uint64_t size);
  ~SquashfsImage();
  SquashfsImage(const SquashfsImage&) = delete;
  SquashfsImage& operator=(const SquashfsImage&) = delete;

  [[nodiscard]] const Super& super() const { return super_; }
  [[nodiscard]] std::uint64_t size() const;

  // Each fills `into` or says false.
  [[nodiscard]] bool read(std::uint64_t at, std::span<std::byte> into);
  [[nodiscard]] bool read_metadata(Table table, Place& place, std::span<std::byte> into);  // moves `place` behind it
  // The block at `at` that is packed in `bytes`, or stands there as it is; at most block_bytes of it.
  [[nodiscard]] bool read_block(std::uint64_t at, std::uint32_t bytes, bool is_packed, std::vector<std::byte>& block);

  // How many attributes set `number` has, of which the first comes next; nothing where that cannot be read.
  [[nodiscard]] std::optional<std::uint32_t> begin_attributes(std::uint32_t number);
  [[nodiscard]] std::optional<Attribute> next_attribute();

 private:
  struct Library;
  explicit SquashfsImage(std::unique_ptr<Library> library);
  std::unique_ptr<Library> library_;
  Super super_;
};

}  // namespace ambit::unpack
