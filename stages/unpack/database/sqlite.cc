// SQLite databases: every table is a view, named as the table, a line for each row: its rowid, then its columns.
//
// First comes the table of tables, which holds how they were made. What was deleted and what stands in free pages is no
// row any more: it is swept with the bytes of the file. The logs beside it are objects of their own (sqlite_log.cc).
#include <charconv>
#include <cstring>
#include <utility>

#include "pipeline/limits.h"
#include "stages/unpack/database/sqlite_file.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kMaxTables = 100'000;
constexpr std::size_t kMaxTableNameBytes = 1024;

struct Table {
  std::string name;
  std::uint32_t root = 0;
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
    if (tables_ != nullptr) note_table(*columns);
  }
  // type, name, table, root, how it was made
  void note_table(const std::vector<std::string>& columns) {
    if (columns.size() < 4 || columns[0] != "table") return;
    std::uint32_t root = 0;
    std::from_chars(columns[3].data(), columns[3].data() + columns[3].size(), root);
    if (root == 0) return;  // a virtual table: its rows are in others
    if (tables_->size() >= kMaxTables) return void(is_damaged_ = true);
    tables_->push_back({columns[1].substr(0, kMaxTableNameBytes), root});
  }

  TextEncoding encoding_;
  SqliteTree tree_;
  std::vector<Table>* tables_;
  bool is_damaged_ = false;
  std::string line_;
  std::size_t at_ = 0;
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
      return std::optional<Part>();
    }
    ++index_;
    return std::optional<Part>(std::move(part));
  }
  Result<std::size_t> read(std::span<std::byte> into) override { return rows_ ? rows_->read(into) : 0; }

 private:
  void read_on() {
    std::vector<std::byte> piece(64 * limits::KiB);
    for (auto got = rows_->read(piece); got.ok() && *got > 0; got = rows_->read(piece)) continue;
  }

  SqliteFile file_;
  std::vector<Table> tables_;
  std::size_t index_ = 0;
  std::unique_ptr<ByteStream> rows_;
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
