// The grammar of SqlReader: which words and signs may follow each other.
#include <algorithm>
#include <array>

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/records_sql.h"

namespace ambit::scrutiny {
namespace {

using namespace std::string_view_literals;

template <std::size_t N>
bool one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array kStatements = {"insert"sv, "replace"sv, "update"sv, "delete"sv, "create"sv, "copy"sv};
constexpr std::array kEndsStatement = {"insert"sv, "create"sv, "copy"sv, "go"sv};
constexpr std::array kBeforeName = {"into"sv, "ignore"sv,  "or"sv,      "low_priority"sv, "high_priority"sv,
                                    "only"sv, "replace"sv, "delayed"sv, "overwrite"sv,    "from"sv,
                                    "if"sv,   "not"sv,     "exists"sv,  "table"sv,        "temporary"sv,
                                    "temp"sv, "global"sv,  "unlogged"sv};
constexpr std::array kBehindName = {"overriding"sv, "system"sv, "user"sv, "partition"sv, "as"sv, "default"sv};
constexpr std::array kBehindList = {"on"sv, "returning"sv, "as"sv};
constexpr std::array kBehindString = {"as"sv, "at"sv, "collate"sv, "escape"sv, "using"sv};
constexpr std::array kOnString = {"n"sv, "x"sv, "b"sv, "e"sv};  // N'…'
constexpr std::array kBeforeString = {"date"sv, "time"sv, "timestamp"sv, "interval"sv, "zone"sv};
constexpr std::array kPlainValues = {"null"sv, "true"sv, "false"sv, "default"sv};

}  // namespace

// --- words --------------------------------------------------------------------------------------------------

void SqlReader::step_keyword(char c, std::uint64_t at) {
  if (is_word(c) || c == '.') return word_.add(lower(c));
  keyword_ = word_;
  word_.clear();
  const std::string_view keyword = keyword_.text();
  if (one_of(keyword, kStatements) && (is_blank(c) || c == '[' || c == '`' || c == '"')) {
    state_ = State::opening;
    sign_ = 'a';
    before_ = ' ';
    return step_code(c, at);
  }
  if (keyword == "pragma") escapes_ = Escapes::no;  // SQLite's
  to_skip();
  step(c, at);
}

void SqlReader::end_word(std::uint64_t at) {
  last_word_ = word_;
  const std::string_view word = last_word_.text();
  if (state_ == State::opening) {
    opening_word(word);
  } else if (state_ == State::list) {
    list_word(word, at);
  } else if (state_ == State::tuple) {
    tuple_word(word, at);
  } else if (first_in_line_ && depth_ == 0 && one_of(word, kEndsStatement)) {
    draw(begin_, word_begin_);
    begin_keyword(word_begin_);
  }
  if (state_ == State::keyword) return;  // which reads the word again
  word_.clear();
  sign_ = 'a';
  first_in_line_ = false;
}

// One name, and what may stand before and behind it: "Insert into the slot a coin" is no statement.
void SqlReader::opening_word(std::string_view word) {
  if (depth_ > 0) return;
  const std::string_view keyword = keyword_.text();
  if (names_ == 0) {
    if (!one_of(word, kBeforeName)) names_ = 1;
    if ((keyword == "create" && word == "table") || (keyword == "delete" && word == "from")) keyword_ = last_word_;
    return;
  }
  if (sign_ == '.') return;
  if (keyword == "insert" || keyword == "replace") return insert_word(word);
  const bool is_next = (keyword == "update" && names_ == 1 && word == "set") ||
                       (keyword == "update" && names_ == 2) ||  // a column
                       (keyword == "copy" && word == "from");
  const bool is_last = (keyword == "from" && (word == "where" || word == "using")) ||
                       (keyword == "copy" && names_ > 1 && word == "stdin") ||
                       (keyword == "table" && (word == "as" || word == "like"));
  if (is_last) {
    state_ = State::statement;
  } else if (is_next) {
    ++names_;
  } else {
    to_skip();
  }
}

void SqlReader::insert_word(std::string_view word) {
  const bool is_value = word == "value" && names_ > 0 && sign_ != ',';
  if (word == "values" || is_value) {
    state_ = State::list;
  } else if (word == "select" || word == "set" || word == "with" || word == "exec") {
    state_ = State::statement;
  } else if (!one_of(word, kBehindName)) {
    to_skip();
  }
}

void SqlReader::list_word(std::string_view word, std::uint64_t at) {
  if (begin_ != kNowhere && (word == "values" || word == "row")) return;  // OVERRIDING SYSTEM VALUE VALUES
  if (!held_ || orphan_) return broken(at);
  if (one_of(word, kBehindList)) {
    draw_held_tuple();
    state_ = State::statement;
    begin_ = word_begin_;
    depth_ = 0;
  } else if (first_in_line_) {  // a statement that ends with its line
    draw_held_tuple();
    begin_keyword(word_begin_);
  } else {
    broken(at);
  }
}

void SqlReader::tuple_word(std::string_view word, std::uint64_t at) {
  if (sign_ == '\'' && !one_of(word, kBehindString)) return broken(at);
  if (!orphan_ || is_digit(last_word_.first()) || last_word_.first() == '_') return;
  if (!one_of(word, kPlainValues) && !one_of(word, kOnString)) broken(at);
}

// --- signs --------------------------------------------------------------------------------------------------

void SqlReader::sign(char c, std::uint64_t at) {
  switch (state_) {
    case State::opening:
      opening_sign(c, at);
      break;
    case State::list:
      list_sign(c, at);
      break;
    case State::tuple:
      tuple_sign(c, at);
      break;
    default:
      if (c == '(') ++depth_;
      if (c == ')' && depth_ > 0) --depth_;
      if (c != ';') break;
      draw(begin_, at + stride_);
      to_statement_begin();
      if (keyword_.text() == "copy" && last_word_.text() == "stdin" && !is_amid_line_) {
        state_ = State::copy_rows;
        row_begin_ = at + stride_;
      }
  }
  if (state_ != State::list || (c != '-' && c != '/')) sign_ = c;  // those may begin a comment
}

void SqlReader::opening_sign(char c, std::uint64_t at) {
  if (c == '(' && names_ > 0) {
    ++depth_;
    if (keyword_.text() == "table") state_ = State::statement;
  } else if (c == ')' && depth_ > 0) {
    --depth_;
  } else if (c == ';' && keyword_.text() == "from" && names_ > 0) {
    draw(begin_, at + stride_);
    to_statement_begin();
  } else if (c == '=' && keyword_.text() == "update" && names_ == 3) {
    state_ = State::statement;
  } else if (c != '.' && c != '-' && c != '/' && !(c == ',' && depth_ > 0)) {
    to_skip();
  }
}

void SqlReader::list_sign(char c, std::uint64_t at) {
  if (c == '(' && (sign_ == ',' || begin_ != kNowhere)) {
    if (begin_ != kNowhere) draw(begin_, at);
    begin_ = kNowhere;
    begin_tuple(at, false);
  } else if (c == ',' && held_) {
    draw_held_tuple();
    orphan_ = false;
  } else if (c == ';' && held_) {
    draw_held_tuple();
    draw(at, at + stride_);
    to_statement_begin();
  } else if (c != '-' && c != '/') {
    broken(at);
  }
}

void SqlReader::tuple_sign(char c, std::uint64_t at) {
  if (c == ';' || c == '\\' || (sign_ == '\'' && ",)|:+-/*="sv.find(c) == std::string_view::npos)) return broken(at);
  if (c == ',' && depth_ == 1) ++commas_;
  if (c == '(') ++depth_;
  if (c != ')' || --depth_ > 0) return;
  if (orphan_ && commas_ == 0) return broken(at);
  state_ = State::list;
  held_ = true;
  if (orphan_) begin_ = kNowhere;
  tuple_end_ = at + stride_;
}

bool SqlReader::may_open_here() const {
  if (sign_ != 'a') return sign_ != '\'' && sign_ != ')' && sign_ != ']';
  const std::string_view word = last_word_.text();
  return last_word_.first() == '_' || one_of(word, kOnString) || one_of(word, kBeforeString);
}

void SqlReader::open_quote(char c, std::uint64_t at) {
  if (state_ == State::list) return broken(at);
  if (state_ == State::tuple && !may_open_here()) return broken(at);
  if (state_ == State::opening) {
    if (c == '\'') return to_skip();
    escapes_ = c == '`' ? Escapes::yes : Escapes::no;
  } else if (c == '\'' && sign_ == 'a' && last_word_.text() == "n") {
    escapes_ = Escapes::no;
  }
  const bool is_e = c == '\'' && sign_ == 'a' && last_word_.text() == "e";  // PostgreSQL's E'…'
  string_escapes_ = state_ == State::opening ? Escapes::no : is_e ? Escapes::yes : escapes_;
  text_ = Text::quoted;
  text_begin_ = at;
  quote_ = c == '[' ? ']' : c;
  odd_backslash_ = false;
}

// What the end of the object cuts off is nothing that anybody can vouch for, unless it is a line.
void SqlReader::finish(std::uint64_t size) {
  if (held_ && !orphan_) draw_held_tuple();
  if (state_ == State::copy_rows) draw(row_begin_, size);
  if (state_ == State::statement && text_ == Text::code) draw(begin_, size);
  if (state_ == State::tuple) broken(size);
  end_lost(size);
  draw_rest(size);
}

}  // namespace ambit::scrutiny
