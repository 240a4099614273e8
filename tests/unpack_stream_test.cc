// gzip, bzip2, xz, lzma, lzip, zstd, lz4, compress: what their own tools wrote comes out again; what is cut or damaged
// gives what was there before the damage.
#include <gmock/gmock.h>

#include <cstring>
#include <random>

#include "tests/unpacked.h"

namespace ambit::unpack_stream_test {
namespace {

using test::damage_seeds;
using test::noise;
using test::read_file;
using test::shell;
using test::TemporaryFolder;
using test::unpack;
using test::Unpacked;
using test::words;
using test::write_file;

// How a tool packs its standard input, and what it calls the result.
struct Tool {
  std::string command, ending;
  Format format;
};
void PrintTo(const Tool& tool, std::ostream* out) { *out << tool.command; }

class Stream : public testing::TestWithParam<Tool> {
 protected:
  [[nodiscard]] std::string packed(const std::string& plain) const {
    write_file(folder_ / "plain", plain);
    static_cast<void>(shell(folder_, GetParam().command + " <plain >packed"));
    return read_file(folder_ / "packed");
  }
  TemporaryFolder folder_;
};

// Text that repeats and noise that does not, of a length that fits no block.
std::string mixed(std::size_t bytes) {
  return (words(1, bytes / 2) + noise(2, bytes / 4) + std::string(bytes / 8, '\0') + words(3, bytes / 8))
      .substr(0, bytes);
}

std::string only_part(const Unpacked& out) {
  EXPECT_EQ(out.parts.size(), 1U);
  return out.parts.empty() ? std::string() : out.parts[0].bytes;
}

TEST_P(Stream, GivesBackWhatItsToolPacked) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{1000}, std::size_t{70'001}, std::size_t{2'000'003}}) {
    const std::string plain = mixed(bytes), object = packed(plain);
    const Unpacked out = unpack(object, false, "case.txt" + GetParam().ending);
    EXPECT_EQ(test::format_by_head(object, "case.txt" + GetParam().ending), GetParam().format);
    EXPECT_FALSE(out.damaged);
    ASSERT_EQ(out.parts.size(), 1U);
    EXPECT_EQ(out.parts[0].part.name, "case.txt");
    EXPECT_FALSE(out.parts[0].damaged);
    EXPECT_TRUE(out.parts[0].bytes == plain) << bytes << " " << out.parts[0].bytes.size();
  }
}

TEST_P(Stream, OfNothingGivesNothing) {
  const Unpacked out = unpack(GetParam().format, packed(""), false);
  ASSERT_EQ(out.parts.size(), 1U);
  EXPECT_FALSE(out.parts[0].damaged);
  EXPECT_EQ(out.parts[0].bytes, "");
}

TEST_P(Stream, GoesOnInTheNextStream) {
  const Format format = GetParam().format;
  if (format == Format::lzma || format == Format::compress || format == Format::brotli) {
    GTEST_SKIP() << "holds one stream";
  }
  const std::string one = mixed(300'000), other = words(9, 20'000);
  const std::string object = packed(one) + packed(other) + packed("") + packed(other);
  const Unpacked out = unpack(GetParam().format, object, false);
  EXPECT_TRUE(only_part(out) == one + other + other);
  EXPECT_FALSE(out.parts[0].damaged);
}

TEST_P(Stream, CutGivesWhatWasBeforeTheCut) {
  const std::string plain = mixed(1'000'000), object = packed(plain);
  std::size_t before = 0;
  for (std::size_t sixteenth = 1; sixteenth < 16; ++sixteenth) {
    const Unpacked out = unpack(GetParam().format, object.substr(0, object.size() * sixteenth / 16), false);
    const std::string got = only_part(out);
    EXPECT_TRUE(plain.starts_with(got)) << sixteenth;
    EXPECT_GE(got.size(), before) << sixteenth;
    // .Z has no end of its own: whatever is there is a file.
    EXPECT_TRUE(out.parts[0].damaged || GetParam().format == Format::compress) << sixteenth;
    before = got.size();
  }
  // These give whole blocks, and here is hardly more than one.
  const bool whole_blocks = GetParam().format == Format::lz4 || GetParam().format == Format::bzip2;
  EXPECT_GE(before, whole_blocks ? 0 : plain.size() / 3);
}

TEST_P(Stream, DamageEnds) {
  const std::string plain = mixed(60'000), object = packed(plain);
  for (std::uint64_t seed = 0; seed < damage_seeds(60); ++seed) {
    std::string hurt = object;
    for (std::uint64_t i = 0; i <= seed % 3; ++i) {
      const std::uint64_t bit = (seed * 2'654'435'761 + i * 40'503) % (hurt.size() * 8);
      hurt[bit / 8] = static_cast<char>(hurt[bit / 8] ^ (1 << bit % 8));
    }
    const Unpacked out = unpack(GetParam().format, hurt, false, {}, 1'000'000);
    EXPECT_LE(out.parts.size(), 1U);
  }
}

TEST_P(Stream, ReadInSmallPiecesIsTheSame) {
  const std::string plain = mixed(40'000);
  const std::string object = packed(plain);
  EXPECT_TRUE(only_part(unpack(GetParam().format, object, true)) == plain);
}

INSTANTIATE_TEST_SUITE_P(
    Tools, Stream,
    testing::Values(Tool{"gzip -1", ".gz", Format::gzip}, Tool{"gzip -9", ".gz", Format::gzip},
                    Tool{"bzip2", ".bz2", Format::bzip2}, Tool{"xz", ".xz", Format::xz},
                    Tool{"xz --block-size=65536 -T2", ".xz", Format::xz},
                    Tool{"xz --format=lzma", ".lzma", Format::lzma}, Tool{"lzip", ".lz", Format::lzip},
                    Tool{"zstd -q", ".zst", Format::zstd}, Tool{"zstd -q -19 --long=27", ".zst", Format::zstd},
                    Tool{"lz4 -q", ".lz4", Format::lz4}, Tool{"lz4 -q -9 -BD -B4", ".lz4", Format::lz4},
                    Tool{"lz4 -q -l", ".lz4", Format::lz4}, Tool{"lzop -1 -c", ".lzo", Format::lzop},
                    Tool{"lzop -9 -c", ".lzo", Format::lzop}, Tool{"compress -f", ".Z", Format::compress},
                    Tool{"compress -f -b 11", ".Z", Format::compress}, Tool{"brotli -q 5", ".br", Format::brotli}));

// --- zlib amid other bytes --------------------------------------------------------------------------------------

TEST(ZlibStreams, of_subversion_and_mercurial_come_out) {
  const TemporaryFolder folder;
  const std::string plain = words(1, 20'000),
                    short_one = "one line of a text that is short, and shorter when packed, packed";
  write_file(folder / "in/long.txt", plain);
  write_file(folder / "in/short.txt", short_one);
  static_cast<void>(shell(folder, R"(
svnadmin create --compatible-version 1.8 s && svn -q import in "file://$PWD/s/x" -m x
HGRCPATH=/dev/null hg init --config format.revlog-compression=zlib h && cp in/* h/ && cd h
HGRCPATH=/dev/null hg add -q && HGRCPATH=/dev/null hg commit -m x -u n)"));
  for (const std::string file : {"s/db/revs/0/1", "h/.hg/store/data/long.txt.i"}) {
    const std::string object = read_file(folder / file);
    EXPECT_EQ(test::format_by_head(object, file.substr(file.rfind('/') + 1)), Format::zlib_streams) << file;
    bool is_there = false;
    for (const auto& part : unpack(Format::zlib_streams, object, false).parts) {
      EXPECT_FALSE(part.damaged) << file << part.part.name;
      is_there = is_there || part.bytes == plain;
    }
    EXPECT_TRUE(is_there) << file;
  }
}

TEST(ZlibStreams, what_mercurial_packs_by_zstd_comes_out_too) {
  const TemporaryFolder folder;
  write_file(folder / "h/long.txt", words(1, 20'000));
  static_cast<void>(shell(folder, R"(HGRCPATH=/dev/null hg init --config format.revlog-compression=zstd h && cd h
HGRCPATH=/dev/null hg add -q && HGRCPATH=/dev/null hg commit -m x -u n)"));
  const std::string object = read_file(folder / "h/.hg/store/data/long.txt.i");
  const std::size_t at = object.find("\x28\xb5\x2f\xfd");
  const Unpacked out = unpack(Format::zlib_streams, object, true);
  ASSERT_EQ(out.parts.size(), 1U);
  EXPECT_EQ(out.parts[0].bytes, object.substr(at, out.parts[0].bytes.size()));
}

TEST(ZlibStreams, noise_holds_none) {
  EXPECT_TRUE(unpack(Format::zlib_streams, noise(1, 3'000'000), false).parts.empty());
}

// --- gzip -------------------------------------------------------------------------------------------------------

class Gzip : public testing::Test {
 protected:
  [[nodiscard]] std::string packed(const std::string& plain, const std::string& options = "") const {
    write_file(folder_ / "ledger.csv", plain);
    static_cast<void>(shell(folder_, "touch -d @1000000000 ledger.csv; gzip -k " + options + " ledger.csv"));
    const std::string out = read_file(folder_ / "ledger.csv.gz");
    static_cast<void>(shell(folder_, "rm ledger.csv.gz"));
    return out;
  }
  TemporaryFolder folder_;
};

TEST_F(Gzip, KnowsNameAndTime) {
  const Unpacked out = unpack(packed("a,b\n"), false, "other.gz");
  ASSERT_EQ(out.parts.size(), 1U);
  EXPECT_EQ(out.parts[0].part.name, "ledger.csv");
  EXPECT_EQ(out.parts[0].part.modified, 1'000'000'000);
}

TEST_F(Gzip, WhatStandsBehindIsLetBe) {
  const std::string object = packed("a,b\n");
  for (const std::string& behind :
       {std::string(5000, '\0'), std::string("garbage"), std::string("\x1f\x8b\x08\xff", 4)}) {
    const Unpacked out = unpack(object + behind, false);
    EXPECT_EQ(only_part(out), "a,b\n");
    EXPECT_FALSE(out.parts[0].damaged);
  }
}

TEST_F(Gzip, WrongSumIsToldAfterAllMembers) {
  std::string object = packed("first\n");
  object[object.size() - 6] ^= 1;
  const Unpacked out = unpack(object + packed("second\n"), false);
  EXPECT_EQ(only_part(out), "first\nsecond\n");
  EXPECT_TRUE(out.parts[0].damaged);
}

// A header with every field there is.
TEST_F(Gzip, PassesExtraFieldCommentAndSum) {
  const std::string object = packed("plain text\n", "-n");
  const std::string header("\x1f\x8b\x08\x1e\0\0\0\0\0\3\4\0abcd", 16);
  const Unpacked out = unpack(header + std::string("name\0comment\0\1\2", 15) + object.substr(10), false);
  EXPECT_EQ(only_part(out), "plain text\n");
  EXPECT_EQ(out.parts[0].part.name, "name");
  EXPECT_FALSE(out.parts[0].damaged);
}

}  // namespace
// Each was taken for one: a tar by a checksum of one digit among other bytes, a .Z by its first two.
TEST(Format, is_not_seen_in_noise) {
  std::mt19937_64 random(7);
  std::string head(1024, '\0');
  int seen = 0;
  for (int i = 0; i < 100'000; ++i) {
    for (std::size_t k = 0; k < head.size(); k += 8) {
      const std::uint64_t bytes = random();
      std::memcpy(head.data() + k, &bytes, 8);
    }
    if (test::format_by_head(head, "noise") != Format::none) ++seen;
  }
  EXPECT_LE(seen, 1);
  EXPECT_EQ(test::format_by_head("\x1f\x9d\x3b\x7f more", "noise"), Format::none);
}

}  // namespace ambit::unpack_stream_test
