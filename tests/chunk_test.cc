// ChunkReader: every byte in exactly one body, the right neighbours around it, nothing lost to damage, and the same
// account at any chunk size and any cut.
#include "pipeline/chunk.h"

#include <gtest/gtest.h>

#include "pipeline/limits.h"
#include "pipeline/triage_blocks.h"
#include "tests/evidence.h"

namespace ambit::chunk_test {
namespace {

using test::MemoryContent;

struct Read {
  std::string bodies;  // with holes filled in
  Facts facts;
};

// Reads [0, size) in parts of `part` bytes; checks lead and tail against `truth` as it goes.
Read read_all(MemoryContent content, const std::string& truth, std::size_t chunk, std::size_t context,
              std::uint64_t part = UINT64_MAX, Zeros zeros = Zeros::skip) {
  Read out;
  const std::uint64_t size = content.open()->size;
  ChunkBuffer buffer(chunk, context, zeros);
  for (std::uint64_t begin = 0; begin < size;) {
    const std::uint64_t end = size - begin < part ? size : begin + part;
    ChunkReader reader(content, size, begin, end, buffer, out.facts);
    while (reader.next()) {
      const Chunk c = reader.chunk();
      out.bodies.append(c.zeros_before(), '\0');
      EXPECT_EQ(c.offset(), out.bodies.size());
      out.bodies.append(reinterpret_cast<const char*>(c.body().data()), c.body_bytes());
      EXPECT_EQ(c.lead_bytes(), std::min<std::uint64_t>(c.offset(), context));
      const std::uint64_t window_begin = c.offset() - c.lead_bytes();
      const std::string window(reinterpret_cast<const char*>(c.window().data()), c.window().size());
      EXPECT_TRUE(window == truth.substr(window_begin, window.size())) << "at " << c.offset();
      EXPECT_EQ(window.size(), std::min<std::uint64_t>(c.offset() + c.body_bytes() + context, size) - window_begin);
      for (const Segment& s : c.segments()) EXPECT_LT(s.begin, s.end);
    }
    begin = end;
  }
  return out;
}

std::string mixed() {  // data, a short and a long run of zeros, data, zeros at the end
  return test::noise(1, 100'000) + std::string(5'000, '\0') + test::noise(2, 3'000) + std::string(300'000, '\0') +
         test::noise(3, 70'001) + std::string(50'000, '\0');
}

TEST(ChunkReader, gives_every_byte_once_with_its_neighbours_at_any_chunk_size) {
  const std::string truth = mixed();
  for (const std::size_t chunk : {4096UL, 5'001UL, 65'536UL, 1UL << 20}) {
    for (const std::size_t context : {0UL, 1UL, 300UL, 4'200UL}) {
      const Read read = read_all(MemoryContent(truth), truth, chunk, context);
      EXPECT_TRUE(read.bodies == truth);
      EXPECT_TRUE(read.facts.exceptions.empty());
      EXPECT_EQ(read.facts.coverage.total(), truth.size());
    }
  }
}

// Some of its bytes are in memory; it counts those that are read.
class HeldContent final : public Content {
 public:
  HeldContent(std::string bytes, HeldBytes held) : bytes_(std::move(bytes)), held_(held) {}
  Result<ContentInfo> open() override { return ContentInfo{bytes_.size(), std::nullopt, 0}; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    std::copy_n(reinterpret_cast<const std::byte*>(bytes_.data()) + offset, into.size(), into.begin());
    read += into.size();
    return into.size();
  }
  HeldBytes held() const override { return held_; }
  std::size_t read = 0;

 private:
  const std::string bytes_;
  const HeldBytes held_;
};

TEST(ChunkReader, looks_at_bytes_in_memory_where_they_are_and_reads_the_others) {
  const std::string truth = test::noise(4, 100'000);
  const auto bytes = std::as_bytes(std::span(truth));
  for (const auto& [begin, end] : std::vector<std::pair<std::size_t, std::size_t>>{
           {0, 100'000}, {0, 0}, {0, 50'000}, {30'000, 100'000}, {33'333, 66'666}}) {
    HeldContent content(truth, {begin, bytes.subspan(begin, end - begin)});
    ChunkBuffer buffer(4'096, 100, Zeros::skip);
    Facts facts;
    ChunkReader reader(content, truth.size(), 0, truth.size(), buffer, facts);
    std::string bodies;
    while (reader.next()) {
      const Chunk c = reader.chunk();
      const std::string window(reinterpret_cast<const char*>(c.window().data()), c.window().size());
      EXPECT_TRUE(window == truth.substr(c.offset() - c.lead_bytes(), window.size())) << "at " << c.offset();
      bodies.append(reinterpret_cast<const char*>(c.body().data()), c.body_bytes());
    }
    EXPECT_TRUE(bodies == truth);
    EXPECT_EQ(facts.coverage.swept, truth.size());
    EXPECT_EQ(content.read == 0, end - begin == truth.size());
    EXPECT_LE(content.read, truth.size() - (end - begin) + 4 * 4'096);
  }
}

TEST(BlockCutter, gives_every_byte_once_with_its_neighbours_however_it_comes) {
  const std::string truth = test::noise(5, 100'000);
  for (const std::size_t behind : {0U, 1U, 5'000U}) {
    for (const std::size_t step : {1U, 777U, 4'096U, 50'000U, 100'000U}) {
      std::string bodies;
      const auto take = [&](const Block& block) {
        EXPECT_EQ(block.begin, bodies.size());
        EXPECT_EQ(block.at, block.begin - std::min<std::uint64_t>(block.begin, 100));
        const std::string bytes(reinterpret_cast<const char*>(block.bytes.data()), block.bytes.size());
        EXPECT_TRUE(bytes == truth.substr(block.at, bytes.size()));
        EXPECT_EQ(block.at + bytes.size(), std::min<std::uint64_t>(block.end + 100, truth.size()));
        bodies += truth.substr(block.begin, block.end - block.begin);
      };
      BlockCutter cutter(4'096, 100, behind, take);
      for (std::size_t at = 0; at < truth.size(); at += step) {
        cutter.append(std::as_bytes(std::span(truth)).subspan(at, std::min(step, truth.size() - at)));
        EXPECT_LE(bodies.size(), cutter.size() - std::min<std::uint64_t>(cutter.size(), 100 + behind));
      }
      EXPECT_EQ(cutter.size(), truth.size());
      cutter.end();
      EXPECT_TRUE(bodies == truth) << behind << ' ' << step;
    }
  }
}

TEST(ChunkReader, accounts_the_same_zeros_whatever_the_cuts) {
  const std::string truth = mixed();
  const Coverage expected = read_all(MemoryContent(truth), truth, 1 << 20, 64).facts.coverage;
  EXPECT_GT(expected.zero, 340'000U);
  for (const std::size_t chunk : {4096UL, 5'001UL, 65'536UL}) {
    for (const std::uint64_t part : {8'192UL, 131'072UL, 1UL << 30}) {
      EXPECT_EQ(read_all(MemoryContent(truth), truth, chunk, 64, part).facts.coverage, expected);
    }
  }
}

TEST(ChunkReader, jumps_over_holes_without_losing_a_byte_around_them) {
  const std::string truth =
      test::noise(4, 10'007) + std::string(900'000, '\0') + test::noise(5, 20'000) + std::string(200'000, '\0');
  const auto holed = [&] { return MemoryContent(truth).has_hole(12'288, 905'216).has_hole(935'936, truth.size()); };
  const Coverage expected = read_all(MemoryContent(truth), truth, 65'536, 300).facts.coverage;
  for (const std::size_t chunk : {4096UL, 5'001UL, 65'536UL, 1UL << 20}) {
    for (const std::uint64_t part : {65'536UL, 1UL << 30}) {
      const Read read = read_all(holed(), truth, chunk, 300, part);
      EXPECT_TRUE(read.bodies == truth);
      EXPECT_EQ(read.facts.coverage, expected);
    }
  }
}

TEST(ChunkReader, skips_a_large_hole_instead_of_reading_it) {
  const std::uint64_t size = 1ULL << 40;
  MemoryContent content("");
  content.declares(size).has_hole(0, size);
  ChunkBuffer buffer(1 << 20, 300, Zeros::skip);
  Facts facts;
  // The bytes are declared but not there, so whatever is read besides the hole would be an exception.
  ChunkReader reader(content, size, 0, size, buffer, facts);
  std::size_t chunks = 0;
  while (reader.next()) ++chunks;
  EXPECT_LE(chunks, 3U);
  EXPECT_EQ(facts.coverage.total(), size);
}

TEST(ChunkReader, looks_at_zeros_when_a_pattern_needs_them) {
  const std::string truth(200'000, '\0');
  MemoryContent content(truth);
  content.has_hole(0, truth.size());
  ChunkBuffer buffer(65'536, 16, Zeros::look);
  Facts facts;
  ChunkReader reader(content, truth.size(), 0, truth.size(), buffer, facts);
  std::uint64_t seen = 0;
  while (reader.next()) {
    EXPECT_EQ(reader.chunk().zeros_before(), 0U);
    for (const Segment& s : reader.chunk().segments()) seen += s.end - s.begin;
  }
  EXPECT_EQ(seen, truth.size());
}

TEST(ChunkReader, segments_leave_out_exactly_the_long_runs_of_zeros) {
  const std::string truth = test::noise(6, 8'192) + std::string(limits::kZeroRun, '\0') + test::noise(7, 4'096) +
                            std::string(limits::kZeroRun - 4'096, '\0') + test::noise(8, 4'096);
  MemoryContent content(truth);
  ChunkBuffer buffer(1 << 20, 16, Zeros::skip);
  Facts facts;
  ChunkReader reader(content, truth.size(), 0, truth.size(), buffer, facts);
  ASSERT_TRUE(reader.next());
  const auto segments = reader.chunk().segments();
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0].begin, 0U);
  EXPECT_EQ(segments[0].end, 8'192U);
  EXPECT_EQ(segments[1].begin, 8'192U + limits::kZeroRun);
  EXPECT_EQ(segments[1].end, truth.size());
}

TEST(ChunkReader, turns_refused_bytes_into_exceptions_of_exactly_their_blocks) {
  std::string truth = test::noise(9, 200'000);
  // Bad sectors: any read that touches one fails.
  constexpr std::uint64_t kFirst = 12 * limits::kRetryBytes;
  constexpr std::uint64_t kSecond = 29 * limits::kRetryBytes;
  constexpr std::uint64_t kSecondEnd = 32 * limits::kRetryBytes;
  const auto damaged = [&] {
    return MemoryContent(truth).refuses(kFirst, kFirst + limits::kRetryBytes).refuses(kSecond, kSecondEnd);
  };
  std::string expected = truth;
  std::fill_n(expected.begin() + kFirst, limits::kRetryBytes, '\0');
  std::fill_n(expected.begin() + kSecond, kSecondEnd - kSecond, '\0');
  for (const std::size_t chunk : {4096UL, 5'001UL, 1UL << 20}) {
    const Read read = read_all(damaged(), expected, chunk, 100, 65'536);
    EXPECT_TRUE(read.bodies == expected);
    std::uint64_t bad = 0;
    for (const Exception& e : read.facts.exceptions) {
      EXPECT_EQ(e.reason, ExceptionReason::unreadable);
      bad += e.length;
    }
    EXPECT_EQ(bad, limits::kRetryBytes + kSecondEnd - kSecond);
    EXPECT_EQ(read.facts.coverage.unreadable, bad);
    EXPECT_EQ(read.facts.coverage.total(), truth.size());
  }
}

TEST(ChunkReader, says_that_an_object_became_shorter) {
  const std::string truth = test::noise(10, 10'000);
  MemoryContent content(truth);
  content.declares(50'000);
  std::string padded = truth;
  padded.resize(50'000, '\0');
  const Read read = read_all(content, padded, 4'096, 64);
  ASSERT_EQ(read.facts.exceptions.size(), 1U);
  EXPECT_EQ(read.facts.exceptions[0], (Exception{ExceptionReason::changed, 10'000, 40'000}));
  EXPECT_EQ(read.facts.coverage.unreadable, 40'000U);
}

}  // namespace
}  // namespace ambit::chunk_test
