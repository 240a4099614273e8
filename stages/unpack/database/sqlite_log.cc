// The logs of SQLite: pages of a database, as they were before a change (a rollback journal) or as they are behind it
// (a write-ahead log). Each is an object of its own, whether its database is there or not: one view, a line for each
// row that its pages hold, a row that stands in many of them once. Behind it, as members, the values in which something
// is packed (sqlite_packed.h): "page 7/12/column 3" is that of the row 12 in page 7 of the database.
//
//   write-ahead = magic(4) version(4) page-bytes(4) number(4) salt(8) sum(8) *( frame page )
//   frame       = page(4) pages-after(4) salt(8) sum(8)            `pages-after`: 0 but in the last of a transaction
//   rollback    = *( header padding *( page(4) page sum(4) ) padding )      both up to a multiple of a sector
//   header      = magic(8) records(4) nonce(4) pages(4) sector-bytes(4) page-bytes(4)
//
// Numbers have their greatest byte first. No salt, sum or count is believed: what a transaction that was never ended,
// or one that was written over in part, left behind is there too. Rows are told by the page alone, so it is not known
// of which table they are. A row that goes on in other pages is followed into those of the log; what stands in the
// database only is missing here; so is a packed value that goes on there. Where the log comes as a stream, such rows
// are cut, and that there are packed values is an error.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <span>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "stages/unpack/database/sqlite_file.h"
#include "stages/unpack/database/sqlite_log_pages.h"
#include "stages/unpack/database/sqlite_packed.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/stream/decoder.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

// Hashes of rows that were given. A table of fixed size: what is pushed out of it is given again.
class GivenRows {
 public:
  // False: it was given.
  [[nodiscard]] bool add(std::uint64_t hash) {
    const std::span<std::uint64_t> bucket(hashes_.get() + hash % kBuckets * kWays, kWays);
    if (std::find(bucket.begin(), bucket.end(), hash) != bucket.end()) return false;
    std::rotate(bucket.begin(), bucket.end() - 1, bucket.end());
    bucket[0] = hash;
    return true;
  }

 private:
  static constexpr std::size_t kBuckets = 131'071, kWays = 8;
  struct Free {
    void operator()(std::uint64_t* hashes) const { std::free(hashes); }
  };
  static std::uint64_t* zeros() {
    void* const all = std::calloc(kBuckets * kWays, sizeof(std::uint64_t));
    if (all == nullptr) throw std::bad_alloc();
    return static_cast<std::uint64_t*>(all);
  }
  // Zeros of the system, which cost nothing until they are touched: most logs have few rows.
  std::unique_ptr<std::uint64_t[], Free> hashes_{zeros()};
};

// A row, and where it stands in the log.
struct LogRow {
  SqliteCell cell;
  std::uint32_t page = 0;    // of the database
  std::uint32_t number = 0;  // of the cell in it
  std::uint64_t place = 0;   // of the page in the log
};

// The rows in all pages of a log, each once.
class LogCells {
 public:
  // `index`, which outlives it; null: the log is a stream.
  LogCells(LogPages pages, LogIndex* index) : pages_(std::move(pages)), index_(index), usable_(pages_.page_bytes()) {
    if (index_ != nullptr) note_first_page();
  }

  // The next one, which shows bytes of its page until the call after it. Nothing at the end.
  std::optional<LogRow> next() {
    while (true) {
      if (cell_ == head_.cells) {
        if (!next_page()) return std::nullopt;
        continue;
      }
      const std::uint32_t number = cell_++;
      const std::size_t offset = head_.offset(bytes_, number);
      const auto cell = offset < bytes_.size() ? sqlite_cell(bytes_, head_, offset) : std::nullopt;
      is_damaged_ |= !cell;
      if (cell && is_new(*cell)) return LogRow{*cell, page_.number, number, page_.offset};
    }
  }
  // A page where a row of the one at hand goes on; null: it stands in the database, or the log is a stream.
  [[nodiscard]] const LogPages::Page* find(std::uint32_t number) const {
    return number != 0 && index_ != nullptr ? index_->find(number, transaction_end_) : nullptr;
  }
  [[nodiscard]] LogIndex* index() const { return index_; }
  [[nodiscard]] std::size_t usable() const { return usable_; }
  [[nodiscard]] TextEncoding encoding() const { return encoding_; }
  // Something could not be read.
  [[nodiscard]] bool is_damaged() const { return is_damaged_ || pages_.is_cut(); }

