// Dumps of PostgreSQL: what a real server's pg_dump wrote.
#include <gmock/gmock.h>

#include "stages/unpack/formats.h"
#include "tests/unpacked.h"

namespace ambit::unpack_postgres_test {
namespace {

using test::unpack_all;
using test::Unpacked;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using unpack::open_postgres_dump;

// A server of its own, for as long as the script runs; it does not serve the superuser.
constexpr std::string_view kDumps = R"sh(
set -e
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
chmod 755 .; mkdir pg; chown postgres pg
as() { runuser -u postgres -- "$@"; }
as "$bin/initdb" -A trust -E UTF8 --locale=C pg/data >/dev/null
as "$bin/pg_ctl" -D pg/data -l pg/log -w -o "-k $PWD/pg -c listen_addresses= -c fsync=off" start >/dev/null
trap 'as "$bin/pg_ctl" -D pg/data -m immediate stop >/dev/null' EXIT
sql() { as "$bin/psql" -q -h "$PWD/pg" -d "$1" -v ON_ERROR_STOP=1; }
echo 'CREATE DATABASE papers' | sql postgres
sql papers <<'SQL' >/dev/null
CREATE SCHEMA office;
CREATE TABLE office.notes (id int PRIMARY KEY, body text, file bytea);
INSERT INTO office.notes SELECT i, repeat('word ' || i || ' ', 40), decode(md5(i::text), 'hex') FROM generate_series(1, 3000) i;
INSERT INTO office.notes VALUES (5000, 'acme-payout-7731 of Müller', NULL);
CREATE TABLE empty (id int);
CREATE TABLE "Strange; name" (t text);
INSERT INTO "Strange; name" VALUES ('a' || chr(9) || 'b'), ('second');
SELECT lo_from_bytea(777, convert_to(repeat('large object ', 9000), 'UTF8'));
SELECT lo_from_bytea(778, '');
SELECT lo_from_bytea(779, convert_to('short', 'UTF8'));
SQL
for level in 0 1 9; do as "$bin/pg_dump" -h "$PWD/pg" -Fc -Z $level papers > custom-$level.dump; done
as "$bin/pg_dump" -h "$PWD/pg" --data-only -t office.notes papers | sed -n '/^COPY/,/^\\\.$/p' | sed '1d;$d' > notes.txt
)sh";

class PostgresDump : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = std::make_unique<test::TemporaryFolder>();
    test::shell(*folder, std::string(kDumps));
  }
  static void TearDownTestSuite() { folder.reset(); }
  static std::string dump(char level) { return test::read_file(*folder / (std::string("custom-") + level + ".dump")); }
  static std::unique_ptr<test::TemporaryFolder> folder;
};
std::unique_ptr<test::TemporaryFolder> PostgresDump::folder;

TEST_F(PostgresDump, gives_tables_and_large_objects_as_the_server_had_them) {
  for (const char level : {'0', '1', '9'}) {
    const std::string bytes = dump(level);
    EXPECT_EQ(test::format_by_head(bytes), Format::postgres_dump);
    for (const std::size_t step : {std::size_t{7}, SIZE_MAX}) {
      const Unpacked got = unpack_all(open_postgres_dump, bytes, "papers.dump", step);
      EXPECT_FALSE(got.damaged) << got.error;
      std::map<std::string, std::string> files = got.files();
      EXPECT_THAT(files, SizeIs(6)) << level;
      EXPECT_THAT(files["office.notes"], HasSubstr("5000\tacme-payout-7731 of Müller\t\\N\n"));
      // The last line says that there are no more.
      EXPECT_EQ(files["office.notes"].substr(0, files["office.notes"].find("\\.\n")),
                test::read_file(*folder / "notes.txt"));
      EXPECT_EQ(files["public.Strange; name"].substr(0, 12), "a\\tb\nsecond\n");
      EXPECT_EQ(files["large objects/777"].size(), 13U * 9000);
      EXPECT_EQ(files["large objects/778"], "");
      EXPECT_EQ(files["large objects/779"], "short");
    }
  }
}

TEST_F(PostgresDump, gives_what_comes_before_its_end_where_it_is_cut) {
  const std::string bytes = dump('9');
  const Unpacked whole = unpack_all(open_postgres_dump, bytes);
  std::size_t most = 0;
  for (std::size_t cut = 1; cut < 16; ++cut) {
    const Unpacked got = unpack_all(open_postgres_dump, bytes.substr(0, bytes.size() * cut / 16));
    std::size_t had = 0;
    for (const auto& part : got.parts) had += part.bytes.size();
    EXPECT_GE(had, most) << cut;
    most = had;
    const bool is_told = !got.opened || got.damaged ||
                         std::any_of(got.parts.begin(), got.parts.end(), [](const auto& part) { return part.damaged; });
    EXPECT_TRUE(is_told) << cut;
  }
  EXPECT_GT(most, 100'000U);
}

TEST_F(PostgresDump, survives_damage) {
  test::survive_damage(open_postgres_dump, dump('1'), "papers.dump", test::damage_seeds(60));
  test::survive_damage(open_postgres_dump, dump('0').substr(0, 20'000), "papers.dump", test::damage_seeds(60));
}

TEST(PostgresDumpHeader, of_another_version_or_format_is_told) {
  for (const char* head :
       {"PGDMP\1\5\0\4\10\1", "PGDMP\1\xff\0\4\10\1", "PGDMP\1\16\0\11\10\1", "PGDMP\1\16\0\4\10\2"}) {
    const std::string bytes = std::string(head, 11) + std::string(200, '\0');
    EXPECT_FALSE(unpack_all(open_postgres_dump, bytes).opened);
  }
}

// The list of a dump that is a folder or a tar: its tables are files of their own.
TEST(PostgresDumpHeader, of_a_list_alone_is_no_damage) {
  for (const char format : {'\3', '\5'}) {
    const auto list = unpack_all(open_postgres_dump, std::string("PGDMP\1\16\0\4\10", 10) + format + "anything");
    EXPECT_TRUE(list.opened);
    EXPECT_EQ(list.error, "");
    EXPECT_TRUE(list.parts.empty());
  }
}

}  // namespace
}  // namespace ambit::unpack_postgres_test
