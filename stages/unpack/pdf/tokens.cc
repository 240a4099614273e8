#include "stages/unpack/pdf/tokens.h"

#include <algorithm>

#include "stages/unpack/text/charset.h"

namespace ambit::unpack {
namespace {

using Kind = PdfToken::Kind;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\0'; }
bool is_delimiter(char c) { return std::string_view("()<>[]{}/%").find(c) != std::string_view::npos; }
bool is_regular(char c) { return !is_space(c) && !is_delimiter(c); }
bool is_octal(char c) { return c >= '0' && c <= '7'; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

PdfToken PdfTokens::next() {
  while (at_ < bytes_.size()) {
    const char c = bytes_[at_];
    const char after = at_ + 1 < bytes_.size() ? bytes_[at_ + 1] : '\0';
    if (c == '%') {
      at_ = std::min(bytes_.find_first_of("\r\n", at_), bytes_.size());
    } else if (c == '(') {
      return literal();
    } else if (c == '/') {
      return name();
    } else if (c == '<' && after == '<') {
      at_ += 2;
      return {.kind = Kind::open, .text = {}};
    } else if (c == '>' && after == '>') {
      at_ += 2;
      return {.kind = Kind::close, .text = {}};
    } else if (c == '<') {
      return hexadecimal();
    } else if (is_regular(c)) {
      return plain();
    } else {
      ++at_;
    }
  }
  return {};
}

// ( … ), balanced, with \n \( \ddd and a line that goes on behind a backslash.
PdfToken PdfTokens::literal() {
  PdfToken out{.kind = Kind::string, .text = {}};
  const std::size_t most = std::min(bytes_.size(), at_ + kMostStringBytes);
  int depth = 0;
  while (at_ < most) {
    const char c = bytes_[at_++];
    if (c == '(' && depth++ == 0) continue;
    if (c == ')' && --depth == 0) break;
    if (c != '\\' || at_ == most) {
      out.text += c;
      continue;
    }
    const char escaped = bytes_[at_++];
    constexpr std::string_view kLetters = "nrtbf", kMeans = "\n\r\t\b\f";
    if (const std::size_t letter = kLetters.find(escaped); letter != std::string_view::npos) {
      out.text += kMeans[letter];
    } else if (is_octal(escaped)) {
      int value = escaped - '0';
      for (int i = 0; i < 2 && at_ < most && is_octal(bytes_[at_]); ++i) value = value * 8 + (bytes_[at_++] - '0');
      out.text += static_cast<char>(value);
    } else if (escaped == '\r' || escaped == '\n') {
      if (escaped == '\r' && at_ < most && bytes_[at_] == '\n') ++at_;
    } else {
      out.text += escaped;
    }
  }
  return out;
}

// < 48 65 >; an odd last digit is followed by 0.
PdfToken PdfTokens::hexadecimal() {
  PdfToken out{.kind = Kind::string, .text = {}};
  const std::size_t most = std::min(bytes_.size(), at_ + kMostStringBytes);
  int high = -1;
  for (++at_; at_ < most; ++at_) {
    const int value = hex_value(bytes_[at_]);
    if (value < 0 && !is_space(bytes_[at_])) break;
    if (value < 0) continue;
    if (high >= 0) out.text += static_cast<char>(high << 4 | value);
    high = high >= 0 ? -1 : value;
  }
  if (high >= 0) out.text += static_cast<char>(high << 4);
  if (at_ < most && bytes_[at_] == '>') ++at_;
  return out;
}

// /Name, with #20 for bytes.
PdfToken PdfTokens::name() {
  PdfToken out{.kind = Kind::name, .text = {}};
  for (++at_; at_ < bytes_.size() && is_regular(bytes_[at_]); ++at_) {
    const int high = at_ + 2 < bytes_.size() ? hex_value(bytes_[at_ + 1]) : -1;
    const int low = at_ + 2 < bytes_.size() ? hex_value(bytes_[at_ + 2]) : -1;
    if (bytes_[at_] == '#' && high >= 0 && low >= 0) {
      out.text += static_cast<char>(high << 4 | low);
      at_ += 2;
    } else {
      out.text += bytes_[at_];
    }
  }
  return out;
}

PdfToken PdfTokens::plain() {
  const std::size_t begin = at_;
  while (at_ < bytes_.size() && is_regular(bytes_[at_])) ++at_;
  PdfToken out{.kind = Kind::word, .text = {}};
  const std::string_view text = bytes_.substr(begin, at_ - begin);
  constexpr std::size_t kMostDigits = 18;
  if (text.size() <= kMostDigits && text.find_first_not_of("0123456789") == std::string_view::npos) {
    out.kind = Kind::number;
    for (const char c : text) out.number = out.number * 10 + static_cast<std::uint64_t>(c - '0');
  } else if (text.find_first_not_of("+-.0123456789") == std::string_view::npos) {
    out.kind = Kind::number;
  } else {
    out.text = text;
  }
  return out;
}

std::size_t PdfTokens::skip_line_end() {
  if (at_ < bytes_.size() && bytes_[at_] == '\r') ++at_;
  if (at_ < bytes_.size() && bytes_[at_] == '\n') ++at_;
  return at_;
}

std::size_t PdfTokens::skip_stream(std::size_t length) {
  constexpr std::string_view kEnd = "endstream";
  constexpr std::size_t kLineEnd = 2;
  const std::size_t begin = at_;
  if (length <= bytes_.size() - begin) {
    const std::string_view behind = bytes_.substr(begin + length, kEnd.size() + kLineEnd);
    if (behind.find(kEnd) != std::string_view::npos) {
      at_ = begin + length;
      return at_;
    }
  }
  at_ = std::min(bytes_.find(kEnd, begin), bytes_.size());
  return at_;
}

std::string pdf_string(std::string_view bytes) {
  if (bytes.starts_with("\xfe\xff")) return to_utf8(bytes.substr(2), "utf-16be");
  if (bytes.starts_with("\xff\xfe")) return to_utf8(bytes.substr(2), "utf-16le");
  if (bytes.starts_with("\xef\xbb\xbf")) return std::string(bytes.substr(3));
  const bool is_text = std::none_of(bytes.begin(), bytes.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
  });
  return is_text ? to_utf8(bytes, "windows-1252") : std::string();
}

}  // namespace ambit::unpack
