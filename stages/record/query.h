// Query: reading a relevance.db that somebody hands us, row by row.
//
// The file may have been tampered with, so it is opened read-only and immutable (no journal is looked for beside
// it), its schema is not trusted to call functions, and every row is read by position and type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ambit::record {

// One SELECT that is running. `where` names the run directory in errors.
class Query {
 public:
  Query(sqlite3* database, const char* sql, std::string where);
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  Query& bind(int parameter, std::int64_t value);
  Query& bind(int parameter, std::string_view value);
  Query& restart();  // the same SELECT again, with new values

  [[nodiscard]] bool next();              // false at the end or when something failed: see status()
  [[nodiscard]] Result<> status() const;  // Error: tampered, the file is no longer what SQLite wrote

  [[nodiscard]] int columns() const;  // 0 where the SELECT could not be made
  [[nodiscard]] std::string_view column_name(int column) const;
  [[nodiscard]] bool is_text(int column) const;  // or a BLOB
  [[nodiscard]] bool null(int column) const;
  [[nodiscard]] std::int64_t signed_number(int column) const;
  [[nodiscard]] std::uint64_t number(int column) const { return static_cast<std::uint64_t>(signed_number(column)); }
  [[nodiscard]] std::optional<std::uint64_t> maybe_number(int column) const;
  [[nodiscard]] std::string text(int column) const;  // also of a BLOB; empty for NULL

 private:
  void fail(int code);
  std::string where_;
  sqlite3_stmt* statement_ = nullptr;
  std::optional<Error> error_;
};

class ReadOnlyDatabase {
 public:
  [[nodiscard]] static Result<ReadOnlyDatabase> open(const std::string& path, const std::string& where);
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace ambit::record
