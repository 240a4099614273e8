#include "stages/unpack/database/bson.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/database/packed_value.h"
#include "stages/unpack/input.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kLeastDocument = 5, kBsonLength = 4;

void append_digits(std::string_view bytes, std::string& line) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : bytes) {
    line.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    line.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
}

void append_double(std::string_view bytes, std::string& line) {
  std::array<char, 40> text{};
  const auto value = std::bit_cast<double>(little64(std::as_bytes(std::span(bytes)), 0));
  line.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

class BsonReader {
 public:
  BsonReader(std::string_view bytes, std::string& line) : bytes_(bytes), line_(line) {}

  std::optional<std::size_t> read() {
    if (!begin_document()) return std::nullopt;
    while (!ends_.empty()) {
      if (at_ + 1 == ends_.back() && bytes_[at_] == '\0') {
        ++at_;
        ends_.pop_back();
        continue;
      }
      if (!read_element()) return std::nullopt;
    }
    return at_;
  }
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  [[nodiscard]] std::size_t end() const { return ends_.empty() ? bytes_.size() : ends_.back(); }
  std::optional<std::string_view> take(std::uint64_t count) {
    if (count > end() - at_) return std::nullopt;
    const std::string_view out = bytes_.substr(at_, static_cast<std::size_t>(count));
    at_ += out.size();
    return out;
  }
  std::optional<std::uint32_t> take_length() {
    const auto bytes = take(kBsonLength);
    return bytes ? std::optional(little32(std::as_bytes(std::span(*bytes)), 0)) : std::nullopt;
  }
  std::optional<std::string_view> take_name() {
    const std::size_t zero = bytes_.substr(at_, end() - at_).find('\0');
    if (zero == std::string_view::npos) return std::nullopt;
    const auto name = take(zero);
    ++at_;
    return name;
  }
  bool begin_document() {
    if (ends_.size() >= limits::kMaxBsonDepth || end() - at_ < kLeastDocument) return false;
    const std::uint32_t bytes = little32(std::as_bytes(std::span(bytes_)), at_);
    if (bytes < kLeastDocument || bytes > end() - at_ || bytes_[at_ + bytes - 1] != '\0') return false;
    ends_.push_back(at_ + bytes);
    at_ += kBsonLength;
    return true;
  }
  // Of bytes that are shown, after a tab.
  bool show(std::optional<std::string_view> value) {
    if (!value) return false;
    line_.push_back('\t');
    append_shown(*value, line_);
    return true;
  }
  bool show_string() {
    const auto length = take_length();
    if (!length || *length == 0) return false;
    const auto text = take(*length);
    return text && text->back() == '\0' && show(text->substr(0, text->size() - 1));
  }
  bool show_number(std::size_t width, bool is_double) {
    const auto bytes = take(width);
    if (!bytes) return false;
    line_.push_back('\t');
    if (is_double) {
      append_double(*bytes, line_);
    } else {
      const auto shift = static_cast<unsigned>(64 - 8 * width);
      const std::uint64_t digits = little(std::as_bytes(std::span(*bytes)), 0, width);
      line_ += std::to_string(static_cast<std::int64_t>(digits << shift) >> shift);
    }
    return true;
  }
  bool show_digits(std::size_t width) {
    const auto bytes = take(width);
    if (!bytes) return false;
    append_digits(*bytes, line_ += '\t');
    return true;
  }
  bool show_binary() {
    const auto length = take_length();
    return length && take(1) && show(take(*length));
  }
  bool read_element() {
    const auto type = take(1);
    const auto name = type && (*type)[0] != '\0' ? take_name() : std::nullopt;
    return show(name) && read_value(static_cast<std::uint8_t>((*type)[0]));
  }
  bool read_value(std::uint8_t type) {
    constexpr std::size_t kIdBytes = 12;
    switch (type) {
      case 0x01:
        return show_number(8, true);
      case 0x02:
      case 0x0d:
      case 0x0e:
        return show_string();
      case 0x03:
      case 0x04:
        return begin_document();
      case 0x05:
        return show_binary();
      case 0x07:
        return show_digits(kIdBytes);
      case 0x08:
        return show_number(1, false);
      case 0x0b:
        return show(take_name()) && show(take_name());
      case 0x0c:
        return show_string() && show_digits(kIdBytes);
      case 0x0f:
        return take_length() && show_string() && begin_document();
      case 0x10:
        return show_number(4, false);
      case 0x09:
      case 0x11:
      case 0x12:
        return show_number(8, false);
      case 0x13:
        return take(16).has_value();
      case 0x06:
      case 0x0a:
      case 0x7f:
      case 0xff:
        return true;
      default:
        return false;
    }
  }

  const std::string_view bytes_;
  std::string& line_;
  std::size_t at_ = 0;
  std::vector<std::size_t> ends_;  // of the documents around
};

}  // namespace

std::optional<std::size_t> append_bson(std::string_view bytes, std::size_t& effort, std::string& line) {
  if (bytes.size() < kLeastDocument || effort == 0) return std::nullopt;
  const std::size_t before = line.size();
  BsonReader reader(bytes, line);
  const auto end = reader.read();
  if (end) return end;
  line.resize(before);
  effort -= std::min(effort, reader.at() + 1);
  return std::nullopt;
}

}  // namespace ambit::unpack
