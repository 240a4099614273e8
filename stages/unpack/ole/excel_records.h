// The records of a workbook (MS-XLS 2.1.4), front to back.
//
//   stream = *record          record = type(2) bytes(2) body
//
// What is longer than a record goes on in records of type CONTINUE; whoever reads a body does not see the border, but
// where characters go on the border is followed by how wide they are from there on.
#pragma once

#include <cstdint>
#include <string>

#include "stages/unpack/input.h"
#include "stages/unpack/ole/file.h"

namespace ambit::unpack {

class ExcelRecords {
 public:
  ExcelRecords(const OleFile& file, std::uint32_t number) : stream_(file, number), input_(stream_, stream_.size()) {}

  // The next record that is none of the same body; false at the end.
  [[nodiscard]] bool next();
  [[nodiscard]] std::uint16_t type() const { return type_; }
  [[nodiscard]] std::uint64_t offset() const { return offset_; }  // of the record
  // Something of it could not be read.
  [[nodiscard]] bool is_damaged() const { return is_damaged_ || stream_.is_damaged(); }

  // Of the body: whether there is more, in this record or in one in which it goes on.
  [[nodiscard]] bool has_more();
  // All of the record that is left, without what it goes on in.
  [[nodiscard]] std::string rest();
  // The next `width` bytes as a number; 0 at the end.
  [[nodiscard]] std::uint64_t number(std::size_t width);
  void skip(std::uint64_t bytes);
  [[nodiscard]] std::string bytes(std::size_t count);
  // MS-XLS 2.5.293: flags, then so many characters of one or two bytes, how they look, how they are spoken. In UTF-8.
  [[nodiscard]] std::string text(std::size_t characters);

 private:
  [[nodiscard]] bool begin_record();
  [[nodiscard]] std::uint64_t peek_type();
  // The bytes of the record at hand that follow, at most `most`.
  [[nodiscard]] std::string take(std::size_t most);

  OleStream stream_;
  Input input_;
  std::uint16_t type_ = 0;
  std::uint64_t offset_ = 0, left_ = 0;
  bool is_damaged_ = false;
};

}  // namespace ambit::unpack
