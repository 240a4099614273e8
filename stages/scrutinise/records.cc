#include "stages/scrutinise/records.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>

#include "pipeline/limits.h"

namespace ambit::scrutiny {
namespace {

constexpr std::uint64_t less(std::uint64_t a, std::uint64_t b) { return a - std::min(a, b); }
std::uint64_t clipped(std::uint64_t at, std::uint64_t more, std::uint64_t size) {
  return at >= size ? size : at + std::min(more, size - at);
}

// The chunk's bytes [begin, end) by offsets in the object, cut to its body.
struct Slice {
  std::uint64_t begin, end;
  const char* bytes;
};
Slice body_slice(const Chunk& chunk, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t from = std::max(begin, chunk.offset());
  const std::uint64_t to = std::max(from, std::min(end, chunk.offset() + chunk.body_bytes()));
  if (from == to) return {from, from, nullptr};
  return {from, to, reinterpret_cast<const char*>(chunk.body().data()) + (from - chunk.offset())};
}

}  // namespace

Newline newline_of(const Hit& hit) {
  const bool wide = hit.form == Form::utf16le || hit.form == Form::utf16be;
  return wide ? Newline{hit.form, static_cast<std::uint8_t>(hit.start % 2)} : Newline{};
}

void Lines::add(const Hit& hit) {
  const std::uint64_t end = clipped(hit.start, hit.length, size_);
  lines_.push_back(
      {hit.start, end, less(hit.start, limits::kMaxRecordBytes), clipped(end, limits::kMaxRecordBytes, size_)});
}

std::uint64_t Lines::end_behind(std::uint64_t at) const { return newline_.form == Form::utf16le ? at + 2 : at + 1; }

bool Lines::ends_line(const Chunk& chunk, std::uint64_t at) const {
  if (newline_.form == Form::utf8) return true;
  const bool little = newline_.form == Form::utf16le;
  const std::uint64_t unit = little ? at : at - 1;
  const std::size_t index = chunk.lead_bytes() + static_cast<std::size_t>(at - chunk.offset());
  if ((!little && index == 0) || unit % 2 != newline_.parity) return false;
  const std::size_t other = little ? index + 1 : index - 1;
  return other < chunk.window().size() && chunk.window()[other] == std::byte{0};
}

void Lines::answer_begins(const Chunk& chunk) {
  const std::uint64_t body_end = chunk.offset() + chunk.body_bytes();
  const auto search_back_from = [&](std::uint64_t end) {
    const Slice slice = body_slice(chunk, searched_back_, end);
    for (std::uint64_t to = slice.end; to > slice.begin;) {
      const void* found = memrchr(slice.bytes, '\n', static_cast<std::size_t>(to - slice.begin));
      if (found == nullptr) break;
      to = slice.begin + static_cast<std::uint64_t>(static_cast<const char*>(found) - slice.bytes);
      if (!ends_line(chunk, to)) continue;
      line_begin_ = end_behind(to);
      break;
    }
    searched_back_ = std::max(searched_back_, slice.end);
  };
  for (; next_begin_ < lines_.size() && lines_[next_begin_].hit_begin < body_end; ++next_begin_) {
    Line& line = lines_[next_begin_];
    search_back_from(line.hit_begin);
    line.begin = std::max(line.begin, line_begin_);
  }
  if (next_begin_ < lines_.size()) search_back_from(body_end);
}

void Lines::answer_ends(const Chunk& chunk) {
  const std::uint64_t body_end = chunk.offset() + chunk.body_bytes();
  const std::uint64_t unit = newline_.form == Form::utf16le ? 2 : 1;
  for (; next_end_ < by_end_.size(); ++next_end_) {
    Line& line = lines_[by_end_[next_end_]];
    if (newline_end_ < line.hit_end) {
      const std::uint64_t from = std::max(less(line.hit_end, unit), searched_on_);
      if (from >= body_end) return;
      const Slice slice = body_slice(chunk, from, body_end);
      searched_on_ = body_end;
      for (std::uint64_t at = slice.begin; at < slice.end; ++at) {
        const char* rest = slice.bytes + (at - slice.begin);
        const void* found = std::memchr(rest, '\n', static_cast<std::size_t>(slice.end - at));
        if (found == nullptr) break;
        at += static_cast<std::uint64_t>(static_cast<const char*>(found) - rest);
        if (!ends_line(chunk, at) || end_behind(at) < line.hit_end) continue;
        newline_end_ = end_behind(at);
        searched_on_ = at + 1;
        break;
      }
      if (newline_end_ < line.hit_end && line.end > body_end) return;  // the next chunk may know
    }
    if (newline_end_ >= line.hit_end) line.end = std::min(line.end, newline_end_);
  }
}

void Lines::look(const Chunk& chunk) {
  if (by_end_.size() != lines_.size()) {
    by_end_.resize(lines_.size());
    std::iota(by_end_.begin(), by_end_.end(), 0U);
    std::stable_sort(by_end_.begin(), by_end_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return lines_[a].hit_end < lines_[b].hit_end; });
  }
  answer_begins(chunk);
  answer_ends(chunk);
}

void Lines::finish(std::vector<Extent>& out) {
  for (; next_begin_ < lines_.size(); ++next_begin_) {  // hits in bytes that no chunk showed
    lines_[next_begin_].begin = std::max(lines_[next_begin_].begin, line_begin_);
  }
  for (const Line& line : lines_) out.push_back({line.begin, line.end - line.begin, View::raw});
}

void Records::prepare(std::span<const Hit> hits, bool is_text, std::uint64_t size) {
  lines_.clear();
  windows_.clear();
  std::vector<Newline> newlines;
  for (const Hit& hit : hits) {
    if (hit.view != View::raw || hit.form == Form::hash || hit.start >= size) continue;
    if (!is_text) {
      const std::uint64_t begin = less(hit.start, limits::kBinaryWindow);
      const std::uint64_t end = clipped(clipped(hit.start, hit.length, size), limits::kBinaryWindow, size);
      windows_.push_back({begin, end - begin, View::raw});
      continue;
    }
    const Newline newline = newline_of(hit);
    const auto known = std::find(newlines.begin(), newlines.end(), newline);
    if (known == newlines.end()) {
      newlines.push_back(newline);
      lines_.emplace_back(newline, size);
      lines_.back().add(hit);
    } else {
      lines_[static_cast<std::size_t>(known - newlines.begin())].add(hit);
    }
  }
}

void Records::look(const Chunk& chunk) {
  for (Lines& lines : lines_) lines.look(chunk);
}

std::vector<Extent> Records::finish() {
  std::vector<Extent> all = std::move(windows_);
  for (Lines& lines : lines_) lines.finish(all);
  std::sort(all.begin(), all.end());
  std::vector<Extent> out;
  for (const Extent& e : all) {
    if (!out.empty() && e.start < out.back().end()) {
      out.back().length = std::max(out.back().end(), e.end()) - out.back().start;
    } else {
      out.push_back(e);
    }
  }
  windows_.clear();
  lines_.clear();
  return out;
}

}  // namespace ambit::scrutiny
