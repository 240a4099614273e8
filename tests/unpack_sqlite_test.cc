// SQLite databases: every row that the library reads, we read.
#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>

#include "pipeline/limits.h"
#include "stages/unpack/database/sqlite_file.h"
#include "stages/unpack/database/sqlite_schema.h"
#include "stages/unpack/formats.h"
#include "tests/unpacked.h"

namespace ambit::unpack_sqlite_test {
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
    v = re.sub('[\n\r\t]', ' ', str(v)).replace('\0', '').replace('\u2011', '-')
    v = re.sub('[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]', '', v)  # what nobody sees
    return re.sub('(^|[\0-\u057f])[\u200c\u200d]+', r'\1', v)
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

std::string from_hex(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
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

// Something packed in columns of every sort, short (one page) and long (pages that go on). Beside the database, what
// each of them is by its name, and no file for what must not be a member.
constexpr std::string_view kPacked = R"py(
import bz2, gzip, io, lzma, plistlib, random, sqlite3, sys, zipfile, zlib
path, page, encoding = sys.argv[1:4]
random.seed(7)
short = b'the papers of acme-payout-7731\n' * 3
long = bytes(random.randrange(256) for _ in range(200000)) + short
def zipped(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('a.txt', data)
    return out.getvalue()
def pdf(data): return b'%PDF-1.4\n' + data + b'\n%%EOF\n'
picture = b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR' + bytes(random.randrange(256) for _ in range(3000))
packers = {'gzip': gzip.compress, 'zlib': zlib.compress, 'zip': zipped, 'pdf': pdf, 'xz': lzma.compress,
           'bzip2': bz2.compress, 'picture': lambda data: picture + zipped(data)}
want = {}
c = sqlite3.connect(path)
c.execute('pragma page_size=' + page)
c.execute("pragma encoding='%s'" % encoding)
c.execute('create table "odd name" (id integer primary key, -- , none\n title text, "the ""data""" blob /* , */, more)')
c.execute("create table made (a as (length(b) + 1), b text default (','), c int generated always as (7, 8) stored, data)"
          .replace('(7, 8)', '(7)'))
c.execute('create table keyed (data blob, place text, number int, x, primary key (number desc, place)) without rowid')
c.execute('create table by_hash (hash blob primary key, data) without rowid')
for i, (name, pack) in enumerate(packers.items()):
    for size, data in enumerate((short, long)):
        blob, row = pack(data), i * 2 + size
        c.execute('insert into "odd name" values (?,?,?,?)', (row, name, blob, blob if name == 'gzip' else None))
        want['odd name/%d/the "data"' % row] = blob
        if name == 'gzip': want['odd name/%d/more' % row] = blob
        c.execute('insert into made (b, data) values (?,?)', (name, blob))
        want['made/%d/data' % (row + 1)] = blob
        c.execute('insert into keyed values (?,?,?,?)', (blob, 'at ' + name, size, 'x'))
        want['keyed/%d,at %s/data' % (size, name)] = blob
        c.execute('insert into by_hash values (?,?)', (bytes([row, 255]), blob))
        want["by_hash/x'%02xff'/data" % row] = blob
c.execute('insert into "odd name" values (1000, ?, ?, ?)', (r'{\rtf1 a rtf}', plistlib.dumps({'a': 'b'}, fmt=plistlib.FMT_BINARY), picture))
if encoding == 'UTF-8': want['odd name/1000/title'] = rb'{\rtf1 a rtf}'
c.execute('insert into "odd name" values (1001, ?, ?, ?)', ('PK', b'PK\3\4', plistlib.dumps({'a': 'b'})))
c.execute('insert into "odd name" values (1002, ?, ?, ?)', ('text ' * 2000, b'<html>a page</html>', b'From: a@b.example\nTo: c@d.example\n\nletter'))
c.commit()
open(path + '.want', 'w').write(''.join('%s\t%s\n' % (name, blob.hex()) for name, blob in want.items()))
)py";

TEST(Sqlite, gives_what_is_packed_in_values_as_members_named_by_table_row_and_column) {
  const test::TemporaryFolder folder;
  for (const auto& [page, encoding] :
       std::vector<std::pair<std::string, std::string>>{{"512", "UTF-8"}, {"4096", "UTF-16le"}, {"65536", "UTF-8"}}) {
    const std::string path = folder / ("db" + page);
    const test::Ran ran = run({"python3", "-c", std::string(kPacked), path, page, encoding});
    ASSERT_EQ(ran.exit, 0) << ran.err;
    std::map<std::string, std::string> want;
    for (const std::string& line : lines(test::read_file(path + ".want"))) {
      const std::size_t tab = line.find('\t');
      want[line.substr(0, tab)] = from_hex(line.substr(tab + 1));
    }
    const std::string database = test::read_file(path);
    const Unpacked unpacked = unpack_all(open_sqlite, database, "", SIZE_MAX, 1000);
    EXPECT_EQ(unpacked.error, "");
    std::map<std::string, std::string> got;
    std::size_t whole = 0;
    for (const auto& part : unpacked.parts) {
      if (part.part.is == Part::Is::view) continue;
      EXPECT_EQ(part.error, "") << part.part.name;
      EXPECT_EQ(part.part.size, part.bytes.size()) << part.part.name;
      if (part.part.stored_at) {
        EXPECT_EQ(database.substr(*part.part.stored_at, part.bytes.size()), part.bytes);
        ++whole;
      }
      EXPECT_TRUE(got.emplace(part.part.name, part.bytes).second) << part.part.name;
    }
    EXPECT_GE(whole, 20U);
    test::expect_same(got, want);
    EXPECT_EQ(test::count_parts(Format::sqlite, database, true), unpacked.parts.size());
  }
}

TEST(Sqlite, streams_a_value_that_is_longer_than_a_row_may_be) {
  const test::TemporaryFolder folder;
  const test::Ran ran = run({"python3", "-c", R"py(
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute('create table t (a text, b blob)')
c.execute("insert into t values ('before', zeroblob(40000000))")
with c.blobopen('t', 'b', 1) as b: b.write(bytes.fromhex('1f8b0800000000000003'))
c.commit()
)py",
                             folder / "db"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const Unpacked unpacked = unpack_all(open_sqlite, test::read_file(folder / "db"));
  ASSERT_EQ(unpacked.parts.size(), 3U);
  EXPECT_THAT(unpacked.parts[1].bytes, HasSubstr("1\tbefore\t"));
  EXPECT_THAT(unpacked.parts[1].error, HasSubstr("damaged"));  // the view has not all of it
  EXPECT_EQ(unpacked.parts[2].part.name, "t/1/b");
  EXPECT_EQ(unpacked.parts[2].bytes.size(), 40'000'000U);
  EXPECT_EQ(unpacked.parts[2].error, "");
}

TEST(Sqlite, whose_value_goes_in_circles_ends_with_an_error) {
  const test::TemporaryFolder folder;
  const test::Ran ran = run({"python3", "-c", R"(
import random, sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute('pragma page_size=512')
c.execute('create table t (a)')
c.execute('insert into t values (?)', (b'\x1f\x8b\x08' + b'z' * 4000,))
c.commit()
)",
                             folder / "db"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  std::string bytes = test::read_file(folder / "db");
  bytes.replace(3 * 512, 4, std::string("\0\0\0\3", 4));  // the second page that goes on leads to the first
  const Unpacked unpacked = unpack_all(open_sqlite, bytes);
  ASSERT_EQ(unpacked.parts.size(), 3U);
  EXPECT_THAT(unpacked.parts[2].error, HasSubstr("not there"));
  EXPECT_LT(unpacked.parts[2].bytes.size(), 2000U);
}

TEST(Sqlite, knows_in_which_order_a_row_has_its_columns) {
  const auto columns = [](std::string_view sql) {
    const unpack::SqliteSchema schema = unpack::sqlite_schema(sql);
    std::string out = std::to_string(schema.keys);
    for (const std::string& column : schema.columns) out += "|" + column;
    return out;
  };
  EXPECT_EQ(columns("CREATE TABLE t(a,b)"), "0|a|b");
  EXPECT_EQ(columns("CREATE TABLE \"t(\" ([a,b] text default ')', `c`, \"d\"\"\" -- , e\n, 'f' /* g, */)"),
            "0|a,b|c|d\"|f");
  EXPECT_EQ(columns("CREATE TABLE t(a check (a in (1,2)), b decimal(10,2), unique (a,b), check (a>0))"), "0|a|b");
  EXPECT_EQ(columns("CREATE TABLE t(a, b, c, PRIMARY KEY (c, a)) WITHOUT ROWID"), "2|c|a|b");
  EXPECT_EQ(columns("create table t(a, B text primary key, c) strict, without rowid"), "1|B|a|c");
  EXPECT_EQ(columns("CREATE TABLE t(a, b, constraint k primary key (b collate nocase desc, B)) WITHOUT ROWID"),
            "1|b|a");
  EXPECT_EQ(columns("CREATE TABLE t(a, b AS (a+1), c GENERATED ALWAYS AS (a) STORED, d as (1) virtual, e)"), "0|a|c|e");
  EXPECT_EQ(columns("CREATE TABLE t(a references o(x) on delete set null, b)"), "0|a|b");
  EXPECT_EQ(columns("CREATE TABLE t(a, b"), "0|a");
  for (const std::string_view odd : {"", "(", "((((", "())))", "CREATE TABLE t(,,)", "(a primary key)(", "(primary key",
                                     "(primary key (", "('", "(a /*", "(check)", "(primary key ) without rowid"}) {
    EXPECT_LE(columns(odd).size(), 8U) << odd;
  }
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
for i in range(8):
    c.execute('insert into t values (?,?,?)', (i, '%PDF-' + 'x' * i * 300, b'\x1f\x8b\x08' + b'z' * i * 400))
    c.execute('insert into k values (?,?)', ('%PDF-' + 'y' * (i * 200), b'\x1f\x8b\x08' + b'z' * i * 100))
c.commit()
)",
                             path});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  test::survive_damage(open_sqlite, test::read_file(path), "", test::damage_seeds(300));
}

}  // namespace
}  // namespace ambit::unpack_sqlite_test
