#include "stages/scrutinise/records_csv.h"

#include <algorithm>

#include "pipeline/limits.h"

namespace ambit::scrutiny {

void CsvReader::read(const Letters& letters) {
  stride_ = letters.stride;
  for (std::size_t i = 0; is_table_ && next_ < points_->size(); ++i) {
    if (state_ == State::quoted) i = find_first(letters.text, i, '"', '\n', '\1');
    if (state_ == State::field && delimiter_ != '\0') i = find_first(letters.text, i, delimiter_, '\n', '\1');
    if (i >= letters.text.size()) return;
    step(letters.text[i], letters.at(i));
  }
}

bool CsvReader::is_delimiter(char c) const {
  return delimiter_ == '\0' ? kDelimiters.find(c) != std::string_view::npos : c == delimiter_;
}

void CsvReader::step(char c, std::uint64_t at) {
  if (c == '\0') return begin_row(at + stride_);
  if (state_ == State::quoted) {
    if (c == '"') {
      state_ = State::quote_seen;
    } else if (c == '\n' && at - quote_begin_ > limits::kMaxRecordBytes) {
      begin_row(at + stride_);
    } else if (c == '\n') {
      has_breaks_ = true;
    }
    return;
  }
  if (c == '\n') {
    end_row(at + stride_);
  } else if (is_delimiter(c)) {
    if (delimiter_ == '\0') ++counts_[kDelimiters.find(c)];
    ++fields_;
    state_ = State::field_begin;
  } else if (c == '"' && state_ != State::field && !is_bad_) {
    if (state_ == State::field_begin) quote_begin_ = at;
    state_ = State::quoted;
  } else if (c != '\r') {
    is_bad_ = is_bad_ || state_ == State::quote_seen;
    state_ = State::field;
  }
}

void CsvReader::begin_row(std::uint64_t at) {
  state_ = State::field_begin;
  row_begin_ = at;
  fields_ = 0;
  has_breaks_ = is_bad_ = false;
}

void CsvReader::end_row(std::uint64_t end) {
  constexpr std::uint32_t kFirstRows = 16;
  if (delimiter_ == '\0') {
    const auto most = std::max_element(counts_.begin(), counts_.end());
    delimiter_ = kDelimiters[static_cast<std::size_t>(most - counts_.begin())];
    wanted_ = *most;
    is_table_ = wanted_ > 0;
  } else if (has_breaks_ && !is_bad_ && fields_ == wanted_ && state_ != State::quoted) {
    next_ = points_->skip_to(next_, row_begin_);
    for (; next_ < points_->size() && points_->offset(next_) < end; ++next_) {
      points_->draw(next_, row_begin_, end, Dialect::csv);
    }
  } else if (!has_breaks_ && rows_ < kFirstRows) {
    ++rows_;
    others_ += fields_ != wanted_ ? 1 : 0;
    is_table_ = rows_ < kFirstRows || others_ * 2 <= rows_;
  }
  next_ = points_->skip_to(next_, end);
  begin_row(end);
}

}  // namespace ambit::scrutiny
