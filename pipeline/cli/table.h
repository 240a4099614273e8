// Table: rows of text, aligned in columns, for a terminal or a page of a report.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ambit::cli {

// Characters, near enough to columns of a terminal: bytes that do not continue a UTF-8 sequence.
[[nodiscard]] std::size_t width(std::string_view text);

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns);
  // As many cells as there are columns; UTF-8.
  void add(std::vector<std::string> cells);
  void rule();  // a line before the row that follows, as above a sum
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // Lines with an indent of two; the last column is not padded.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // an empty row is a line
};

}  // namespace ambit::cli
