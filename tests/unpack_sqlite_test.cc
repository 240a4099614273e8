// SQLite databases: every row that the library reads, we read.
#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include "pipeline/limits.h"
#include "stages/unpack/database/sqlite_file.h"
#include "stages/unpack/formats.h"
#include "tests/unpacked.h"

namespace ambit {
namespace {

using test::run;
using test::unpack_all;
using test::Unpacked;
using testing::HasSubstr;
using unpack::open_sqlite;

const std::string kDatabases = test::shared_data() + "databases/";

// Made by Python: every size of page and text encoding, rows that overflow, tables without rowid, many rows.
std::string made(const std::string& path, int page_size, const std::string& encoding) {
  const test::Ran ran = run({"python3", "-c", R"(
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute('pragma page_size=' + sys.argv[2])
c.execute("pragma encoding='%s'" % sys.argv[3])
c.execute('create table t (id integer primary key, name text, v, b blob)')
c.execute('create table keyed (k text primary key, v) without rowid')
c.execute('create table "odd name" (a)')
for i in range(3000):
    c.execute('insert into t values (?,?,?,?)', (i * 7 - 5, 'name %d Müller' % i, i * 0.5 if i % 3 else i - 1500, ('blob %d' % i).encode()))
for i, size in enumerate([10, 500, 5000, 70000, 1000000]):
    c.execute('insert into t (id, name, v) values (?,?,?)', (10**12 + i, 'w' * size + 'end%d' % i, None))
    c.execute('insert into keyed values (?,?)', ('key%d' % i + 'k' * size, size))
for i in range(1000):
    c.execute('insert into keyed values (?,?)', ('k%04d' % i, i))
c.execute('insert into "odd name" values (?)', ('a\nb\tc',))
c.execute('insert into "odd name" values (?)', (bytes([0, 1, 2, 255]),))
for v in (0, 1, -1, 127, -128, 32767, -32768, 8388607, -8388608, 2**31-1, -2**31, 2**47-1, -2**47, 2**63-1, -2**63):
    c.execute('insert into "odd name" values (?)', (v,))
c.commit()
)",
                             path, std::to_string(page_size), encoding});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return test::read_file(path);
}

// What the sqlite3 of Python gives for every table, as our views have it: columns that hold the rowid are empty.
std::string truth(const std::string& path) {
  const test::Ran ran = run({"python3", "-c", R"(
import sqlite3, sys, re
c = sqlite3.connect('file:%s?mode=ro&immutable=1' % sys.argv[1], uri=True)
c.text_factory = lambda b: b.decode('utf-8', 'surrogateescape')
out = []
def cell(v):
    if v is None: return ''
    if isinstance(v, bytes):
        try: t = v.decode()
        except Exception: return ''
        if '\0' in t or any(ord(x) < 32 and x not in '\t\r\n' for x in t): return ''
        v = t
    if isinstance(v, float): return str(int(v)) if v.is_integer() and abs(v) < 2**53 else '~'
    return re.sub('[\n\r\t]', ' ', str(v)).replace('\0', '')
for name, sql in c.execute("select name, sql from sqlite_schema where type='table' and rootpage > 0").fetchall():
    q = '"%s"' % name.replace('"', '""')
    info = c.execute('pragma table_info(%s)' % q).fetchall()
    try:
        rows = c.execute('select rowid, * from %s order by rowid' % q).fetchall()
        alias = [i for i, x in enumerate(info) if x[5] == 1 and x[2].upper() == 'INTEGER' and sum(1 for y in info if y[5]) == 1]
        for r in rows:
            r = list(r)
            for a in alias: r[a + 1] = None if r[a + 1] == r[0] else r[a + 1]
            out.append(name + '\t' + '\t'.join(cell(v) for v in r))
    except sqlite3.OperationalError:
        for r in c.execute('select * from %s' % q).fetchall():
            out.append(name + '\t' + '\t'.join(cell(v) for v in r))
sys.stdout.buffer.write('\n'.join(out).encode('utf-8', 'surrogateescape'))
)",
                             path});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return ran.out;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

// Numbers with a point are written differently, and may be kept as whole ones. Trailing tabs: columns that were added
// to a table stand in none of the older rows.
std::string without_points(std::string_view line) {
  std::string out;
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t end = std::min(line.find('\t', at), line.size());
    std::string cell(line.substr(at, end - at));
    char* stop = nullptr;
    const double value = std::strtod(cell.c_str(), &stop);
    if (!cell.empty() && *stop == '\0' && cell.find_first_of(".en") != cell.npos) {
      const bool is_whole = value == std::floor(value) && std::fabs(value) < 9e15;
      cell = is_whole ? std::to_string(static_cast<std::int64_t>(value)) : "~";
    }
    out += cell + "\t";
    at = end + 1;
  }
  while (out.ends_with('\t')) out.pop_back();
  return out;
}

