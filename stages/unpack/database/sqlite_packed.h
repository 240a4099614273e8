// What is packed in the values of rows: BLOBs, and texts that begin like one, of which format_of() says that there is
// something to unpack. Each is a member.
//
// A BLOB may be gigabytes long, in pages that lie anywhere and of which each says where the next one is. What is kept
// of it is the list of its pages, so the bytes come as a stream and its end can be looked at first.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stages/unpack/database/sqlite_file.h"
#include "stages/unpack/unpack.h"

namespace ambit::unpack {

// The payload of a row, at any place.
class SqlitePayload {
 public:
  // Where a page that goes on begins in the content; nothing where there is none.
  using FindPage = std::function<std::optional<std::uint64_t>(std::uint32_t page)>;

  SqlitePayload() = default;
  // `content` outlives it; so do the bytes that `cell` shows, in a page that begins at `page_place`, of which `usable`
  // bytes hold something.
  SqlitePayload(Content& content, FindPage find, std::size_t usable, const SqliteCell& cell, std::uint64_t page_place);

  // At least one byte before its end. Error(evidence): its pages end before.
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t at, std::span<std::byte> into);
  // Bytes of `into` that are there.
  [[nodiscard]] std::size_t fill(std::uint64_t at, std::span<std::byte> into);
  // What the page of the row has of it.
  [[nodiscard]] std::string_view local() const { return local_; }
  // Where so many bytes stand in the content, if they do in one piece.
  [[nodiscard]] std::optional<std::uint64_t> place(std::uint64_t at, std::uint64_t bytes) const;

 private:
  Content* content_ = nullptr;
  FindPage find_;
  std::size_t page_bytes_ = 0;  // of the payload in a page that goes on
  std::string_view local_;
  std::uint64_t place_ = 0;  // of `local_`
  std::uint64_t bytes_ = 0;
  std::uint32_t next_ = 0;            // the first page that goes on, until `pages_` has it
  std::vector<std::uint64_t> pages_;  // where they begin, as far as they were followed
};

// What of a value whose pages are not all there.
enum class CutValues : bool { given, left_out };

class PackedValues {
 public:
  // Names of the parts of a row: the row, the column (from 0).
  using Name = std::function<std::string(const std::vector<SqliteValue>& values, std::size_t column)>;

  explicit PackedValues(CutValues cut) : cut_(cut) {}
  // The next row. What the two point to lives until the one after it.
  void begin(SqlitePayload payload, Name name);
  // The next value of it that is packed.
  [[nodiscard]] std::optional<Part> next();
  // The bytes of the value that next() gave.
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> into);
  [[nodiscard]] SqlitePayload& payload() { return payload_; }

 private:
  [[nodiscard]] bool is_packed(const SqliteValue& value);
  [[nodiscard]] bool ends_as_archive(const SqliteValue& value);

  const CutValues cut_;
  SqlitePayload payload_;
  Name name_;
  std::vector<SqliteValue> values_;
  std::size_t next_ = 0;            // the value to be looked at
  std::uint64_t at_ = 0, end_ = 0;  // in the payload: what is left of the one at hand
  std::vector<std::byte> head_;
};

// Whether a value that begins with `head` is packed, as far as that shows.
[[nodiscard]] bool sqlite_begins_packed(const SqliteValue& value, std::span<const std::byte> head);
// Of sqlite_begins_packed(): bytes of a value that it looks at.
[[nodiscard]] std::size_t sqlite_head_bytes(const SqliteValue& value);

}  // namespace ambit::unpack
