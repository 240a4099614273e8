#include "stages/open/block_cache.h"

#include <algorithm>
#include <cstring>

namespace ambit {

BlockCache::Shard& BlockCache::shard_of(const Key& key) {
  // Neighbours in different shards: places of blocks are multiples of some power of two, of chunks plain numbers.
  return shards_[(key.at * 0x9E37'79B9'7F4A'7C15U >> 32U) % kShards];
}

bool BlockCache::get(const Key& key, std::uint64_t inside, std::span<std::byte> into) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.places.find(key);
  if (found == shard.places.end()) return false;
  const std::vector<std::byte>& bytes = found->second->bytes;
  if (inside > bytes.size() || into.size() > bytes.size() - inside) return false;
  std::memcpy(into.data(), bytes.data() + inside, into.size());
  shard.blocks.splice(shard.blocks.begin(), shard.blocks, found->second);
  return true;
}

void BlockCache::put(const Key& key, std::span<const std::byte> block) {
  if (block.empty() || block.size() > shard_bytes_ / 2) return;
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  if (shard.places.contains(key)) return;
  std::list<Block> taken;  // the block that made room last: its memory is used again
  while (shard.bytes + block.size() > shard_bytes_) {
    taken.clear();
    shard.bytes -= shard.blocks.back().bytes.size();
    shard.places.erase(shard.blocks.back().key);
    taken.splice(taken.begin(), shard.blocks, std::prev(shard.blocks.end()));
  }
  if (taken.empty()) taken.emplace_back();
  taken.front().key = key;
  taken.front().bytes.assign(block.begin(), block.end());
  shard.blocks.splice(shard.blocks.begin(), taken);
  shard.places.emplace(key, shard.blocks.begin());
  shard.bytes += block.size();
}

}  // namespace ambit
