#include "stages/unpack/database/sqlite_file.h"

#include <algorithm>
#include <array>
#include <span>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kMaxDepth = 20;  // the library's own bound
constexpr std::uint32_t kMinUsable = 480;
// The map of visited pages has a bit for each: 64 MiB, 2 TiB of pages of 4 KiB.
constexpr std::uint64_t kMaxPages = 512 * limits::MiB;

constexpr unsigned char kIndexInterior = 2, kTableInterior = 5, kIndexLeaf = 10, kTableLeaf = 13;

bool is_index(unsigned char type) { return type == kIndexInterior || type == kIndexLeaf; }

// How much of a payload stands in its cell.
std::uint64_t local_bytes(std::uint64_t payload, std::uint64_t usable, bool index) {
  const std::uint64_t most = index ? (usable - 12) * 64 / 255 - 23 : usable - 35;
  if (payload <= most) return payload;
  const std::uint64_t least = (usable - 12) * 32 / 255 - 23;
  const std::uint64_t filled = least + (payload - least) % (usable - 4);
  return filled <= most ? filled : least;
}

}  // namespace

std::uint32_t sqlite_number(std::string_view bytes, std::size_t at, std::size_t length) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < length; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

bool SqlitePage::is_interior() const { return type == kIndexInterior || type == kTableInterior; }
bool SqlitePage::has_rows() const { return type != kTableInterior; }
std::size_t SqlitePage::offset(std::string_view page, std::uint32_t cell) const {
  return sqlite_number(page, offsets + std::size_t{2} * cell, 2);
}

std::optional<SqlitePage> sqlite_page(std::string_view page, std::uint32_t number) {
  SqlitePage head;
  head.header = number == 1 ? kHeaderBytes : 0;
  if (page.size() < kMinUsable) return std::nullopt;
  head.type = static_cast<unsigned char>(page[head.header]);
  head.cells = sqlite_number(page, head.header + 3, 2);
  head.offsets = head.header + (head.is_interior() ? 12 : 8);
  constexpr std::array kTypes = {kIndexInterior, kTableInterior, kIndexLeaf, kTableLeaf};
  const bool is_tree = std::find(kTypes.begin(), kTypes.end(), head.type) != kTypes.end();
  return is_tree && head.offsets + std::size_t{2} * head.cells <= page.size() ? std::optional(head) : std::nullopt;
}

std::optional<SqliteCell> sqlite_cell(std::string_view page, const SqlitePage& head, std::size_t offset) {
  std::size_t at = offset + (head.type == kIndexInterior ? 4 : 0);
  const auto bytes = sqlite_varint(page, at);
  if (!bytes || *bytes > limits::kMaxSqlitePayload) return std::nullopt;
  SqliteCell cell;
  cell.bytes = *bytes;
  if (head.type == kTableLeaf) {
    const auto rowid = sqlite_varint(page, at);
    if (!rowid) return std::nullopt;
    cell.rowid = static_cast<std::int64_t>(*rowid);
  }
  const auto local = static_cast<std::size_t>(local_bytes(*bytes, page.size(), is_index(head.type)));
  const std::size_t ends = at + local + (local < *bytes ? 4 : 0);
  if (ends > page.size()) return std::nullopt;
  cell.local = page.substr(at, local);
  cell.at = at;
  if (local < *bytes) cell.overflow = sqlite_number(page, at + local, 4);
  return cell;
}

std::optional<std::uint64_t> sqlite_varint(std::string_view bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    if (at >= bytes.size()) return std::nullopt;
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    if (i == 8) return value << 8 | byte;
    value = value << 7 | (byte & 0x7fU);
    if (byte < 0x80) break;
  }
  return value;
}

