#include "stages/record/relevance_index.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "pipeline/file.h"
#include "pipeline/limits.h"
#include "stages/record/schema.h"

namespace ambit::record {
namespace {

// Binds one value after the other to a statement; the parameter's number counts itself.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  Row& number(std::int64_t value) { return note(sqlite3_bind_int64(statement_, ++at_, value)); }
  // Sizes and offsets are far below 2^63: an exhibit is a file. A hostile one shows as the largest number.
  Row& count(std::uint64_t value) {
    return number(static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX)));
  }
  Row& text(std::string_view value) {
    return note(sqlite3_bind_text64(statement_, ++at_, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
  Row& null() { return note(sqlite3_bind_null(statement_, ++at_)); }
  template <class Number>
  Row& number_or_null(const std::optional<Number>& value) {
    return value ? number(static_cast<std::int64_t>(*value)) : null();
  }
  Row& digest(const std::optional<Bytes32>& value) {
    if (!value) return null();
    return note(sqlite3_bind_blob64(statement_, ++at_, value->data(), value->size(), SQLITE_STATIC));
  }
  // SQLITE_DONE when the row is in.
  [[nodiscard]] int insert() {
    const int code = code_ == SQLITE_OK ? sqlite3_step(statement_) : code_;
    sqlite3_reset(statement_);
    return code;
  }

 private:
  Row& note(int code) {
    if (code_ == SQLITE_OK) code_ = code;
    return *this;
  }
  sqlite3_stmt* statement_;
  int at_ = 0;
  int code_ = SQLITE_OK;
};

constexpr const char* kPragmas =
    "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192; PRAGMA encoding='UTF-8'; PRAGMA secure_delete=ON;";

}  // namespace

struct RelevanceIndex::Database {
  sqlite3* handle = nullptr;
  std::string path;
  std::map<std::string_view, sqlite3_stmt*> statements;  // by their SQL, always a literal

  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    for (const auto& [sql, statement] : statements) sqlite3_finalize(statement);
    sqlite3_close(handle);
  }

  [[nodiscard]] Error error(const std::string& where) const {
    const int code = sqlite3_errcode(handle) & 0xff;
    if (code == SQLITE_FULL || sqlite3_system_errno(handle) == ENOSPC) return space_error(where);
    return {ErrorKind::io, std::string("cannot write the index: ") + sqlite3_errmsg(handle), where, ""};
  }
  [[nodiscard]] Result<> run(const std::string& sql) {
    if (sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return error(path);
    return {};
  }
  // Inserts the row that `fill` binds.
  template <class Fill>
  [[nodiscard]] Result<> insert(std::string_view sql, const Fill& fill) {
    sqlite3_stmt*& statement = statements[sql];
    if (statement == nullptr && sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()),
                                                   SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
      return error(path);
    }
    Row row(statement);
    fill(row);
    return row.insert() == SQLITE_DONE ? Result<>() : error(path);
  }
  [[nodiscard]] Result<> add_order(const Scope& scope, const Counts& counts);
  [[nodiscard]] Result<> add_census(const Counts& counts);
  [[nodiscard]] Result<> add_private_data(const IndexTables& tables);
  [[nodiscard]] Result<> add_words();
  template <class Names>
  [[nodiscard]] Result<> add_words(std::string_view topic, const Names& names);
};

RelevanceIndex::RelevanceIndex(std::unique_ptr<Database> database) : database_(std::move(database)) {}
RelevanceIndex::~RelevanceIndex() = default;

Result<std::unique_ptr<RelevanceIndex>> RelevanceIndex::create(const std::string& working_file) {
  auto database = std::make_unique<Database>();
  database->path = working_file;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(working_file.c_str(), &database->handle, kFlags, nullptr) != SQLITE_OK) {
    return database->error(working_file);
  }
  sqlite3_extended_result_codes(database->handle, 1);
  const std::string identity = "PRAGMA application_id=" + std::to_string(kApplicationId) +
                               "; PRAGMA user_version=" + std::to_string(kSchemaVersion) + ";";
  Result<> done = database->run(std::string(kPragmas) + identity + kSchema + "BEGIN;");
  if (!done) return std::move(done).error();
  return std::unique_ptr<RelevanceIndex>(new RelevanceIndex(std::move(database)));
}

Result<std::int64_t> RelevanceIndex::item_class(const IndexItem& item) {
  const ItemClass key{item.exhibit, item.state, item.kind, item.disposition, item.rule};
  const auto next = static_cast<std::int64_t>(item_classes_.size()) + 1;
  const auto [at, is_new] = item_classes_.try_emplace(key, next);
  if (!is_new) return at->second;
  Result<> done = database_->insert("INSERT INTO item_class VALUES(?,?,?,?,?,?)", [&](Row& row) {
    row.number(next).number(item.exhibit).number(item.state).number(item.kind).number(item.disposition);
    row.number_or_null(item.rule);
  });
  return done ? Result<std::int64_t>(next) : std::move(done).error();
}

