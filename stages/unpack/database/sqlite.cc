// SQLite databases: every table is a view, named as the table, a line for each row: its rowid, then its columns.
//
// First comes the table of tables, which holds how they were made. What was deleted and what stands in free pages is no
// row any more: it is swept with the bytes of the file. The logs beside it are objects of their own (sqlite_log.cc).
//
// Behind the views come the values in which something is packed (sqlite_packed.h), as members that are named as one
// asks for them: table/rowid/column, or table/key/column in a table without rowid. For these the tables are walked
// once more.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/database/sqlite_file.h"
#include "stages/unpack/database/sqlite_packed.h"
#include "stages/unpack/database/sqlite_schema.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kMaxTables = 100'000;
constexpr std::size_t kMaxTableNameBytes = 1024;
constexpr std::size_t kMaxKeyBytes = 100;  // of a key in a name

struct Table {
  std::string name;
  std::uint32_t root = 0;
  std::string made;  // how it was
};

// The rows of a table as lines. At the end an Error(evidence), if some of them could not be read.
class Rows final : public ByteStream {
 public:
  // `tables`: where the rows of the table of tables go besides; null for any other.
  Rows(SqliteFile& file, std::uint32_t root, std::vector<Table>* tables)
      : encoding_(file.encoding()), tree_(file, root), tables_(tables) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    while (at_ == line_.size()) {
      const auto row = tree_.next();
      if (!row) {
        if (!tree_.is_damaged() && !is_damaged_) return 0;
        return Error{ErrorKind::evidence, "pages of a table of a database are damaged", {}, {}};
      }
      line_.clear();
      at_ = 0;
      append(*row);
    }
    const std::size_t bytes = std::min(into.size(), line_.size() - at_);
    std::memcpy(into.data(), line_.data() + at_, bytes);
    at_ += bytes;
    return bytes;
  }

 private:
  void append(const SqliteRow& row) {
    const auto columns = sqlite_columns(row.payload, encoding_);
    is_damaged_ |= !columns;
    if (!columns) return;
    if (row.rowid) line_ = std::to_string(*row.rowid);
    for (std::size_t i = 0; i < columns->size(); ++i) {
      if (row.rowid || i > 0) line_.push_back('\t');
      line_ += (*columns)[i];
    }
    line_.push_back('\n');
    if (tables_ != nullptr) note_table(*columns, row.payload);
  }
  // type, name, table, root, how it was made
  void note_table(const std::vector<std::string>& columns, std::string_view payload) {
    if (columns.size() < 4 || columns[0] != "table") return;
    std::uint32_t root = 0;
    std::from_chars(columns[3].data(), columns[3].data() + columns[3].size(), root);
    if (root == 0) return;  // a virtual table: its rows are in others
    if (tables_->size() >= kMaxTables) return void(is_damaged_ = true);
    tables_->push_back({columns[1].substr(0, kMaxTableNameBytes), root, made(payload)});
  }
  // With its lines, at which comments end.
  std::string made(std::string_view payload) {
    const auto values = sqlite_values(payload);
    if (!values || values->size() < 5 || !(*values)[4].is_text()) return {};
    const SqliteValue& value = (*values)[4];
    const std::uint64_t most = std::min(limits::kMaxSqliteTableText, limits::kMaxSqliteSchemaText - made_bytes_);
    if (value.bytes > most || value.at > payload.size() || value.bytes > payload.size() - value.at) return {};
    made_bytes_ += value.bytes;
    return sqlite_text(value, payload.substr(static_cast<std::size_t>(value.at), static_cast<std::size_t>(value.bytes)),
                       encoding_);
  }

  TextEncoding encoding_;
  SqliteTree tree_;
  std::vector<Table>* tables_;
  std::uint64_t made_bytes_ = 0;  // of all tables
  bool is_damaged_ = false;
  std::string line_;
  std::size_t at_ = 0;
};

// What is packed in the rows of all tables.
class PackedRows {
 public:
  PackedRows(SqliteFile& file, const std::vector<Table>& tables) : file_(file), tables_(tables) {
    file_.begin_again();
    take_table();
  }

