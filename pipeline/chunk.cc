#include "pipeline/chunk.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "pipeline/limits.h"

namespace ambit {
namespace {

// True if all bytes are zero. Data almost always fails on its first word, so this costs nothing there.
bool is_zero(const std::byte* bytes, std::size_t count) {
  std::size_t head = std::min<std::size_t>(count, sizeof(std::uint64_t));
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, head);
  if (word != 0) return false;
  return count <= sizeof word || std::memcmp(bytes, bytes + sizeof word, count - sizeof word) == 0;
}

}  // namespace

ExceptionReason reason_of(const Error& error) {
  return error.kind == ErrorKind::timeout ? ExceptionReason::timeout : ExceptionReason::unreadable;
}

ChunkBuffer::ChunkBuffer(std::size_t chunk_bytes, std::size_t context, Zeros zeros)
    : chunk_bytes_(chunk_bytes),
      context_(context),
      bytes_bytes_(chunk_bytes + 2 * context),
      zeros_(zeros),
      bytes_(new std::byte[bytes_bytes_]) {}

ChunkReader::ChunkReader(Content& content, std::uint64_t size, std::uint64_t begin, std::uint64_t end,
                         ChunkBuffer& buffer, Facts& facts)
    : content_(content),
      buffer_(buffer),
      facts_(facts),
      size_(size),
      end_(std::min(end, size)),
      held_(content.held()),
      window_(buffer.bytes_.get()),
      window_at_(begin - std::min<std::uint64_t>(begin, buffer.context())),
      filled_to_(window_at_),
      body_end_(begin),
      run_{begin, 0, false} {}

bool ChunkReader::next() {
  body_at_ = body_end_;
  zeros_before_ = 0;
  if (body_at_ >= end_) return false;
  body_end_ = std::min<std::uint64_t>(body_at_ + buffer_.chunk_bytes(), end_);
  if (buffer_.zeros_ == Zeros::skip) {
    while (jump_over_hole()) {}
  }
  fill();
  look_for_zeros();
  if (!bad_.empty()) note_exceptions();
  if (body_end_ == size_ && content_.has_changed()) note_change();
  if (body_end_ == end_) close_block();
  return true;
}

// Inside a long hole the body jumps to just before its end. A first, short body takes the `context` bytes in
// which a match from before the hole may end; the last `context` bytes are the lead of what follows. True if
// the body moved.
bool ChunkReader::jump_over_hole() {
  if (body_at_ >= run_.offset + run_.length) run_ = content_.run_at(body_at_);
  const std::uint64_t context = align_up(buffer_.context(), limits::kZeroBlock);
  if (!run_.hole || run_.length < 4 * context + limits::kZeroRun) return false;
  const std::uint64_t hole_end = std::min(run_.offset + run_.length, end_);
  const std::uint64_t target = align_down(hole_end - std::min(hole_end, context), limits::kZeroBlock);
  if (body_at_ < run_.offset + buffer_.context() || body_at_ % limits::kZeroBlock != 0) {
    body_end_ = std::min(body_end_, align_up(body_at_ + context, limits::kZeroBlock));
    return false;
  }
  if (target <= body_at_ || zeros_before_ > 0) return false;
  zeros_before_ = target - body_at_;
  facts_.coverage.zero += zeros_before_;
  body_at_ = target;
  body_end_ = std::min<std::uint64_t>(body_at_ + buffer_.chunk_bytes(), end_);
  return true;
}

