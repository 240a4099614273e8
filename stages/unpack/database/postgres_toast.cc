#include "stages/unpack/database/postgres_toast.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "pipeline/limits_unpack.h"

namespace ambit::unpack {

std::optional<PostgresPage> PostgresPages::next() {
  while (true) {
    input_.take(std::exchange(taken_, 0));
    const auto window = input_.ahead(page_bytes_);
    is_damaged_ |= !window.ok();
    if (!window.ok() || window->empty()) return std::nullopt;
    page_ = chars(window->first(std::min(window->size(), page_bytes_)));
    taken_ = page_.size();
    ++number_;
    auto page = PostgresPage::read(page_);
    if (page && PostgresPage::bytes_of(page_) == page_bytes_) return page;
    is_damaged_ |= std::any_of(page_.begin(), page_.end(), [](char c) { return c != '\0'; });  // new ones are empty
  }
}

PostgresLongValues::PostgresLongValues(PostgresPages pages, Content* content)
    : pages_(std::move(pages)), content_(content) {
  if (content_ != nullptr) index();
}

void PostgresLongValues::index() {
  while (const auto page = pages_.next()) {
    for (const PostgresTuple& tuple : page->tuples()) {
      const auto chunk = postgres_chunk(tuple);
      const bool is_taken = chunk && chunks_.size() < limits::kMaxPostgresChunks;
      is_damaged_ |= !is_taken;
      if (!is_taken) continue;
      chunks_.push_back({chunk->value, 0, chunk->number, static_cast<std::uint32_t>(chunk->bytes.size()),
                         pages_.place_of(chunk->bytes.data())});
    }
    is_damaged_ |= page->is_damaged();
  }
  std::sort(chunks_.begin(), chunks_.end(), [](const Chunk& a, const Chunk& b) {
    return std::tie(a.value, a.number, a.place) < std::tie(b.value, b.number, b.place);
  });
  bool has_copies = false;
  for (std::size_t i = 1; i < chunks_.size(); ++i) {
    const Chunk& before = chunks_[i - 1];
    if (chunks_[i].value != before.value || chunks_[i].number != before.number) continue;
    chunks_[i].copy = before.copy + 1;
    has_copies = true;
  }
  if (!has_copies) return;
  std::sort(chunks_.begin(), chunks_.end(), [](const Chunk& a, const Chunk& b) {
    return std::tie(a.value, a.copy, a.number) < std::tie(b.value, b.copy, b.number);
  });
}

std::optional<PostgresLongValue> PostgresLongValues::next() {
  return content_ != nullptr ? next_indexed() : next_passing();
}

std::optional<PostgresLongValue> PostgresLongValues::next_indexed() {
  begin_ = read_ = at_;
  within_ = 0;
  if (at_ == chunks_.size()) return std::nullopt;
  const Chunk& first = chunks_[at_];
  PostgresLongValue value{first.value, {}, first.number != 0, first.place};
  bool is_full = false;
  for (std::uint32_t number = first.number; at_ < chunks_.size() && chunks_[at_].is_of(first); ++at_) {
    const Chunk& chunk = chunks_[at_];
    if (chunk.number != number++) {
      value.is_cut = true;
      break;  // what is behind the gap is another one
    }
    const std::size_t had = value.stored.size();
    is_full = is_full || had + chunk.bytes > limits::kMaxPostgresValueBytes;
    value.is_cut |= is_full;
    if (is_full) continue;
    value.stored.resize(had + chunk.bytes);
    const auto got = content_->read_at(chunk.place, std::as_writable_bytes(std::span(value.stored).subspan(had)));
    if (got.ok() && *got == chunk.bytes) continue;
    value.stored.resize(had + (got.ok() ? *got : 0));
    value.is_cut = true;
  }
  return value;
}

Result<std::size_t> PostgresLongValues::read(std::span<std::byte> into) {
  while (read_ < at_ && within_ == chunks_[read_].bytes) {
    ++read_;
    within_ = 0;
  }
  if (read_ >= at_) return std::size_t{0};
  const Chunk& chunk = chunks_[read_];
  const auto got =
      content_->read_at(chunk.place + within_, into.first(std::min<std::size_t>(into.size(), chunk.bytes - within_)));
  if (got.ok() && *got == 0) return evidence_error("a chunk of a value of a database is not there");
  if (got.ok()) within_ += *got;
  return got;
}

std::optional<PostgresChunk> PostgresLongValues::next_chunk() {
  while (true) {
    if (!page_ || tuple_ == page_->tuples().size()) {
      page_ = pages_.next();
      tuple_ = 0;
      if (!page_) return std::nullopt;
      is_damaged_ |= page_->is_damaged();
      continue;
    }
    if (const auto chunk = postgres_chunk(page_->tuples()[tuple_++])) return chunk;
    is_damaged_ = true;
  }
}

std::optional<PostgresLongValue> PostgresLongValues::next_passing() {
  while (const auto chunk = next_chunk()) {
    const bool goes_on = held_ && held_->number == chunk->value && next_number_ == chunk->number;
    std::optional<PostgresLongValue> ended;
    if (!goes_on) { ended = std::exchange(held_, PostgresLongValue{chunk->value, {}, chunk->number != 0, 0}); }
    next_number_ = chunk->number + 1;
    if (held_->stored.size() + chunk->bytes.size() > limits::kMaxPostgresValueBytes) {
      held_->is_cut = true;
    } else {
      held_->stored += chunk->bytes;
    }
    if (ended) return ended;
  }
  return std::exchange(held_, std::nullopt);
}

}  // namespace ambit::unpack
