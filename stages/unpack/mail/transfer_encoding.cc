#include "stages/unpack/mail/transfer_encoding.h"

#include <array>
#include <cstdint>

#include "pipeline/base64.h"
#include "stages/unpack/mail/uuencode.h"

namespace ambit::unpack {
namespace {

class Base64 final : public Rewriter {
 public:
  void rewrite(std::string_view piece, std::string& out) override {
    for (const char c : piece) {
      const std::uint8_t value = base64_value(c);
      if (value == kNoBase64) {
        if (c == '=') finish(out);  // the end of one text; another may follow
        continue;
      }
      bits_ = bits_ << 6 | value;
      if (++letters_ < 4) continue;
      out.push_back(static_cast<char>(bits_ >> 16 & 0xff));
      out.push_back(static_cast<char>(bits_ >> 8 & 0xff));
      out.push_back(static_cast<char>(bits_ & 0xff));
      letters_ = 0;
      bits_ = 0;
    }
  }
  void finish(std::string& out) override {
    if (letters_ >= 2) out.push_back(static_cast<char>(bits_ >> (letters_ == 2 ? 4 : 10) & 0xff));
    if (letters_ == 3) out.push_back(static_cast<char>(bits_ >> 2 & 0xff));
    letters_ = 0;
    bits_ = 0;
  }

 private:
  std::uint32_t bits_ = 0;
  unsigned letters_ = 0;
};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Holds back an "=" with the blanks behind it, until what follows says whether it breaks the line.
class QuotedPrintable final : public Rewriter {
 public:
  void rewrite(std::string_view piece, std::string& out) override {
    for (std::size_t i = 0; i < piece.size();) {
      if (held_.empty()) {
        const std::size_t escape = std::min(piece.find('=', i), piece.size());
        out.append(piece.substr(i, escape - i));
        i = escape;
        if (i < piece.size()) held_.push_back(piece[i++]);
      } else {
        i += follow(piece[i], out) ? 1U : 0U;
      }
    }
  }
  void finish(std::string& out) override {
    // An "=" at the very end breaks a line that never comes.
    if (held_.size() > 1) out.append(held_);
    held_.clear();
  }

 private:
  // The byte behind an "=" and what is held; false if it is to be looked at again, with nothing held.
  bool follow(char c, std::string& out) {
    constexpr std::size_t kMostBlanks = 80;
    const char last = held_.back();
    if (held_.size() == 2 && hex_value(last) >= 0 && hex_value(c) >= 0) {
      out.push_back(static_cast<char>(hex_value(last) * 16 + hex_value(c)));
      held_.clear();
      return true;
    }
    const bool blanks = held_.size() == 1 || last == ' ' || last == '\t' || last == '\r';
    if (c == '\n' && blanks) {
      held_.clear();
      return true;
    }
    const bool may_follow =
        (held_.size() == 1 && hex_value(c) >= 0) || (blanks && (c == ' ' || c == '\t' || c == '\r'));
    if (may_follow && held_.size() < kMostBlanks) {
      held_.push_back(c);
      return true;
    }
    out.append(held_);
    held_.clear();
    return false;
  }

  std::string held_;
};

}  // namespace

std::unique_ptr<Rewriter> transfer_decoder(std::string_view encoding) {
  if (encoding == "base64") return std::make_unique<Base64>();
  if (encoding == "quoted-printable") return std::make_unique<QuotedPrintable>();
  for (const std::string_view name : {"x-uuencode", "uuencode", "x-uue", "uue"}) {
    if (encoding == name) return uuencode_decoder();
  }
  return nullptr;
}

}  // namespace ambit::unpack