 private:
  // The first page says how texts are encoded, if it is here.
  void note_first_page() {
    const LogPages::Page* first = index_->find(1, index_->pages().size());
    std::string bytes;
    if (first != nullptr && index_->read(*first, bytes)) take_first_page(bytes);
  }
  void take_first_page(std::string_view bytes) {
    if (bytes.size() < 100 || !bytes.starts_with("SQLite format 3\0"sv)) return;
    const std::uint32_t encoding = sqlite_number(bytes, 56, 4);
    encoding_ = encoding == 2 ? TextEncoding::utf16le : encoding == 3 ? TextEncoding::utf16be : TextEncoding::utf8;
    usable_ = pages_.page_bytes() - static_cast<unsigned char>(bytes[20]);
  }

  bool next_page() {
    head_ = {};
    cell_ = 0;
    const auto page = pages_.next(&bytes_);
    if (!page) return false;
    page_ = *page;
    if (page->number == 1) take_first_page(bytes_);
    bytes_.resize(std::min<std::size_t>(bytes_.size(), usable_));
    if (index_ != nullptr && ++number_ > transaction_end_) end_transaction();
    // Pages of other sorts hold no rows; bytes in them are swept as they stand.
    const auto head = sqlite_page(bytes_, page->number);
    if (head && head->has_rows()) head_ = *head;
    return true;
  }
  // Sets where the transaction of the page ends.
  void end_transaction() {
    const auto& pages = index_->pages();
    transaction_end_ = number_ - 1;
    while (transaction_end_ < pages.size() && !pages[transaction_end_].ends_transaction) ++transaction_end_;
    ++transaction_end_;
  }
  bool is_new(const SqliteCell& cell) {
    const LogPages::Page* more = find(cell.overflow);
    std::uint64_t hash = std::hash<std::string_view>{}(cell.local);
    for (const std::uint64_t part :
         {static_cast<std::uint64_t>(cell.rowid.value_or(0)), cell.bytes, more != nullptr ? more->offset : 0}) {
      hash = (hash ^ part) * 0x9e3779b97f4a7c15;
    }
    return rows_.add(hash);
  }

  LogPages pages_;
  LogIndex* index_;
  std::size_t usable_;
  TextEncoding encoding_ = TextEncoding::utf8;
  LogPages::Page page_;  // the one at hand, and its bytes
  std::string bytes_;
  SqlitePage head_;
  std::uint32_t cell_ = 0;
  std::size_t number_ = 0, transaction_end_ = 0;  // pages so far, and up to the end of the transaction
  GivenRows rows_;
  bool is_damaged_ = false;
};

// The rows as lines.
class LogRows final : public ByteStream {
 public:
  explicit LogRows(LogCells cells) : cells_(std::move(cells)) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    while (given_ == text_.size()) {
      text_.clear();
      given_ = 0;
      const auto row = cells_.next();
      if (!row && !is_damaged_ && !cells_.is_damaged()) return std::size_t{0};
      if (!row) return evidence_error("pages in the log of a database are damaged");
      append(row->cell);
    }
    const std::size_t bytes = std::min(into.size(), text_.size() - given_);
    std::memcpy(into.data(), text_.data() + given_, bytes);
    given_ += bytes;
    return bytes;
  }
  // Of a stream, which cannot be read once more: whether a value in it is packed.
  [[nodiscard]] bool has_packed() const { return has_packed_; }

 private:
  void append(const SqliteCell& cell) {
    std::string payload(cell.local);
    const std::uint64_t bytes = std::min(cell.bytes, limits::kMaxRowBytes);
    is_damaged_ |= bytes < cell.bytes;
    const LogPages::Page* more = cells_.find(cell.overflow);
    if (more != nullptr && bytes > payload.size()) append_overflow(*more, bytes - payload.size(), payload);
    append_line(cell, payload);
    if (cells_.index() == nullptr && !has_packed_) look_for_packed(payload);
  }
  void append_overflow(LogPages::Page page, std::uint64_t bytes, std::string& payload) {
    std::string overflow;
    while (bytes > 0) {
      if (!cells_.index()->read(page, overflow)) return void(is_damaged_ = true);
      const std::string_view data =
          std::string_view(overflow).substr(0, cells_.usable()).substr(4, static_cast<std::size_t>(bytes));
      payload += data;
      bytes -= data.size();
      const LogPages::Page* next = cells_.find(sqlite_number(overflow, 0, 4));
      if (next == nullptr) return;  // it stands in the database
      page = *next;
    }
  }
  void append_line(const SqliteCell& cell, std::string_view payload) {
    const auto columns = sqlite_columns(payload, cells_.encoding());
    if (!columns) return void(is_damaged_ = true);
    if (cell.rowid) text_ = std::to_string(*cell.rowid);
    for (std::size_t i = 0; i < columns->size(); ++i) {
      if (cell.rowid || i > 0) text_.push_back('\t');
      text_ += (*columns)[i];
    }
    text_.push_back('\n');
  }
  void look_for_packed(std::string_view payload) {
    const auto values = sqlite_values(payload);
    for (std::size_t i = 0; values && i < values->size() && !has_packed_; ++i) {
      const SqliteValue& value = (*values)[i];
      if ((!value.is_blob() && !value.is_text()) || value.at >= payload.size()) continue;
      const std::string_view head = payload.substr(static_cast<std::size_t>(value.at), sqlite_head_bytes(value));
      has_packed_ = sqlite_begins_packed(value, std::as_bytes(std::span(head)));
    }
  }

  LogCells cells_;
  bool is_damaged_ = false, has_packed_ = false;
  std::string text_;
  std::size_t given_ = 0;
};