// Brings object bytes [body_at_ - context, body_end_ + context) into the window.
void ChunkReader::fill() {
  const std::uint64_t context = buffer_.context();
  const std::uint64_t from = body_at_ - std::min(body_at_, context);
  const std::uint64_t to = std::min(body_end_ + context, size_);
  if (held_.hold(from, to)) {
    window_ = held_.bytes.data() + (from - held_.at);
    bytes_read_ += to - std::clamp(filled_to_, from, to);
    window_at_ = from;
    filled_to_ = to;
    return;
  }
  std::byte* const bytes = buffer_.bytes_.get();
  if (std::exchange(window_, bytes) != bytes) filled_to_ = from;
  if (from < filled_to_) {
    if (from > window_at_) std::memmove(bytes, bytes + (from - window_at_), filled_to_ - from);
  } else {
    filled_to_ = from;
  }
  window_at_ = from;
  std::erase_if(bad_, [&](const BadRange& range) { return range.end <= body_at_; });
  if (to > filled_to_) {
    const bool more = to < end_;
    const Clock::time_point start = more ? Clock::now() : Clock::time_point();
    read_range(filled_to_, {bytes + (filled_to_ - from), static_cast<std::size_t>(to - filled_to_)});
    if (more) ask_ahead(to, to - filled_to_, Clock::now() - start);
    filled_to_ = to;
  }
}

// Where bytes come from a disk and not from memory, the next ones are asked for while these are matched. In memory
// the hint would cost more than it gives.
void ChunkReader::ask_ahead(std::uint64_t offset, std::uint64_t got, Clock::duration spent) {
  if (offset < asked_to_ || run_.hole ||
      std::chrono::nanoseconds(spent).count() * limits::kMemoryBytesPerNs < static_cast<std::int64_t>(got))
    return;
  const std::uint64_t length = std::min<std::uint64_t>(limits::kReadAheadBytes, end_ - offset);
  content_.will_need(offset, length);
  asked_to_ = offset + length / 2;
}

void ChunkReader::read_range(std::uint64_t offset, std::span<std::byte> into) {
  while (!into.empty()) {
    const Result<std::size_t> got = content_.read_at(offset, into);
    if (!got.ok() && got.error().kind != ErrorKind::timeout) return retry_range(offset, into);
    if (!got.ok()) {
      const std::size_t lost = lose_piece(offset, into);
      offset += lost;
      into = into.subspan(lost);
      continue;
    }
    if (*got == 0) {  // shorter than it was when it was opened
      std::memset(into.data(), 0, into.size());
      return mark_bad(ExceptionReason::changed, offset, offset + into.size());
    }
    bytes_read_ += *got;
    offset += *got;
    into = into.subspan(*got);
  }
}

// What does not come is not asked for again: a piece on a fixed grid is given up, what is behind it may come.
std::size_t ChunkReader::lose_piece(std::uint64_t offset, std::span<std::byte> into) {
  const std::uint64_t piece_end = align_down(offset, limits::kLostBytes) + limits::kLostBytes;
  const std::size_t lost = std::min<std::uint64_t>(into.size(), piece_end - offset);
  std::memset(into.data(), 0, lost);
  mark_bad(ExceptionReason::timeout, offset, offset + lost);
  return lost;
}

// Reads again in pieces on a fixed grid, so that only what really cannot be read is lost.
void ChunkReader::retry_range(std::uint64_t offset, std::span<std::byte> into) {
  while (!into.empty()) {
    const std::uint64_t piece_end = align_down(offset, limits::kRetryBytes) + limits::kRetryBytes;
    std::span<std::byte> piece = into.first(std::min<std::size_t>(into.size(), piece_end - offset));
    std::size_t good = 0;
    Result<std::size_t> got = content_.read_at(offset, piece);
    while (got.ok() && *got > 0 && good + *got < piece.size()) {
      good += *got;
      got = content_.read_at(offset + good, piece.subspan(good));
    }
    good += got.ok() ? *got : 0;
    if (good < piece.size()) {
      std::memset(piece.data() + good, 0, piece.size() - good);
      mark_bad(got.ok() ? ExceptionReason::changed : reason_of(got.error()), offset + good, offset + piece.size());
    }
    bytes_read_ += good;
    offset += piece.size();
    into = into.subspan(piece.size());
  }
}

