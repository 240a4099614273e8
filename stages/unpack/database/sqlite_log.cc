// The logs of SQLite: pages of a database, as they were before a change (a rollback journal) or as they are behind it
// (a write-ahead log). Each is an object of its own, whether its database is there or not: one view, a line for each
// row that its pages hold, a row that stands in many of them once.
//
//   write-ahead = magic(4) version(4) page-bytes(4) number(4) salt(8) sum(8) *( frame page )
//   frame       = page(4) pages-after(4) salt(8) sum(8)            `pages-after`: 0 but in the last of a transaction
//   rollback    = *( header padding *( page(4) page sum(4) ) padding )      both up to a multiple of a sector
//   header      = magic(8) records(4) nonce(4) pages(4) sector-bytes(4) page-bytes(4)
//
// Numbers have their greatest byte first. No salt, sum or count is believed: what a transaction that was never ended,
// or one that was written over in part, left behind is there too. Rows are told by the page alone, so it is not known
// of which table they are. A row that goes on in other pages is followed into those of the log; what stands in the
// database only is missing here. Where the log comes as a stream, such rows are cut.
#include <algorithm>
#include <cstring>
#include <functional>

#include "pipeline/limits.h"
#include "stages/unpack/database/sqlite_file.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/input.h"
#include "stages/unpack/stream/decoder.h"
#include "stages/unpack/text/rewriting.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kRollback = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"sv;
constexpr std::size_t kWalHeader = 32, kFrameHeader = 24, kRollbackHeader = 28;
constexpr std::uint32_t kMaxPage = 0xfffffffe;

bool is_page_size(std::uint32_t bytes) { return bytes >= 512 && bytes <= 65536 && (bytes & (bytes - 1)) == 0; }

// The pages of a log, front to back.
class LogPages {
 public:
  struct Page {
    std::uint32_t number = 0;
    bool ends_transaction = false;
    std::uint64_t offset = 0;
  };

  explicit LogPages(Input input) : input_(std::move(input)) {}

  // Error(evidence): no log.
  Result<> begin() {
    const auto bytes = input_.ahead(kWalHeader);
    if (!bytes.ok()) return bytes.error();
    const std::string_view head = chars(*bytes);
    is_rollback_ = head.starts_with(kRollback);
    if (head.size() < kWalHeader) return evidence_error("the log of a database has no header");
    page_bytes_ = is_rollback_ ? sqlite_number(head, 24, 4) : sqlite_number(head, 8, 4);
    if (!is_page_size(page_bytes_)) return evidence_error("the log of a database does not say how large a page is");
    if (!is_rollback_) static_cast<void>(input_.skip(kWalHeader));
    return Ok{};
  }
  [[nodiscard]] std::uint32_t page_bytes() const { return page_bytes_; }

  // The next page, and its bytes where `bytes` is not null. Nothing at the end.
  std::optional<Page> next(std::string* bytes) {
    if (is_rollback_ && !take_rollback_header()) return std::nullopt;
    const std::size_t before = is_rollback_ ? 4 : kFrameHeader, behind = is_rollback_ ? 4 : 0;
    const auto head = input_.ahead(before);
    if (!head.ok() || head->size() < before) return std::nullopt;
    Page page{sqlite_number(chars(*head), 0, 4), false, input_.offset() + before};
    page.ends_transaction = !is_rollback_ && sqlite_number(chars(*head), 4, 4) != 0;
    if (page.number == 0 || page.number > kMaxPage) return std::nullopt;
    input_.take(before);
    const auto all = input_.ahead(bytes != nullptr ? page_bytes_ : 0);
    if (!all.ok()) return std::nullopt;
    if (bytes != nullptr) bytes->assign(chars(*all).substr(0, page_bytes_));
    const auto moved = input_.skip(page_bytes_ + behind);
    is_cut_ = !moved.ok() || *moved < page_bytes_;
    return is_cut_ ? std::nullopt : std::optional(page);
  }
  // The log ended within a page.
  [[nodiscard]] bool is_cut() const { return is_cut_; }

