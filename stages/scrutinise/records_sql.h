// Records of SQL text: dumps, and statements that stand in other text.
//
//   statement = INSERT … VALUES tuple { "," tuple } [ rest ] ";"     each tuple is a record; so is what stands before
//             | UPDATE t SET … ";" | DELETE FROM t … ";"             the first and behind the last
//             | CREATE TABLE … ";" | INSERT … SELECT … ";"           one record
//             | COPY t FROM stdin ";" lines "\."                     each line is a record
//
// A statement is known by the words that begin a line or stand behind the ';' of another, whatever the file is called;
// so a dump is read as one that is pasted into a log. INSERT is looked for amid a line, too, where a hit is in it; such
// a statement ends with its line, so that what it says of quotes reaches no other. Once a line holds a record, what
// stands before, between and behind its records is a record, too: the line would give away all of them.
//
// From there on quotes are followed, and the grammar between them is narrow on purpose: behind a
// closing quote comes a comma or a parenthesis, before an opening one too. Whoever is on the wrong side of the quotes
// meets a letter there, at once. Then nothing is drawn in the broken tuple, and `),(` or a new line begins anew.
//
// Whether `\'` ends a string is a matter of the program that wrote it. Names in back-ticks are MySQL's, which escapes;
// "names", [names] and N'strings' are of those that do not. Where nothing tells, the quote ends the string if a comma,
// a parenthesis or the end of the line is next.
#pragma once

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/record_points.h"

namespace ambit::scrutiny {

class SqlReader {
 public:
  explicit SqlReader(Points& points) : points_(&points) {}
  // All letters of the object, in order. A NUL may stand for any number of them.
  void read(const Letters& letters);
  void finish(std::uint64_t size);

 private:
  enum class State : std::uint8_t {
    line_begin,  // blanks before the first word of a line or behind ';'
    skip,        // the rest of a line that begins no statement
    keyword,     // its first word
    opening,     // a statement as far as it could still be prose
    list,        // between tuples
    tuple,
    statement,  // up to ';'
    copy_rows,
  };
  enum class Text : std::uint8_t {
    code,
    quoted,
    quote_seen,     // in a string, behind a quote that may be its end
    escaped_quote,  // the same, behind `\'`
    line_comment,
    block_comment,
  };
  enum class Escapes : std::uint8_t { unknown, yes, no };  // whether '\' escapes

  void step(char c, std::uint64_t at);
  [[nodiscard]] std::size_t skip_line(const Letters& letters, std::size_t i);
  [[nodiscard]] std::size_t skip_row(const Letters& letters, std::size_t i);
  [[nodiscard]] std::size_t skip_string(const Letters& letters, std::size_t i);
  [[nodiscard]] bool step_text(char c, std::uint64_t at);  // false: `c` is code
  void step_line_begin(char c, std::uint64_t at);
  void step_keyword(char c, std::uint64_t at);
  void step_code(char c, std::uint64_t at);
  void end_string();
  void end_word(std::uint64_t at);
  void opening_word(std::string_view word);
  void insert_word(std::string_view word);
  void list_word(std::string_view word, std::uint64_t at);
  void tuple_word(std::string_view word, std::uint64_t at);
  void sign(char c, std::uint64_t at);
  void opening_sign(char c, std::uint64_t at);
  void list_sign(char c, std::uint64_t at);
  void tuple_sign(char c, std::uint64_t at);
  void open_quote(char c, std::uint64_t at);
  [[nodiscard]] bool may_open_here() const;

  void draw(std::uint64_t begin, std::uint64_t end);  // in order, never overlapping
  void draw_held_tuple();
  void begin_tuple(std::uint64_t at, bool orphan);
  void broken(std::uint64_t at);
  void end_lost(std::uint64_t at);
  void begin_keyword(std::uint64_t at);
  void begin_amid_line(std::uint64_t at);
  void end_amid_line(std::uint64_t at);
  void draw_rest(std::uint64_t end);
  void to_line_begin(std::uint64_t at);
  void to_statement_begin();
  void to_skip();
  void reset(std::uint64_t at);

  // Of a name, a number or a keyword.
  static constexpr bool is_word(char c) { return is_alnum(c) || c == '_' || c == '$' || c == '@' || (c & '\x80') != 0; }
  static constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }

  static constexpr std::uint64_t kNowhere = UINT64_MAX;

  Points* points_;
  std::size_t next_ = 0;  // the first point behind all that was drawn
  State state_ = State::line_begin;
  Text text_ = Text::code;
  Escapes escapes_ = Escapes::unknown, string_escapes_ = Escapes::unknown;  // as a rule; in this string
  Escapes escapes_before_ = Escapes::unknown;                               // as a rule, before a statement amid a line

  std::uint64_t stride_ = 1;
  std::uint64_t begin_ = 0;             // of the statement; kNowhere: that much of it was drawn
  std::uint64_t drawn_to_ = kNowhere;   // of this statement
  std::uint64_t segment_begin_ = 0;     // of the line, or the end of the last record in it
  std::uint64_t row_begin_ = 0;         // of a row of COPY
  std::uint64_t text_begin_ = 0;        // of the string or comment
  std::uint64_t word_begin_ = 0;        // of word_
  std::uint64_t tuple_begin_ = 0;       // of the tuple that is read or held
  std::uint64_t tuple_end_ = 0;         // of the one that is held
  std::uint64_t lost_from_ = kNowhere;  // where a tuple broke
  Word word_, keyword_, last_word_;
  std::size_t depth_ = 0;   // parentheses
  std::size_t names_ = 0;   // names that an opening has behind its keywords
  std::size_t commas_ = 0;  // of a tuple, at its own level
  char quote_ = '\0';
  char before_ = '\n';  // the last letter of code
  char sign_ = '\0';    // the last of those that are no blank; 'a': a word, '\'': a string
  char hunted_ = '\0';  // the last of `),` that was seen
  char last_ = '\0';    // the letter before those that are read
  bool odd_backslash_ = false;
  bool hunts_ = true;    // for `),(` in this line
  bool orphan_ = false;  // a tuple whose INSERT was not seen
  bool held_ = false;    // a tuple is complete, if only what follows it fits
  bool first_in_line_ = false;
  bool drew_in_line_ = false;
  bool is_amid_line_ = false;  // until the line ends
};

}  // namespace ambit::scrutiny