void ChunkReader::mark_bad(ExceptionReason reason, std::uint64_t begin, std::uint64_t end) {
  if (!bad_.empty() && bad_.back().reason == reason && bad_.back().end == begin) {
    bad_.back().end = end;
  } else {
    bad_.push_back({begin, end, reason});
  }
}

std::uint64_t ChunkReader::bad_bytes(std::uint64_t begin, std::uint64_t end) const {
  std::uint64_t bytes = 0;
  for (const BadRange& range : bad_) {
    const std::uint64_t from = std::max(range.begin, begin);
    const std::uint64_t to = std::min(range.end, end);
    if (from < to) bytes += to - from;
  }
  return bytes;
}

// Goes over the body block by block: accounts the coverage, and leaves long runs of zeros out of the segments.
void ChunkReader::look_for_zeros() {
  std::vector<Segment>& segments = buffer_.segments_;
  segments.clear();
  std::uint64_t segment_at = body_at_;  // where the open segment begins
  std::uint64_t data_to = body_at_;     // end of the last block that was not zero
  const auto close_segment = [&](std::uint64_t to) {
    if (to > segment_at) segments.push_back({segment_at - body_at_, to - body_at_});
  };
  const auto long_run = [&](std::uint64_t to) {
    return buffer_.zeros_ == Zeros::skip && to - data_to >= limits::kZeroRun;
  };
  for (std::uint64_t at = body_at_; at < body_end_;) {
    const std::uint64_t to = std::min(align_down(at, limits::kZeroBlock) + limits::kZeroBlock, body_end_);
    const bool zero = is_zero(window_ + (at - window_at_), to - at);
    if (!zero) {
      if (long_run(at)) {
        close_segment(data_to);
        segment_at = at;
      }
      data_to = to;
    }
    if (!bad_.empty()) block_.bad += bad_bytes(at, to);
    block_.bytes += to - at;
    block_.zero = block_.zero && zero;
    if (to % limits::kZeroBlock == 0) close_block();
    at = to;
  }
  close_segment(long_run(body_end_) ? data_to : body_end_);
}

void ChunkReader::close_block() {
  if (block_.bad > 0) {
    facts_.coverage.unreadable += block_.bad;
    facts_.coverage.swept += block_.bytes - block_.bad;
  } else {
    (block_.zero ? facts_.coverage.zero : facts_.coverage.swept) += block_.bytes;
  }
  block_ = {};
}

// The bad bytes of the body become exceptions; those of lead and tail belong to another chunk.
void ChunkReader::note_exceptions() {
  for (const BadRange& range : bad_) {
    const std::uint64_t from = std::max(range.begin, body_at_);
    const std::uint64_t to = std::min(range.end, body_end_);
    if (from >= to) continue;
    std::vector<Exception>& all = facts_.exceptions;
    const bool joins =
        !all.empty() && all.back().reason == range.reason && all.back().offset + all.back().length == from;
    if (joins) {
      all.back().length += to - from;
    } else if (all.size() < limits::kMaxExceptionsPerObject) {
      all.push_back({range.reason, from, to - from});
    } else {
      all.back().length = to - all.back().offset;
    }
  }
}

// Which bytes are those of before and which of after, nobody can say.
void ChunkReader::note_change() {
  if (facts_.exceptions.size() < limits::kMaxExceptionsPerObject) {
    facts_.exceptions.push_back({ExceptionReason::changed, size_, 0});
  }
}

Chunk ChunkReader::chunk() const {
  const auto lead = static_cast<std::size_t>(body_at_ - window_at_);
  const std::uint64_t window_end = std::min(body_end_ + buffer_.context(), size_);
  Chunk chunk({window_, static_cast<std::size_t>(window_end - window_at_)}, lead,
              static_cast<std::size_t>(body_end_ - body_at_), body_at_, buffer_.segments_, zeros_before_);
  chunk.set_borders(borders_);
  return chunk;
}

}  // namespace ambit
