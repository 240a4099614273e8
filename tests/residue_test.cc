// ResidueRun: the same objects in any order of arrival, every byte in exactly one, every hit in the right one.
#include "pipeline/residue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "pipeline/limits.h"

namespace ambit::residue_test {
namespace {

using limits::kResidueCell;
using limits::kSpanBytes;

struct Shape {
  std::uint64_t begin, end;
  std::size_t hits;
  friend bool operator==(const Shape&, const Shape&) = default;
};

// Deals the hits to the spans as the sweep does: to the one that they start in.
std::vector<ResidueRun::Span> spans_of(std::uint64_t bytes, const std::vector<Hit>& hits) {
  std::vector<ResidueRun::Span> spans;
  for (std::uint64_t begin = 0; begin < bytes; begin += kSpanBytes) {
    const std::uint64_t end = std::min(begin + kSpanBytes, bytes);
    ResidueRun::Span span{begin, end, {}, {}, end < bytes, {}};
    for (const Hit& hit : hits) {
      if (hit.start >= span.begin && hit.start < span.end) span.hits.push_back(hit);
    }
    std::sort(span.hits.begin(), span.hits.end());
    spans.push_back(std::move(span));
  }
  return spans;
}

std::vector<Shape> pieces(std::uint64_t bytes, const std::vector<Hit>& hits, std::uint64_t seed) {
  std::vector<ResidueRun::Span> spans = spans_of(bytes, hits);
  std::mt19937_64 random(seed);
  if (seed != 0) std::shuffle(spans.begin(), spans.end(), random);
  ResidueRun run(0, Kind::unallocated);
  std::vector<Shape> out;
  for (ResidueRun::Span& span : spans) {
    for (const ResidueRun::Piece& piece : run.add(std::move(span))) {
      out.push_back({piece.begin, piece.end, piece.facts.hits.size()});
      EXPECT_EQ(piece.facts.size, piece.end - piece.begin);
      for (const Hit& hit : piece.facts.hits) {
        EXPECT_LT(hit.start, piece.facts.size);
        EXPECT_EQ(hit.crossing, hit.end() > piece.facts.size);
      }
    }
  }
  EXPECT_TRUE(run.done());
  std::sort(out.begin(), out.end(), [](const Shape& a, const Shape& b) { return a.begin < b.begin; });
  std::uint64_t at = 0;
  std::size_t total = 0;
  for (const Shape& shape : out) {
    EXPECT_EQ(shape.begin, at);
    at = shape.end;
    total += shape.hits;
  }
  EXPECT_EQ(at, bytes);
  EXPECT_EQ(total, hits.size());
  return out;
}

Hit at(std::uint64_t start, std::uint32_t length = 10) { return {start, length, 0, View::raw, Form::utf8, false}; }

TEST(ResidueRun, without_a_hit_gives_one_object_a_span) {
  const auto shapes = pieces(2 * kSpanBytes + 5, {}, 0);
  ASSERT_EQ(shapes.size(), 3U);
  EXPECT_EQ(shapes[2].end - shapes[2].begin, 5U);
}

TEST(ResidueRun, cuts_the_cells_around_a_hit_and_joins_cells_that_touch) {
  const auto shapes = pieces(kSpanBytes, {at(100), at(kResidueCell + 5), at(10 * kResidueCell)}, 0);
  ASSERT_EQ(shapes.size(), 4U);
  EXPECT_EQ(shapes[0], (Shape{0, 2 * kResidueCell, 2}));
  EXPECT_EQ(shapes[2], (Shape{10 * kResidueCell, 11 * kResidueCell, 1}));
}

TEST(ResidueRun, joins_neighbours_over_the_border_of_two_spans) {
  const auto shapes = pieces(2 * kSpanBytes, {at(kSpanBytes - 500), at(kSpanBytes + 100)}, 0);
  ASSERT_EQ(shapes.size(), 3U);
  EXPECT_EQ(shapes[1], (Shape{kSpanBytes - kResidueCell, kSpanBytes + kResidueCell, 2}));
}

TEST(ResidueRun, keeps_a_hit_that_runs_over_the_border_whole) {
  for (std::uint64_t before = 1; before < 10; ++before) {
    const auto shapes = pieces(2 * kSpanBytes, {at(kSpanBytes - before)}, 0);
    ASSERT_EQ(shapes.size(), 3U);
    EXPECT_EQ(shapes[1], (Shape{kSpanBytes - kResidueCell, kSpanBytes + kResidueCell, 1}));
  }
}

TEST(ResidueRun, bounds_its_objects_when_every_cell_has_a_hit) {
  std::vector<Hit> hits;
  for (std::uint64_t cell = 0; cell < 4 * kSpanBytes / kResidueCell; ++cell)
    hits.push_back(at(cell * kResidueCell + 7));
  for (const Shape& shape : pieces(4 * kSpanBytes, hits, 3)) EXPECT_LE(shape.end - shape.begin, 2 * kSpanBytes);
}

TEST(ResidueRun, gives_the_same_objects_in_any_order_of_arrival) {
  std::mt19937_64 random(7);
  const std::uint64_t bytes = 6 * kSpanBytes + 12'345;
  for (int round = 0; round < 20; ++round) {
    std::vector<Hit> hits;
    for (int i = 0; i < 40; ++i) {
      const std::uint64_t border = (random() % 6 + 1) * kSpanBytes;
      const bool near_border = random() % 2 == 0;
      hits.push_back(at(near_border ? border - random() % 200 : random() % (bytes - 20),
                        static_cast<std::uint32_t>(1 + random() % 100)));
    }
    std::sort(hits.begin(), hits.end());
    hits.erase(std::unique(hits.begin(), hits.end()), hits.end());
    std::erase_if(hits, [&](const Hit& hit) { return hit.end() > bytes; });
    const auto expected = pieces(bytes, hits, 0);
    for (std::uint64_t seed = 1; seed < 6; ++seed) EXPECT_EQ(pieces(bytes, hits, seed), expected);
  }
}

}  // namespace
}  // namespace ambit::residue_test