Result<std::int64_t> RelevanceIndex::hit_class(const IndexHit& hit) {
  const HitClass key{hit.identifier, hit.view, hit.form, hit.length, hit.crossing};
  const auto next = static_cast<std::int64_t>(hit_classes_.size()) + 1;
  const auto [at, is_new] = hit_classes_.try_emplace(key, next);
  if (!is_new) return at->second;
  Result<> done = database_->insert("INSERT INTO hit_class VALUES(?,?,?,?,?,?)", [&](Row& row) {
    row.number(next).number(hit.identifier).number(hit.view).number(hit.form).count(hit.length).number(hit.crossing);
  });
  return done ? Result<std::int64_t>(next) : std::move(done).error();
}

Result<> RelevanceIndex::add(const IndexItem& item) {
  Result<std::int64_t> kind = item_class(item);
  if (!kind) return std::move(kind).error();
  std::optional<std::int64_t> whole;
  if (item.extents.size() == 1) {
    const IndexExtent& only = item.extents[0];
    if (only.view == 0 && only.start == 0 && only.length == item.size) {
      whole = only.exhibit_offset ? static_cast<std::int64_t>(*only.exhibit_offset) : -1;
    }
  }
  Result<> done = database_->insert("INSERT INTO item_row VALUES(?,?,?,?,?,?,?,?,?)", [&](Row& row) {
    row.count(item.id).number(*kind).number_or_null(item.parent).text(item.locator).count(item.size);
    row.digest(item.sha256).number_or_null(item.modified).number_or_null(item.duplicate_of).number_or_null(whole);
  });
  if (done) done = add_origin(item);
  for (const IndexExtent& extent : item.extents) {
    if (!done || whole) break;
    done = database_->insert("INSERT INTO extent_row VALUES(?,?,?,?,?)", [&](Row& row) {
      row.count(item.id).number(extent.view).count(extent.start).count(extent.length);
      row.number_or_null(extent.exhibit_offset);
    });
  }
  for (const IndexHit& hit : item.hits) {
    if (!done) break;
    Result<std::int64_t> sort = hit_class(hit);
    if (!sort) return std::move(sort).error();
    done = database_->insert("INSERT INTO hit_row VALUES(?,?,?)",
                             [&](Row& row) { row.count(item.id).count(hit.start).number(*sort); });
  }
  return done;
}

Result<> RelevanceIndex::add_origin(const IndexItem& item) {
  Result<> done;
  if (item.inode) {
    done = database_->insert("INSERT INTO origin_row VALUES(?,'',?)",
                             [&](Row& row) { row.count(item.id).count(*item.inode); });
  }
  for (const std::string& link : item.links) {
    if (!done) return done;
    done =
        database_->insert("INSERT INTO origin_row VALUES(?,?,NULL)", [&](Row& row) { row.count(item.id).text(link); });
  }
  for (const IndexPlace& place : item.places) {
    if (!done) return done;
    done = database_->insert("INSERT INTO extent_row VALUES(?,-1,?,?,?)", [&](Row& row) {
      row.count(item.id).count(place.start).count(place.length).count(place.exhibit_offset);
    });
  }
  return done;
}

Result<> RelevanceIndex::add(const PrivilegeRow& privileged) {
  return database_->insert("INSERT INTO privilege_log VALUES(NULL,?,?,?,?)", [&](Row& row) {
    row.number_or_null(privileged.date).number(static_cast<int>(privileged.kind)).text(privileged.basis);
    row.number(privileged.rule);
  });
}

Result<> RelevanceIndex::Database::add_order(const Scope& scope, const Counts& counts) {
  Result<> done;
  for (const Paragraph& paragraph : scope.paragraphs) {
    if (!done) return done;
    done = insert("INSERT INTO paragraph VALUES(?,?)", [&](Row& row) { row.text(paragraph.id).text(paragraph.text); });
  }
  for (std::size_t i = 0; i < scope.identifiers.size() && done; ++i) {
    const Identifier& identifier = scope.identifiers[i];
    const auto seen = counts.identifiers.find(static_cast<IdentifierId>(i));
    const HitCount count = seen == counts.identifiers.end() ? HitCount{} : seen->second;
    done = insert("INSERT INTO identifier VALUES(?,?,?,?,?)", [&](Row& row) {
      row.count(i + 1).text(identifier.name).text(identifier.strength == Strength::strong ? "strong" : "weak");
      row.count(count.objects).count(count.hits);
    });
  }
  static constexpr std::array<std::string_view, 3> kDecisions = {"relevant", "privileged", "quarantine"};
  for (std::size_t i = 0; i < scope.rules.size() && done; ++i) {
    const Rule& rule = scope.rules[i];
    done = insert("INSERT INTO rule VALUES(?,?,?,?,?)", [&](Row& row) {
      row.count(i + 1).text(rule.name).text(scope.paragraphs[rule.paragraph].id).text(rule.expression);
      row.text(kDecisions[static_cast<std::size_t>(rule.then)]);
    });
  }
  return done;
}

