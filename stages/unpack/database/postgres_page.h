// Pages of PostgreSQL, of tables and indexes alike: what stands in them, told by the page alone.
//
//   page   = lsn(8) sum(2) flags(2) lower(2) upper(2) special(2) page-bytes-and-version(2) prune(4) *item
//            … hole from `lower` to `upper` … tuples … what an index keeps, from `special` on
//   item   = at:15 state:2 bytes:15                     1: a tuple stands there
//   tuple  = 18 bytes, columns-and-flags(2) flags(2) data-at(1) [nulls] padding data              in a table
//          | 6 bytes, flags-and-bytes(2) [nulls] padding data                                     in an index
//
// A tuple begins at a multiple of 8, and so does its data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ambit::unpack {

inline constexpr std::size_t kPostgresHeaderBytes = 24;
inline constexpr std::size_t kMostPostgresPage = 32 * 1024;

struct PostgresTuple {
  std::uint32_t number = 0;  // of its item, from 1
  std::string_view data;     // the values, behind the header
  bool is_row = false;       // of a table; else of an index
  bool has_nulls = false;
  unsigned columns = 0;  // of a row
};

class PostgresPage {
 public:
  // How long the page is that begins so; nothing: it is none.
  [[nodiscard]] static std::optional<std::size_t> bytes_of(std::string_view head);
  // A whole page. Nothing: its header is damaged.
  [[nodiscard]] static std::optional<PostgresPage> read(std::string_view page);

  // The tuples in the order of their items; they show bytes of the page.
  [[nodiscard]] const std::vector<PostgresTuple>& tuples() const { return tuples_; }
  // Items that lead nowhere.
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }
  // What no item leads to any more may still stand there.
  [[nodiscard]] std::string_view hole() const { return hole_; }

 private:
  std::vector<PostgresTuple> tuples_;
  std::string_view hole_;
  bool is_damaged_ = false;
};

// Whether an object that begins with these bytes is a file of such pages; empty ones at its front do not tell.
[[nodiscard]] bool is_postgres_file(std::span<const std::byte> head);

// A chunk of a value that stands in a table of its own, with others of the same number.
struct PostgresChunk {
  std::uint32_t value = 0, number = 0;
  std::string_view bytes;
};
// Nothing: the tuple is not of such a table.
[[nodiscard]] std::optional<PostgresChunk> postgres_chunk(const PostgresTuple& tuple);
// Whether those of the page are. A table that people made may look like one in a page, but not with such long chunks.
[[nodiscard]] bool holds_postgres_chunks(const PostgresPage& page, std::size_t page_bytes);

}  // namespace ambit::unpack