  std::optional<Part> next() {
    while (tree_) {
      if (auto part = values_.next()) return part;
      if (const auto cell = tree_->next_cell()) {
        rowid_ = cell->rowid;
        const auto find = [this](std::uint32_t page) { return file_.find(page); };
        values_.begin(SqlitePayload(file_.content(), find, file_.usable(), *cell, tree_->page_place()),
                      [this](const auto& values, std::size_t column) { return name(values, column); });
      } else {
        ++table_;
        take_table();
      }
    }
    return std::nullopt;
  }
  Result<std::size_t> read(std::span<std::byte> into) { return values_.read(into); }

 private:
  void take_table() {
    tree_.reset();
    if (table_ == tables_.size()) return;
    tree_.emplace(file_, tables_[table_].root);
    schema_ = sqlite_schema(tables_[table_].made);
  }
  std::string name(const std::vector<SqliteValue>& values, std::size_t column) {
    const std::string row = rowid_ ? std::to_string(*rowid_) : key(values);
    const bool is_known = column < schema_.columns.size();
    return tables_[table_].name + "/" + row + "/" + (is_known ? schema_.columns[column] : std::to_string(column + 1));
  }
  // The values of the key, as in a query, but texts without quotes.
  std::string key(const std::vector<SqliteValue>& values) {
    std::string key;
    const std::size_t keys = std::min(std::max<std::size_t>(schema_.keys, 1), values.size());
    for (std::size_t i = 0; i < keys && key.size() < kMaxKeyBytes; ++i) {
      if (i > 0) key.push_back(',');
      key += key_text(values[i]);
    }
    return key;
  }
  std::string key_text(const SqliteValue& value) {
    std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(value.bytes, kMaxKeyBytes)), '\0');
    bytes.resize(values_.payload().fill(value.at, std::as_writable_bytes(std::span(bytes))));
    const bool is_cut = value.bytes > bytes.size() && file_.encoding() == TextEncoding::utf8;
    while (is_cut && !value.is_blob() && !bytes.empty() && (bytes.back() & 0xc0) == 0x80) bytes.pop_back();
    if (is_cut && !value.is_blob() && !bytes.empty() && (bytes.back() & 0x80) != 0) bytes.pop_back();
    if (!value.is_blob()) return sqlite_text(value, bytes, file_.encoding());
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text = "x'";
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      text.push_back(kDigits[byte >> 4]);
      text.push_back(kDigits[byte & 15]);
    }
    return text + "'";
  }

  SqliteFile& file_;
  const std::vector<Table>& tables_;
  std::size_t table_ = 0;
  SqliteSchema schema_;
  std::optional<SqliteTree> tree_;
  std::optional<std::int64_t> rowid_;
  PackedValues values_{CutValues::given};
};

class Sqlite final : public Unpacker {
 public:
  explicit Sqlite(SqliteFile file) : file_(std::move(file)) {}

  Result<std::optional<Part>> next() override {
    if (index_ == 1) read_on();  // the tables must be known
    Part part;
    part.is = Part::Is::view;
    if (index_ == 0) {
      part.name = "sqlite_schema";
      rows_ = as_view(std::make_unique<Rows>(file_, 1, &tables_));
    } else if (index_ <= tables_.size()) {
      const Table& table = tables_[index_ - 1];
      part.name = table.name;
      rows_ = as_view(std::make_unique<Rows>(file_, table.root, nullptr));
    } else {
      rows_.reset();
      if (!packed_) packed_.emplace(file_, tables_);
      return packed_->next();
    }
    ++index_;
    return std::optional<Part>(std::move(part));
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    if (packed_) return packed_->read(into);
    return rows_ ? rows_->read(into) : 0;
  }

 private:
  void read_on() {
    std::vector<std::byte> piece(64 * limits::KiB);
    for (auto got = rows_->read(piece); got.ok() && *got > 0; got = rows_->read(piece)) continue;
  }

  SqliteFile file_;
  std::vector<Table> tables_;
  std::size_t index_ = 0;
  std::unique_ptr<ByteStream> rows_;
  std::optional<PackedRows> packed_;
};

}  // namespace

Opened open_sqlite(const Packed& packed) {
  if (packed.content == nullptr) {
    return Error{ErrorKind::evidence, "a database cannot be read from a stream alone", {}, {}};
  }
  auto file = SqliteFile::open(*packed.content, packed.size);
  if (!file.ok()) return std::move(file).error();
  return Opened(std::make_unique<Sqlite>(std::move(file).value()));
}

}  // namespace ambit::unpack