Result<> RelevanceIndex::Database::add_census(const Counts& counts) {
  Result<> done;
  for (const auto& [key, count] : counts.census) {
    if (!done) return done;
    done = insert("INSERT INTO census VALUES(?,?,?,?,?,?)", [&, &k = key, &c = count](Row& row) {
      row.number(k.exhibit + 1).number(static_cast<int>(k.disposition)).number(static_cast<int>(k.reason));
      row.number(static_cast<int>(k.kind)).count(c.items).count(c.bytes);
    });
  }
  for (const auto& [key, count] : counts.exceptions) {
    if (!done) return done;
    done = insert("INSERT INTO exception VALUES(?,?,?,?)", [&, &k = key, &c = count](Row& row) {
      row.number(k.exhibit + 1).number(static_cast<int>(to_reason(k.reason))).count(c.items).count(c.bytes);
    });
  }
  for (std::size_t i = 0; i < counts.coverage.size(); ++i) {
    const Coverage& c = counts.coverage[i];
    const std::pair<std::string_view, std::uint64_t> parts[] = {
        {"swept", c.swept}, {"unreadable", c.unreadable}, {"zero", c.zero}};
    for (const auto& [part, bytes] : parts) {
      if (!done) return done;
      done = insert("INSERT INTO coverage VALUES(?,?,?)",
                    [&, &p = part, &b = bytes](Row& row) { row.count(i + 1).text(p).count(b); });
    }
  }
  return done;
}

// A cell of few values could be of one person, whom somebody could recognise by where the exhibit comes from.
Result<> RelevanceIndex::Database::add_private_data(const IndexTables& tables) {
  Result<> done;
  for (std::size_t exhibit = 0; exhibit < tables.exhibits->size(); ++exhibit) {
    for (std::size_t category = 0; category < tables.categories->size() && done; ++category) {
      const auto at = tables.counts->private_values.find({exhibit, category});
      const std::uint64_t found = at == tables.counts->private_values.end() ? 0 : at->second;
      const bool is_told = found == 0 || found >= limits::kLeastPrivateCell;
      done = insert("INSERT INTO private_data VALUES(?,?,?)", [&](Row& row) -> Row& {
        row.count(exhibit + 1).text((*tables.categories)[category]);
        if (is_told) return row.count(found);
        return row.null();
      });
    }
  }
  return done;
}

template <class Names>
Result<> RelevanceIndex::Database::add_words(std::string_view topic, const Names& names) {
  Result<> done;
  for (std::size_t i = 0; i < std::size(names) && done; ++i) {
    done = insert("INSERT INTO word VALUES(?,?,?)", [&](Row& row) { row.text(topic).count(i).text(names[i]); });
  }
  return done;
}

Result<> RelevanceIndex::Database::add_words() {
  const std::array<std::string_view, 5> states = {to_string(ObjectState::active), to_string(ObjectState::deleted),
                                                  to_string(ObjectState::member), to_string(ObjectState::message),
                                                  to_string(ObjectState::residue)};
  Result<> done = add_words("disposition", kDispositionNames);
  if (done) done = add_words("form", kFormNames);
  if (done) done = add_words("kind", kKindNames);
  if (done) done = add_words("reason", kReasonNames);
  if (done) done = add_words("state", states);
  if (done) done = add_words("view", kViewNames);
  return done;
}

Result<> RelevanceIndex::add(const IndexTables& tables) {
  Result<> done = database_->add_words();
  for (const auto& [key, value] : tables.meta) {
    if (!done) return done;
    done =
        database_->insert("INSERT INTO meta VALUES(?,?)", [&, &k = key, &v = value](Row& row) { row.text(k).text(v); });
  }
  for (std::size_t i = 0; i < tables.exhibits->size() && done; ++i) {
    const CheckpointExhibit& exhibit = (*tables.exhibits)[i];
    done = database_->insert("INSERT INTO exhibit VALUES(?,?,?,?,?)", [&](Row& row) {
      row.count(i + 1).text(exhibit.name).text(exhibit.kind).count(exhibit.bytes).digest(exhibit.sha256);
    });
  }
  if (done) done = database_->add_order(*tables.scope, *tables.counts);
  if (done) done = database_->add_census(*tables.counts);
  if (done && tables.categories != nullptr) done = database_->add_private_data(tables);
  return done;
}

Result<> RelevanceIndex::finish(const std::string& path) {
  if (Result<> done = database_->run("COMMIT;"); !done) return done;
  Result<> done = database_->insert("VACUUM INTO ?", [&](Row& row) { row.text(path); });
  database_.reset();
  return done ? sync_path(path) : done;
}

}  // namespace ambit::record
