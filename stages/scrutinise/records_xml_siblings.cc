#include "stages/scrutinise/records_xml_siblings.h"

#include <algorithm>

#include "pipeline/limits.h"

namespace ambit::scrutiny {

void XmlSiblings::wait_to(std::uint64_t end) {
  for (; next_ < points_->size() && points_->offset(next_) < end; ++next_) waiting_.push_back(next_);
}

// The points within [from, to), which wait no longer.
std::vector<std::size_t> XmlSiblings::take(std::uint64_t from, std::uint64_t to) {
  const auto before = [&](std::size_t point, std::uint64_t offset) { return points_->offset(point) < offset; };
  const auto first = std::lower_bound(waiting_.begin(), waiting_.end(), from, before);
  const auto last = std::lower_bound(first, waiting_.end(), to, before);
  std::vector<std::size_t> points(first, last);
  waiting_.erase(first, last);
  return points;
}

void XmlSiblings::draw(const Element& record) {
  for (const std::size_t point : take(record.begin, record.end)) {
    points_->draw(point, record.begin, record.end, Dialect::siblings);
  }
}

void XmlSiblings::keep_apart(std::uint64_t begin, std::uint64_t end) {
  for (const std::size_t point : take(begin, end)) points_->bound(point, begin, end);
}

// What stands in the level before the record, and behind the one before it, is apart.
void XmlSiblings::split(Level& level, const Element& record) {
  keep_apart(level.apart, record.begin);
  level.apart = record.end;
  level.holds_records = true;
}

void XmlSiblings::open(std::uint64_t name, std::uint64_t begin) {
  if (levels_.empty()) next_ = points_->skip_to(next_, begin);
  wait_to(begin);
  if (!levels_.empty()) {
    Level& parent = levels_.back();
    if (parent.last.name == name && !parent.last_is_record) {
      parent.last_is_record = true;
      draw(parent.last);
      split(parent, parent.last);
    }
  }
  if (levels_.size() == limits::kMaxRecordDepth) return reset(begin);
  levels_.push_back({.element = {name, begin, begin}, .last = {}, .apart = begin});
}

void XmlSiblings::close(std::uint64_t name, std::uint64_t end) {
  const auto named =
      std::find_if(levels_.rbegin(), levels_.rend(), [&](const Level& l) { return l.element.name == name; });
  if (named == levels_.rend()) return;
  // Those that are open in it were never closed, and say nothing.
  levels_.resize(static_cast<std::size_t>(levels_.rend() - named));
  close_level(end);
}

void XmlSiblings::close_level(std::uint64_t end) {
  wait_to(end);
  const Level level = levels_.back();
  levels_.pop_back();
  const Element element{level.element.name, level.element.begin, end};
  if (level.holds_records) keep_apart(level.apart, end);
  if (levels_.empty()) return waiting_.clear();
  Level& parent = levels_.back();
  const bool comes_again = parent.last.name == element.name;
  if (comes_again && !level.holds_records) draw(element);
  parent.last = element;
  parent.last_is_record = comes_again || level.holds_records;
  if (parent.last_is_record) split(parent, element);
}

void XmlSiblings::reset(std::uint64_t at) {
  next_ = points_->skip_to(next_, at);
  waiting_.clear();
  levels_.clear();
}

// What the end cuts off is as good as closed.
void XmlSiblings::finish(std::uint64_t size) {
  while (!levels_.empty()) close_level(size);
}

}  // namespace ambit::scrutiny
