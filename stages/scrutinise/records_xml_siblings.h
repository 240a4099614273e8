// Records of XML whose names nobody knows: the innermost element beside which another of its name stands.
//
//   <contacts> <contact>ann</contact> <contact>kim</contact> </contacts>     what comes again is a record
//   <contacts of="kim"> <contact>…                                          what stands beside records is one, up to
//   them
//
// Only neighbours are compared: a list of records has nothing between them. An element that holds records is none. What
// HTML strews into running text (<b>, <br>) is no element here. Where nothing comes again, the line is the record.
#pragma once

#include <vector>

#include "stages/scrutinise/record_points.h"

namespace ambit::scrutiny {

class XmlSiblings {
 public:
  explicit XmlSiblings(Points& points) : points_(&points) {}
  [[nodiscard]] bool is_settled() const { return next_ == points_->size() && waiting_.empty(); }
  // The tags of the object, in order. A name is without its prefix and in lower case; as a number, for only whether two
  // are the same is asked.
  void open(std::uint64_t name, std::uint64_t begin);
  void close(std::uint64_t name, std::uint64_t end);
  void reset(std::uint64_t at);
  void finish(std::uint64_t size);

 private:
  struct Element {
    std::uint64_t name = 0, begin = 0, end = 0;
  };
  struct Level {
    Element element;
    Element last;             // the last complete one in it; name 0: none
    std::uint64_t apart = 0;  // where what stands beside its records begins
    bool last_is_record = false;
    bool holds_records = false;
  };

  void close_level(std::uint64_t end);
  void split(Level& level, const Element& record);
  void wait_to(std::uint64_t end);
  [[nodiscard]] std::vector<std::size_t> take(std::uint64_t from, std::uint64_t to);
  void draw(const Element& record);
  void keep_apart(std::uint64_t begin, std::uint64_t end);

  Points* points_;
  std::size_t next_ = 0;              // the first point that is not waiting yet
  std::vector<std::size_t> waiting_;  // points that no record holds yet; by offset
  std::vector<Level> levels_;
};

}  // namespace ambit::scrutiny
