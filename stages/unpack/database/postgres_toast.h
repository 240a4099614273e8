// The tables of PostgreSQL in which long values stand: in chunks of two kilobytes, each a row of its own, of which the
// number of the value and that of the chunk say where it belongs. They may lie anywhere.
//
// A chunk that is missing (its page is damaged, or it stands in the next file of the table) leaves a gap.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/object.h"
#include "stages/unpack/database/postgres_page.h"
#include "stages/unpack/input.h"

namespace ambit::unpack {

// The pages of a file, front to back.
class PostgresPages {
 public:
  // `page_bytes`: of each.
  PostgresPages(Input input, std::size_t page_bytes) : input_(std::move(input)), page_bytes_(page_bytes) {}
  // The next one that is a page; nothing at the end. What it shows lives until the next call.
  [[nodiscard]] std::optional<PostgresPage> next();
  [[nodiscard]] std::uint64_t number() const { return number_ - 1; }  // of that page
  [[nodiscard]] std::size_t page_bytes() const { return page_bytes_; }
  // Where bytes that the page shows stand in the file.
  [[nodiscard]] std::uint64_t place_of(const char* bytes) const {
    return number() * page_bytes_ + static_cast<std::uint64_t>(bytes - page_.data());
  }
  // Something is no page, or cut; or the file cannot be read further.
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }

 private:
  Input input_;
  const std::size_t page_bytes_;
  std::uint64_t number_ = 0;  // of the next one
  std::size_t taken_ = 0;     // bytes of the last one, not yet passed
  std::string_view page_;
  bool is_damaged_ = false;
};

struct PostgresLongValue {
  std::uint32_t number = 0;
  std::string stored;       // its chunks, joined
  bool is_cut = false;      // chunks are missing, or it is longer than is read in one piece
  std::uint64_t place = 0;  // of the first chunk, in the file
};

// All values of a file. Of a stream, chunks that follow upon each other are joined; else all are.
class PostgresLongValues {
 public:
  // `content`: null: a stream, by `pages`. It outlives the values.
  PostgresLongValues(PostgresPages pages, Content* content);

  [[nodiscard]] std::optional<PostgresLongValue> next();
  // From the first one again; only with a content.
  void begin_again() { at_ = 0; }
  // The chunks of the value that next() gave last, one after the other; only with a content. 0: no more.
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> into);
  [[nodiscard]] bool is_damaged() const { return is_damaged_ || pages_.is_damaged(); }

 private:
  struct Chunk {
    std::uint32_t value = 0, copy = 0, number = 0;  // `copy`: which of those with these numbers
    std::uint32_t bytes = 0;
    std::uint64_t place = 0;
    [[nodiscard]] bool is_of(const Chunk& other) const { return value == other.value && copy == other.copy; }
  };
  void index();
  [[nodiscard]] std::optional<PostgresLongValue> next_indexed();
  [[nodiscard]] std::optional<PostgresLongValue> next_passing();
  // The next chunk of the stream; nothing at its end.
  [[nodiscard]] std::optional<PostgresChunk> next_chunk();

  PostgresPages pages_;
  Content* const content_;
  std::vector<Chunk> chunks_;          // by value, copy, number
  std::size_t begin_ = 0, at_ = 0;     // of the last value; of the next one
  std::size_t read_ = 0, within_ = 0;  // the chunk that read() is at, and where in it
  // of a stream
  std::optional<PostgresPage> page_;
  std::size_t tuple_ = 0;
  std::optional<PostgresLongValue> held_;  // that is being put together
  std::uint32_t next_number_ = 0;          // of its next chunk
  bool is_damaged_ = false;
};

}  // namespace ambit::unpack
