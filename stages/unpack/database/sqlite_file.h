// The pages of an SQLite database, read by us: the library is made for files that one trusts.
//
//   file     = header page *page                 page 1 begins with the header, 100 bytes
//   page     = [ header ] type(1) … cells(2) … [ right-most child(4) ]  *offset(2) … *cell
//   cell     = [ child(4) ] [ varint bytes ] [ varint rowid ] payload [ first overflow page(4) ]
//   overflow = next(4) bytes
//
// A tree is walked with a page for each level in memory. Every page is visited once, whoever refers to it: a second
// visit is damage, and so nothing goes in circles.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/object.h"

namespace ambit::unpack {

enum class TextEncoding : std::uint8_t { utf8, utf16le, utf16be };

// What a page of a tree begins with. `page`: its usable bytes.
struct SqlitePage {
  unsigned char type = 0;
  std::size_t header = 0;   // where it begins; behind the header of the file in the first page
  std::size_t offsets = 0;  // where those of its cells stand
  std::uint32_t cells = 0;

  [[nodiscard]] bool is_interior() const;
  [[nodiscard]] bool has_rows() const;  // of a table or of an index
  // Of a cell below `cells`.
  [[nodiscard]] std::size_t offset(std::string_view page, std::uint32_t cell) const;
};
// Nothing: a page of another sort, or damaged.
[[nodiscard]] std::optional<SqlitePage> sqlite_page(std::string_view page, std::uint32_t number);

// A row as it stands in its page.
struct SqliteCell {
  std::optional<std::int64_t> rowid;  // not of a table that is sorted by its key, nor of an index
  std::uint64_t bytes = 0;            // of its payload, at most limits::kMaxSqlitePayload
  std::string_view local;             // what the page has of it,
  std::size_t at = 0;                 // from here on
  std::uint32_t overflow = 0;         // the page where it goes on; 0 if it is whole
};
// Nothing: damaged.
[[nodiscard]] std::optional<SqliteCell> sqlite_cell(std::string_view page, const SqlitePage& head, std::size_t offset);

class SqliteFile {
 public:
  // Of `size` bytes. Error(evidence): no header of a database.
  [[nodiscard]] static Result<SqliteFile> open(Content& content, std::uint64_t size);

  [[nodiscard]] TextEncoding encoding() const { return encoding_; }
  [[nodiscard]] std::uint32_t usable() const { return usable_; }
  // The bytes of a page that was not visited before, and now is; nothing where there is none, or it cannot be read.
  [[nodiscard]] std::optional<std::string> visit(std::uint32_t page);
  // … and where it begins in content().
  [[nodiscard]] std::optional<std::uint64_t> find(std::uint32_t page);
  [[nodiscard]] std::uint64_t place(std::uint32_t page) const { return std::uint64_t{page_bytes_} * (page - 1); }
  [[nodiscard]] Content& content() const { return *content_; }
  // No page was visited.
  void begin_again() { visited_.assign(visited_.size(), false); }

 private:
  SqliteFile(Content& content, std::uint64_t pages, std::uint32_t page_bytes)
      : content_(&content), pages_(pages), page_bytes_(page_bytes), visited_(pages + 1) {}

  Content* content_;
  std::uint64_t pages_;
  std::uint32_t page_bytes_, usable_ = 0;
  TextEncoding encoding_ = TextEncoding::utf8;
  std::vector<bool> visited_;
};

struct SqliteRow {
  std::optional<std::int64_t> rowid;  // not of a table that is sorted by its key
  std::string payload;
};

// The rows of one tree, in its order.
class SqliteTree {
 public:
  SqliteTree(SqliteFile& file, std::uint32_t root) : file_(&file) { descend(root); }
  // Nothing at the end. What is longer than limits::kMaxRowBytes is cut.
  [[nodiscard]] std::optional<SqliteRow> next();
  // The next row as it stands in its page, which begins at page_place() of the file. Until the next call.
  [[nodiscard]] std::optional<SqliteCell> next_cell();
  [[nodiscard]] std::uint64_t page_place() const { return levels_.empty() ? 0 : levels_.back().place; }
  // Something of it could not be read.
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }

 private:
  struct Level {
    std::string page;
    SqlitePage head;
    std::uint64_t place = 0;
    std::uint32_t step = 0;  // two for each cell: the child before it, then itself
  };
  void descend(std::uint32_t page);
  [[nodiscard]] bool append_overflow(std::uint32_t page, std::uint64_t bytes, std::string& payload);

  SqliteFile* file_;
  std::vector<Level> levels_;
  bool is_damaged_ = false;
};

// The number in `length` bytes, at most four, greatest byte first.
[[nodiscard]] std::uint32_t sqlite_number(std::string_view bytes, std::size_t at, std::size_t length);

// The value of the varint at `at`, which moves behind it; nothing if it is cut.
[[nodiscard]] std::optional<std::uint64_t> sqlite_varint(std::string_view bytes, std::size_t& at);

// One value of a row: `bytes` of its payload from `at` on, if they are there.
struct SqliteValue {
  std::uint64_t type = 0, at = 0, bytes = 0;

  [[nodiscard]] bool is_blob() const { return type >= 12 && type % 2 == 0; }
  [[nodiscard]] bool is_text() const { return type >= 12 && type % 2 == 1; }
};
// Bytes of the header of a row; nothing if it is no row.
[[nodiscard]] std::optional<std::uint64_t> sqlite_header_bytes(std::string_view payload);
// What the header says, as far as it is there.
[[nodiscard]] std::optional<std::vector<SqliteValue>> sqlite_values(std::string_view header);
// `bytes` of a value as text, nothing left out; what is binary has none.
[[nodiscard]] std::string sqlite_text(const SqliteValue& value, std::string_view bytes, TextEncoding encoding);

// The text of each column of a row, newlines and tabs in it made blanks; fewer columns where the row is cut. Nothing if
// it is no row.
[[nodiscard]] std::optional<std::vector<std::string>> sqlite_columns(std::string_view payload, TextEncoding encoding);

}  // namespace ambit::unpack