Result<SqliteFile> SqliteFile::open(Content& content, std::uint64_t size) {
  const Error none{ErrorKind::evidence, "the database has no header", {}, {}};
  std::string header(kHeaderBytes, '\0');
  const auto got = content.read_at(0, std::as_writable_bytes(std::span(header)));
  if (!got.ok()) return got.error();
  if (*got < kHeaderBytes || !header.starts_with("SQLite format 3\0"sv)) return none;
  const std::uint32_t declared = sqlite_number(header, 16, 2);
  const std::uint32_t page_bytes = declared == 1 ? 65536 : declared;
  const auto reserved = static_cast<unsigned char>(header[20]);
  if (page_bytes < 512 || (page_bytes & (page_bytes - 1)) != 0 || page_bytes - reserved < kMinUsable) return none;
  const std::uint64_t pages = std::min<std::uint64_t>((size + page_bytes - 1) / page_bytes, UINT32_MAX);
  if (pages > kMaxPages) return Error{ErrorKind::evidence, "the database has too many pages", {}, {}};
  SqliteFile file(content, pages, page_bytes);
  file.usable_ = page_bytes - reserved;
  const std::uint32_t encoding = sqlite_number(header, 56, 4);
  file.encoding_ = encoding == 2 ? TextEncoding::utf16le : encoding == 3 ? TextEncoding::utf16be : TextEncoding::utf8;
  return file;
}

std::optional<std::uint64_t> SqliteFile::find(std::uint32_t page) {
  if (page == 0 || page > pages_ || visited_[page]) return std::nullopt;
  visited_[page] = true;
  return place(page);
}

std::optional<std::string> SqliteFile::visit(std::uint32_t page) {
  const auto place = find(page);
  if (!place) return std::nullopt;
  std::string bytes(page_bytes_, '\0');
  const auto got = content_->read_at(*place, std::as_writable_bytes(std::span(bytes)));
  if (!got.ok() || *got < page_bytes_) return std::nullopt;
  bytes.resize(usable_);
  return bytes;
}

void SqliteTree::descend(std::uint32_t number) {
  auto page = levels_.size() < kMaxDepth ? file_->visit(number) : std::nullopt;
  const auto head = page ? sqlite_page(*page, number) : std::nullopt;
  // Whoever descends holds no reference into levels_.
  if (head) return levels_.push_back({std::move(*page), *head, file_->place(number)});
  is_damaged_ = true;
}

std::optional<SqliteCell> SqliteTree::next_cell() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    const SqlitePage& head = level.head;
    const std::uint32_t index = level.step / 2;
    const bool is_child = level.step % 2 == 0;
    if (index > head.cells || (index == head.cells && !(head.is_interior() && is_child))) {
      levels_.pop_back();
      continue;
    }
    ++level.step;
    if (index == head.cells) {
      descend(sqlite_number(level.page, head.header + 8, 4));
      continue;
    }
    const std::size_t cell = head.offset(level.page, index);
    if (cell + 4 > level.page.size()) {
      is_damaged_ = true;
      continue;
    }
    if (is_child) {
      if (head.is_interior()) descend(sqlite_number(level.page, cell, 4));
      continue;
    }
    if (!head.has_rows()) continue;
    if (const auto found = sqlite_cell(level.page, head, cell)) return found;
    is_damaged_ = true;
  }
  return std::nullopt;
}

std::optional<SqliteRow> SqliteTree::next() {
  const auto cell = next_cell();
  if (!cell) return std::nullopt;
  SqliteRow row{cell->rowid, std::string(cell->local)};
  // What is there of a cut row is given all the same: its columns end where the bytes do.
  const std::uint64_t bytes = std::min(cell->bytes, limits::kMaxRowBytes);
  is_damaged_ |= bytes < cell->bytes;
  if (bytes > row.payload.size()) {
    is_damaged_ |= !append_overflow(cell->overflow, bytes - row.payload.size(), row.payload);
  }
  return row;
}

bool SqliteTree::append_overflow(std::uint32_t page, std::uint64_t bytes, std::string& payload) {
  while (bytes > 0) {
    const auto overflow = file_->visit(page);
    if (!overflow) return false;
    page = sqlite_number(*overflow, 0, 4);
    const std::string_view data = std::string_view(*overflow).substr(4, static_cast<std::size_t>(bytes));
    payload += data;
    bytes -= data.size();
  }
  return true;
}

}  // namespace ambit::unpack
