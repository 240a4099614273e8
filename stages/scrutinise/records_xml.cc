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
// HTML's: those without an end, and those that stand in running text.
constexpr std::array kNoElements = {"a"sv,      "abbr"sv, "area"sv,  "b"sv,     "base"sv,  "br"sv,     "code"sv,
                                    "col"sv,    "em"sv,   "embed"sv, "font"sv,  "hr"sv,    "i"sv,      "img"sv,
                                    "input"sv,  "link"sv, "meta"sv,  "s"sv,     "small"sv, "source"sv, "span"sv,
                                    "strong"sv, "sub"sv,  "sup"sv,   "track"sv, "tt"sv,    "u"sv,      "wbr"sv};

// FNV-1a: names of a document, of which two that are taken for one cost no more than a narrower record.
constexpr std::uint64_t kNoName = 0xcbf29ce484222325;
constexpr std::uint64_t with_letter(std::uint64_t name, char c) {
  return (name ^ static_cast<unsigned char>(c)) * 0x100000001b3;
}

}  // namespace

void XmlReader::read(const Letters& letters) {
  stride_ = letters.stride;
  for (std::size_t i = 0; i < letters.text.size(); ++i) {
    if (next_ == points_->size() && siblings_.is_settled()) return;
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
  if (c == '\0') return reset(at);
  switch (state_) {
    case State::text:
      state_ = State::name;
      tag_begin_ = at;
      name_.clear();
      name_id_ = kNoName;
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
      if (c == '<') reset(at);  // no attribute has one
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
    if (c == ':') {
      name_.clear();
      name_id_ = kNoName;
      return;
    }
    name_.add(lower(c));
    name_id_ = with_letter(name_id_, lower(c));
    if (name_.text() == "!--") state_ = State::comment;
    if (name_.text() == "![cdata[") state_ = State::cdata;
  } else {
    state_ = State::tag;
    if (c == '>') end_tag(at + stride_);
  }
}

void XmlReader::tell_siblings(std::uint64_t end) {
  const bool is_element = is_alpha(name_.first()) || name_.first() == '_' || (name_.first() & '\x80') != 0;
  if (!is_element || std::find(kNoElements.begin(), kNoElements.end(), name_.text()) != kNoElements.end()) return;
  if (!is_closing_) siblings_.open(name_id_, tag_begin_);
  if (is_closing_ || before_ == '/') siblings_.close(name_id_, end);
}

void XmlReader::end_tag(std::uint64_t end) {
  state_ = State::text;
  tell_siblings(end);
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

void XmlReader::reset(std::uint64_t at) {
  siblings_.reset(at);
  state_ = State::text;
  levels_.clear();
}

}  // namespace ambit::scrutiny
