// Sets of hashes in every format that they are published in, and what is said of those that are none.
#include "pipeline/hash_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/evidence.h"
#include "tests/hash_sources.h"

namespace ambit::hash_source_test {
namespace {

using test::digest_of;
using test::hex_of;
using test::write_file;
using testing::HasSubstr;

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// The values of a row of the NSRL for file `number`, which has `size` bytes.
std::string nsrl_values(std::uint64_t number, std::uint64_t size, int package) {
  return "'" + upper(hex_of(digest_of(DigestKind::sha256, number))) + "','" +
         upper(hex_of(digest_of(DigestKind::sha1, number))) + "','" +
         upper(hex_of(digest_of(DigestKind::md5, number))) + "','7D227EE3','it''s; (a) \"file\".dll'," +
         std::to_string(size) + "," + std::to_string(package);
}

HashValue sized(DigestKind kind, std::uint64_t number, std::uint64_t size) {
  HashValue out = digest_of(kind, number);
  out.size = size;
  return out;
}

// What a set says it holds, in order.
std::vector<HashValue> all_of(const HashSet& set) {
  std::vector<HashValue> out;
  for (const DigestKind kind : {DigestKind::md5, DigestKind::sha1, DigestKind::sha256}) {
    for (std::uint64_t i = 0; i < set.count(kind); ++i) out.push_back(set.at(kind, i));
  }
  return out;
}

std::vector<HashValue> sorted(std::vector<HashValue> values) {
  // A set puts the digests of unknown size last.
  std::sort(values.begin(), values.end(), [](const HashValue& a, const HashValue& b) {
    return std::tuple(a.kind, a.bytes, a.size.value_or(UINT64_MAX)) <
           std::tuple(b.kind, b.bytes, b.size.value_or(UINT64_MAX));
  });
  return values;
}

class HashSource : public testing::Test {
 protected:
  // The set made of one source, or the error.
  Result<std::shared_ptr<const HashSet>> load(const std::string& bytes) {
    write_file(folder / "source", bytes);
    return load_hash_set(folder / "source");
  }
  void expect(const std::string& path, std::vector<HashValue> values) {
    const auto set = load_hash_set(path);
    ASSERT_TRUE(set.ok()) << set.error().what << " " << set.error().where;
    EXPECT_EQ(all_of(**set), sorted(std::move(values)));
  }
  void expect_refused(const std::string& path, const char* what) {
    const auto set = load_hash_set(path);
    ASSERT_FALSE(set.ok());
    EXPECT_THAT(set.error().what, HasSubstr(what));
    EXPECT_THAT(set.error().where, HasSubstr(path));
    EXPECT_FALSE(set.error().remedy.empty());
  }
  test::TemporaryFolder folder;
};

TEST_F(HashSource, minimal_nsrl_gives_sha256_and_size_of_every_file_once) {
  std::string rows;
  for (std::uint64_t i = 0; i < 100; ++i) {
    for (int package = 0; package < 3; ++package) {
      rows += "INSERT INTO FILE VALUES(" + nsrl_values(i, i * 1'000, package) + ");";
    }
  }
  test::make_database(folder / "rds.db", std::string(test::kNsrlMinimalSchema) + rows);
  std::vector<HashValue> wanted;
  for (std::uint64_t i = 0; i < 100; ++i) wanted.push_back(sized(DigestKind::sha256, i, i * 1'000));
  expect(folder / "rds.db", wanted);
}

TEST_F(HashSource, full_nsrl_is_read_from_its_metadata) {
  std::string rows;
  std::vector<HashValue> wanted;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::string id = std::to_string(i);
    rows += "INSERT INTO METADATA VALUES(" + id + "," + id + ",'k','/p','name','dll'," + id + ",NULL,0,'crc','" +
            hex_of(digest_of(DigestKind::md5, i)) + "','" + hex_of(digest_of(DigestKind::sha1, i)) + "','" +
            hex_of(digest_of(DigestKind::sha256, i)) + "');";
    wanted.push_back(sized(DigestKind::sha256, i, i));
  }
  // No row of PACKAGE_OBJECT: the view FILE would be empty.
  test::make_database(folder / "rds.db", std::string(test::kNsrlFullSchema) + rows);
  expect(folder / "rds.db", wanted);
}

TEST_F(HashSource, nsrl_delta_gives_the_rows_that_it_adds) {
  const std::string columns = "(sha256, sha1,\"md5\",crc32,file_name,file_size,package_id)";
  write_file(folder / "delta.sql",
             "-- RDS\nBEGIN TRANSACTION;\nINSERT INTO PKG VALUES(1,'it''s; a \"name\"','1',2,3,'en','x');\n"
             "INSERT INTO FILE" +
                 columns + " VALUES(" + nsrl_values(1, 10, 1) + "),\n(" + nsrl_values(2, 20, 1) +
                 ");\ninsert into file values (" + nsrl_values(3, 30, 1) +
                 ");\n/* INSERT INTO FILE */ INSERT INTO VERSION VALUES('2026.09.1');\n"
                 "UPDATE FILE SET file_name = 'b' WHERE package_id = 7;\nDELETE FROM FILE WHERE package_id = 8;\n"
                 "INSERT INTO METADATA(bytes, sha256) VALUES(40, '" +
                 hex_of(digest_of(DigestKind::sha256, 4)) + "');\nCOMMIT;\n");
  expect(folder / "delta.sql", {sized(DigestKind::sha256, 1, 10), sized(DigestKind::sha256, 2, 20),
                                sized(DigestKind::sha256, 3, 30), sized(DigestKind::sha256, 4, 40)});
  HashSetWriter writer(folder.path(), 1 << 20);
  EXPECT_EQ(read_hash_source(folder / "delta.sql", std::nullopt, writer)->not_followed, 2U);
}

TEST_F(HashSource, autopsy_database_gives_the_strongest_blob_of_each_row) {
  const std::string md5 = hex_of(digest_of(DigestKind::md5, 1)), sha256 = hex_of(digest_of(DigestKind::sha256, 2));
  test::make_database(folder / "a.kdb", std::string(test::kAutopsySchema) + "INSERT INTO hashes(md5) VALUES(x'" + md5 +
                                            "');INSERT INTO hashes(md5, sha2_256) VALUES(x'" +
                                            hex_of(digest_of(DigestKind::md5, 2)) + "', x'" + sha256 + "');");
  expect(folder / "a.kdb", {digest_of(DigestKind::md5, 1), digest_of(DigestKind::sha256, 2)});
}

TEST_F(HashSource, encase_set_and_lists_are_told_by_their_first_bytes) {
  const HashValue one = digest_of(DigestKind::md5, 1), two = digest_of(DigestKind::md5, 2);
  write_file(folder / "e.hash", test::encase_file({two, one, two}));
  expect(folder / "e.hash", {one, two});
  write_file(folder / "l", "%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n5," + hex_of(one) + ",x\n");
  expect(folder / "l", {sized(DigestKind::md5, 1, 5)});
}

TEST_F(HashSource, set_file_is_a_source_too_and_is_mapped_as_it_is) {
  write_file(folder / "l",
             hex_of(digest_of(DigestKind::sha1, 1)) + "  a\n" + hex_of(digest_of(DigestKind::md5, 1)) + "  b\n");
  HashSetWriter writer(folder.path(), 1 << 20);
  ASSERT_TRUE(read_hash_source(folder / "l", std::nullopt, writer).ok());
  Result<File> file = File::create(folder / "x.ambitset", 0600);
  ASSERT_TRUE(writer.write(*file).ok());
  const auto mapped = load_hash_set(folder / "x.ambitset");
  ASSERT_TRUE(mapped.ok());
  EXPECT_EQ((*mapped)->digest(), (*load_hash_set(folder / "l"))->digest()) << "a list and the set made of it are one";
  HashSetWriter again(folder.path(), 1 << 20);
  const auto report = read_hash_source(folder / "x.ambitset", DigestKind::md5, again);
  EXPECT_EQ(report->hashes, 1U);
  EXPECT_EQ(report->passed_over, 1U);
}

TEST_F(HashSource, of_a_chosen_kind_passes_over_the_rows_without_it) {
  write_file(folder / "l",
             hex_of(digest_of(DigestKind::sha1, 1)) + "  a\n" + hex_of(digest_of(DigestKind::md5, 1)) + "  b\n");
  HashSetWriter writer(folder.path(), 1 << 20);
  const auto report = read_hash_source(folder / "l", DigestKind::sha1, writer);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->hashes, 1U);
  EXPECT_EQ(report->passed_over, 1U);
}

// --- the Bloom filter is asked, never believed -------------------------------------------------------------------

class FilteredSet : public HashSource {
 protected:
  // The set of `in`, behind a filter that knows `filtered`.
  Result<> build(const std::vector<HashValue>& in, const std::vector<HashValue>& filtered) {
    write_file(folder / "f.bloom", test::bloom_file(filtered, 8'192, 7));
    HashSetWriter writer(folder.path(), 1 << 20);
    for (const HashValue& value : in) EXPECT_TRUE(writer.add(value).ok());
    const auto report = read_hash_source(folder / "f.bloom", std::nullopt, writer);
    EXPECT_TRUE(report.ok() && report->format == "Bloom filter" && report->hashes == 0);
    std::filesystem::remove(folder / "set");
    Result<File> file = File::create(folder / "set", 0600);
    return writer.write(*file);
  }
};

TEST_F(FilteredSet, says_what_the_set_says) {
  std::vector<HashValue> in, filtered;
  for (std::uint64_t i = 0; i < 300; ++i) in.push_back(digest_of(DigestKind::sha1, i));
  for (std::uint64_t i = 0; i < 600; ++i) filtered.push_back(digest_of(DigestKind::sha1, i));
  const Result<> built = build(in, filtered);
  ASSERT_TRUE(built.ok()) << built.error().what;
  const auto set = load_hash_set(folder / "set");
  ASSERT_TRUE(set.ok()) << set.error().what;
  EXPECT_TRUE((*set)->filtered(DigestKind::sha1));
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    const HashValue value = digest_of(DigestKind::sha1, i);
    EXPECT_EQ((*set)->holds(DigestKind::sha1, std::span(value.bytes).first(20), 1), i < 300)
        << "what only the filter knows is not known: " << i;
  }
}

TEST_F(FilteredSet, is_not_built_of_a_filter_that_knows_less) {
  std::vector<HashValue> in;
  for (std::uint64_t i = 0; i < 300; ++i) in.push_back(digest_of(DigestKind::sha1, i));
  const Result<> built = build(in, {in.begin(), in.begin() + 299});
  ASSERT_FALSE(built.ok());
  EXPECT_THAT(built.error().what, HasSubstr("does not know all hashes of the set"));
}

TEST_F(HashSource, filter_alone_is_no_set) {
  write_file(folder / "f.bloom", test::bloom_file({digest_of(DigestKind::sha1, 1)}, 1'009, 7));
  expect_refused(folder / "f.bloom", "a Bloom filter alone is no set");
}

// --- what is none ------------------------------------------------------------------------------------------------

TEST_F(HashSource, damaged_or_foreign_is_refused_with_a_remedy) {
  test::make_database(folder / "other.db", "CREATE TABLE notes(x); INSERT INTO notes VALUES(1);");
  expect_refused(folder / "other.db", "a database without hashes");
  test::make_database(folder / "empty.db", std::string(test::kNsrlMinimalSchema));
  expect_refused(folder / "empty.db", "holds no hash");
  test::make_database(folder / "short.kdb",
                      std::string(test::kAutopsySchema) + "INSERT INTO hashes(md5) VALUES(x'0102');");
  expect_refused(folder / "short.kdb", "what is no digest in row 1");
  std::string rows;
  for (std::uint64_t i = 0; i < 500; ++i) rows += "INSERT INTO FILE VALUES(" + nsrl_values(i, i, 1) + ");";
  test::make_database(folder / "rds.db", std::string(test::kNsrlMinimalSchema) + rows);
  std::string bytes = test::read_file(folder / "rds.db");
  std::fill(bytes.begin() + 20'000, bytes.end() - 10'000, '\xa5');
  write_file(folder / "torn.db", bytes);
  expect_refused(folder / "torn.db", "the database cannot be read");
  write_file(folder / "cut.hash", test::encase_file({digest_of(DigestKind::md5, 1)}).substr(0, 1'160));
  expect_refused(folder / "cut.hash", "cut off");
  write_file(folder / "none.hash", test::encase_file({}));
  expect_refused(folder / "none.hash", "holds no hash");
  expect_refused(folder.path().string(), "it is a folder");
  expect_refused(folder / "missing", "No such file");
}

TEST_F(HashSource, delta_that_is_cut_or_garbled_is_refused_with_its_line) {
  const std::string row = "INSERT INTO FILE VALUES(" + nsrl_values(1, 10, 1) + ");\n";
  for (const std::string& bad :
       {std::string("BEGIN;\nINSERT INTO FILE VALUES('00"), row + "INSERT INTO FILE VALUES(1,2",
        row + "INSERT INTO FILE VALUES('zz','','','','',1,1);", std::string("BEGIN; ?"),
        row + "INSERT INTO FILE(bytes) VALUES(-5);", row + "INSERT INTO METADATA VALUES(1);",
        "INSERT INTO FILE VALUES('" + std::string(300'000, 'a') + "');"}) {
    write_file(folder / "d.sql", bad);
    expect_refused(folder / "d.sql", "not the statements of a delta");
    EXPECT_THAT(load_hash_set(folder / "d.sql").error().where, HasSubstr(", line "));
  }
}

// Every byte of a small source of each kind, flipped: an answer, never a crash, never a hang.
TEST_F(HashSource, flipped_anywhere_gives_an_answer) {
  std::vector<std::string> sources;
  std::string rows;
  for (std::uint64_t i = 0; i < 5; ++i) rows += "INSERT INTO FILE VALUES(" + nsrl_values(i, i, 1) + ");\n";
  test::make_database(folder / "rds.db", std::string(test::kNsrlMinimalSchema) + rows);
  sources.push_back(test::read_file(folder / "rds.db"));
  sources.push_back("BEGIN;\n" + rows);
  sources.push_back(test::encase_file({digest_of(DigestKind::md5, 1)}));
  sources.push_back(test::bloom_file({digest_of(DigestKind::sha1, 1)}, 1'009, 7));
  std::size_t loaded = 0, refused = 0;
  for (const std::string& source : sources) {
    const std::size_t step = source.size() > 4'000 ? 37 : 5;
    for (std::size_t at = 0; at < source.size(); at += step) {
      std::string bad = source;
      bad[at] = static_cast<char>(bad[at] ^ 0x41);
      ++(load(bad).ok() ? loaded : refused);
    }
  }
  EXPECT_GT(loaded, 0U);
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace ambit::hash_source_test
