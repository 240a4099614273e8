#include "stages/unpack/database/postgres_page.h"

#include <algorithm>

#include "stages/unpack/input.h"

namespace ambit::unpack {
namespace {

constexpr std::uint8_t kLayoutVersion = 4;  // since PostgreSQL 8.3, of 2008
constexpr std::size_t kItemBytes = 4, kLeastPage = 4096;
constexpr std::size_t kRowHeadBytes = 23, kIndexHeadBytes = 8, kTupleAlign = 8;
constexpr std::uint16_t kKnownPageFlags = 7, kColumnsMask = 0x7ff, kHasNulls = 1, kIndexHasNulls = 0x8000;
constexpr std::size_t kIndexNullsBytes = 4;  // 32 columns

struct Bounds {
  std::size_t lower = 0, upper = 0, special = 0, bytes = 0;
};

std::optional<Bounds> page_bounds(std::string_view head) {
  if (head.size() < kPostgresHeaderBytes) return std::nullopt;
  const auto bytes = std::as_bytes(std::span(head));
  const std::uint16_t size = little16(bytes, 18);
  const Bounds b{little16(bytes, 12), little16(bytes, 14), little16(bytes, 16), size & 0xff00U};
  const bool is_size = b.bytes >= kLeastPage && b.bytes <= kMostPostgresPage && (b.bytes & (b.bytes - 1)) == 0;
  const bool is_page = (size & 0xff) == kLayoutVersion && is_size && (little16(bytes, 10) & ~kKnownPageFlags) == 0 &&
                       b.lower >= kPostgresHeaderBytes && b.lower <= b.upper && b.upper <= b.special &&
                       b.special <= b.bytes && b.special % kTupleAlign == 0;
  return is_page ? std::optional(b) : std::nullopt;
}

struct Item {
  std::size_t at = 0, bytes = 0;
  bool has_tuple = false;
};

Item item_at(std::string_view page, std::size_t index) {
  const std::uint32_t item = little32(std::as_bytes(std::span(page)), kPostgresHeaderBytes + index * kItemBytes);
  constexpr std::uint32_t kHasTuple = 1;
  return {item & 0x7fff, item >> 17, (item >> 15 & 3) == kHasTuple};
}

bool is_inside(const Item& item, const Bounds& b) {
  return item.at >= b.upper && item.at % kTupleAlign == 0 && item.at <= b.special &&
         item.bytes <= b.special - item.at && item.bytes >= kIndexHeadBytes;
}

std::optional<PostgresTuple> row_tuple(std::string_view bytes) {
  if (bytes.size() < kRowHeadBytes) return std::nullopt;
  const auto head = std::as_bytes(std::span(bytes));
  const auto data = static_cast<std::size_t>(head[22]);
  if (data < kRowHeadBytes || data % kTupleAlign != 0 || data > bytes.size()) return std::nullopt;
  PostgresTuple tuple;
  tuple.data = bytes.substr(data);
  tuple.is_row = true;
  tuple.has_nulls = (little16(head, 20) & kHasNulls) != 0;
  tuple.columns = little16(head, 18) & kColumnsMask;
  return tuple;
}

PostgresTuple index_tuple(std::string_view bytes) {
  PostgresTuple tuple;
  tuple.has_nulls = (little16(std::as_bytes(std::span(bytes)), 6) & kIndexHasNulls) != 0;
  const std::size_t head = kIndexHeadBytes + (tuple.has_nulls ? kIndexNullsBytes : 0);
  tuple.data = bytes.substr(std::min(bytes.size(), (head + kTupleAlign - 1) / kTupleAlign * kTupleAlign));
  return tuple;
}

}  // namespace

std::optional<std::size_t> PostgresPage::bytes_of(std::string_view head) {
  const auto bounds = page_bounds(head);
  return bounds ? std::optional(bounds->bytes) : std::nullopt;
}

std::optional<PostgresPage> PostgresPage::read(std::string_view page) {
  const auto bounds = page_bounds(page);
  if (!bounds || page.size() < bounds->bytes) return std::nullopt;
  PostgresPage out;
  out.hole_ = page.substr(bounds->lower, bounds->upper - bounds->lower);
  const bool is_table = bounds->special == bounds->bytes;
  // The first page of an index has no items but what the index is.
  const bool has_items = (bounds->lower - kPostgresHeaderBytes) % kItemBytes == 0;
  const std::size_t items = has_items ? (bounds->lower - kPostgresHeaderBytes) / kItemBytes : 0;
  std::size_t left = bounds->bytes;  // lest all of them lead to one that takes long
  for (std::size_t i = 0; i < items; ++i) {
    const Item item = item_at(page, i);
    if (!item.has_tuple) continue;
    const bool is_there = is_inside(item, *bounds) && item.bytes <= left;
    if (is_there) left -= item.bytes;
    const std::string_view bytes = is_there ? page.substr(item.at, item.bytes) : std::string_view();
    std::optional<PostgresTuple> tuple;
    if (is_there) tuple = is_table ? row_tuple(bytes) : index_tuple(bytes);
    out.is_damaged_ |= !tuple && is_table;
    if (!tuple) continue;
    tuple->number = static_cast<std::uint32_t>(i + 1);
    out.tuples_.push_back(*tuple);
  }
  return out;
}

bool is_postgres_file(std::span<const std::byte> head) {
  const std::string_view page = chars(head);
  const auto bounds = page_bounds(page);
  if (!bounds) return false;
  if (bounds->special < bounds->bytes) return true;
  const std::size_t items = (bounds->lower - kPostgresHeaderBytes) / kItemBytes;
  bool has_tuple = false;
  for (std::size_t i = 0; i < items && kPostgresHeaderBytes + (i + 1) * kItemBytes <= page.size(); ++i) {
    const Item item = item_at(page, i);
    if (item.has_tuple && !is_inside(item, *bounds)) return false;
    has_tuple |= item.has_tuple;
  }
  return has_tuple && bounds->lower % kItemBytes == 0;
}

std::optional<PostgresChunk> postgres_chunk(const PostgresTuple& tuple) {
  constexpr std::size_t kBytesAt = 8;
  constexpr std::uint32_t kMostChunks = 1U << 20;  // a value has less than a gigabyte
  if (!tuple.is_row || tuple.has_nulls || tuple.columns != 3 || tuple.data.size() <= kBytesAt + 1) return std::nullopt;
  const auto data = std::as_bytes(std::span(tuple.data));
  PostgresChunk chunk{little32(data, 0), little32(data, 4), {}};
  const bool is_short = (static_cast<std::uint8_t>(data[kBytesAt]) & 1) != 0;
  const std::size_t head = is_short ? 1 : 4;
  if (data.size() <= kBytesAt + head) return std::nullopt;
  const std::uint32_t word = is_short ? static_cast<std::uint8_t>(data[kBytesAt]) : little32(data, kBytesAt);
  const std::size_t bytes = is_short ? word >> 1 : word >> 2;
  const bool is_stored = is_short || (word & 3) == 0;
  if (chunk.value == 0 || chunk.number >= kMostChunks || !is_stored || bytes != data.size() - kBytesAt) {
    return std::nullopt;
  }
  chunk.bytes = tuple.data.substr(kBytesAt + head);
  return chunk;
}

bool holds_postgres_chunks(const PostgresPage& page, std::size_t page_bytes) {
  const std::size_t full = page_bytes / 4 - 100;  // four chunks and what belongs to them fill a page
  bool has_full = false, are_first = true;
  for (const PostgresTuple& tuple : page.tuples()) {
    const auto chunk = postgres_chunk(tuple);
    if (!chunk) return false;
    has_full |= chunk->bytes.size() > full && chunk->bytes.size() < page_bytes / 4;
    are_first &= chunk->number == 0;
  }
  return !page.tuples().empty() && (has_full || are_first);
}

}  // namespace ambit::unpack
