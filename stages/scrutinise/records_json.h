// Records of JSON: which object a person would call one.
//
//   [ {"id": 1, "name": "a"}, {"id": 2, …} ]     what stands in an array and is itself an object or an array
//   {"id": 1, "name": "a"}                       one such line after another (JSON lines): the line
//   {"id": 1}{"id": 2}                           several in one line: each by itself
//   {"took": 3, "hits": [ {…}, {…} ]}            of an object that holds records, the members between these
//   {"ann": {…}, "kim": {…}}                     of an object that is a map, the member
//   ["ann@…", "kim@…"]                           of a list that belongs to no object, the element
//
// So records never hold each other, and none reaches over its neighbours. An object or array that holds none is a part
// of the one that holds it ("address": {…}), if it is small and no map.
//
// A value begins where a line does, whatever the file is called. The grammar is that of RFC 8259 to the letter, so
// prose and source text end it at once. Inside a string no quote stands alone, hence whoever begins in the middle finds
// a place to do so: `},{` opens an object, and what is none ends it again.
#pragma once

#include <vector>

#include "stages/scrutinise/record_points.h"

namespace ambit::scrutiny {

class JsonReader {
 public:
  explicit JsonReader(Points& points) : points_(&points) {}
  // All letters of the object, in order. A NUL may stand for any number of them.
  void read(const Letters& letters);
  void finish(std::uint64_t size);

 private:
  enum class State : std::uint8_t {
    line_begin,  // blanks before the first letter of a line
    skip,        // the rest of a line that begins no value
    value,
    value_or_end,  // behind '['
    key,
    key_or_end,  // behind '{'
    colon,
    comma_or_end,
    string,
    escape,
    word,       // a number, true, null …
    line_end,   // behind a value that nothing holds
    next_line,  // blanks behind it
  };
  enum class Bracket : std::uint8_t { object, array };
  // An object or array that is open.
  struct Level {
    std::uint64_t begin = 0;
    std::uint64_t segment = 0;    // begin of the members since the last record in it
    std::uint64_t member = 0;     // begin of the last member or element
    std::uint64_t value_end = 0;  // of the last member that is complete
    std::uint32_t scalars = 0, segment_scalars = 0, containers = 0;
    std::uint8_t height = 1;  // 1: holds scalars only
    Bracket bracket = Bracket::object;
    bool holds_records = false, holds_list = false;
  };
  // A point that no record holds yet, and the member it is in.
  struct Waiting {
    std::size_t point;
    std::uint64_t begin, end;
  };
  enum class Fate : std::uint8_t { is_record, is_part, holds_others };

  void step(char c, std::uint64_t at);
  [[nodiscard]] std::size_t skip_line(const Letters& letters, std::size_t i);
  [[nodiscard]] std::size_t skip_string(const Letters& letters, std::size_t i);
  void step_between_lines(char c, std::uint64_t at);
  void step_value(char c, std::uint64_t at);
  void step_in_object(char c, std::uint64_t at);
  void begin_top(std::uint64_t at);
  void open(Bracket bracket, std::uint64_t at);
  void close(Bracket bracket, std::uint64_t at);
  void end_scalar(std::uint64_t end);
  void end_top(std::uint64_t end);
  [[nodiscard]] bool is_word_complete() const;
  [[nodiscard]] Fate fate_of(const Level& level) const;
  void settle(const Level& level, std::uint64_t end);
  void split_parent(const Level& child, std::uint64_t end);

  void wait_to(std::uint64_t end, std::uint64_t begin);
  void wait_apart_to(std::uint64_t at);
  void draw_from(std::uint64_t from, std::uint64_t begin, std::uint64_t end);
  void draw_members_from(std::uint64_t from);
  void draw_lines_from(std::size_t first_point);
  void broken(std::uint64_t at);
  void end_lost(std::uint64_t at);
  void to_line_begin(std::uint64_t at);
  void reset(std::uint64_t at);

  static constexpr std::uint64_t kNowhere = UINT64_MAX;

  Points* points_;
  std::size_t next_ = 0;          // first point that is not waiting yet
  std::vector<Waiting> waiting_;  // by offset
  std::vector<Level> levels_;
  std::size_t elements_ = 0;  // those of them that stand in an array
  State state_ = State::line_begin;
  std::uint64_t stride_ = 1;
  std::uint64_t top_begin_ = 0, scalar_begin_ = 0;
  std::uint64_t lost_from_ = kNowhere;
  std::size_t top_point_ = 0;  // first point of the value that nothing holds
  Word word_;
  char hunted_ = '\0';        // the last of `},` that was seen
  bool hunts_ = true;         // for `},{` in this line
  bool is_key_ = false;       // the string
  bool is_believed_ = false;  // more than brackets was seen
  bool was_lost_ = false;     // in this line: a value that was believed broke
  bool in_one_line_ = true;   // the value that nothing holds
  bool after_line_ = false;   // and the line before was one, too
  bool is_fragment_ = false;  // of an array that began before
  bool begins_line_ = true;   // the value that nothing holds
};

}  // namespace ambit::scrutiny
