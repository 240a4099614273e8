// Records of XML and HTML: the innermost element that has the name of a row and holds no other such.
//
// Which names those are is a list, whatever prefix of a namespace they have; where a dump calls its rows otherwise,
// what comes again is one (records_xml_siblings.h). No DTD, no entities: a '<' that is not mark-up stands in comments
// and CDATA only, which is all that must be known here.
#pragma once

#include <vector>

#include "stages/scrutinise/record_points.h"
#include "stages/scrutinise/records_xml_siblings.h"

namespace ambit::scrutiny {

class XmlReader {
 public:
  explicit XmlReader(Points& points) : points_(&points), siblings_(points) {}
  // All letters of the object, in order. A NUL may stand for any number of them.
  void read(const Letters& letters);
  void finish(std::uint64_t size) { siblings_.finish(size); }

 private:
  enum class State : std::uint8_t { text, name, tag, quoted, comment, cdata };
  // An element of the list that is open.
  struct Level {
    std::uint64_t begin = 0;
    std::size_t name = 0;
    bool holds_records = false;
  };

  void step(char c, std::uint64_t at);
  void step_name(char c, std::uint64_t at);
  void end_tag(std::uint64_t end);
  void tell_siblings(std::uint64_t end);
  void end_element(std::uint64_t begin, std::uint64_t end);
  void reset(std::uint64_t at);

  Points* points_;
  XmlSiblings siblings_;
  std::size_t next_ = 0;
  std::vector<Level> levels_;
  State state_ = State::text;
  std::uint64_t stride_ = 1;
  std::uint64_t tag_begin_ = 0;
  Word name_;                  // without a prefix
  std::uint64_t name_id_ = 0;  // of all its letters
  char quote_ = '\0';
  char before_ = '\0', before_that_ = '\0';
  bool is_closing_ = false;
};

}  // namespace ambit::scrutiny
