// BlockCache: blocks of packed images, unpacked, kept for those who ask again.
//
// A file in an image is read once by the sweep, and once more by whoever takes it apart: the directory of a zip at its
// end, then its members, each a few bytes here and there. From a raw image that is a copy. Of an E01 each time means to
// inflate a chunk of 32 KiB. So the blocks of the last moments stay. One cache serves all images of a run, so that its
// memory is bounded however many there are.
//
// Threads: any number. A block belongs to a shard by its key, each shard to who holds its lock, for a copy of the
// block.
#pragma once

#include <array>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <span>
#include <vector>

namespace ambit {

class BlockCache {
 public:
  struct Key {
    std::uint64_t image = 0;  // from new_image()
    std::uint32_t part = 0;   // the file of the image
    std::uint64_t at = 0;     // whatever tells the block from others of its part
    auto operator<=>(const Key&) const = default;
  };

  // `bytes`: of blocks held at once, at most.
  explicit BlockCache(std::size_t bytes) : shard_bytes_(bytes / kShards) {}

  // A number that no other image of this cache has.
  [[nodiscard]] std::uint64_t new_image() { return images_.fetch_add(1, std::memory_order_relaxed); }
  // Fills `into` with the bytes of the block from `inside` on. False: it is not here, or shorter.
  [[nodiscard]] bool get(const Key& key, std::uint64_t inside, std::span<std::byte> into);
  // Keeps a copy, in the place of those that were not asked for longest. A block that would take the room of many is
  // not kept.
  void put(const Key& key, std::span<const std::byte> block);

 private:
  static constexpr std::size_t kShards = 8;
  struct Block {
    Key key;
    std::vector<std::byte> bytes;
  };
  struct Shard {
    std::mutex mutex;
    std::list<Block> blocks;  // what was asked for last comes first
    std::map<Key, std::list<Block>::iterator> places;
    std::size_t bytes = 0;
  };
  [[nodiscard]] Shard& shard_of(const Key& key);

  const std::size_t shard_bytes_;
  std::atomic<std::uint64_t> images_{0};
  std::array<Shard, kShards> shards_;
};

}  // namespace ambit
