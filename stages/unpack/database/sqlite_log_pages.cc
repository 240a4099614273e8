#include "stages/unpack/database/sqlite_log_pages.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/database/sqlite_file.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kRollback = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"sv;
constexpr std::size_t kWalHeader = 32, kFrameHeader = 24, kRollbackHeader = 28;
constexpr std::uint32_t kMaxPage = 0xfffffffe;

bool is_page_size(std::uint32_t bytes) { return bytes >= 512 && bytes <= 65536 && (bytes & (bytes - 1)) == 0; }

}  // namespace

Result<> LogPages::begin() {
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

std::optional<LogPages::Page> LogPages::next(std::string* bytes) {
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

// Headers stand at the front and behind the records that the last one counts. False at the end.
bool LogPages::take_rollback_header() {
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

LogIndex::LogIndex(Content& content, std::uint64_t size, std::uint32_t page_bytes)
    : content_(content), page_bytes_(page_bytes), reads_(size * limits::kMaxSqliteLogReads), reads_left_(reads_) {}

void LogIndex::add(const LogPages::Page& page) {
  if (pages_.size() < limits::kMaxSqliteLogPages) pages_.push_back(page);
}

void LogIndex::sort() {
  order_.resize(pages_.size());
  for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<std::uint32_t>(i);
  std::stable_sort(order_.begin(), order_.end(), [&](auto a, auto b) { return pages_[a].number < pages_[b].number; });
}

const LogPages::Page* LogIndex::find(std::uint32_t number, std::size_t end) const {
  const auto less = [&](std::uint32_t i, std::uint32_t n) { return pages_[i].number < n; };
  const auto first = std::lower_bound(order_.begin(), order_.end(), number, less);
  const auto last =
      std::partition_point(first, order_.end(), [&](std::uint32_t i) { return pages_[i].number == number && i < end; });
  return last != first ? &pages_[*std::prev(last)] : nullptr;
}

bool LogIndex::may_read() {
  const bool may = reads_left_ >= page_bytes_;
  reads_left_ -= may ? page_bytes_ : 0;
  return may;
}

bool LogIndex::read(const LogPages::Page& page, std::string& bytes) {
  if (!may_read()) return false;
  bytes.resize(page_bytes_);
  const auto got = content_.read_at(page.offset, std::as_writable_bytes(std::span(bytes)));
  return got.ok() && *got == page_bytes_;
}

}  // namespace ambit::unpack
