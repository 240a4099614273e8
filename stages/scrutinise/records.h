// Records: the extent around each hit that means something by itself, found while the chunks go by.
//
// In text it is what a person would call one: the row of a dump, the object of a list, the row of a table; where no
// dialect is recognised, the line. Readers of the dialects go through the text once, front to back, and know at every
// byte where they are: whether a quote opens or closes is known, not guessed from what stands around a hit. Each keeps
// a few numbers, no bytes, and so costs the same however many hits there are, wherever the record began. Damage ends
// what a reader knows; it begins anew where its dialect allows (see there), and in between nothing is drawn. So an
// extent follows from the bytes alone: not from other hits, not from the cuts.
//
// A line may begin chunks before the hit and end chunks after it, too. The newlines before a hit are searched in the
// order of the hits' starts and those behind it, apart, of their ends; either way no byte is searched twice, however
// many hits stand on one endless line. In other data the record is a window of fixed size.
//
// No record reaches farther than kMaxRecordBytes to either side of its hit. Overlapping records are one. Those that
// only touch stay apart: the neighbour may belong to another rule, and a decision joins what it releases by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/chunk.h"
#include "pipeline/facts.h"
#include "stages/scrutinise/record_points.h"
#include "stages/scrutinise/records_csv.h"
#include "stages/scrutinise/records_json.h"
#include "stages/scrutinise/records_sql.h"
#include "stages/scrutinise/records_xml.h"

namespace ambit::scrutiny {

// What ends a line: a '\n', or a '\r' that none follows (old Macs, and Excel on new ones, write tables so); in bytes,
// or in 16-bit units on even or odd offsets.
struct Newline {
  Form form = Form::utf8;   // utf8 (any form of single bytes), utf16le, utf16be
  std::uint8_t parity = 0;  // of the unit's first byte
  friend auto operator<=>(const Newline&, const Newline&) = default;
};
[[nodiscard]] Newline newline_of(const Hit& hit);

// The lines around the hits that share one sort of newline.
class Lines {
 public:
  Lines(Newline newline, std::vector<Asked>& asked) : newline_(newline), lines_(asked) {}
  void look(const Chunk& chunk);
  // The answers still open are the ends of the object or of the reach.
  void finish();

 private:
  void answer_begins(const Chunk& chunk);
  void answer_ends(const Chunk& chunk);
  [[nodiscard]] bool ends_line(const Chunk& chunk, std::uint64_t at) const;
  [[nodiscard]] std::uint64_t end_behind(std::uint64_t at) const;  // of the newline whose letter stands at `at`

  Newline newline_;
  std::vector<Asked>& lines_;          // by hit_begin; of the same Dialects
  std::vector<std::uint32_t> by_end_;  // into lines_, by hit_end; made at the first look
  std::size_t next_begin_ = 0, next_end_ = 0;
  std::uint64_t line_begin_ = 0;     // where the line at searched_back_ begins
  std::uint64_t searched_back_ = 0;  // every newline before this offset was asked for line_begin_
  std::uint64_t newline_end_ = 0;    // the last answer to a hit's end; 0: none
  std::uint64_t searched_on_ = 0;    // behind newline_end_ there is no newline before this offset
};

// The hits that are written in units of one width, and all that answers them.
class TextRecords {
 public:
  TextRecords(Newline newline, Kind kind);
  TextRecords(const TextRecords&) = delete;  // its parts know each other's places
  TextRecords& operator=(const TextRecords&) = delete;
  [[nodiscard]] Newline newline() const { return newline_; }
  void add(const Hit& hit, std::uint64_t size) { points_.add(hit, size); }  // in the order of Facts::hits
  void begin() { points_.sort(); }                                          // behind the last add
  void look(const Chunk& chunk);
  // Appends one extent per hit, and those of them that are lines without an end.
  void finish(std::uint64_t size, std::vector<Extent>& out, std::vector<Extent>& undelimited);

 private:
  [[nodiscard]] Letters letters_of(const Chunk& chunk);
  void read(const Letters& letters);

  Newline newline_;
  Points points_;
  Lines lines_;
  SqlReader sql_;
  JsonReader json_;
  std::optional<XmlReader> xml_;
  std::optional<CsvReader> csv_;
  // Of the chunk, where they are not its bytes: in UTF-16, or with '\n' for each '\r' that ends a line by itself. So no
  // reader knows but one sort of newline.
  std::string letters_;
};

class Records {
 public:
  // `hits` as in Facts; only those in raw bytes and not of the form `hash` have a record.
  void prepare(std::span<const Hit> hits, Kind kind, bool is_text, std::uint64_t size);
  void look(const Chunk& chunk);
  [[nodiscard]] std::vector<Extent> finish();  // sorted
  // After finish(): those that had to be cut and may hold anything, as no dialect and no end of a line tells; sorted.
  [[nodiscard]] const std::vector<Extent>& undelimited() const { return undelimited_; }

 private:
  std::vector<std::unique_ptr<TextRecords>> texts_;
  std::vector<Extent> windows_, undelimited_;
  std::uint64_t size_ = 0;
};

}  // namespace ambit::scrutiny
