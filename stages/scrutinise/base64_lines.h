// Lines of base64, made readable for detectors of bytes: the bodies and attachments of mails.
//
// A mail that is released as it stands shows its attachments to whoever undoes the base64, so the detectors must see
// them too. Decoding begins with a line: where a stretch of base64 began may lie chunks away, but a line's first digit
// is always the first of a group, since lines have a multiple of four digits. A line is decoded by itself, and only
// where what comes out has no control characters: of a picture or a packed file no line does, of text every one. So no
// result depends on where the cuts are, as long as the lines around are at hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ambit::scrutiny {

class Base64Lines {
 public:
  // Digits of a line that is worth decoding; a shorter one only where it ends what such lines began.
  static constexpr std::size_t kFewestDigits = 32;
  static constexpr std::size_t kMostDigits = 1000;  // RFC 5322 ends a line at 998; usual are 76 and 64

  // Less than 1 GiB.
  void read(std::span<const std::byte> bytes);
  [[nodiscard]] std::string_view text() const { return text_; }  // blocks of lines, a NUL behind each

  // Where letters [begin, end) of text() stand in the bytes. Their first and last digits may hold bits of their
  // neighbours; the digits between are theirs alone.
  struct Place {
    std::size_t begin = 0, end = 0;           // all digits
    std::size_t own_first = 0, own_last = 0;  // the first and the last that are theirs alone
  };
  [[nodiscard]] Place place_of(std::size_t begin, std::size_t end) const;

 private:
  void read_block(std::string_view all, std::size_t& at);
  [[nodiscard]] bool read_line(std::string_view all, std::size_t& at);
  [[nodiscard]] bool decode(std::string_view line, std::size_t offset);

  std::string text_;
  std::vector<std::uint32_t>
      sources_;  // by letter: four times the place of its group's first digit, and which of three
};

}  // namespace ambit::scrutiny
