// Layout: every byte in exactly one parcel, every claim with its owner, whatever was claimed and in whatever order.
#include "pipeline/layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "pipeline/limits.h"
#include "tests/evidence.h"

namespace ambit::layout_test {
namespace {

using limits::kSpanBytes;

Object object_at(std::vector<Run> runs, const std::string& name = "a") {
  Object object;
  object.locator = {0, {{StepKind::path, name, 0, 0}}};
  for (const Run& run : runs) object.info.size = std::max(object.info.size, run.end());
  object.runs = std::move(runs);
  return object;
}

std::vector<Stripe> stripes_of(Layout& layout) {
  EXPECT_TRUE(layout.finish().ok());
  std::vector<Stripe> out;
  for (;;) {
    Result<std::optional<Stripe>> next = layout.next();
    EXPECT_TRUE(next.ok());
    if (!next.ok() || !*next) return out;
    out.push_back(std::move(**next));
  }
}

std::vector<Parcel> parcels_of(Layout& layout) {
  std::vector<Parcel> out;
  for (const Stripe& stripe : stripes_of(layout)) {
    out.insert(out.end(), stripe.parcels.begin(), stripe.parcels.end());
  }
  return out;
}

TEST(Layout, makes_residue_of_an_image_that_nobody_claims) {
  test::TemporaryFolder folder;
  Layout layout(folder.path().string(), 1 << 20, 3 * kSpanBytes / 2, Kind::gap);
  const std::vector<Stripe> stripes = stripes_of(layout);
  ASSERT_EQ(stripes.size(), 2U);
  ASSERT_EQ(stripes[0].parcels.size(), 1U);
  EXPECT_EQ(stripes[0].parcels[0].kind, Kind::gap);
  EXPECT_FALSE(stripes[0].parcels[0].from_before);
  EXPECT_TRUE(stripes[0].parcels[0].goes_on);
  EXPECT_TRUE(stripes[1].parcels[0].from_before);
  EXPECT_FALSE(stripes[1].parcels[0].goes_on);
  EXPECT_EQ(stripes[1].residue_begin, 0U);
}

TEST(Layout, gives_an_object_its_runs_and_the_bytes_behind_it_to_slack) {
  test::TemporaryFolder folder;
  Layout layout(folder.path().string(), 1 << 20, 100'000, Kind::gap);
  const std::uint32_t home = layout.add_home({{StepKind::partition, "", 1, 0}});
  ASSERT_TRUE(layout.add_area(Kind::unallocated, home, 0, 90'000).ok());
  ASSERT_TRUE(layout.add_area(Kind::metadata, home, 0, 4096).ok());
  ASSERT_TRUE(layout.add(object_at({{0, 40'960, 4096}, {4096, 8192, 1000}}), 3096, home).ok());
  std::string told;
  for (const Parcel& parcel : parcels_of(layout)) {
    told += std::to_string(parcel.begin) + " " + (parcel.owners > 0 ? "object" : std::string(to_string(parcel.kind))) +
            "\n";
  }
  EXPECT_EQ(
      told,
      "0 metadata\n4096 unallocated\n8192 object\n9192 slack\n12288 unallocated\n40960 object\n45056 unallocated\n"
      "90000 gap\n");
}

TEST(Layout, gives_shared_bytes_to_all_their_owners_and_refuses_a_crowd) {
  test::TemporaryFolder folder;
  Layout layout(folder.path().string(), 1 << 20, 1 << 20, Kind::gap);
  for (std::size_t i = 0; i < limits::kMaxClaimsPerByte + 5; ++i) {
    ASSERT_TRUE(layout.add(object_at({{0, 8192, 4096}}, std::to_string(i)), 0, 0).ok());
  }
  const std::vector<Stripe> stripes = stripes_of(layout);
  ASSERT_EQ(stripes.size(), 1U);
  EXPECT_EQ(stripes[0].parcels[1].owners, limits::kMaxClaimsPerByte);
  ASSERT_EQ(stripes[0].refused.size(), 5U);
  EXPECT_EQ(stripes[0].refused[0].length, 4096U);
  EXPECT_EQ(stripes[0].introduced.size(), limits::kMaxClaimsPerByte + 5);
}

TEST(Layout, cuts_what_leaves_the_image) {
  test::TemporaryFolder folder;
  Layout layout(folder.path().string(), 1 << 20, 10'000, Kind::gap);
  ASSERT_TRUE(layout.add(object_at({{0, 9000, 5000}}), 5000, 0).ok());
  ASSERT_TRUE(layout.add_area(Kind::metadata, 0, 8000, UINT64_MAX).ok());
  ASSERT_TRUE(layout.add_area(Kind::metadata, 0, 20'000, 5).ok());
  const std::vector<Parcel> parcels = parcels_of(layout);
  ASSERT_EQ(parcels.size(), 3U);
  EXPECT_EQ(parcels[2].end, 10'000U);
  EXPECT_EQ(parcels[2].owners, 1U);
}

TEST(Layout, keeps_what_an_object_is_over_the_sort) {
  Object object = object_at({{0, 5000, 10}, {10, 100, 20}}, std::string("a\0\xff", 3));
  object.state = ObjectState::deleted;
  object.inode = 1ULL << 40;
  object.info.modified = -5;
  object.links = {"x/y", ""};
  const Object again = unpack_object(pack_object(object));
  EXPECT_EQ(again.locator, object.locator);
  EXPECT_EQ(again.state, object.state);
  EXPECT_EQ(again.inode, object.inode);
  EXPECT_EQ(again.info.size, object.info.size);
  EXPECT_EQ(again.info.modified, object.info.modified);
  EXPECT_EQ(again.links, object.links);
  EXPECT_EQ(again.runs, object.runs);
}

// Any claims in any order, in memory that does not hold them: the parcels are what a table of bytes says.
TEST(Layout, agrees_with_a_table_of_bytes) {
  constexpr std::uint64_t kBytes = kSpanBytes + 70'000, kUnit = 4096;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    std::mt19937_64 random(seed);
    test::TemporaryFolder folder;
    Layout layout(folder.path().string(), 8 * 1024, kBytes, Kind::gap);
    std::map<std::uint64_t, std::map<ObjectId, std::uint64_t>> owners;  // by unit: who, and which byte of it
    for (ObjectId id = 0; id < 400; ++id) {
      std::vector<ambit::Run> runs;
      std::uint64_t at = 0;
      for (std::uint64_t i = 0; i < 1 + random() % 4; ++i) {
        const bool near_border = random() % 40 == 0;
        const std::uint64_t unit =
            near_border ? kSpanBytes / kUnit - 3 + random() % 6 : random() % (kBytes / kUnit - 8);
        const std::uint64_t length = (1 + random() % 6) * kUnit;
        runs.push_back({at, unit * kUnit, length});
        at += length;
      }
      for (const ambit::Run& run : runs) {
        for (std::uint64_t done = 0; done < run.length && run.place + done < kBytes; done += kUnit) {
          owners[(run.place + done) / kUnit].emplace(id, run.start + done);
        }
      }
      ASSERT_TRUE(layout.add(object_at(std::move(runs), std::to_string(id)), 0, 0).ok());
    }
    std::uint64_t at = 0;
    for (const Stripe& stripe : stripes_of(layout)) {
      EXPECT_EQ(stripe.begin, at);
      for (const Parcel& parcel : stripe.parcels) {
        ASSERT_EQ(parcel.begin, at);
        ASSERT_GT(parcel.end, at);
        at = parcel.end;
        std::map<ObjectId, std::uint64_t> told;
        for (std::uint32_t i = 0; i < parcel.owners; ++i) {
          const Owner& owner = stripe.owners[parcel.first_owner + i];
          told.emplace(owner.object, owner.start);
        }
        const auto& truth = owners[parcel.begin / kUnit];
        ASSERT_EQ(told.size(), truth.size()) << "seed " << seed << " at " << parcel.begin;
        for (const auto& [id, start] : truth) EXPECT_TRUE(told.contains(id));
      }
      EXPECT_EQ(stripe.end, at);
    }
    EXPECT_EQ(at, kBytes);
  }
}

}  // namespace
}  // namespace ambit::layout_test
