#include "stages/scrutinise/records_sql.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "pipeline/limits.h"

namespace ambit::scrutiny {
// --- what is drawn ------------------------------------------------------------------------------------------

// What lies between two records of a statement, a comma say, is a record of its own: nobody's neighbour is.
void SqlReader::draw(std::uint64_t begin, std::uint64_t end) {
  end_lost(begin);
  const Dialect dialect = is_amid_line_ ? Dialect::quoted_sql : Dialect::sql;
  for (; next_ < points_->size() && points_->offset(next_) < begin; ++next_) {
    const std::uint64_t at = points_->offset(next_);
    if (at >= drawn_to_) {
      points_->draw(next_, at, at + 1, dialect);
    } else if (drawn_to_ == kNowhere && at >= segment_begin_) {
      points_->draw(next_, segment_begin_, begin, dialect);
    }
  }
  for (; next_ < points_->size() && points_->offset(next_) < end; ++next_) {
    points_->draw(next_, begin, end, dialect);
  }
  drawn_to_ = end;
  if (end <= segment_begin_) return;  // a row that a line before has
  segment_begin_ = end;
  drew_in_line_ = true;
}

// What stands behind the last record of a line.
void SqlReader::draw_rest(std::uint64_t end) {
  if (!drew_in_line_) return;
  next_ = points_->skip_to(next_, segment_begin_);
  for (; next_ < points_->size() && points_->offset(next_) < end; ++next_) {
    points_->draw(next_, segment_begin_, end, is_amid_line_ ? Dialect::quoted_sql : Dialect::sql);
  }
}

void SqlReader::draw_held_tuple() {
  if (!held_) return;
  held_ = false;
  draw(tuple_begin_, tuple_end_);
}

void SqlReader::begin_tuple(std::uint64_t at, bool orphan) {
  state_ = State::tuple;
  tuple_begin_ = at;
  orphan_ = orphan;
  held_ = false;
  depth_ = 1;
  commas_ = 0;
  sign_ = before_ = '(';
  word_.clear();
}

// Nothing that was read since the last record counts. Amid a line it may never have been SQL.
void SqlReader::broken(std::uint64_t at) {
  const bool in_list = state_ == State::tuple || (state_ == State::list && begin_ == kNowhere);
  if (in_list && lost_from_ == kNowhere && !orphan_ && !is_amid_line_) {
    lost_from_ = state_ == State::tuple || held_ ? tuple_begin_ : at;
  }
  to_skip();
  hunts_ = in_list;
}

void SqlReader::end_lost(std::uint64_t at) {
  if (lost_from_ == kNowhere) return;
  next_ = points_->skip_to(next_, lost_from_);
  for (; next_ < points_->size() && points_->offset(next_) < at; ++next_) points_->narrow(next_, lost_from_, at);
  lost_from_ = kNowhere;
}

void SqlReader::to_skip() {
  state_ = State::skip;
  text_ = Text::code;
  held_ = false;
  hunted_ = '\0';
  drawn_to_ = kNowhere;
  word_.clear();
}

void SqlReader::to_line_begin(std::uint64_t at) {
  end_lost(at);
  draw_rest(at);
  next_ = points_->skip_to(next_, at);
  state_ = State::line_begin;
  hunts_ = drew_in_line_ = false;
  segment_begin_ = at;
  if (is_amid_line_) escapes_ = escapes_before_;
  is_amid_line_ = false;
}

void SqlReader::to_statement_begin() {
  to_skip();
  state_ = State::line_begin;
}

void SqlReader::reset(std::uint64_t at) {
  if (state_ != State::line_begin) broken(at);
  to_line_begin(at);
  hunts_ = true;
}

// --- letters ------------------------------------------------------------------------------------------------

void SqlReader::read(const Letters& letters) {
  stride_ = letters.stride;
  if (state_ == State::skip && lost_from_ == kNowhere) {
    // What is that far behind has all that it may reach, whatever comes in its line.
    const std::uint64_t settled = less(letters.first, limits::kMaxRecordBytes + 1);
    draw_rest(settled);
    next_ = points_->skip_to(next_, settled);
  }
  for (std::size_t i = 0; i < letters.text.size();) {
    if (next_ == points_->size()) return;
    if (state_ == State::skip) {
      i = skip_line(letters, i);
    } else if (state_ == State::copy_rows) {
      i = skip_row(letters, i);
    } else if (text_ == Text::quoted && !odd_backslash_) {
      i = skip_string(letters, i);
    } else {
      step(letters.text[i], letters.at(i));
      ++i;
    }
  }
  if (!letters.text.empty()) last_ = letters.text.back();
}

// To the next line; or to a tuple or an INSERT, where one is hunted for.
std::size_t SqlReader::skip_line(const Letters& letters, std::size_t i) {
  const std::size_t end = std::min(letters.text.find('\n', i), letters.text.size());
  const bool ends = end < letters.text.size();
  const bool is_asked = !ends || (next_ < points_->size() && points_->offset(next_) < letters.at(end + 1));
  const std::string_view line = letters.text.substr(0, end);
  for (; (hunts_ || is_asked) && i < end; ++i) {
    if (!hunts_) i = find_first(line, i, 'i', 'I', '\0');
    if (!is_asked && hunted_ == '\0') i = std::min(end, line.find(')', i));
    if (i == end) break;
    const char c = line[i];
    if (is_asked && lower(c) == 'i' && !is_word(i > 0 ? line[i - 1] : last_)) {
      begin_amid_line(letters.at(i));
      return i + 1;
    }
    if (!hunts_) continue;
    if (c == '(' && hunted_ == ',') {
      begin_tuple(letters.at(i), true);
      return i + 1;
    }
    if (!is_blank(c)) hunted_ = c == ')' || (c == ',' && hunted_ == ')') ? c : '\0';
  }
  if (!ends) return end;
  to_line_begin(letters.at(end + 1));
  return end + 1;
}

std::size_t SqlReader::skip_string(const Letters& letters, std::size_t i) {
  i = find_first(letters.text, i, quote_, '\\', is_amid_line_ ? ' ' : '\1');
  if (i == letters.text.size()) return i;
  step(letters.text[i], letters.at(i));
  return i + 1;
}

void SqlReader::step(char c, std::uint64_t at) {
  if (c == '\0') return reset(at);
  if (c == '\n' && is_amid_line_) return end_amid_line(at);
  if (text_ != Text::code && step_text(c, at)) return;
  switch (state_) {
    case State::line_begin:
      return step_line_begin(c, at);
    case State::skip:  // a word has just turned out to begin nothing
      if (c == '\n') to_line_begin(at + stride_);
      return;
    case State::copy_rows:
      return;
    case State::keyword:
      return step_keyword(c, at);
    case State::opening:
    case State::list:
    case State::tuple:
    case State::statement:
      return step_code(c, at);
  }
}

bool SqlReader::step_text(char c, std::uint64_t at) {
  switch (text_) {
    case Text::code:
      return false;
    case Text::quoted:
      if (c == '\\') {
        odd_backslash_ = !odd_backslash_ && string_escapes_ != Escapes::no;
      } else if (c == quote_) {
        text_ = !odd_backslash_                       ? Text::quote_seen
                : string_escapes_ == Escapes::unknown ? Text::escaped_quote
                                                      : Text::quoted;
        odd_backslash_ = false;
      } else {
        odd_backslash_ = false;
      }
      return true;
    case Text::quote_seen:
      if (c == quote_) {
        text_ = Text::quoted;
        return true;
      }
      end_string();
      return false;
    case Text::escaped_quote:
      if (c == ',' || c == ')' || c == ';' || c == '\n') {
        end_string();
        return false;
      }
      text_ = Text::quoted;
      return step_text(c, at);
    case Text::line_comment:
      if (c != '\n') return true;
      text_ = Text::code;
      if (state_ == State::list && !held_ && begin_ == kNowhere) draw(text_begin_, at);
      return false;
    case Text::block_comment:
      if (c == '/' && before_ == '*') {
        text_ = Text::code;
        if (state_ == State::list && !held_ && begin_ == kNowhere) draw(text_begin_, at + stride_);
        c = ' ';
      }
      before_ = c;
      if (at - text_begin_ > limits::kMaxRecordBytes) broken(at);
      return true;
  }
  return false;
}

void SqlReader::end_string() {
  text_ = Text::code;
  if (state_ == State::opening && depth_ == 0 && sign_ != '.') ++names_;
  sign_ = before_ = '\'';
  first_in_line_ = false;
}

void SqlReader::begin_keyword(std::uint64_t at) {
  state_ = State::keyword;
  begin_ = at;
  depth_ = names_ = 0;
  orphan_ = held_ = false;
  drawn_to_ = kNowhere;
  last_word_.clear();
}

// What was hunted for since a damaged row is still hunted for.
void SqlReader::begin_amid_line(std::uint64_t at) {
  if (!is_amid_line_) escapes_before_ = escapes_;
  is_amid_line_ = true;
  begin_keyword(at);
  word_.clear();
  word_.add('i');
}

void SqlReader::end_amid_line(std::uint64_t at) {
  if (held_ && !orphan_) draw_held_tuple();
  to_skip();
  to_line_begin(at + stride_);
}

void SqlReader::step_line_begin(char c, std::uint64_t at) {
  if (c == '\n') return to_line_begin(at + stride_);
  if (is_blank(c)) return;
  if (is_alpha(c)) {
    begin_keyword(at);
    word_.clear();
    word_.add(lower(c));
  } else if (c == '(') {
    begin_tuple(at, true);
  } else {
    to_skip();
    hunted_ = c == ')' ? c : '\0';
  }
}

// Whether a row is the last one is said by its first letters.
std::size_t SqlReader::skip_row(const Letters& letters, std::size_t i) {
  const void* found = std::memchr(letters.text.data() + i, '\n', letters.text.size() - i);
  const std::size_t end = found == nullptr
                              ? letters.text.size()
                              : static_cast<std::size_t>(static_cast<const char*>(found) - letters.text.data());
  for (std::size_t k = i; k < std::min(end, i + 4); ++k) {
    if (letters.text[k] != '\r') word_.add(letters.text[k]);
  }
  if (found == nullptr) return end;
  const bool is_last = word_.text() == "\\.";
  word_.clear();
  draw(row_begin_, letters.at(end + 1));
  row_begin_ = letters.at(end + 1);
  if (is_last) {
    to_skip();
    to_line_begin(row_begin_);
  }
  return end + 1;
}

void SqlReader::step_code(char c, std::uint64_t at) {
  if (is_word(c) || (c == '.' && !word_.empty())) {
    if (state_ == State::tuple && before_ == '\'') return broken(at);
    if (word_.empty()) word_begin_ = at;
    word_.add(lower(c));
    before_ = c;
    return;
  }
  if (!word_.empty()) {
    end_word(at);
    if (state_ == State::skip || state_ == State::keyword) return step(c, at);
  }
  const char before = std::exchange(before_, c);
  if ((c == '-' && before == '-') || (c == '*' && before == '/') || (c == '#' && is_blank(before))) {
    if (state_ == State::tuple && orphan_) return broken(at);
    text_ = c == '*' ? Text::block_comment : Text::line_comment;
    text_begin_ = c == '#' ? at : at - stride_;
    before_ = ' ';
  } else if (c == '\'' || c == '"' || c == '`' || (c == '[' && state_ == State::opening)) {
    open_quote(c, at);
  } else if (c == '\n') {
    first_in_line_ = true;
    drew_in_line_ = false;
    segment_begin_ = at + stride_;
  } else if (!is_blank(c)) {
    sign(c, at);
    first_in_line_ = false;
  }
  const bool bounded = state_ == State::opening || state_ == State::statement;
  if (bounded && at - begin_ > limits::kMaxRecordBytes) to_skip();
}

}  // namespace ambit::scrutiny
