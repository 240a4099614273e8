#include "stages/scrutinise/records.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>

#include "pipeline/limits.h"

namespace ambit::scrutiny {
namespace {

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

// The last '\n' or '\r'.
std::size_t find_last_break(std::string_view text) {
  const void* const feed = memrchr(text.data(), '\n', text.size());
  const std::size_t from = feed == nullptr ? 0 : static_cast<std::size_t>(static_cast<const char*>(feed) - text.data());
  const void* const carriage = memrchr(text.data() + from, '\r', text.size() - from);
  if (carriage != nullptr) return static_cast<std::size_t>(static_cast<const char*>(carriage) - text.data());
  return feed == nullptr ? std::string_view::npos : from;
}

// The first '\r' from `i` on that no '\n' follows, or the end; `next` is what stands behind the text.
std::size_t find_lone_return(std::string_view text, std::size_t i, char next) {
  for (i = std::min(text.find('\r', i), text.size()); i < text.size(); i = std::min(text.find('\r', i), text.size())) {
    if ((i + 1 < text.size() ? text[i + 1] : next) != '\n') break;
    ++i;
  }
  return i;
}

}  // namespace

Newline newline_of(const Hit& hit) {
  const bool wide = hit.form == Form::utf16le || hit.form == Form::utf16be;
  return wide ? Newline{hit.form, static_cast<std::uint8_t>(hit.start % 2)} : Newline{};
}

std::uint64_t Lines::end_behind(std::uint64_t at) const { return newline_.form == Form::utf16le ? at + 2 : at + 1; }

bool Lines::ends_line(const Chunk& chunk, std::uint64_t at) const {
  const std::span<const std::byte> window = chunk.window();
  const std::size_t index = chunk.lead_bytes() + static_cast<std::size_t>(at - chunk.offset());
  const bool little = newline_.form == Form::utf16le;
  const bool wide = newline_.form != Form::utf8;
  // Whether the unit whose letter stands at `i` is that letter and nothing more.
  const auto is_narrow = [&](std::size_t i) {
    const std::size_t other = little ? i + 1 : i - 1;
    return !wide || (other < window.size() && window[other] == std::byte{0});
  };
  if (wide && ((little ? at : at - 1) % 2 != newline_.parity || !is_narrow(index))) return false;
  if (window[index] == std::byte{'\n'}) return true;
  const std::size_t next = index + (wide ? 2 : 1);  // '\r'
  return next >= window.size() || window[next] != std::byte{'\n'} || !is_narrow(next);
}

void Lines::answer_begins(const Chunk& chunk) {
  const std::uint64_t body_end = chunk.offset() + chunk.body_bytes();
  const auto search_back_from = [&](std::uint64_t end) {
    const Slice slice = body_slice(chunk, searched_back_, end);
    for (std::uint64_t to = slice.end; to > slice.begin;) {
      const std::size_t found = find_last_break({slice.bytes, static_cast<std::size_t>(to - slice.begin)});
      if (found == std::string_view::npos) break;
      to = slice.begin + found;
      if (!ends_line(chunk, to)) continue;
      line_begin_ = end_behind(to);
      break;
    }
    searched_back_ = std::max(searched_back_, slice.end);
  };
  for (; next_begin_ < lines_.size() && lines_[next_begin_].hit_begin < body_end; ++next_begin_) {
    Asked& line = lines_[next_begin_];
    search_back_from(line.hit_begin);
    line.begin = std::max(line.begin, line_begin_);
  }
  if (next_begin_ < lines_.size()) search_back_from(body_end);
}

void Lines::answer_ends(const Chunk& chunk) {
  const std::uint64_t body_end = chunk.offset() + chunk.body_bytes();
  const std::uint64_t unit = newline_.form == Form::utf16le ? 2 : 1;
  for (; next_end_ < by_end_.size(); ++next_end_) {
    Asked& line = lines_[by_end_[next_end_]];
    if (newline_end_ < line.hit_end) {
      const std::uint64_t from = std::max(less(line.hit_end, unit), searched_on_);
      if (from >= body_end) return;
      const Slice slice = body_slice(chunk, from, body_end);
      searched_on_ = body_end;
      for (std::uint64_t at = slice.begin; at < slice.end; ++at) {
        const std::string_view rest(slice.bytes + (at - slice.begin), static_cast<std::size_t>(slice.end - at));
        at += find_first(rest, 0, '\n', '\r', '\0');
        if (at == slice.end) break;
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

void Lines::finish() {
  for (; next_begin_ < lines_.size(); ++next_begin_) {  // hits in bytes that no chunk showed
    lines_[next_begin_].begin = std::max(lines_[next_begin_].begin, line_begin_);
  }
}

// Rows of tables are looked for where nothing else is known to stand: a log has quotes, but no fields.
TextRecords::TextRecords(Newline newline, Kind kind)
    : newline_(newline), lines_(newline, points_.asked()), sql_(points_), json_(points_) {
  if (kind == Kind::markup) xml_.emplace(points_);
  const bool is_other = kind == Kind::log || kind == Kind::mail || kind == Kind::mailbox || kind == Kind::source ||
                        kind == Kind::markup || kind == Kind::sql_dump;
  if (!is_other) csv_.emplace(points_);
}

// Units of UTF-16 belong to the chunk in whose body they begin; half a unit at the end of the object is none.
Letters TextRecords::letters_of(const Chunk& chunk) {
  const std::span<const std::byte> window = chunk.window();
  const std::size_t body_end = chunk.lead_bytes() + chunk.body_bytes();
  if (newline_.form == Form::utf8) {
    const std::string_view text(reinterpret_cast<const char*>(chunk.body().data()), chunk.body_bytes());
    const char next = body_end < window.size() ? static_cast<char>(window[body_end]) : '\0';
    std::size_t lone = find_lone_return(text, 0, next);
    if (lone == text.size()) return {text, chunk.offset(), 1};
    letters_ = text;
    for (; lone < text.size(); lone = find_lone_return(text, lone + 1, next)) letters_[lone] = '\n';
    return {letters_, chunk.offset(), 1};
  }
  const std::uint64_t first = chunk.offset() + (chunk.offset() % 2 == newline_.parity ? 0 : 1);
  const std::size_t low = newline_.form == Form::utf16le ? 0 : 1, high = 1 - low;
  letters_.clear();
  const auto letter_at = [&](std::size_t at) {
    const char letter = static_cast<char>(window[at + low]);
    return window[at + high] == std::byte{0} && (letter & '\x80') == 0 ? letter : kNoAscii;
  };
  std::size_t at = chunk.lead_bytes() + static_cast<std::size_t>(first - chunk.offset());
  for (; at < body_end && at + 1 < window.size(); at += 2) letters_.push_back(letter_at(at));
  const char next = at + 1 < window.size() ? letter_at(at) : '\0';
  for (std::size_t lone = find_lone_return(letters_, 0, next); lone < letters_.size();
       lone = find_lone_return(letters_, lone + 1, next)) {
    letters_[lone] = '\n';
  }
  return {letters_, first, 2};
}

void TextRecords::read(const Letters& letters) {
  sql_.read(letters);
  json_.read(letters);
  if (xml_) xml_->read(letters);
  if (csv_) csv_->read(letters);
}

void TextRecords::look(const Chunk& chunk) {
  lines_.look(chunk);
  constexpr char kNul = '\0';
  if (chunk.zeros_before() > 0) read({std::string_view(&kNul, 1), chunk.offset() - chunk.zeros_before(), 1});
  read(letters_of(chunk));
}

void TextRecords::finish(std::uint64_t size, std::vector<Extent>& out, std::vector<Extent>& undelimited) {
  lines_.finish();
  sql_.finish(size);
  json_.finish(size);
  if (xml_) xml_->finish(size);
  if (csv_) csv_->finish(size);
  for (const Asked& asked : points_.asked()) {
    out.push_back({asked.extent_begin(), asked.extent_end() - asked.extent_begin(), View::raw});
    if (asked.is_undelimited(size)) undelimited.push_back(out.back());
  }
}

void Records::prepare(std::span<const Hit> hits, Kind kind, bool is_text, std::uint64_t size) {
  texts_.clear();
  windows_.clear();
  undelimited_.clear();
  size_ = size;
  for (const Hit& hit : hits) {
    if (hit.view != View::raw || hit.form == Form::hash || hit.start >= size) continue;
    if (!is_text) {
      const std::uint64_t begin = less(hit.start, limits::kBinaryWindow);
      const std::uint64_t end = clipped(clipped(hit.start, hit.length, size), limits::kBinaryWindow, size);
      windows_.push_back({begin, end - begin, View::raw});
      continue;
    }
    const Newline newline = newline_of(hit);
    auto known =
        std::find_if(texts_.begin(), texts_.end(), [&](const auto& text) { return text->newline() == newline; });
    if (known == texts_.end()) known = texts_.insert(known, std::make_unique<TextRecords>(newline, kind));
    (*known)->add(hit, size);
  }
  for (const auto& text : texts_) text->begin();
}

void Records::look(const Chunk& chunk) {
  for (const auto& text : texts_) text->look(chunk);
}

std::vector<Extent> Records::finish() {
  std::vector<Extent> all = std::move(windows_);
  for (const auto& text : texts_) text->finish(size_, all, undelimited_);
  std::sort(all.begin(), all.end());
  std::sort(undelimited_.begin(), undelimited_.end());
  std::vector<Extent> out;
  for (const Extent& e : all) {
    if (!out.empty() && e.start < out.back().end()) {
      out.back().length = std::max(out.back().end(), e.end()) - out.back().start;
    } else {
      out.push_back(e);
    }
  }
  windows_.clear();
  texts_.clear();
  return out;
}

}  // namespace ambit::scrutiny
