// The files of a server of PostgreSQL: what a real one wrote, whose values it compressed by itself.
#include <gmock/gmock.h>

#include "stages/unpack/formats.h"
#include "tests/unpacked.h"

namespace ambit::unpack_postgres_heap_test {
namespace {

using test::unpack_all;
using test::Unpacked;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using unpack::open_postgres_heap;

// A server of its own, for as long as the script runs; it does not serve the superuser. The files of each table come
// under its name, those of its long values beside them.
constexpr std::string_view kServer = R"sh(
set -e
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
chmod 755 .; mkdir pg; chown postgres pg
as() { runuser -u postgres -- "$@"; }
as "$bin/initdb" -A trust -E UTF8 --locale=C pg/data >/dev/null
as "$bin/pg_ctl" -D pg/data -l pg/log -w -o "-k $PWD/pg -c listen_addresses= -c fsync=off -c autovacuum=off" start >/dev/null
trap 'as "$bin/pg_ctl" -D pg/data -m immediate stop >/dev/null' EXIT
sql() { as "$bin/psql" -q -A -t -h "$PWD/pg" -d postgres -v ON_ERROR_STOP=1; }
printf 'in a gzip: kim@northlight.example' | gzip -n > note.gz
gzip=$(xxd -p note.gz | tr -d '\n')
sql <<SQL
CREATE TABLE inline (id int PRIMARY KEY, who text, body text, n int);
INSERT INTO inline VALUES (1, 'Plain Jane', 'short', 7);
INSERT INTO inline VALUES (2, 'Ann', 'Kim Larsen, Per Ståhl, ' || repeat('all work and no play ', 150) || 'Kim ' || 'Ståhl' || repeat(' makes Jack dull', 150), 8);
INSERT INTO inline VALUES (3, NULL, repeat('the day before ', 200) || 'deleted-4711', 9);
CREATE INDEX inline_body ON inline (body);
DELETE FROM inline WHERE id = 3;
CREATE TABLE byte (id int, body bytea);
INSERT INTO byte VALUES (1, decode('$gzip', 'hex') || decode(repeat('00', 4000), 'hex'));
CREATE TABLE other (id int, body text COMPRESSION lz4);
INSERT INTO other VALUES (1, 'Kim Larsen, Per Ståhl, ' || repeat('all work and no play ', 150) || 'Kim ' || 'Ståhl' || repeat(' makes Jack dull', 150));
CREATE TABLE long (id int, body text);
INSERT INTO long SELECT 1, string_agg(md5(i::text), ' ') || repeat(' filler', 2000) || ' long-' || 'value-one' FROM generate_series(1, 700) i;
CREATE TABLE longer (id int, body text COMPRESSION lz4);
INSERT INTO longer SELECT 1, string_agg(md5(i::text), ' ') || repeat(' filler', 2000) || ' long-' || 'value-two' FROM generate_series(1, 700) i;
CREATE TABLE apart (id int, body text);
ALTER TABLE apart ALTER body SET STORAGE EXTERNAL;
INSERT INTO apart SELECT i, repeat('x', 1992) || 'part-' || 'ed-name-' || i || repeat(' y', 3500) FROM generate_series(1, 50) i;
CREATE TABLE files (id int, body bytea);
INSERT INTO files SELECT 1, decode('$gzip', 'hex') || decode(string_agg(md5(i::text), ''), 'hex') FROM generate_series(1, 400) i;
CHECKPOINT;
SQL
for table in inline byte other long longer apart files; do
  path=$(echo "SELECT pg_relation_filepath('$table')" | sql)
  long=$(echo "SELECT pg_relation_filepath(reltoastrelid) FROM pg_class WHERE relname = '$table' AND reltoastrelid > 0" | sql)
  cp "pg/data/$path" $table
  test -z "$long" || cp "pg/data/$long" $table.long
done
cp "pg/data/$(echo "SELECT pg_relation_filepath('inline_body')" | sql)" index
cp "pg/data/$(echo "SELECT pg_relation_filepath('pg_proc')" | sql)" catalogue
cp "pg/data/$(echo "SELECT pg_relation_filepath('pg_proc')" | sql)_fsm" free
)sh";

class PostgresHeap : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = std::make_unique<test::TemporaryFolder>();
    test::shell(*folder, std::string(kServer));
  }
  static void TearDownTestSuite() { folder.reset(); }
  static std::string file(const std::string& name) { return test::read_file(*folder / name); }
  static std::unique_ptr<test::TemporaryFolder> folder;
};
std::unique_ptr<test::TemporaryFolder> PostgresHeap::folder;

