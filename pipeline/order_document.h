// Document: the order file as TOML, behind a door.
//
// Only order_document.cc knows the TOML library. The rest sees values that never throw, know their place in the
// file, and are empty where they are of another type than asked for, so that a reader of keys need not care whether
// somebody else has already complained.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/order_problem.h"

namespace ambit {

enum class ValueType : std::uint8_t { none, string, integer, decimal, boolean, date, date_time, time, array, table };
[[nodiscard]] std::string_view to_string(ValueType type);  // with its article: "a string"

struct Member;

// A view of one value; valid as long as its Document. A default Value is absent: type none.
class Value {
 public:
  Value() = default;
  explicit Value(const void* node) : node_(node) {}

  [[nodiscard]] ValueType type() const;
  [[nodiscard]] bool is(ValueType type) const { return this->type() == type; }
  explicit operator bool() const { return node_ != nullptr; }
  [[nodiscard]] OrderPlace place() const;  // of its first character; of a [header], the character after the bracket

  [[nodiscard]] std::string_view text() const;  // string
  [[nodiscard]] std::int64_t integer() const;   // integer; boolean as 0 or 1
  // date, date_time: seconds since 1970 UTC, rounded down; without an offset the time counts as UTC.
  [[nodiscard]] std::int64_t seconds() const;
  [[nodiscard]] bool has_fraction() const;               // date_time: seconds() was rounded
  [[nodiscard]] std::vector<Value> items() const;        // array
  [[nodiscard]] std::vector<Member> members() const;     // table; sorted by key
  [[nodiscard]] Value find(std::string_view key) const;  // table

 private:
  const void* node_ = nullptr;
};

struct Member {
  std::string_view key;
  OrderPlace place;
  Value value;
};

class Document {
 public:
  // `text` as it stands in the file: a byte order mark and both kinds of line end are welcome. What is not UTF-8 or not
  // TOML becomes one problem (nothing after it can be trusted) and an absent root.
  Document(std::string_view text, Problems& problems);
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  [[nodiscard]] Value root() const;
  // The place of byte `offset` of a string's decoded text; of its end for offset = size. Escapes and line ends count
  // as they are written.
  [[nodiscard]] OrderPlace place_in(const Value& string, std::size_t offset) const;

 private:
  struct Tree;
  void index_lines();
  [[nodiscard]] bool is_utf8(Problems& problems) const;

  std::string text_;                // without the byte order mark
  std::vector<std::size_t> lines_;  // offset of each line
  std::unique_ptr<Tree> tree_;      // null: not readable
};

}  // namespace ambit
