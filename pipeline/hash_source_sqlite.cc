// Sets of hashes that are published as SQLite databases.
//
//   NSRL RDS 3, full      METADATA(…, bytes, …, crc32, md5, sha1, sha256); FILE is a view of it, joined with packages
//   NSRL RDS 3, minimal   FILE(sha256, sha1, md5, crc32, file_name, file_size, package_id)
//   Autopsy .kdb          hashes(id, md5, sha1, sha2_256): blobs; sizes are not in it
//
// Digests are hexadecimal text of either case, or blobs. The same file stands in the NSRL once for each package that
// has it; in the minimal edition these rows lie beside each other, because the table's key begins with the digest, and
// all but the first are passed over here already.
//
// A database is a hostile file: it is opened to be read only, without what its schema would run (trusted_schema off),
// and what SQLite finds wrong in it ends the reading.
#include <sqlite3.h>

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/hash_source.h"

namespace ambit {
namespace {

constexpr std::string_view kSqliteMagic{"SQLite format 3\0", 16};

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};
struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

// A table or view that may hold hashes, and how it calls them. The first that is there counts.
struct Layout {
  std::string_view format;
  const char* table;
  std::array<const char*, 3> digests;  // by DigestKind
  const char* size;                    // nullptr: it has none
};
constexpr std::array kLayouts = {
    Layout{"NSRL database, full", "METADATA", {"md5", "sha1", "sha256"}, "bytes"},
    Layout{"NSRL database", "FILE", {"md5", "sha1", "sha256"}, "file_size"},
    Layout{"Autopsy hash database", "hashes", {"md5", "sha1", "sha2_256"}, nullptr},
};

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}
  [[nodiscard]] Result<HashRows> read(const TakeHashRow& take);

 private:
  [[nodiscard]] Error damaged() const {
    return {ErrorKind::order, std::string("the database cannot be read: ") + sqlite3_errmsg(db_.get()), path_,
            "compare it with the checksum it was published with, and copy it again"};
  }
  [[nodiscard]] Result<> open();
  [[nodiscard]] Statement prepare(const std::string& sql) const;
  [[nodiscard]] bool has_column(const Layout& layout, const char* column) const;
  [[nodiscard]] std::optional<std::string> query_of(const Layout& layout) const;
  [[nodiscard]] Result<> read_rows(const std::string& sql, const TakeHashRow& take);
  [[nodiscard]] bool take_digest(sqlite3_stmt* row, int column, DigestKind kind, HashRow& out) const;
  [[nodiscard]] Error malformed(std::uint64_t row, const char* what) const {
    return {ErrorKind::order, std::string(what) + " in row " + std::to_string(row) + " of the table", path_,
            "compare the file with the checksum it was published with"};
  }

  const std::string& path_;
  Database db_;
};

Result<> Reader::open() {
  sqlite3* db = nullptr;
  const int status = sqlite3_open_v2(path_.c_str(), &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(db);
  if (status != SQLITE_OK) return damaged();
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  if (sqlite3_exec(db, "PRAGMA cell_size_check = ON", nullptr, nullptr, nullptr) != SQLITE_OK) return damaged();
  return {};
}

Statement Reader::prepare(const std::string& sql) const {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(db_.get(), sql.c_str(), static_cast<int>(sql.size()), &statement, nullptr);
  return Statement(statement);
}

bool Reader::has_column(const Layout& layout, const char* column) const {
  return prepare(std::string("SELECT \"") + layout.table + "\".\"" + column + "\" FROM \"" + layout.table + "\"") !=
         nullptr;
}

// Columns that are not there are read as NULL; a table without any digest is none of ours.
std::optional<std::string> Reader::query_of(const Layout& layout) const {
  std::string columns;
  bool some = false;
  for (const char* digest : layout.digests) {
    const bool there = has_column(layout, digest);
    some = some || there;
    columns += there ? std::string(digest) + ", " : "NULL, ";
  }
  if (!some) return std::nullopt;
  const bool size = layout.size != nullptr && has_column(layout, layout.size);
  return "SELECT " + columns + (size ? layout.size : "NULL") + " FROM \"" + layout.table + "\"";
}

Result<HashRows> Reader::read(const TakeHashRow& take) {
  if (Result<> opened = open(); !opened) return std::move(opened).error();
  // A first look at the schema, so that a damaged one is told from one without our tables.
  const Statement schema = prepare("SELECT count(*) FROM sqlite_schema");
  if (schema == nullptr || sqlite3_step(schema.get()) != SQLITE_ROW) return damaged();
  for (const Layout& layout : kLayouts) {
    const std::optional<std::string> query = query_of(layout);
    if (!query) continue;
    if (Result<> done = read_rows(*query, take); !done) return std::move(done).error();
    return HashRows{layout.format, 0};
  }
  return Error{ErrorKind::order, "a database without hashes: no table FILE, METADATA or hashes", path_,
               "name an RDS version 3 database of the NSRL or a .kdb of Autopsy"};
}

// False where there is something in the cell that is no digest of this kind.
bool Reader::take_digest(sqlite3_stmt* row, int column, DigestKind kind, HashRow& out) const {
  const int type = sqlite3_column_type(row, column);
  if (type == SQLITE_NULL) return true;
  const void* bytes = sqlite3_column_blob(row, column);
  const auto count = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
  if (count == 0) return true;
  HashValue value{kind, {}, std::nullopt};
  if (type == SQLITE_BLOB && count == digest_bytes(kind)) {
    std::memcpy(value.bytes.data(), bytes, count);
  } else {
    const std::optional<HashValue> parsed = parse_digest({static_cast<const char*>(bytes), count});
    if (type != SQLITE_TEXT || !parsed || parsed->kind != kind) return false;
    value = *parsed;
  }
  out.set(value);
  return true;
}

Result<> Reader::read_rows(const std::string& sql, const TakeHashRow& take) {
  const Statement rows = prepare(sql);
  if (rows == nullptr) return damaged();
  HashRow before;
  bool some = false;
  for (std::uint64_t number = 1;; ++number) {
    const int status = sqlite3_step(rows.get());
    if (status == SQLITE_DONE) break;
    if (status != SQLITE_ROW) return damaged();
    HashRow row;
    for (const DigestKind kind : {DigestKind::md5, DigestKind::sha1, DigestKind::sha256}) {
      if (!take_digest(rows.get(), static_cast<int>(kind), kind, row)) return malformed(number, "what is no digest");
    }
    const int size = sqlite3_column_type(rows.get(), 3);
    const std::int64_t bytes = sqlite3_column_int64(rows.get(), 3);
    if (size != SQLITE_NULL && (size != SQLITE_INTEGER || bytes < 0)) return malformed(number, "what is no size");
    if (size != SQLITE_NULL) row.size = static_cast<std::uint64_t>(bytes);
    if (some && row == before) continue;
    if (Result<> done = take(row); !done) return done;
    before = row;
    some = true;
  }
  if (!some) return Error{ErrorKind::order, "the database holds no hash", path_, "leave it out"};
  return {};
}

}  // namespace

bool begins_hash_database(std::string_view head) { return head.starts_with(kSqliteMagic); }

Result<HashRows> read_hash_database(const std::string& path, const TakeHashRow& take) {
  return Reader(path).read(take);
}

}  // namespace ambit