 private:
  // Headers stand at the front and behind the records that the last one counts. False at the end.
  bool take_rollback_header() {
    for (const bool is_padded : {false, true}) {
      const std::uint64_t padding = is_padded ? (sector_bytes_ - input_.offset() % sector_bytes_) % sector_bytes_ : 0;
      if (padding + kRollbackHeader > kWindowBytes / 2) continue;
      const auto bytes = input_.ahead(static_cast<std::size_t>(padding) + kRollbackHeader);
      if (!bytes.ok()) return false;
      const std::string_view head = chars(*bytes).substr(std::min<std::size_t>(bytes->size(), padding));
      if (!head.starts_with(kRollback) || head.size() < kRollbackHeader) continue;
      const std::uint32_t sector = sqlite_number(head, 20, 4);
      sector_bytes_ = is_page_size(sector) ? sector : sector_bytes_;
      const auto moved = input_.skip(padding + sector_bytes_);
      return moved.ok();
    }
    return true;
  }

  Input input_;
  bool is_rollback_ = false, is_cut_ = false;
  std::uint32_t page_bytes_ = 0;
  std::uint64_t sector_bytes_ = 512;
};

// Where each page stands in the log, and how it is read.
class LogIndex {
 public:
  LogIndex(Content& content, std::uint64_t size, std::uint32_t page_bytes)
      : content_(content), page_bytes_(page_bytes), reads_left_(size * limits::kMaxSqliteLogReads) {}

  void add(const LogPages::Page& page) {
    if (pages_.size() < limits::kMaxSqliteLogPages) pages_.push_back(page);
  }
  void sort() {
    order_.resize(pages_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<std::uint32_t>(i);
    std::stable_sort(order_.begin(), order_.end(), [&](auto a, auto b) { return pages_[a].number < pages_[b].number; });
  }
  [[nodiscard]] const std::vector<LogPages::Page>& pages() const { return pages_; }

  // Page `number` as it is when the transaction that ends before page `end` of the log is over. Nothing: not here.
  [[nodiscard]] const LogPages::Page* find(std::uint32_t number, std::size_t end) const {
    const auto less = [&](std::uint32_t i, std::uint32_t n) { return pages_[i].number < n; };
    const auto first = std::lower_bound(order_.begin(), order_.end(), number, less);
    const auto last = std::partition_point(first, order_.end(),
                                           [&](std::uint32_t i) { return pages_[i].number == number && i < end; });
    return last != first ? &pages_[*std::prev(last)] : nullptr;
  }
  // False: too much was read already, or it cannot be read.
  [[nodiscard]] bool read(const LogPages::Page& page, std::string& bytes) {
    if (reads_left_ < page_bytes_) return false;
    reads_left_ -= page_bytes_;
    bytes.resize(page_bytes_);
    const auto got = content_.read_at(page.offset, std::as_writable_bytes(std::span(bytes)));
    return got.ok() && *got == page_bytes_;
  }

 private:
  Content& content_;
  std::uint32_t page_bytes_;
  std::uint64_t reads_left_;
  std::vector<LogPages::Page> pages_;
  std::vector<std::uint32_t> order_;
};

// Hashes of rows that were given. A table of fixed size: what is pushed out of it is given again.
class GivenRows {
 public:
  // False: it was given.
  [[nodiscard]] bool add(std::uint64_t hash) {
    const std::span<std::uint64_t> bucket = std::span(hashes_).subspan(hash % kBuckets * kWays, kWays);
    if (std::find(bucket.begin(), bucket.end(), hash) != bucket.end()) return false;
    std::rotate(bucket.begin(), bucket.end() - 1, bucket.end());
    bucket[0] = hash;
    return true;
  }

 private:
  static constexpr std::size_t kBuckets = 131'071, kWays = 8;
  std::vector<std::uint64_t> hashes_ = std::vector<std::uint64_t>(kBuckets * kWays);
};

class LogRows final : public ByteStream {
 public:
  LogRows(LogPages pages, std::unique_ptr<LogIndex> index)
      : pages_(std::move(pages)), index_(std::move(index)), usable_(pages_.page_bytes()) {
    if (index_) note_first_page();
  }