class SqliteLog final : public Unpacker {
 public:
  // `index`: null where the log is a stream. `again`: its pages from the first on.
  SqliteLog(LogPages pages, std::unique_ptr<LogIndex> index, std::optional<LogPages> again)
      : index_(std::move(index)), again_(std::move(again)) {
    auto rows = std::make_unique<LogRows>(LogCells(std::move(pages), index_.get()));
    rows_ = rows.get();
    view_ = as_view(std::move(rows));
  }

  Result<std::optional<Part>> next() override {
    if (!is_begun_) {
      is_begun_ = true;
      Part part;
      part.is = Part::Is::view;
      return std::optional(part);
    }
    if (index_ == nullptr) return end_stream();
    if (!cells_) {
      view_.reset();
      index_->begin_again();
      cells_.emplace(std::move(*again_), index_.get());
    }
    while (true) {
      if (auto part = values_.next()) return part;
      const auto row = cells_->next();
      if (!row) return std::optional<Part>();
      begin_values(*row);
    }
  }
  Result<std::size_t> read(std::span<std::byte> into) override {
    return view_ ? view_->read(into) : values_.read(into);
  }

 private:
  Result<std::optional<Part>> end_stream() {
    std::vector<std::byte> piece(64 * limits::KiB);
    for (auto got = view_->read(piece); got.ok() && *got > 0; got = view_->read(piece)) continue;
    if (!rows_->has_packed()) return std::optional<Part>();
    return evidence_error("what is packed in the log of a database cannot be read from a stream alone");
  }
  void begin_values(const LogRow& row) {
    const auto find = [this](std::uint32_t number) -> std::optional<std::uint64_t> {
      const LogPages::Page* page = cells_->find(number);
      return page != nullptr && index_->may_read() ? std::optional(page->offset) : std::nullopt;
    };
    const std::string which =
        row.cell.rowid ? std::to_string(*row.cell.rowid) : "cell " + std::to_string(row.number + 1);
    name_ = "page " + std::to_string(row.page) + "/" + which + "/column ";
    values_.begin(SqlitePayload(index_->content(), find, cells_->usable(), row.cell, row.place),
                  [this](const auto&, std::size_t column) { return name_ + std::to_string(column + 1); });
  }

  bool is_begun_ = false;
  std::unique_ptr<LogIndex> index_;
  std::unique_ptr<ByteStream> view_;  // of rows_
  LogRows* rows_ = nullptr;
  std::optional<LogPages> again_;
  std::optional<LogCells> cells_;
  std::string name_;  // of the row at hand
  PackedValues values_{CutValues::left_out};
};

}  // namespace

Opened open_sqlite_log(const Packed& packed) {
  const auto input = [&] { return packed.content ? Input(*packed.content, packed.size) : Input(*packed.stream); };
  LogPages pages(input());
  const Result<> begun = pages.begin();
  if (!begun.ok()) return begun.error();
  if (packed.content == nullptr) {
    return Opened(std::make_unique<SqliteLog>(std::move(pages), nullptr, std::nullopt));
  }
  auto index = std::make_unique<LogIndex>(*packed.content, packed.size, pages.page_bytes());
  LogPages all(input()), again(input());
  for (LogPages* log : {&all, &again}) {
    if (const Result<> well = log->begin(); !well.ok()) return well.error();
  }
  for (auto page = all.next(nullptr); page; page = all.next(nullptr)) index->add(*page);
  index->sort();
  return Opened(std::make_unique<SqliteLog>(std::move(pages), std::move(index), std::move(again)));
}

}  // namespace ambit::unpack
