#include "stages/scrutinise/records_json.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "pipeline/limits.h"
#include "stages/scrutinise/ascii.h"

namespace ambit::scrutiny {
namespace {

using namespace std::string_view_literals;

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

// --- what is drawn ------------------------------------------------------------------------------------------

// Points before `end` wait, in the member that begins at `begin`.
void JsonReader::wait_to(std::uint64_t end, std::uint64_t begin) {
  for (; next_ < points_->size() && points_->offset(next_) < end; ++next_) {
    waiting_.push_back({next_, std::min(begin, points_->offset(next_)), end});
  }
}

// Points before `at` wait, each by itself: what stands between values.
void JsonReader::wait_apart_to(std::uint64_t at) {
  for (; next_ < points_->size() && points_->offset(next_) < at; ++next_) {
    waiting_.push_back({next_, points_->offset(next_), points_->offset(next_) + 1});
  }
}

void JsonReader::draw_from(std::uint64_t from, std::uint64_t begin, std::uint64_t end) {
  for (; !waiting_.empty() && points_->offset(waiting_.back().point) >= from; waiting_.pop_back()) {
    points_->draw(waiting_.back().point, begin, end, Dialect::json);
  }
}

void JsonReader::draw_members_from(std::uint64_t from) {
  for (; !waiting_.empty() && points_->offset(waiting_.back().point) >= from; waiting_.pop_back()) {
    points_->draw(waiting_.back().point, waiting_.back().begin, waiting_.back().end, Dialect::json);
  }
}

void JsonReader::draw_lines_from(std::size_t first_point) {
  for (std::size_t point = first_point; point < next_; ++point) points_->draw_line(point, Dialect::json);
}

JsonReader::Fate JsonReader::fate_of(const Level& level) const {
  if (level.holds_records) return Fate::holds_others;
  const bool is_top = levels_.empty();
  if (!is_top && levels_.back().bracket == Bracket::array) return Fate::is_record;
  const bool is_map = level.scalars == 0 && (level.containers > 1 || (level.holds_list && elements_ == 0));
  if (is_map || level.scalars > limits::kMaxRecordMembers) return Fate::holds_others;
  if (is_top) return level.bracket == Bracket::object ? Fate::is_record : Fate::holds_others;
  return level.height <= limits::kMaxRecordHeight ? Fate::is_part : Fate::is_record;
}

// `level` ends at `end` and is no longer among the open ones.
void JsonReader::settle(const Level& level, std::uint64_t end) {
  const Fate fate = fate_of(level);
  if (fate == Fate::is_record) {
    draw_from(level.begin, level.begin, end);
  } else if (level.holds_records && level.segment_scalars > 0) {
    draw_from(level.segment, level.segment, end);
  } else if (fate == Fate::holds_others) {
    draw_members_from(level.begin);
  }
  if (levels_.empty()) return;
  Level& parent = levels_.back();
  if (fate != Fate::is_part) {
    split_parent(level, end);
  } else if (level.bracket == Bracket::array) {
    parent.holds_list = true;
  } else {
    for (std::size_t i = waiting_.size(); i > 0 && points_->offset(waiting_[i - 1].point) >= parent.member; --i) {
      waiting_[i - 1].begin = parent.member;
      waiting_[i - 1].end = end;
    }
  }
  ++parent.containers;
  parent.height = std::max<std::uint8_t>(parent.height, static_cast<std::uint8_t>(std::min(level.height + 1, 100)));
  parent.value_end = end;
}

// The child was drawn by itself: what its parent has before it is one record, the key another.
void JsonReader::split_parent(const Level& child, std::uint64_t end) {
  Level& parent = levels_.back();
  parent.holds_records = true;
  if (parent.bracket == Bracket::array) return;
  draw_from(parent.member, parent.member, child.begin);
  if (parent.segment_scalars > 0) draw_from(parent.segment, parent.segment, parent.value_end);
  draw_members_from(parent.segment);
  parent.segment = end;
  parent.segment_scalars = 0;
}

// --- letters ------------------------------------------------------------------------------------------------

void JsonReader::read(const Letters& letters) {
  stride_ = letters.stride;
  if (state_ == State::skip && lost_from_ == kNowhere) next_ = points_->skip_to(next_, letters.first);
  // Whether nothing is asked any more. Where a value holds points, its line may still be the answer.
  const bool is_settled = state_ == State::skip || state_ == State::line_begin || top_point_ == next_ ||
                          letters.first > top_begin_ + limits::kMaxRecordBytes;
  if (next_ == points_->size() && waiting_.empty() && is_settled) return;
  for (std::size_t i = 0; i < letters.text.size();) {
    if (state_ == State::skip) {
      if (next_ == points_->size()) return;
      i = skip_line(letters, i);
    } else if (state_ == State::string) {
      i = skip_string(letters, i);
    } else {
      step(letters.text[i], letters.at(i));
      ++i;
    }
  }
}

std::size_t JsonReader::skip_line(const Letters& letters, std::size_t i) {
  const void* found = std::memchr(letters.text.data() + i, '\n', letters.text.size() - i);
  const std::size_t end = found == nullptr
                              ? letters.text.size()
                              : static_cast<std::size_t>(static_cast<const char*>(found) - letters.text.data());
  for (; hunts_ && i < end; ++i) {
    if (hunted_ == '\0') i = std::min(end, letters.text.substr(0, end).find('}', i));
    if (i == end) break;
    const char c = letters.text[i];
    if (c == '{' && hunted_ == ',') {
      const std::uint64_t at = letters.at(i);
      begin_top(at);
      is_fragment_ = true;
      levels_.push_back({.begin = at, .bracket = Bracket::array, .holds_records = true});
      open(Bracket::object, at);
      return i + 1;
    }
    if (!is_blank(c)) hunted_ = c == '}' || (c == ',' && hunted_ == '}') ? c : '\0';
  }
  if (end == letters.text.size()) return end;
  to_line_begin(letters.at(end + 1));
  return end + 1;
}

std::size_t JsonReader::skip_string(const Letters& letters, std::size_t i) {
  i = find_first(letters.text, i, '"', '\\', ' ');
  if (i == letters.text.size()) return i;
  step(letters.text[i], letters.at(i));
  return i + 1;
}

void JsonReader::step(char c, std::uint64_t at) {
  switch (state_) {
    case State::line_begin:
    case State::skip:
    case State::line_end:
    case State::next_line:
      return step_between_lines(c, at);
    case State::value:
    case State::value_or_end:
      return step_value(c, at);
    case State::key:
    case State::key_or_end:
    case State::colon:
    case State::comma_or_end:
      return step_in_object(c, at);
    case State::string:
      if (c == '"' && is_key_) {
        state_ = State::colon;
      } else if (c == '"') {
        end_scalar(at + stride_);
      } else if (c == '\\') {
        state_ = State::escape;
      } else if (static_cast<unsigned char>(c) < 0x20 && c != '\t') {
        broken(at);
        step_between_lines(c, at);
      }
      return;
    case State::escape:
      state_ = State::string;
      if ("\"\\/bfnrtu"sv.find(c) == std::string_view::npos) {
        broken(at);
        step_between_lines(c, at);
      }
      return;
    case State::word:
      if (is_alnum(c) || c == '+' || c == '-' || c == '.') return word_.add(c);
      if (!is_word_complete()) {
        broken(at);
        return step_between_lines(c, at);
      }
      end_scalar(at);
      return step(c, at);
  }
}

// JSON lines are told by two of them; what is no value to its end is a line like any other.
void JsonReader::step_between_lines(char c, std::uint64_t at) {
  if (c == '\0') return reset(at);
  if (state_ == State::line_end && (c == ',' || c == '\n')) {
    if (c == ',') in_one_line_ = after_line_ = false;
    state_ = State::next_line;
  } else if (state_ == State::line_end && (c == '{' || c == '[')) {
    after_line_ = false;
    begin_top(at);
    begins_line_ = in_one_line_ = false;
    open(c == '{' ? Bracket::object : Bracket::array, at);
  } else if (state_ == State::line_end && !is_blank(c)) {
    if (begins_line_) draw_lines_from(top_point_);
    after_line_ = false;
    state_ = State::skip;
  } else if (state_ == State::next_line && !is_blank(c)) {
    const bool goes_on = c == '{' || c == '[';
    if (in_one_line_ && (goes_on || after_line_)) draw_lines_from(top_point_);
    after_line_ = in_one_line_ && goes_on;
    state_ = State::line_begin;
    return step_between_lines(c, at);
  } else if (state_ == State::line_begin && (c == '{' || c == '[')) {
    begin_top(at);
    open(c == '{' ? Bracket::object : Bracket::array, at);
  } else if (state_ == State::skip && c == '\n') {
    to_line_begin(at + stride_);
  } else if (state_ == State::line_begin && !is_blank(c)) {
    after_line_ = false;
    state_ = State::skip;
    hunted_ = c == '}' ? c : '\0';
  }
}

void JsonReader::step_value(char c, std::uint64_t at) {
  if (c == '\n') in_one_line_ = false;
  if (is_blank(c)) return;
  Level& level = levels_.back();
  if (level.bracket == Bracket::array) wait_apart_to(level.member = at);
  scalar_begin_ = at;
  if (c == '{' || c == '[') {
    open(c == '{' ? Bracket::object : Bracket::array, at);
  } else if (c == '"') {
    state_ = State::string;
    is_key_ = false;
  } else if (is_alnum(c) || c == '-') {
    state_ = State::word;
    word_.clear();
    word_.add(c);
  } else if (c == ']' && state_ == State::value_or_end) {
    close(Bracket::array, at);
  } else {
    broken(at);
    step_between_lines(c, at);
  }
}

void JsonReader::step_in_object(char c, std::uint64_t at) {
  if (c == '\n') in_one_line_ = false;
  if (is_blank(c)) return;
  if (c == '"' && (state_ == State::key || state_ == State::key_or_end)) {
    levels_.back().member = at;
    state_ = State::string;
    is_key_ = is_believed_ = true;
  } else if (c == ':' && state_ == State::colon) {
    state_ = State::value;
  } else if (c == ',' && state_ == State::comma_or_end) {
    state_ = levels_.back().bracket == Bracket::object ? State::key : State::value;
  } else if (c == '}' && (state_ == State::key_or_end || state_ == State::comma_or_end)) {
    close(Bracket::object, at);
  } else if (c == ']' && state_ == State::comma_or_end) {
    close(Bracket::array, at);
  } else {
    broken(at);
    step_between_lines(c, at);
  }
}

bool JsonReader::is_word_complete() const {
  const std::string_view word = word_.text();
  for (const std::string_view known : {"true"sv, "false"sv, "null"sv, "NaN"sv, "Infinity"sv, "-Infinity"sv}) {
    if (word == known) return true;
  }
  if (word.empty()) return is_digit(word_.first()) || word_.first() == '-';  // longer than any that is looked at
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    const bool is_sign = (c == '-' || c == '+') && (i == 0 || lower(word[i - 1]) == 'e');
    if (!is_digit(c) && !is_sign && !(i > 0 && (c == '.' || lower(c) == 'e'))) return false;
  }
  return is_digit(word.back());
}

// --- brackets -----------------------------------------------------------------------------------------------

void JsonReader::begin_top(std::uint64_t at) {
  levels_.clear();
  waiting_.clear();
  elements_ = 0;
  top_begin_ = at;
  is_believed_ = is_fragment_ = false;
  in_one_line_ = begins_line_ = true;
  end_lost(at);
  next_ = points_->skip_to(next_, at);
  top_point_ = next_;
}

void JsonReader::open(Bracket bracket, std::uint64_t at) {
  if (levels_.size() >= limits::kMaxRecordDepth) return broken(at);
  wait_apart_to(at);
  if (!levels_.empty() && levels_.back().bracket == Bracket::array) ++elements_;
  levels_.push_back({.begin = at, .segment = at, .member = at, .value_end = at + stride_, .bracket = bracket});
  state_ = bracket == Bracket::object ? State::key_or_end : State::value_or_end;
}

void JsonReader::close(Bracket bracket, std::uint64_t at) {
  const Level level = levels_.back();
  if (level.bracket != bracket) {
    broken(at);
    return step_between_lines(bracket == Bracket::array ? ']' : '}', at);
  }
  levels_.pop_back();
  if (!levels_.empty() && levels_.back().bracket == Bracket::array) --elements_;
  const std::uint64_t end = at + stride_;
  if (is_fragment_ && levels_.empty()) return end_top(end);
  wait_to(end, at);
  settle(level, end);
  if (levels_.empty()) return end_top(end);
  state_ = State::comma_or_end;
}

void JsonReader::end_scalar(std::uint64_t end) {
  Level& level = levels_.back();
  wait_to(end, level.bracket == Bracket::object ? level.member : scalar_begin_);
  ++level.scalars;
  if (level.bracket == Bracket::object) ++level.segment_scalars;
  level.value_end = end;
  state_ = State::comma_or_end;
}

void JsonReader::end_top(std::uint64_t end) {
  waiting_.clear();
  in_one_line_ = in_one_line_ && end - top_begin_ <= limits::kMaxRecordBytes;
  if (is_fragment_) after_line_ = false;
  state_ = is_fragment_ ? State::skip : State::line_end;
  hunts_ = is_fragment_;
}

// --- damage -------------------------------------------------------------------------------------------------

// What was drawn stays. What waits, and what comes until a place to begin anew, is among records whose ends are lost.
void JsonReader::broken(std::uint64_t at) {
  was_lost_ = was_lost_ || is_believed_;
  hunts_ = was_lost_ || is_fragment_;
  std::uint64_t record = top_begin_;
  for (std::size_t i = 1; i < levels_.size(); ++i) {
    if (levels_[i - 1].bracket == Bracket::array) record = levels_[i].begin;
  }
  wait_apart_to(at);
  for (const Waiting& waiting : waiting_) {
    if (!was_lost_) break;
    points_->narrow(waiting.point, points_->offset(waiting.point) < record ? top_begin_ : record, at);
  }
  if (was_lost_) lost_from_ = at;
  waiting_.clear();
  levels_.clear();
  after_line_ = is_believed_ = false;
  hunted_ = '\0';
  state_ = State::skip;
}

void JsonReader::end_lost(std::uint64_t at) {
  if (lost_from_ == kNowhere) return;
  for (; next_ < points_->size() && points_->offset(next_) < at; ++next_) points_->narrow(next_, lost_from_, at);
  lost_from_ = kNowhere;
}

void JsonReader::to_line_begin(std::uint64_t at) {
  end_lost(at);
  next_ = points_->skip_to(next_, at);
  state_ = State::line_begin;
  hunts_ = was_lost_ = false;
}

void JsonReader::reset(std::uint64_t at) {
  to_line_begin(at);
  after_line_ = false;
  hunts_ = true;
}

// JSON lines may end with the object.
void JsonReader::finish(std::uint64_t size) {
  if (state_ == State::line_end || state_ == State::next_line) {
    if (in_one_line_ && after_line_) draw_lines_from(top_point_);
  } else if (!levels_.empty()) {
    broken(size);
  }
  end_lost(size);
}

}  // namespace ambit::scrutiny
