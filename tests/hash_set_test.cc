// The set file: what goes in comes out, in the same bytes whatever the way; nothing damaged or forged is searched.
#include "pipeline/hash_set.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "pipeline/hash_set_format.h"
#include "pipeline/hash_set_writer.h"
#include "tests/evidence.h"
#include "tests/hash_sources.h"

namespace ambit::hash_set_test {
namespace {

using test::digest_of;
using test::write_file;
using testing::HasSubstr;

constexpr std::array kKinds = {DigestKind::md5, DigestKind::sha1, DigestKind::sha256};
constexpr std::uint64_t kAmple = 64 << 20;

std::string set_of(const std::vector<HashValue>& values, std::uint64_t memory, const std::string& folder) {
  HashSetWriter writer(folder, memory);
  for (const HashValue& value : values) EXPECT_TRUE(writer.add(value).ok());
  const std::string path = folder + "/made";
  std::filesystem::remove(path);
  Result<File> file = File::create(path, 0600);
  const Result<> done = writer.write(*file);
  EXPECT_TRUE(done.ok()) << done.error().what;
  return test::read_file(path);
}

Result<std::shared_ptr<const HashSet>> open_set(const std::string& path) {
  Result<File> file = File::open(path);
  return HashSet::open(std::move(*file), path);
}

// Of every kind, with sizes, without, and the same digest with several.
std::vector<HashValue> assorted(std::size_t count, std::uint64_t sizes_below = 40'000'000) {
  std::vector<HashValue> all;
  for (std::size_t i = 0; i < count; ++i) {
    HashValue value = digest_of(kKinds[i % 3], i);
    if (i % 5 != 0) value.size = i * i % sizes_below;
    all.push_back(value);
    if (i % 50 == 0) {
      value.size = i + 7;
      all.push_back(value);
    }
  }
  return all;
}

TEST(HashSet, holds_what_went_in_and_nothing_else) {
  test::TemporaryFolder folder;
  const std::vector<HashValue> in = assorted(30'000);
  write_file(folder / "set", set_of(in, kAmple, folder.path()));
  const auto set = open_set(folder / "set");
  ASSERT_TRUE(set.ok()) << set.error().what;
  for (const HashValue& value : in) {
    const auto digest = std::span(value.bytes).first(digest_bytes(value.kind));
    const std::uint64_t size = value.size.value_or(987'654'321);
    EXPECT_TRUE((*set)->holds(value.kind, digest, size));
    EXPECT_TRUE((*set)->may_hold_size(value.kind, size));
  }
  for (std::size_t i = 30'000; i < 60'000; ++i) {
    const HashValue other = digest_of(kKinds[i % 3], i);
    EXPECT_FALSE((*set)->holds(other.kind, std::span(other.bytes).first(digest_bytes(other.kind)), i));
  }
}

TEST(HashSet, believes_no_digest_of_another_size) {
  test::TemporaryFolder folder;
  HashValue value = digest_of(DigestKind::sha1, 1);
  value.size = 300;
  write_file(folder / "set", set_of({value}, kAmple, folder.path()));
  const auto set = open_set(folder / "set");
  const auto digest = std::span(value.bytes).first(20);
  EXPECT_TRUE((*set)->holds(DigestKind::sha1, digest, 300));
  EXPECT_FALSE((*set)->holds(DigestKind::sha1, digest, 301));
  EXPECT_FALSE((*set)->holds(DigestKind::md5, digest.first(16), 300));
}

TEST(HashSet, says_which_sizes_need_no_digest) {
  test::TemporaryFolder folder;
  std::vector<HashValue> in;
  const std::vector<std::uint64_t> sizes = {0, 1, 63, 64, 4'096, (1U << 24) - 1, 1U << 24, 1ULL << 40};
  for (const std::uint64_t size : sizes) {
    in.push_back(digest_of(DigestKind::sha256, size));
    in.back().size = size;
  }
  write_file(folder / "set", set_of(in, kAmple, folder.path()));
  const auto set = open_set(folder / "set");
  for (const std::uint64_t size : sizes) EXPECT_TRUE((*set)->may_hold_size(DigestKind::sha256, size)) << size;
  for (const std::uint64_t size : {2UL, 62UL, 65UL, (1UL << 24) - 2, (1UL << 24) + 1, 1UL << 41, UINT64_MAX}) {
    EXPECT_FALSE((*set)->may_hold_size(DigestKind::sha256, size)) << size;
  }
  EXPECT_FALSE((*set)->may_hold_size(DigestKind::md5, 0));
  in.push_back(digest_of(DigestKind::sha256, 99));  // without a size: every object may be it
  write_file(folder / "set2", set_of(in, kAmple, folder.path()));
  EXPECT_TRUE((*open_set(folder / "set2"))->may_hold_size(DigestKind::sha256, 2));
}

TEST(SizesSeen, gives_up_listing_rather_than_growing_without_bound) {
  SizesSeen seen;
  for (std::uint64_t i = 0; i < 9 * (1U << 20); ++i) seen.add((1ULL << 30) + 2 * i);
  seen.add(5);
  seen.finish();
  EXPECT_TRUE(seen.every());
  EXPECT_TRUE(seen.large().empty());
  EXPECT_EQ(seen.small().size(), 1U);
}

// Properties: order, repetition and memory leave no trace in the bytes.
TEST(HashSet, is_the_same_file_whatever_the_order_and_the_memory) {
  test::TemporaryFolder folder;
  std::vector<HashValue> in = assorted(200'000);
  const std::string first = set_of(in, kAmple, folder.path());
  std::mt19937_64 random(7);
  in.insert(in.end(), in.begin(), in.begin() + 50'000);
  std::shuffle(in.begin(), in.end(), random);
  EXPECT_TRUE(first == set_of(in, kAmple, folder.path())) << "another order";
  EXPECT_TRUE(first == set_of(in, 1, folder.path())) << "hardly any memory: partitions of partitions, all spilled";
}

TEST(HashSet, of_digests_that_begin_alike_is_sorted_all_the_same) {
  test::TemporaryFolder folder;
  std::vector<HashValue> in;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    HashValue value{DigestKind::md5, {}, i % 7};
    value.bytes.fill(0x5a);
    std::memcpy(value.bytes.data() + 8, &i, i % 3 == 0 ? 0 : sizeof i);
    std::fill(value.bytes.begin() + 16, value.bytes.end(), 0);
    in.push_back(value);
  }
  const std::string small = set_of(in, 1, folder.path());
  EXPECT_TRUE(small == set_of(in, kAmple, folder.path()));
  write_file(folder / "set", small);
  const auto set = open_set(folder / "set");
  std::sort(in.begin(), in.end());
  in.erase(std::unique(in.begin(), in.end()), in.end());
  ASSERT_EQ((*set)->count(DigestKind::md5), in.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    EXPECT_EQ((*set)->at(DigestKind::md5, i), in[i]);
    auto digest = in[i].bytes;
    EXPECT_TRUE((*set)->holds(DigestKind::md5, std::span(digest).first(16), *in[i].size));
    digest[12] ^= 0x80;
    EXPECT_FALSE((*set)->holds(DigestKind::md5, std::span(digest).first(16), *in[i].size));
  }
}

TEST(HashSet, that_is_flipped_or_cut_anywhere_is_refused) {
  test::TemporaryFolder folder;
  const std::string good = set_of(assorted(300, 30'000), kAmple, folder.path());
  ASSERT_TRUE((write_file(folder / "set", good), open_set(folder / "set").ok()));
  for (std::size_t at = 0; at < good.size(); at += at < 200 || at + 700 > good.size() ? 1U : 61U) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    write_file(folder / "bad", bad);
    const auto flipped = open_set(folder / "bad");
    ASSERT_FALSE(flipped.ok()) << at;
    EXPECT_FALSE(flipped.error().remedy.empty());
    EXPECT_EQ(flipped.error().where, folder / "bad");
    write_file(folder / "bad", good.substr(0, at));
    EXPECT_FALSE(open_set(folder / "bad").ok()) << at;
  }
}

// Who makes a set by hand can make its checksum too: every number in the tables is hostile.
TEST(HashSet, with_forged_tables_is_refused_or_stays_within_itself) {
  namespace format = hash_set_format;
  test::TemporaryFolder folder;
  const std::string good = set_of(assorted(300, 30'000), kAmple, folder.path());
  const std::size_t tables = good.size() - format::kSumBytes - sizeof(format::Trailer);
  std::vector<HashValue> asked;
  for (std::size_t i = 0; i < 400; ++i) asked.push_back(digest_of(kKinds[i % 3], i));
  int opened = 0;
  for (std::size_t at = tables; at < good.size() - format::kSumBytes; at += 8) {
    for (const std::uint64_t forged :
         {0UL, 1UL, 2UL, 31UL, 64UL, 4096UL, 1UL << 32, 1UL << 63, UINT64_MAX, UINT64_MAX - 63}) {
      std::string bad = good.substr(0, good.size() - format::kSumBytes);
      std::memcpy(bad.data() + at, &forged, sizeof forged);
      const Bytes32 sum = Sha256().add(bad).finish();
      bad.append(reinterpret_cast<const char*>(sum.data()), sum.size());
      write_file(folder / "bad", bad);
      const auto set = open_set(folder / "bad");
      if (!set.ok()) continue;
      ++opened;
      for (const HashValue& value : asked) {
        static_cast<void>((*set)->holds(value.kind, std::span(value.bytes).first(digest_bytes(value.kind)), 5));
        static_cast<void>((*set)->may_hold_size(value.kind, std::uint64_t{value.bytes[0]} << 18));
      }
    }
  }
  EXPECT_GT(opened, 0) << "some forgeries change nothing that matters to memory";
}

TEST(HashSet, of_nothing_is_not_made) {
  test::TemporaryFolder folder;
  HashSetWriter writer(folder.path(), kAmple);
  Result<File> file = File::create(folder / "x", 0600);
  const Result<> done = writer.write(*file);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().what, "no hash to build a set of");
}

// --- the Bloom filter ----------------------------------------------------------------------------------------

// The places of SHA-1 of nothing, as upper-case text, in 1,009 bits by seven probes; worked out by other code.
TEST(BloomFilter, probes_where_the_others_do) {
  const std::vector<std::uint64_t> places = {663, 48, 526, 380, 811, 351, 875};
  const HashValue sha1 = *parse_digest("da39a3ee5e6b4b0d3255bfef95601890afd80709");
  const auto digest = std::span(sha1.bytes).first(20);
  std::vector<std::uint64_t> words(16);
  for (const std::uint64_t place : places) words[place / 64] |= 1ULL << (place % 64);
  EXPECT_TRUE(BloomFilter({7, 1009}, words).may_hold(digest));
  for (const std::uint64_t place : places) {
    std::vector<std::uint64_t> less = words;
    less[place / 64] &= ~(1ULL << (place % 64));
    EXPECT_FALSE(BloomFilter({7, 1009}, less).may_hold(digest)) << place;
  }
}

TEST(BloomFilter, header_is_believed_only_where_it_can_be) {
  const std::string good = test::bloom_file({}, 1009, 7);
  const auto read = [](std::string bytes, std::uint64_t size) {
    return read_bloom_header({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, size);
  };
  ASSERT_TRUE(read(good, good.size()));
  EXPECT_EQ(read(good, good.size())->words(), 16U);
  EXPECT_FALSE(read(good, good.size() - 1)) << "cut off";
  EXPECT_FALSE(read(good.substr(0, 47), 47));
  for (const auto& [field, value] : std::vector<std::pair<std::size_t, std::uint64_t>>{{0, 2},
                                                                                       {2, 0},
                                                                                       {2, UINT64_MAX},
                                                                                       {3, 0},
                                                                                       {3, 65},
                                                                                       {3, UINT64_MAX},
                                                                                       {4, 0},
                                                                                       {4, UINT64_MAX},
                                                                                       {4, 1ULL << 60}}) {
    std::string bad = good;
    std::memcpy(bad.data() + 8 * field, &value, sizeof value);
    EXPECT_FALSE(read(bad, bad.size())) << field << " " << value;
  }
}

}  // namespace
}  // namespace ambit::hash_set_test
