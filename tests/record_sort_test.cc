// SealedSort: sorts like std::sort whatever the memory, and leaves nothing to read on the disk.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "pipeline/sealed_sort.h"

namespace ambit::record::record_sort_test {
namespace {

using Pair = std::pair<std::string, std::string>;

class Sort : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "sort-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static void add_all(SealedSort& sort, const std::vector<Pair>& pairs) {
    for (const auto& [key, value] : pairs) ASSERT_TRUE(sort.add(key, value).ok());
  }
  static std::vector<Pair> read_all(const SealedSort& sort) {
    std::vector<Pair> out;
    SealedSort::Cursor cursor(sort);
    while (true) {
      const auto more = cursor.next();
      EXPECT_TRUE(more.ok());
      if (!more.ok() || !*more) return out;
      out.emplace_back(cursor.key(), cursor.value());
    }
  }
  std::string folder_;
};

// Keys that share prefixes, hold zeros and bytes above 127, are empty or equal; values of very different size.
std::vector<Pair> random_pairs(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Pair> out;
  for (std::size_t i = 0; i < count; ++i) {
    std::string key;
    for (auto n = random() % 6; n > 0; --n) key.push_back("\0ab\x7f\x80\xff"[random() % 6]);
    const auto size = random() % 100 == 0 ? random() % 9000 : random() % 40;
    out.emplace_back(key, std::string(size, static_cast<char>(random())));
  }
  return out;
}

TEST_F(Sort, equals_std_sort_at_any_memory_and_reads_twice) {
  for (const std::size_t count : {0U, 1U, 2U, 500U, 6000U}) {
    const std::vector<Pair> pairs = random_pairs(count, static_cast<unsigned>(count));
    std::vector<Pair> expected = pairs;
    std::sort(expected.begin(), expected.end());
    for (const std::size_t memory : {1U, 700U, 20'000U, 10'000'000U}) {
      SealedSort sort(folder_, memory);
      add_all(sort, pairs);
      ASSERT_TRUE(sort.finish().ok());
      EXPECT_EQ(sort.count(), count);
      EXPECT_TRUE(read_all(sort) == expected) << count << " pairs, memory " << memory;
      EXPECT_TRUE(read_all(sort) == expected);
      if (count == 6000) { EXPECT_EQ(sort.spilled_bytes() > 0, memory < 1'000'000); }
    }
  }
}

TEST_F(Sort, what_is_spilled_has_no_name_and_holds_no_plain_text) {
  const std::string canary = "customers/jane-roe/diary.txt";
  SealedSort sort(folder_, 2000);
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(sort.add(canary + std::to_string(i), canary).ok());
  ASSERT_TRUE(sort.finish().ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  ASSERT_GE(sort.spill_fd(), 0);
  std::string spilled(sort.spilled_bytes(), '\0');
  ASSERT_GT(spilled.size(), 3000 * canary.size());  // it is all there …
  ASSERT_EQ(::pread(sort.spill_fd(), spilled.data(), spilled.size(), 0), static_cast<ssize_t>(spilled.size()));
  for (std::size_t i = 0; i + 5 <= canary.size(); ++i) {
    EXPECT_EQ(spilled.find(canary.substr(i, 5)), std::string::npos);  // … and none of it can be read
  }
}

TEST_F(Sort, a_spill_file_that_was_tampered_with_is_an_error) {
  SealedSort sort(folder_, 500);
  add_all(sort, random_pairs(1000, 1));
  ASSERT_TRUE(sort.finish().ok());
  const std::string path = "/proc/self/fd/" + std::to_string(sort.spill_fd());
  char byte = 0;
  const auto last = static_cast<off_t>(sort.spilled_bytes() - 1);  // earlier runs may have been merged and be dead
  ASSERT_EQ(::pread(sort.spill_fd(), &byte, 1, last), 1);
  byte = static_cast<char>(byte ^ 4);
  ASSERT_EQ(::pwrite(sort.spill_fd(), &byte, 1, last), 1);
  SealedSort::Cursor cursor(sort);
  auto more = cursor.next();
  while (more.ok() && *more) more = cursor.next();
  EXPECT_FALSE(more.ok());
}

TEST_F(Sort, a_folder_that_is_not_there_is_an_error_once_memory_is_full) {
  SealedSort sort(folder_ + "/nowhere", 100);
  Result<> done;
  for (int i = 0; i < 100 && done; ++i) done = sort.add("key", std::string(50, 'x'));
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::io);
}

}  // namespace
}  // namespace ambit::record::record_sort_test