void expect_same_rows(const std::string& path) {
  const Unpacked unpacked = unpack_all(open_sqlite, test::read_file(path));
  EXPECT_EQ(unpacked.error, "") << path;
  std::multiset<std::string> ours, theirs;
  for (std::size_t i = 1; i < unpacked.parts.size(); ++i) {
    const auto& part = unpacked.parts[i];
    EXPECT_EQ(part.error, "") << path << " " << part.part.name;
    for (const std::string& line : lines(part.bytes)) ours.insert(without_points(part.part.name + "\t" + line));
  }
  for (const std::string& line : lines(truth(path))) theirs.insert(without_points(line));
  EXPECT_EQ(ours.size(), theirs.size()) << path;
  std::size_t missing = 0;
  for (const std::string& line : theirs) {
    // The row may end before columns that were added later, whose defaults stand nowhere.
    const auto behind = ours.upper_bound(line);
    const bool begins = behind != ours.begin() && line.starts_with(*std::prev(behind) + "\t");
    if (!ours.contains(line) && !begins && ++missing < 5) ADD_FAILURE() << path << ": no row " << line.substr(0, 300);
  }
}

TEST(Sqlite, has_every_row_of_databases_made_by_python) {
  const test::TemporaryFolder folder;
  for (const auto& [page, encoding] : std::vector<std::pair<int, std::string>>{
           {512, "UTF-8"}, {1024, "UTF-16le"}, {4096, "UTF-16be"}, {65536, "UTF-8"}}) {
    const std::string path = folder / ("db" + std::to_string(page));
    made(path, page, encoding);
    expect_same_rows(path);
  }
}

TEST(Sqlite, has_every_row_of_samples) {
  std::size_t count = 0;
  for (const std::string& path : test::files_in(kDatabases)) {
    if (!test::read_file(path).starts_with("SQLite format 3")) continue;
    expect_same_rows(path);
    ++count;
  }
  if (count == 0) GTEST_SKIP() << "no samples";
}

TEST(Sqlite, tells_how_its_tables_were_made_first) {
  const test::TemporaryFolder folder;
  const Unpacked unpacked = unpack_all(open_sqlite, made(folder / "db", 4096, "UTF-8"));
  ASSERT_EQ(unpacked.parts.size(), 4U);
  EXPECT_EQ(unpacked.parts[0].part.name, "sqlite_schema");
  EXPECT_THAT(unpacked.parts[0].bytes, HasSubstr("CREATE TABLE t (id integer primary key, name text, v, b blob)"));
  EXPECT_EQ(unpacked.parts[3].part.name, "odd name");
  EXPECT_THAT(unpacked.parts[3].bytes, HasSubstr("1\ta b c\n2\t\n"));
}

TEST(Sqlite, that_goes_in_circles_ends_with_an_error) {
  const test::TemporaryFolder folder;
  std::string bytes = made(folder / "db", 512, "UTF-8");
  // The right-most child of every interior page becomes the page itself.
  for (std::size_t page = 1; page < bytes.size() / 512; ++page) {
    if (bytes[page * 512] != 5 && bytes[page * 512] != 2) continue;
    const auto number = static_cast<std::uint32_t>(page + 1);
    for (std::size_t i = 0; i < 4; ++i) bytes[page * 512 + 8 + i] = static_cast<char>(number >> (24 - 8 * i));
  }
  const Unpacked unpacked = unpack_all(open_sqlite, bytes);
  ASSERT_GE(unpacked.parts.size(), 2U);
  EXPECT_THAT(unpacked.parts[1].error, HasSubstr("damaged"));
}

TEST(Sqlite, has_nothing_where_a_type_means_nothing) {
  const auto columns = unpack::sqlite_columns("\x04\x0a\x0b\x09", unpack::TextEncoding::utf8);
  ASSERT_TRUE(columns);
  EXPECT_EQ(*columns, (std::vector<std::string>{"", "", "1"}));
}

TEST(Sqlite, survives_damage) {
  EXPECT_NE(unpack_all(open_sqlite, "").error, "");
  EXPECT_NE(unpack_all(open_sqlite, "SQLite format 3").error, "");
  const test::TemporaryFolder folder;
  const std::string path = folder / "small";
  const test::Ran ran = run({"python3", "-c", R"(
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute('pragma page_size=512')
c.execute('create table t (a, b, c)')
c.execute('create table k (a primary key, b) without rowid')
for i in range(60):
    c.execute('insert into t values (?,?,?)', ('x' * (i * 40), i, b'blob'))
    c.execute('insert into k values (?,?)', ('k%d' % i + 'y' * (i * 20), i / 7))
c.commit()
)",
                             path});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  test::survive_damage(open_sqlite, test::read_file(path), "", test::damage_seeds(300));
}

}  // namespace
}  // namespace ambit