  Result<std::size_t> read(std::span<std::byte> into) override {
    while (given_ == text_.size()) {
      text_.clear();
      given_ = 0;
      if (cell_ < head_.cells) {
        next_cell();
      } else if (!next_page()) {
        if (!is_damaged_ && !pages_.is_cut()) return std::size_t{0};
        return evidence_error("pages in the log of a database are damaged");
      }
    }
    const std::size_t bytes = std::min(into.size(), text_.size() - given_);
    std::memcpy(into.data(), text_.data() + given_, bytes);
    given_ += bytes;
    return bytes;
  }

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
    const auto page = pages_.next(&page_);
    if (!page) return false;
    if (page->number == 1) take_first_page(page_);
    page_.resize(std::min<std::size_t>(page_.size(), usable_));
    if (index_ && ++number_ > transaction_end_) end_transaction();
    // Pages of other sorts hold no rows; bytes in them are swept as they stand.
    const auto head = sqlite_page(page_, page->number);
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

  void next_cell() {
    const std::size_t offset = head_.offset(page_, cell_++);
    const auto cell = offset < page_.size() ? sqlite_cell(page_, head_, offset) : std::nullopt;
    if (!cell) return void(is_damaged_ = true);
    const LogPages::Page* more =
        cell->overflow != 0 && index_ ? index_->find(cell->overflow, transaction_end_) : nullptr;
    std::uint64_t hash = std::hash<std::string_view>{}(cell->local);
    for (const std::uint64_t part :
         {static_cast<std::uint64_t>(cell->rowid.value_or(0)), cell->bytes, more != nullptr ? more->offset : 0}) {
      hash = (hash ^ part) * 0x9e3779b97f4a7c15;
    }
    if (!rows_.add(hash)) return;
    std::string payload(cell->local);
    if (more != nullptr) append_overflow(*more, cell->bytes - payload.size(), payload);
    append_line(*cell, payload);
  }
  void append_overflow(LogPages::Page page, std::uint64_t bytes, std::string& payload) {
    std::string overflow;
    while (bytes > 0) {
      if (!index_->read(page, overflow)) return void(is_damaged_ = true);
      const std::string_view data =
          std::string_view(overflow).substr(0, usable_).substr(4, static_cast<std::size_t>(bytes));
      payload += data;
      bytes -= data.size();
      const LogPages::Page* next = index_->find(sqlite_number(overflow, 0, 4), transaction_end_);
      if (next == nullptr) return;  // it stands in the database
      page = *next;
    }
  }
  void append_line(const SqliteCell& cell, std::string_view payload) {
    const auto columns = sqlite_columns(payload, encoding_);
    if (!columns) return void(is_damaged_ = true);
    if (cell.rowid) text_ = std::to_string(*cell.rowid);
    for (std::size_t i = 0; i < columns->size(); ++i) {
      if (cell.rowid || i > 0) text_.push_back('\t');
      text_ += (*columns)[i];
    }
    text_.push_back('\n');
  }

  LogPages pages_;
  std::unique_ptr<LogIndex> index_;  // null: the log is a stream
  std::size_t usable_;
  TextEncoding encoding_ = TextEncoding::utf8;
  std::string page_;
  SqlitePage head_;
  std::uint32_t cell_ = 0;
  std::size_t number_ = 0, transaction_end_ = 0;  // pages so far, and up to the end of the transaction
  GivenRows rows_;
  bool is_damaged_ = false;
  std::string text_;
  std::size_t given_ = 0;
};

}  // namespace

Opened open_sqlite_log(const Packed& packed) {
  const auto input = [&] { return packed.content ? Input(*packed.content, packed.size) : Input(*packed.stream); };
  LogPages pages(input());
  const Result<> begun = pages.begin();
  if (!begun.ok()) return begun.error();
  std::unique_ptr<LogIndex> index;
  if (packed.content != nullptr) {
    index = std::make_unique<LogIndex>(*packed.content, packed.size, pages.page_bytes());
    LogPages all(input());
    if (const Result<> again = all.begin(); !again.ok()) return again.error();
    for (auto page = all.next(nullptr); page; page = all.next(nullptr)) index->add(*page);
    index->sort();
  }
  return one_view(std::make_unique<LogRows>(std::move(pages), std::move(index)));
}

}  // namespace ambit::unpack
