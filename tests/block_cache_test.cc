#include "stages/open/block_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace ambit::block_cache_test {
namespace {

using Key = BlockCache::Key;

void put(BlockCache& cache, const Key& key, const std::string& bytes) {
  cache.put(key, std::as_bytes(std::span(bytes)));
}
std::optional<std::string> get(BlockCache& cache, const Key& key, std::uint64_t inside, std::size_t bytes) {
  std::string into(bytes, '?');
  if (!cache.get(key, inside, std::as_writable_bytes(std::span(into)))) return std::nullopt;
  return into;
}

TEST(BlockCache, gives_any_part_of_a_block_and_nothing_beyond_it) {
  BlockCache cache(1U << 20U);
  const Key key{cache.new_image(), 0, 7};
  EXPECT_EQ(get(cache, key, 0, 1), std::nullopt);
  put(cache, key, "the block");
  EXPECT_EQ(get(cache, key, 0, 9), "the block");
  EXPECT_EQ(get(cache, key, 4, 5), "block");
  EXPECT_EQ(get(cache, key, 4, 6), std::nullopt);
  EXPECT_EQ(get(cache, key, UINT64_MAX, 2), std::nullopt);
}

TEST(BlockCache, keeps_images_and_their_parts_apart) {
  BlockCache cache(1U << 20U);
  const std::uint64_t one = cache.new_image(), other = cache.new_image();
  put(cache, {one, 0, 7}, "one");
  put(cache, {other, 0, 7}, "other");
  put(cache, {other, 1, 7}, "its second part");
  EXPECT_EQ(get(cache, {one, 0, 7}, 0, 3), "one");
  EXPECT_EQ(get(cache, {other, 0, 7}, 0, 5), "other");
  EXPECT_EQ(get(cache, {other, 1, 7}, 0, 15), "its second part");
  EXPECT_EQ(get(cache, {one, 1, 7}, 0, 1), std::nullopt);
}

TEST(BlockCache, lets_go_what_was_not_asked_for_longest) {
  constexpr std::size_t kBytes = 1U << 20U, kBlock = 1U << 14U;
  BlockCache cache(kBytes);
  const std::uint64_t image = cache.new_image();
  const auto block = [](std::uint64_t at) { return std::string(kBlock, static_cast<char>('a' + at % 26)); };
  const auto held = [&](std::uint64_t blocks) {
    std::size_t count = 0;
    for (std::uint64_t at = 0; at < blocks; ++at) {
      const auto got = get(cache, {image, 0, at}, 0, kBlock);
      if (!got) continue;
      ++count;
      EXPECT_EQ(*got, block(at));
    }
    return count;
  };
  for (std::uint64_t at = 0; at < 400; ++at) {
    put(cache, {image, 0, at}, block(at));
    EXPECT_TRUE(get(cache, {image, 0, 0}, 1, 2)) << "asked for all the time, gone after " << at;
  }
  EXPECT_TRUE(get(cache, {image, 0, 399}, 0, 1));
  EXPECT_FALSE(get(cache, {image, 0, 1}, 0, 1));
  EXPECT_GT(held(400), kBytes / kBlock / 2);
  EXPECT_LE(held(400), kBytes / kBlock);
  // One that would drive out half of a shard is not taken in.
  put(cache, {image, 1, 0}, std::string(kBytes / 8, 'x'));
  EXPECT_FALSE(get(cache, {image, 1, 0}, 0, 1));
}

TEST(BlockCache, serves_many_threads) {
  BlockCache cache(1U << 18U);
  const std::uint64_t image = cache.new_image();
  std::atomic<std::size_t> wrong{0}, right{0};
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t i = 0; i < 5'000; ++i) {
        const std::uint64_t at = (i * 7 + thread) % 100;
        const auto got = get(cache, {image, 0, at}, 100, 16);
        if (!got) put(cache, {image, 0, at}, std::string(4'096, static_cast<char>(at)));
        if (got) *got == std::string(16, static_cast<char>(at)) ? ++right : ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_GT(right, 0U);
}

}  // namespace
}  // namespace ambit::block_cache_test
