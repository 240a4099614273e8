#include "stages/unpack/ole/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "stages/unpack/text/charset.h"
#include "stages/unpack/text/code_page.h"

namespace ambit::unpack {

Result<std::size_t> OleText::read(std::span<std::byte> into) {
  while (at_ == text_.size()) {
    if (over_) {
      if (is_damaged_) return evidence_error("some of the text of a document is damaged");
      return 0;
    }
    text_.clear();
    at_ = 0;
    over_ = !more(text_);
  }
  const std::size_t bytes = std::min(into.size(), text_.size() - at_);
  std::memcpy(into.data(), text_.data() + at_, bytes);
  at_ += bytes;
  return bytes;
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t width) {
  if (at > bytes.size() || bytes.size() - at < width) return 0;
  return little(std::as_bytes(std::span(bytes)), at, width);
}

std::string utf16_text(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  char32_t high = 0;
  for (std::size_t at = 0; at + 2 <= bytes.size(); at += 2) {
    const auto unit = static_cast<char32_t>(number_at(bytes, at, 2));
    const bool is_low = unit >= 0xdc00 && unit < 0xe000;
    if (high != 0 && is_low) {
      append_utf8(0x10000 + ((high - 0xd800U) << 10) + (unit - 0xdc00U), out);
      high = 0;
      continue;
    }
    if (high != 0) append_utf8(0xfffd, out);
    high = unit >= 0xd800 && unit < 0xdc00 ? unit : 0;
    if (high == 0) append_utf8(unit, out);
  }
  return out;
}

std::string code_page_text(std::string_view bytes, int code_page) {
  if (code_page == 1200) return utf16_text(bytes);
  const bool is_ascii =
      std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
  return is_ascii ? std::string(bytes) : to_utf8(bytes, charset_of_code_page(code_page));
}

int language_code_page(std::uint32_t language) {
  struct Row {
    std::uint32_t language;  // its lower ten bits: without the country
    int code_page;
  };
  constexpr std::array kRows = {Row{0x01, 1256}, Row{0x02, 1251}, Row{0x05, 1250}, Row{0x08, 1253}, Row{0x0d, 1255},
                                Row{0x0e, 1250}, Row{0x11, 932},  Row{0x12, 949},  Row{0x15, 1250}, Row{0x18, 1250},
                                Row{0x19, 1251}, Row{0x1b, 1250}, Row{0x1c, 1250}, Row{0x1e, 874},  Row{0x1f, 1254},
                                Row{0x20, 1256}, Row{0x22, 1251}, Row{0x23, 1251}, Row{0x24, 1250}, Row{0x25, 1257},
                                Row{0x26, 1257}, Row{0x27, 1257}, Row{0x29, 1256}, Row{0x2a, 1258}, Row{0x2c, 1254},
                                Row{0x2f, 1251}, Row{0x3f, 1251}, Row{0x40, 1251}, Row{0x43, 1254}, Row{0x44, 1251}};
  constexpr std::array kChinese = {Row{0x0804, 936},  Row{0x1004, 936},  Row{0x0404, 950},  Row{0x0c04, 950},
                                   Row{0x1404, 950},  Row{0x0c1a, 1251}, Row{0x1c1a, 1251}, Row{0x201a, 1251},
                                   Row{0x041a, 1250}, Row{0x081a, 1250}};
  for (const Row& row : kChinese) {
    if (row.language == language) return row.code_page;
  }
  for (const Row& row : kRows) {
    if (row.language == (language & 0x3ff)) return row.code_page;
  }
  return 1252;
}

void make_readable(std::string& text) {
  constexpr std::string_view kBlank = "\xc2\xa0", kSoftHyphen = "\xc2\xad", kNoWidth = "\xe2\x80\x8b";
  std::size_t at = text.find_first_of("\xc2\xe2"), to = at;
  while (at < text.size()) {
    const std::string_view rest = std::string_view(text).substr(at, kNoWidth.size());
    if (rest.starts_with(kBlank)) {
      text[to++] = ' ';
      at += kBlank.size();
    } else if (rest.starts_with(kSoftHyphen)) {
      at += kSoftHyphen.size();
    } else if (rest == kNoWidth) {
      at += kNoWidth.size();
    } else {
      text[to++] = text[at++];
    }
  }
  text.resize(std::min(to, text.size()));
}

std::string one_line(std::string text) {
  make_readable(text);
  std::erase(text, '\0');
  for (char& c : text) c = static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return text;
}

std::string number_text(double value) {
  constexpr double kWhole = 1e18;  // beyond it a double is no count of anything
  constexpr int kDigits = 15;      // as many as office programs show
  std::array<char, 64> text{};
  const bool is_whole = std::fabs(value) < kWhole && value == std::floor(value);
  const auto end =
      is_whole ? std::to_chars(text.data(), text.data() + text.size(), static_cast<std::int64_t>(value)).ptr
               : std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, kDigits).ptr;
  return {text.data(), end};
}

std::optional<std::int64_t> file_time(std::uint64_t time) {
  constexpr std::uint64_t kTicks = 10'000'000;
  constexpr std::int64_t kEpoch = 11'644'473'600;  // 1601 to 1970
  if (time == 0 || time > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(time / kTicks) - kEpoch;
}

}  // namespace ambit::unpack
