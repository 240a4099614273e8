// The pages in a log of SQLite, see sqlite_log.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stages/unpack/input.h"

namespace ambit::unpack {

// Front to back.
class LogPages {
 public:
  struct Page {
    std::uint32_t number = 0;
    bool ends_transaction = false;
    std::uint64_t offset = 0;
  };

  explicit LogPages(Input input) : input_(std::move(input)) {}

  // Error(evidence): no log.
  [[nodiscard]] Result<> begin();
  [[nodiscard]] std::uint32_t page_bytes() const { return page_bytes_; }
  // The next page, and its bytes where `bytes` is not null. Nothing at the end.
  [[nodiscard]] std::optional<Page> next(std::string* bytes);
  // The log ended within a page.
  [[nodiscard]] bool is_cut() const { return is_cut_; }

 private:
  [[nodiscard]] bool take_rollback_header();

  Input input_;
  bool is_rollback_ = false, is_cut_ = false;
  std::uint32_t page_bytes_ = 0;
  std::uint64_t sector_bytes_ = 512;
};

// Where each page stands in the log, and how it is read.
class LogIndex {
 public:
  LogIndex(Content& content, std::uint64_t size, std::uint32_t page_bytes);

  void add(const LogPages::Page& page);
  void sort();  // when all are added
  [[nodiscard]] const std::vector<LogPages::Page>& pages() const { return pages_; }
  [[nodiscard]] Content& content() const { return content_; }
  // Nothing was read.
  void begin_again() { reads_left_ = reads_; }

  // Page `number` as it is when the transaction that ends before page `end` of the log is over. Nothing: not here.
  [[nodiscard]] const LogPages::Page* find(std::uint32_t number, std::size_t end) const;
  // Counts a page. False: too much was read already.
  [[nodiscard]] bool may_read();
  // False: too much was read already, or it cannot be read.
  [[nodiscard]] bool read(const LogPages::Page& page, std::string& bytes);

 private:
  Content& content_;
  const std::uint32_t page_bytes_;
  const std::uint64_t reads_;
  std::uint64_t reads_left_;
  std::vector<LogPages::Page> pages_;
  std::vector<std::uint32_t> order_;
};

}  // namespace ambit::unpack
