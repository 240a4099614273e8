#include "stages/record/query.h"

#include <sqlite3.h>

#include <fmt/format.h>

namespace ambit::record {
namespace {

// A path as a file: URI, in which '?', '#' and '%' would mean something.
std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '.' || c == '-' || c == '_';
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri + "?mode=ro&immutable=1";
}

}  // namespace

Query::Query(sqlite3* database, const char* sql, std::string where) : where_(std::move(where)) {
  fail(sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr));
}

Query::~Query() { sqlite3_finalize(statement_); }

Query& Query::bind(int parameter, std::int64_t value) {
  if (statement_ != nullptr) fail(sqlite3_bind_int64(statement_, parameter, value));
  return *this;
}

Query& Query::bind(int parameter, std::string_view value) {
  if (statement_ != nullptr) {
    fail(sqlite3_bind_text64(statement_, parameter, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  return *this;
}

Query& Query::restart() {
  sqlite3_reset(statement_);
  return *this;
}

bool Query::next() {
  if (error_ || statement_ == nullptr) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(code);
  return false;
}

Result<> Query::status() const {
  if (error_) return *error_;
  return Ok{};
}

int Query::columns() const { return sqlite3_column_count(statement_); }

std::string_view Query::column_name(int column) const {
  const char* const name = sqlite3_column_name(statement_, column);
  return name == nullptr ? std::string_view() : std::string_view(name);
}

bool Query::is_text(int column) const {
  const int type = sqlite3_column_type(statement_, column);
  return type == SQLITE_TEXT || type == SQLITE_BLOB;
}

bool Query::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t Query::signed_number(int column) const { return sqlite3_column_int64(statement_, column); }

std::optional<std::uint64_t> Query::maybe_number(int column) const {
  if (null(column)) return std::nullopt;
  return number(column);
}

std::string Query::text(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_, column);
  const int length = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string()
                          : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

// SQLite's own message may quote the schema of a tampered file; its code says enough.
void Query::fail(int code) {
  if (code == SQLITE_OK || error_) return;
  error_ = Error{ErrorKind::tampered, std::string("relevance.db cannot be read: ") + sqlite3_errstr(code), where_,
                 "fetch the run directory again; `ambit verify` says which file differs"};
}

Result<ReadOnlyDatabase> ReadOnlyDatabase::open(const std::string& path, const std::string& where) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(uri_of(path).c_str(), &raw, flags, nullptr);
  ReadOnlyDatabase database;
  database.handle_.reset(raw);
  if (code != SQLITE_OK) {
    return Error{ErrorKind::io, std::string("relevance.db cannot be opened: ") + sqlite3_errstr(code), where, ""};
  }
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_exec(raw, "PRAGMA cell_size_check = ON", nullptr, nullptr, nullptr);
  return database;
}

void ReadOnlyDatabase::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

}  // namespace ambit::record
