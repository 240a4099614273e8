#include "stages/scrutinise/records_xml.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "pipeline/limits.h"
#include "stages/scrutinise/ascii.h"

namespace ambit::scrutiny {
namespace {

using namespace std::string_view_literals;

constexpr std::array kRows = {"row"sv, "record"sv, "page"sv, "item"sv, "entry"sv, "doc"sv, "tuple"sv, "tr"sv};

}  // namespace

void XmlReader::read(const Letters& letters) {
  stride_ = letters.stride;
  for (std::size_t i = 0; i < letters.text.size() && next_ < points_->size(); ++i) {
    if (state_ == State::text) {
      const char* const rest = letters.text.data() + i;
      const void* found = std::memchr(rest, '<', letters.text.size() - i);
      if (found == nullptr) return;
      i += static_cast<std::size_t>(static_cast<const char*>(found) - rest);
    }
    step(letters.text[i], letters.at(i));
  }
}

void XmlReader::step(char c, std::uint64_t at) {
  if (c == '\0') return reset();
  switch (state_) {
    case State::text:
      state_ = State::name;
      tag_begin_ = at;
      name_.clear();
      is_closing_ = false;
      break;
    case State::name:
      return step_name(c, at);
    case State::tag:
      if (c == '>') end_tag(at + stride_);
      if (c == '"' || c == '\'') {
        state_ = State::quoted;
        quote_ = c;
      }
      break;
    case State::quoted:
      if (c == quote_) state_ = State::tag;
      if (c == '<') reset();  // no attribute has one
      break;
    case State::comment:
    case State::cdata:
      const char closes = state_ == State::comment ? '-' : ']';
      if (c == '>' && before_ == closes && before_that_ == closes) state_ = State::text;
      break;
  }
  before_that_ = std::exchange(before_, c);
}

void XmlReader::step_name(char c, std::uint64_t at) {
  before_that_ = std::exchange(before_, c);
  if (c == '/' && name_.empty()) {
    is_closing_ = true;
  } else if (c != '>' && c != '/' && c != ' ' && c != '\t' && c != '\r' && c != '\n') {
    name_.add(lower(c));
    if (name_.text() == "!--") state_ = State::comment;
    if (name_.text() == "![cdata[") state_ = State::cdata;
  } else {
    state_ = State::tag;
    if (c == '>') end_tag(at + stride_);
  }
}

void XmlReader::end_tag(std::uint64_t end) {
  state_ = State::text;
  const auto row = std::find(kRows.begin(), kRows.end(), name_.text());
  if (row == kRows.end()) return;
  const std::size_t name = static_cast<std::size_t>(row - kRows.begin());
  if (!is_closing_ && before_ == '/') return end_element(tag_begin_, end);
  if (!is_closing_) {
    if (levels_.size() < limits::kMaxRecordDepth) return levels_.push_back({tag_begin_, name, false});
    return levels_.clear();
  }
  while (!levels_.empty() && levels_.back().name != name) levels_.pop_back();  // those were never closed
  if (levels_.empty()) return;
  const Level level = levels_.back();
  levels_.pop_back();
  if (!level.holds_records) end_element(level.begin, end);
  if (!levels_.empty()) levels_.back().holds_records = true;
}

void XmlReader::end_element(std::uint64_t begin, std::uint64_t end) {
  if (!levels_.empty()) levels_.back().holds_records = true;
  next_ = points_->skip_to(next_, begin);
  for (; next_ < points_->size() && points_->offset(next_) < end; ++next_) {
    points_->draw(next_, begin, end, Dialect::xml);
  }
}

void XmlReader::reset() {
  state_ = State::text;
  levels_.clear();
}

}  // namespace ambit::scrutiny
