#include "pipeline/cli/table.h"

#include <algorithm>
#include <cassert>

namespace ambit::cli {

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

void Table::rule() { rows_.emplace_back(); }

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t widest = width(columns_[c].title);
    for (const auto& row : rows_) widest = row.empty() ? widest : std::max(widest, width(row[c]));
    widths.push_back(widest);
  }
  std::string out;
  const auto line = [&](auto&& cell) {
    std::string text = " ";
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const std::string content = cell(c);
      const std::string pad(widths[c] - std::min(widths[c], width(content)), ' ');
      text += c == 0 ? " " : "  ";
      text += columns_[c].align == Align::right ? pad + content : content + pad;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line([&](std::size_t c) { return columns_[c].title; });
  line([&](std::size_t c) { return std::string(widths[c], '-'); });
  for (const auto& row : rows_) {
    line([&](std::size_t c) { return row.empty() ? std::string(widths[c], '-') : row[c]; });
  }
  return out;
}

}  // namespace ambit::cli
