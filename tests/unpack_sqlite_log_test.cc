// The logs of SQLite databases: what the library wrote there, we read, without the database.
#include <gmock/gmock.h>

#include <set>

#include "stages/unpack/formats.h"
#include "tests/unpacked.h"

namespace ambit::unpack_sqlite_log_test {
namespace {

using test::unpack_all;
using test::Unpacked;
using testing::HasSubstr;
using testing::Not;
using unpack::open_sqlite;
using unpack::open_sqlite_log;

// Makes a database, then changes it in a transaction (or several) and copies the log before it is gone.
constexpr std::string_view kMake = R"py(
import sqlite3, sys, shutil
path, mode, page, encoding = sys.argv[1:5]
c = sqlite3.connect(path, isolation_level=None)
c.execute('pragma page_size=' + page)
c.execute("pragma encoding='%s'" % encoding)
c.execute('pragma journal_mode=' + mode)
c.execute('pragma wal_autocheckpoint=0')
c.execute('pragma secure_delete=off')
c.execute('create table t (id integer primary key, name text, v)')
c.execute('create table keyed (k text primary key, v) without rowid')
if mode == 'delete':
    c.execute('begin')
    c.executemany('insert into t values (?,?,?)', [(i, 'before %d Müller' % i, i * 3) for i in range(500)])
    c.execute('commit')
    c.execute('pragma cache_size=2')
    c.execute('begin')
    c.execute("update t set name = 'after ' || id")
    # More than the cache holds, so that the log must be on the disk.
    c.executemany('insert into keyed values (?,?)', [('new %d' % i, 'n' * 100) for i in range(5000)])
    shutil.copy(path + '-journal', path + '.log')
    c.execute('rollback')
else:
    for part in range(5):
        c.execute('begin')
        c.executemany('insert into t values (?,?,?)', [(i, 'row %d Müller' % i, i * 0.5) for i in range(part * 100, part * 100 + 100)])
        c.executemany('insert into keyed values (?,?)', [('key%d' % i, i) for i in range(part * 50, part * 50 + 50)])
        c.execute('insert into t values (?,?,?)', (10**6 + part, ('w%d ' % part) * 30000 + 'end%d' % part, None))
        c.execute('commit')
    c.execute("delete from t where id = 7")
    shutil.copy(path + '-wal', path + '.log')
)py";

std::string made(const test::TemporaryFolder& folder, const std::string& mode, int page, const std::string& encoding) {
  test::shell(folder, "rm -f db db-wal db-journal db.log");
  const test::Ran ran =
      test::run({"python3", "-c", std::string(kMake), folder / "db", mode, std::to_string(page), encoding});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return test::read_file(folder / "db.log");
}

std::multiset<std::string> lines(const std::string& text) {
  std::multiset<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.insert(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

TEST(SqliteLog, of_writes_ahead_gives_every_row_that_was_written_once) {
  const test::TemporaryFolder folder;
  for (const auto& [page, encoding] :
       std::vector<std::pair<int, std::string>>{{512, "UTF-8"}, {4096, "UTF-16le"}, {65536, "UTF-8"}}) {
    const std::string log = made(folder, "wal", page, encoding);
    EXPECT_EQ(test::format_by_head(log, "db-wal"), Format::sqlite_log);
    const Unpacked out = unpack_all(open_sqlite_log, log);
    ASSERT_EQ(out.parts.size(), 1U) << out.error;
    EXPECT_EQ(out.parts[0].error, "") << page;
    const std::multiset<std::string> rows = lines(out.parts[0].bytes);
    for (int i = 0; i < 500; ++i) {
      std::string half = i % 2 == 0 ? std::to_string(i / 2) : std::to_string(i / 2) + ".5";
      // A whole number in a column without a type is kept as such or with a point.
      const std::string row = std::to_string(i) + "\t\trow " + std::to_string(i) + " Müller\t";
      EXPECT_EQ(rows.count(row + half) + rows.count(row + half + ".0"), 1U) << page << row << half;
    }
    for (int i = 0; i < 250; ++i) {
      EXPECT_GE(rows.count("key" + std::to_string(i) + "\t" + std::to_string(i)), 1U) << i;
    }
    for (int part = 0; part < 5; ++part) {
      std::string text;
      for (int i = 0; i < 30'000; ++i) text += "w" + std::to_string(part) + " ";
      const std::string row = std::to_string(1'000'000 + part) + "\t\t" + text + "end" + std::to_string(part) + "\t";
      EXPECT_GE(rows.count(row), 1U) << page << " " << part;
    }
  }
}

TEST(SqliteLog, of_a_transaction_that_did_not_end_gives_the_rows_from_before) {
  const test::TemporaryFolder folder;
  for (const auto& [page, encoding] :
       std::vector<std::pair<int, std::string>>{{512, "UTF-8"}, {4096, "UTF-16be"}, {1024, "UTF-8"}}) {
    const std::string log = made(folder, "delete", page, encoding);
    EXPECT_EQ(test::format_by_head(log, "db-journal"), Format::sqlite_log);
    const Unpacked out = unpack_all(open_sqlite_log, log);
    ASSERT_EQ(out.parts.size(), 1U) << out.error;
    const std::multiset<std::string> rows = lines(out.parts[0].bytes);
    for (int i = 0; i < 500; ++i) {
      const std::string number = std::to_string(i);
      EXPECT_EQ(rows.count(number + "\t\tbefore " + number + " Müller\t" + std::to_string(i * 3)), 1U)
          << page << number;
    }
  }
}

TEST(SqliteLog, that_comes_as_a_stream_cuts_rows_that_go_on_elsewhere) {
  const test::TemporaryFolder folder;
  const std::string log = made(folder, "wal", 4096, "UTF-8");
  const Unpacked out = test::unpack(Format::sqlite_log, log, false);
  ASSERT_EQ(out.parts.size(), 1U);
  EXPECT_EQ(out.parts[0].error, "");
  EXPECT_THAT(out.parts[0].bytes, HasSubstr("\n499\t\trow 499 Müller\t249.5\n"));
  EXPECT_THAT(out.parts[0].bytes, HasSubstr("1000004\t\tw4 w4 "));
  EXPECT_THAT(out.parts[0].bytes, Not(HasSubstr("end4")));
}

// Something packed in a log: short, in pages that go on in the log, and (of an old transaction) in the database.
std::string packed_log(const test::TemporaryFolder& folder, const std::string& page) {
  const test::Ran ran = test::run({"python3", "-c", R"py(
import gzip, random, shutil, sqlite3, sys
random.seed(3)
long = bytes(random.randrange(256) for _ in range(150000))
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute('pragma page_size=' + sys.argv[2])
c.execute('pragma journal_mode=wal')
c.execute('pragma wal_autocheckpoint=0')
c.execute('create table t (id integer primary key, name text, data blob)')
c.execute('create table keyed (k text primary key, data) without rowid')
c.execute('insert into t values (7, ?, ?)', ('short', gzip.compress(b'short one', mtime=0)))
c.execute('insert into t values (8, ?, ?)', ('long', gzip.compress(long, mtime=0)))
c.execute('insert into keyed values (?, ?)', ('key', gzip.compress(b'keyed one', mtime=0)))
c.execute("update t set name = 'short again' where id = 7")
shutil.copy(sys.argv[1] + '-wal', sys.argv[1] + '.log')
open(sys.argv[1] + '.want', 'wb').write(gzip.compress(long, mtime=0))
)py",
                                   folder / "packed", page});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return test::read_file(folder / "packed.log");
}

TEST(SqliteLog, gives_what_is_packed_in_values_as_members_named_by_page_row_and_column) {
  const test::TemporaryFolder folder;
  for (const std::string page : {"512", "4096"}) {
    test::shell(folder, "rm -f packed*");
    const std::string log = packed_log(folder, page);
    const std::string whole = test::read_file(folder / "packed.want");
    const Unpacked out = unpack_all(open_sqlite_log, log, "", SIZE_MAX, 1000);
    EXPECT_EQ(out.error, "");
    std::vector<std::string> names, bytes;
    for (std::size_t i = 1; i < out.parts.size(); ++i) {
      const auto& part = out.parts[i];
      EXPECT_EQ(part.error, "") << part.part.name;
      names.push_back(part.part.name);
      bytes.push_back(part.bytes);
      const bool is_long = part.bytes == whole;
      EXPECT_EQ(part.part.stored_at.has_value(), !is_long);
      if (part.part.stored_at) { EXPECT_EQ(log.substr(*part.part.stored_at, part.bytes.size()), part.bytes); }
    }
    using testing::Contains;
    using testing::EndsWith;
    EXPECT_THAT(names, Contains(EndsWith("/7/column 3")).Times(2));  // as it was, and with another name
    EXPECT_THAT(names, Contains(EndsWith("/8/column 3")));
    EXPECT_THAT(names, Contains(EndsWith("/cell 1/column 2")));
    EXPECT_THAT(names, testing::Each(testing::StartsWith("page ")));
    EXPECT_THAT(bytes, Contains(whole));
    EXPECT_EQ(test::count_parts(Format::sqlite_log, log, true), out.parts.size());
    // What cannot be read twice says that it was not.
    const Unpacked stream = test::unpack(Format::sqlite_log, log, false);
    EXPECT_EQ(stream.parts.size(), 1U);
    EXPECT_THAT(stream.error, HasSubstr("packed"));
    test::survive_damage(open_sqlite_log, log.substr(0, 100'000), "", test::damage_seeds(100));
  }
}

// Its page came to the log with another row of it, or with a change of some of its bytes.
TEST(SqliteLog, leaves_a_packed_value_to_the_database_where_the_rest_of_it_is) {
  const test::TemporaryFolder folder;
  const test::Ran ran = test::run({"python3", "-c", R"py(
import random, shutil, sqlite3, sys
random.seed(3)
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute('pragma journal_mode=wal')
c.execute('create table t (name text, data blob)')
c.execute('insert into t values (?, ?)', ('long', b'\x1f\x8b\x08' + bytes(random.randrange(256) for _ in range(50000))))
c.execute('insert into t values (?, ?)', ('short', b'\x1f\x8b\x08' + bytes(20)))
c.execute('pragma wal_checkpoint(truncate)')
c.execute("update t set name = 'SHORT' where rowid = 2")
shutil.copy(sys.argv[1] + '-wal', sys.argv[1] + '.log')
)py",
                                   folder / "left"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const Unpacked out = unpack_all(open_sqlite_log, test::read_file(folder / "left.log"));
  EXPECT_EQ(out.error, "");
  ASSERT_EQ(out.parts.size(), 2U);
  EXPECT_EQ(out.parts[0].error, "");
  EXPECT_THAT(out.parts[0].bytes, HasSubstr("1\tlong\t"));
  EXPECT_EQ(out.parts[1].part.name, "page 2/2/column 2");
  EXPECT_EQ(out.parts[1].bytes.size(), 23U);
}

// A deleted row, and one of a table that was dropped, are no rows any more, so no view has them. They stand in free
// room as they were written, where the sweep of the file's own bytes finds them.
TEST(Sqlite, leaves_rows_that_were_deleted_to_its_raw_bytes) {
  const test::TemporaryFolder folder;
  for (const std::string encoding : {"UTF-8", "UTF-16le"}) {
    test::shell(folder,
                "rm -f db\npython3 - <<'PY'\nimport sqlite3\nc = sqlite3.connect('db')\n"
                "c.execute(\"pragma encoding='" +
                    encoding +
                    "'\")\nc.execute('pragma secure_delete=off')\n"
                    "c.execute('create table t (name)')\nc.execute('create table gone (name)')\n"
                    "c.executemany('insert into t values (?)', [('kept %d' % i,) for i in range(50)])\n"
                    "c.execute(\"insert into t values ('deleted-7731')\")\n"
                    "c.executemany('insert into gone values (?)', [('dropped-7731 %d' % i,) for i in range(500)])\n"
                    "c.commit()\nc.execute(\"delete from t where name = 'deleted-7731'\")\n"
                    "c.execute('drop table gone')\nc.commit()\nPY");
    const std::string bytes = test::read_file(folder / "db");
    const Unpacked out = unpack_all(open_sqlite, bytes);
    EXPECT_THAT(out.text(), HasSubstr("kept 49"));
    for (const std::string word : {"deleted-7731", "dropped-7731"}) {
      EXPECT_THAT(out.text(), Not(HasSubstr(word)));
      EXPECT_THAT(bytes, HasSubstr(encoding == "UTF-8" ? word : test::utf16le(word)));
    }
  }
}

// Every row goes on in the same long chain of pages, or in one that is a circle.
TEST(SqliteLog, whose_rows_share_their_rest_ends_soon) {
  const test::TemporaryFolder folder;
  std::string log = made(folder, "wal", 4096, "UTF-8");
  for (std::size_t at = 32; at + 24 + 4096 <= log.size(); at += 24 + 4096) {
    const std::size_t page = at + 24;
    // A page whose texts go on: it shall go on in itself.
    if (log[page] == 0) log.replace(page, 4, log.substr(at, 4));
  }
  const Unpacked out = unpack_all(open_sqlite_log, log);
  EXPECT_LT(out.parts.at(0).bytes.size(), 100U << 20);
}

TEST(SqliteLog, survives_damage) {
  EXPECT_NE(unpack_all(open_sqlite_log, "").error, "");
  EXPECT_NE(unpack_all(open_sqlite_log, "\x37\x7f\x06\x82").error, "");
  const test::TemporaryFolder folder;
  for (const std::string mode : {"wal", "delete"}) {
    const std::string log = made(folder, mode, 512, "UTF-8").substr(0, 100'000);
    test::survive_damage(open_sqlite_log, log, "", test::damage_seeds(300));
    for (std::size_t i = 0; i < 16; ++i) {
      static_cast<void>(test::unpack(Format::sqlite_log, log.substr(0, log.size() * i / 16), false));
    }
  }
}

}  // namespace
}  // namespace ambit::unpack_sqlite_log_test
