// Records of tables in text: a row whose quoted fields hold line breaks. All other rows are lines, and left to them.
//
//   row   = field { delimiter field } line-break          the delimiter is what the first row has most of: , ; TAB |
//   field = letters | '"' { letter | '""' | line-break } '"'
//
// Nothing in a table says where one begins, so nothing is believed that the first row does not bear out: a row over
// several lines has as many fields as the first, and behind each closing quote a delimiter or the end. A quote that has
// lost its partner costs lines, up to the next one, and never more than kMaxRecordBytes.
#pragma once

#include "stages/scrutinise/record_points.h"

namespace ambit::scrutiny {

class CsvReader {
 public:
  explicit CsvReader(Points& points) : points_(&points) {}
  // All letters of the object, in order. A NUL may stand for any number of them.
  void read(const Letters& letters);
  void finish(std::uint64_t size) { end_row(size); }

 private:
  enum class State : std::uint8_t { field_begin, field, quoted, quote_seen };
  static constexpr std::string_view kDelimiters = ",;\t|";

  void step(char c, std::uint64_t at);
  [[nodiscard]] bool is_delimiter(char c) const;
  void begin_row(std::uint64_t at);
  void end_row(std::uint64_t end);

  Points* points_;
  std::size_t next_ = 0;
  State state_ = State::field_begin;
  std::uint64_t stride_ = 1;
  std::uint64_t row_begin_ = 0, quote_begin_ = 0;
  std::array<std::uint32_t, kDelimiters.size()> counts_{};  // of the first row
  std::uint32_t fields_ = 0, wanted_ = 0;                   // delimiters of this row, of the first one
  std::uint32_t rows_ = 0, others_ = 0;                     // of one line; those of them with another number of fields
  char delimiter_ = '\0';                                   // NUL: the first row is not over
  bool is_table_ = true;
  bool has_breaks_ = false;  // this row
  bool is_bad_ = false;      // … has a letter behind a closing quote
};

}  // namespace ambit::scrutiny
