// Where extents lie in the exhibit: whoever follows the places gets the extent, and nothing is told that is not so.
#include "stages/record/places.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "pipeline/limits.h"
#include "pipeline/run_content.h"

namespace ambit::record::record_places_test {
namespace {

using Pieces = std::vector<ambit::Run>;

Extent raw(std::uint64_t start, std::uint64_t length) { return {start, length, View::raw}; }

class Bytes final : public ByteSource {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    const std::size_t got = offset >= bytes_.size() ? 0 : std::min<std::size_t>(into.size(), bytes_.size() - offset);
    if (got > 0) std::memcpy(into.data(), bytes_.data() + offset, got);
    return got;
  }

 private:
  std::string bytes_;
};

TEST(Places, an_extent_is_told_as_the_straight_pieces_that_it_touches) {
  const Pieces runs = {{0, 1000, 10}, {10, 500, 10}, {30, 510, 10}, {40, 520, 5}};
  EXPECT_EQ(straight_pieces(runs, raw(2, 3), 9), (Pieces{{2, 1002, 3}}));
  EXPECT_EQ(straight_pieces(runs, raw(5, 10), 9), (Pieces{{5, 1005, 5}, {10, 500, 5}}));
  EXPECT_EQ(straight_pieces(runs, raw(15, 20), 9), (Pieces{{15, 505, 5}, {30, 510, 5}}));
  EXPECT_EQ(straight_pieces(runs, raw(32, 100), 9), (Pieces{{32, 512, 13}}));  // neighbours are one piece
  EXPECT_EQ(straight_pieces(runs, raw(22, 5), 9), Pieces{});                   // in a hole
  EXPECT_EQ(straight_pieces(runs, raw(0, 45), 2), std::nullopt);
  EXPECT_EQ(straight_pieces({}, raw(0, 45), 2), Pieces{});
}

TEST(Places, runs_that_overlap_give_every_byte_once) {
  const Pieces runs = {{0, 100, 10}, {5, 900, 10}};
  EXPECT_EQ(straight_pieces(runs, raw(0, 20), 9), (Pieces{{0, 100, 10}, {10, 905, 5}}));
}

TEST(Places, straight_extents_have_an_offset_others_have_pieces) {
  const Bytes image(std::string(2000, 'x'));
  const Pieces runs = {{0, 1000, 10}, {10, 500, 10}, {30, 510, 10}};
  const auto content = run_content(image, runs, {40, std::nullopt, 0}, Places::exhibit);
  const std::vector<Extent> extents = {raw(0, 4), raw(8, 4), raw(18, 4), {0, 4, View::text}, raw(22, 4)};
  const ExtentPlaces found = find_places(content.get(), runs, extents);
  EXPECT_EQ(found.exhibit_offsets, (std::vector<std::optional<std::uint64_t>>{1000, {}, {}, {}, {}}));
  EXPECT_EQ(found.places, (Pieces{{8, 1008, 2}, {10, 500, 2}, {18, 508, 2}}));
}

TEST(Places, of_what_was_opened_out_of_the_exhibit_nothing_is_told) {
  const Bytes image(std::string(2000, 'x'));
  const Pieces runs = {{0, 1000, 10}, {10, 500, 10}};
  const auto content = run_content(image, runs, {20, std::nullopt, 0}, Places::derived);
  const std::vector<Extent> extents = {raw(0, 4), raw(8, 4)};
  for (const Content* each : {static_cast<const Content*>(content.get()), static_cast<const Content*>(nullptr)}) {
    const ExtentPlaces found = find_places(each, runs, extents);
    EXPECT_EQ(found.exhibit_offsets, (std::vector<std::optional<std::uint64_t>>{{}, {}}));
    EXPECT_TRUE(found.places.empty());
  }
}

TEST(Places, an_extent_has_all_its_pieces_or_none) {
  const Bytes image(std::string(2000, 'x'));
  Pieces runs;
  for (std::uint64_t i = 0; i < limits::kMaxPlaces + 1; ++i) runs.push_back({i, 1999 - i, 1});
  const auto content = run_content(image, runs, {runs.size(), std::nullopt, 0}, Places::exhibit);
  const std::uint64_t most = limits::kMaxPlaces;
  EXPECT_TRUE(find_places(content.get(), runs, std::vector<Extent>{raw(0, most + 1)}).places.empty());
  EXPECT_EQ(find_places(content.get(), runs, std::vector<Extent>{raw(0, most)}).places.size(), most);
  const ExtentPlaces found =
      find_places(content.get(), runs, std::vector<Extent>{raw(0, 2), raw(2, most - 1), raw(5, 3)});
  EXPECT_EQ(found.places.size(), 5U);
}

// Against the reader of runs, which knows nothing of pieces.
TEST(Places, the_pieces_put_together_are_what_the_content_reads) {
  std::mt19937 random(5);
  std::string bytes(4000, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  const Bytes image(bytes);
  for (int round = 0; round < 300; ++round) {
    Pieces runs;
    std::uint64_t size = random() % 20;
    for (std::size_t i = random() % 8; i > 0; --i) {
      const std::uint64_t length = 1 + random() % 90;
      const bool joins = !runs.empty() && random() % 4 == 0 && runs.back().place_end() + length <= bytes.size();
      const std::uint64_t place = joins ? runs.back().place_end() : random() % (bytes.size() - length);
      runs.push_back({joins ? runs.back().end() : size, place, length});
      size = runs.back().end() + (random() % 2 == 0 ? random() % 50 : 0);
    }
    if (size == 0) continue;
    const auto content = run_content(image, runs, {size, std::nullopt, 0}, Places::exhibit);
    const std::uint64_t start = random() % size;
    const Extent extent = raw(start, 1 + random() % (size - start));
    std::string read(extent.length, '?'), put(extent.length, '\0');
    ASSERT_EQ(*content->read_at(extent.start, std::as_writable_bytes(std::span(read))), extent.length);
    const ExtentPlaces found = find_places(content.get(), runs, std::span(&extent, 1));
    Pieces pieces = found.places;
    if (found.exhibit_offsets[0]) pieces = {{extent.start, *found.exhibit_offsets[0], extent.length}};
    for (const auto& piece : pieces)
      put.replace(piece.start - extent.start, piece.length, bytes, piece.place, piece.length);
    EXPECT_EQ(put, read);
  }
}

}  // namespace
}  // namespace ambit::record::record_places_test
