#include "stages/record/index_texts.h"

#include <vector>

#include "stages/record/query.h"

namespace ambit::record {
namespace {

Result<std::vector<std::string>> tables_of(const ReadOnlyDatabase& database, const std::string& where) {
  std::vector<std::string> names;
  Query tables(database.handle(), "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", where);
  while (tables.next()) names.push_back(tables.text(0));
  if (Result<> status = tables.status(); !status) return status.error();
  return names;
}

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

// The column that says which item a row tells of; -1: none does.
int item_column(const Query& rows, const std::string& table) {
  for (int c = 0; c < rows.columns(); ++c) {
    const std::string_view name = rows.column_name(c);
    if (name == "item" || (name == "id" && table == "item_row")) return c;
  }
  return -1;
}

}  // namespace

Result<> visit_index_texts(const std::string& file, const std::string& where,
                           const std::function<void(const IndexText&)>& visit) {
  const auto database = ReadOnlyDatabase::open(file, where);
  if (!database) return database.error();
  const auto tables = tables_of(*database, where);
  if (!tables) return tables.error();
  for (const std::string& table : *tables) {
    Query rows(database->handle(), ("SELECT * FROM " + quoted(table)).c_str(), where);
    const int item = item_column(rows, table);
    while (rows.next()) {
      for (int c = 0; c < rows.columns(); ++c) {
        if (!rows.is_text(c)) continue;
        const std::string text = rows.text(c);
        visit({table, rows.column_name(c), item < 0 ? 0 : rows.number(item), text});
      }
    }
    if (Result<> status = rows.status(); !status) return status;
  }
  return {};
}

}  // namespace ambit::record
