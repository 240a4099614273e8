// TNEF, the winmail.dat of Outlook (MS-OXTNEF): what it says in one stream, for mail that knows nothing of properties.
//
//   file       = 78 9f 3e 22 key(2) *attribute
//   attribute  = level(1) tag(4) bytes(4) value sum(2)            level 1: of the message, 2: of an attachment
//   properties = count(4) *property                              the value of two attributes
//   property   = type(2) id(2) [ name ] ( fixed | count(4) *( bytes(4) value padding ) )   name: where id >= 0x8000
//   name       = guid(16) kind(4) ( number(4) | bytes(4) utf-16 padding )
//   fixed      = value padding; of several: count(4) *( value padding )                    padding: to four bytes
//   recipients = count(4) *properties
//
// Numbers have their least byte first. The sums are not looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stages/unpack/input.h"
#include "stages/unpack/outlook/mapi.h"

namespace ambit::unpack {

// A range of the file.
struct TnefBytes {
  std::uint64_t offset = 0, bytes = 0;
};

enum class TnefTag : std::uint32_t {
  sent = 0x00038005,
  subject = 0x00018004,
  body = 0x0002800c,
  from = 0x00008000,
  attachment_data = 0x0006800f,
  attachment_title = 0x00018010,
  attachment_modified = 0x00038013,
  attachment_begin = 0x00069002,
  properties = 0x00069003,
  recipients = 0x00069004,
  attachment_properties = 0x00069005,
  code_page = 0x00069007,
};

struct TnefAttribute {
  bool is_of_attachment = false;
  TnefTag tag{};  // any number
  TnefBytes value;
};

class TnefFile {
 public:
  // `content`, of `size` bytes, outlives it. Error(evidence): no TNEF.
  [[nodiscard]] static Result<TnefFile> open(Content& content, std::uint64_t size);

  [[nodiscard]] const std::vector<TnefAttribute>& attributes() const { return attributes_; }
  // What stands behind the last attribute is none, or the last is cut.
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }
  // The bytes of a range, no more than `most` of them; fewer where they cannot be read.
  [[nodiscard]] std::string bytes(TnefBytes range, std::uint64_t most) const;
  [[nodiscard]] std::unique_ptr<ByteStream> stream(TnefBytes range) const;
  [[nodiscard]] Input input(TnefBytes range) const;

 private:
  TnefFile(Content& content, std::uint64_t size) : content_(&content), size_(size) {}
  void read_attributes();

  Content* content_;
  std::uint64_t size_;
  std::vector<TnefAttribute> attributes_;
  bool is_damaged_ = false;
};

struct MapiProperty {
  std::uint16_t id = 0;
  MapiType type{};  // any number; of several values each is one
  TnefBytes value;
};

// The properties of a list, or of several.
class MapiProperties {
 public:
  // `list`: whose first four bytes count properties; with `rows` they count lists.
  enum class Holds : bool { list, rows };
  MapiProperties(const TnefFile& file, TnefBytes list, Holds holds);

  // Nothing at the end.
  [[nodiscard]] std::optional<MapiProperty> next();
  // Which list the last property was in, from 0.
  [[nodiscard]] std::uint64_t row() const { return row_; }
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }

 private:
  [[nodiscard]] bool begin_list();
  [[nodiscard]] bool begin_property();
  [[nodiscard]] std::optional<std::uint32_t> number(std::size_t width);

  Input input_;
  std::uint64_t end_;
  std::uint64_t lists_left_ = 1, row_ = 0;
  std::uint32_t properties_left_ = 0, values_left_ = 0;
  bool is_first_ = true, is_damaged_ = false;
  MapiProperty property_;
  std::size_t fixed_bytes_ = 0;  // of each value; 0: each says its own
};

}  // namespace ambit::unpack
