// Folding: ASCII text written as UTF-16, made readable for detectors of bytes.
//
// On the object's even offsets, a stretch of units (letter, 0) is UTF-16LE and one of (0, letter) UTF-16BE. Inside a
// stretch the other reading, one byte on, fits too, and where the stretch ends may lie chunks away; alignment is the
// one rule that needs no more than the unit itself, so that no result depends on where the cuts are. Its price: text
// on odd offsets is read in the other byte order, which may cost it its very first letter, never more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ambit::scrutiny {

enum class ByteOrder : std::uint8_t { little, big };

class Folded {
 public:
  // `offset`: of bytes[0] in the object.
  void fold(std::span<const std::byte> bytes, std::uint64_t offset);
  [[nodiscard]] std::string_view text() const { return text_; }  // the stretches, a NUL behind each

  // Where the letter `i` of text() stands in `bytes` (the letter's own byte, not its zero).
  struct Place {
    std::size_t letter = 0;
    ByteOrder order = ByteOrder::little;
  };
  [[nodiscard]] Place place_of(std::size_t i) const;

 private:
  struct Stretch {
    std::size_t text_begin = 0;
    Place first;
  };
  std::string text_;
  std::vector<Stretch> stretches_;
};

}  // namespace ambit::scrutiny