TEST_F(PostgresHeap, rows_show_what_was_compressed_in_them) {
  for (const char* table : {"inline", "other"}) {
    const std::string bytes = file(table);
    ASSERT_EQ(test::format_by_head(bytes), Format::postgres_heap) << table;
    EXPECT_THAT(bytes, Not(HasSubstr("Kim Ståhl")));
    for (const bool seekable : {true, false}) {
      const Unpacked got = test::unpack(bytes, seekable);
      EXPECT_FALSE(got.damaged) << got.error;
      EXPECT_THAT(got.names(), testing::ElementsAre("rows"));
      EXPECT_FALSE(got.parts[0].damaged) << got.parts[0].error;
      EXPECT_THAT(got.text(), HasSubstr(" all work and no play Kim Ståhl makes Jack dull"));
    }
  }
  const std::string text = unpack_all(open_postgres_heap, file("inline"), "16384", 1000, 77).text();
  EXPECT_THAT(text, HasSubstr("(0,1)\tPlain Jane\tshort\n(0,2)\tAnn\tKim Larsen, "));
  EXPECT_THAT(text, HasSubstr("the day before deleted-4711"));
}

TEST_F(PostgresHeap, indexes_show_what_was_compressed_in_them) {
  const Unpacked got = test::unpack(file("index"), true);
  EXPECT_THAT(got.text(), HasSubstr(" all work and no play Kim Ståhl makes Jack dull"));
  EXPECT_FALSE(got.parts.at(0).damaged);
}

TEST_F(PostgresHeap, long_values_are_put_together_from_their_chunks) {
  const std::map<std::string, std::string> ends = {
      {"long", "filler long-value-one\n"}, {"longer", "filler long-value-two\n"}, {"apart", "xxpart-ed-name-50 y y"}};
  for (const auto& [table, end] : ends) {
    const std::string bytes = file(table + ".long");
    EXPECT_THAT(bytes, Not(HasSubstr(end))) << table;
    ASSERT_EQ(test::format_by_head(bytes), Format::postgres_heap) << table;
    for (const bool seekable : {true, false}) {
      const Unpacked got = test::unpack(bytes, seekable);
      EXPECT_THAT(got.names(), testing::ElementsAre("values"));
      EXPECT_FALSE(got.parts[0].damaged) << got.parts[0].error;
      EXPECT_THAT(got.text(), HasSubstr(end)) << table;
    }
    // The row says which value is its.
    const std::string rows = test::unpack(file(table), true).text();
    const std::string number = test::unpack(bytes, true).text();
    EXPECT_THAT(rows, HasSubstr("\ttoast " + number.substr(0, number.find('\t')) + "\n")) << table;
  }
}

TEST_F(PostgresHeap, long_values_are_put_together_wherever_their_chunks_lie) {
  std::string bytes = file("apart.long"), turned;
  constexpr std::size_t kPage = 8192;
  for (std::size_t at = bytes.size(); at > 0; at -= kPage) turned += bytes.substr(at - kPage, kPage);
  ASSERT_NE(turned, bytes);
  const Unpacked got = test::unpack(turned, true);
  EXPECT_FALSE(got.parts.at(0).damaged);
  EXPECT_EQ(got.text(), test::unpack(bytes, true).text());
}

TEST_F(PostgresHeap, what_is_packed_in_values_is_a_member) {
  const Unpacked inside = test::unpack(file("byte"), true);
  EXPECT_THAT(inside.names(), Contains("page 0/1/value 1"));
  const std::string gzip = file("note.gz");
  EXPECT_EQ(inside.files().at("page 0/1/value 1").substr(0, gzip.size()), gzip);
  EXPECT_TRUE(test::unpack(file("byte"), false).damaged);  // a stream is not read twice

  const Unpacked apart = test::unpack(file("files.long"), true);
  ASSERT_THAT(apart.parts, SizeIs(2));
  EXPECT_EQ(apart.parts[1].bytes.size(), gzip.size() + 400 * 16);
  EXPECT_TRUE(apart.parts[1].bytes.starts_with(gzip));
}

TEST_F(PostgresHeap, a_missing_chunk_is_told) {
  for (const char* table : {"long", "apart"}) {
    std::string bytes = file(std::string(table) + ".long");
    ASSERT_GE(bytes.size(), 3U * 8192);
    bytes.erase(8192, 8192);
    EXPECT_TRUE(test::unpack(bytes, true).parts.at(0).damaged) << table;
    EXPECT_TRUE(test::unpack(bytes, false).parts.at(0).damaged) << table;
    EXPECT_FALSE(test::unpack(bytes, true).parts.at(0).bytes.empty());
  }
}

TEST_F(PostgresHeap, catalogues_are_tables_too_and_maps_of_free_space_are_none) {
  const Unpacked got = test::unpack(file("catalogue"), true);
  EXPECT_FALSE(got.damaged);
  EXPECT_FALSE(got.parts.at(0).damaged);
  EXPECT_THAT(got.text(), HasSubstr("\tboolin\t"));
  EXPECT_EQ(test::format_by_head(file("free")), Format::none);
}

TEST_F(PostgresHeap, survives_damage) {
  for (const char* name : {"inline", "byte", "other", "long.long", "longer.long", "files.long", "index"}) {
    test::survive_damage(open_postgres_heap, file(name).substr(0, 3 * 8192), "16384", test::damage_seeds(60));
  }
}

}  // namespace
}  // namespace ambit::unpack_postgres_heap_test
