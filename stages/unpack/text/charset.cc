#include "stages/unpack/text/charset.h"

#include <unicode/ucnv.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "pipeline/ascii.h"
#include "pipeline/limits.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

constexpr char32_t kReplacement = 0xfffd;

// --- UTF-8, or Windows-1252 ---------------------------------------------------------------------------------

// What Windows-1252 has where ISO-8859-1 has control characters; 0x80 to 0x9f.
constexpr std::array<char16_t, 32> kWestern = {0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                               0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
                                               0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                               0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};

enum class Utf8 : std::uint8_t { whole, cut, none };
struct Sequence {
  Utf8 is = Utf8::none;
  std::size_t bytes = 0;
};
// The character that text[at], a byte beyond ASCII, begins. `cut`: it may go on behind `text`.
Sequence utf8_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (at + i >= text.size()) return {Utf8::cut, i};
    const unsigned char least = i > 1 ? 0x80 : lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned char most = i > 1 ? 0xbf : lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (byte(i) < least || byte(i) > most) return {};
  }
  return length == 0 ? Sequence{} : Sequence{Utf8::whole, length};
}

std::size_t ascii_end(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  for (std::uint64_t eight = 0; at + sizeof eight <= text.size(); at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if ((eight & kHigh) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

class Utf8OrWestern final : public Rewriter {
 public:
  void rewrite(std::string_view piece, std::string& out) override {
    const std::size_t before = out.size();
    std::string joined;
    if (!held_.empty()) piece = joined = std::exchange(held_, {}).append(piece);
    held_ = piece.substr(decode(piece, out));
    if (!is_first_ || out.size() == before) return;
    is_first_ = false;
    if (std::string_view(out).substr(before).starts_with(kUtf8Mark)) out.erase(before, kUtf8Mark.size());
  }
  void finish(std::string& out) override {
    for (const char c : held_) western(c, out);
    held_.clear();
  }

 private:
  static void western(char c, std::string& out) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(byte >= 0x80 && byte < 0xa0 ? kWestern[byte - 0x80U] : byte, out);
  }
  // Returns where a character begins that is cut at the end of `text`.
  static std::size_t decode(std::string_view text, std::string& out) {
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t plain = ascii_end(text, at);
      std::size_t end = plain;
      Sequence sequence;
      while (end < text.size() && static_cast<unsigned char>(text[end]) >= 0x80) {
        sequence = utf8_at(text, end);
        if (sequence.is != Utf8::whole) break;
        end += sequence.bytes;
      }
      out.append(text.substr(at, end - at));
      at = end;
      if (at == text.size() || static_cast<unsigned char>(text[at]) < 0x80) continue;
      if (sequence.is == Utf8::cut) return at;
      western(text[at++], out);
    }
    return at;
  }

  std::string held_;
  bool is_first_ = true;
};

// --- what ICU knows -----------------------------------------------------------------------------------------

class Icu final : public Rewriter {
 public:
  explicit Icu(UConverter* converter) : converter_(converter) {}
  ~Icu() override { ucnv_close(converter_); }

  void rewrite(std::string_view piece, std::string& out) override { convert(piece, false, out); }
  void finish(std::string& out) override {
    convert({}, true, out);
    if (high_ != 0) append_utf8(kReplacement, out);
    high_ = 0;
  }

 private:
  void convert(std::string_view piece, bool is_last, std::string& out) {
    std::array<UChar, 4096> units;
    const char* from = piece.data();
    UErrorCode status = U_BUFFER_OVERFLOW_ERROR;
    while (status == U_BUFFER_OVERFLOW_ERROR) {
      UChar* to = units.data();
      status = U_ZERO_ERROR;
      ucnv_toUnicode(converter_, &to, units.data() + units.size(), &from, piece.data() + piece.size(), nullptr,
                     static_cast<UBool>(is_last), &status);
      for (const UChar* unit = units.data(); unit < to; ++unit) append(*unit, out);
    }
  }

  void append(char16_t unit, std::string& out) {
    const bool is_low = unit >= 0xdc00 && unit < 0xe000;
    if (high_ != 0) {
      append_utf8(is_low ? 0x10000 + ((high_ - 0xd800U) << 10) + (unit - 0xdc00U) : kReplacement, out);
      high_ = 0;
      if (is_low) return;
    }
    if (unit >= 0xd800 && unit < 0xdc00) {
      high_ = unit;
    } else if (unit != 0xfeff || !is_first_) {
      append_utf8(unit, out);
    }
    is_first_ = false;
  }

  UConverter* converter_;
  char32_t high_ = 0;
  bool is_first_ = true;
};

// Names of evidence reach ICU only if it has them in its list: others it would look for as files.
UConverter* open_converter(const std::string& name) {
  UErrorCode status = U_ZERO_ERROR;
  if (name.empty() || ucnv_countAliases(name.c_str(), &status) == 0 || U_FAILURE(status)) return nullptr;
  UConverter* const converter = ucnv_open(name.c_str(), &status);
  return U_SUCCESS(status) ? converter : nullptr;
}

// --- asking the text ----------------------------------------------------------------------------------------

// Plain ASCII goes by; with the first byte beyond it (or the escapes of 7-bit sets) the text begins to be collected,
// and what is collected says what it is.
class Guessing final : public Rewriter {
 public:
  void rewrite(std::string_view piece, std::string& out) override {
    if (decoder_) return decoder_->rewrite(piece, out);
    if (sample_.empty()) {
      const std::size_t plain = is_front_ ? 0 : plain_end(piece);
      out.append(piece.substr(0, plain));
      piece.remove_prefix(plain);
      if (piece.empty()) return;
    }
    sample_.append(piece);
    if (is_front_ && sample_.size() < kFrontBytes) return;
    const bool all_plain = is_front_ && plain_end(sample_) == sample_.size();
    if (all_plain) {
      out.append(sample_);
      sample_.clear();
      is_front_ = false;
    } else if (sample_.size() >= kSampleBytes) {
      decide(out);
    }
  }
  void finish(std::string& out) override {
    if (!sample_.empty()) decide(out);
    if (decoder_) decoder_->finish(out);
  }

 private:
  static constexpr std::size_t kFrontBytes = 4 * limits::KiB, kSampleBytes = 64 * limits::KiB;

  static std::size_t plain_end(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && static_cast<signed char>(text[at]) > 0 && text[at] != '\x1b' &&
           (text[at] != '~' || (at + 1 < text.size() && text[at + 1] != '{'))) {
      ++at;
    }
    return at;
  }
  void decide(std::string& out) {
    decoder_ = charset_decoder(guessed_charset(sample_, is_front_ ? Sample::front : Sample::middle));
    decoder_->rewrite(std::exchange(sample_, {}), out);
  }

  std::string sample_;
  bool is_front_ = true;
  std::unique_ptr<Rewriter> decoder_;
};

// --- labels -------------------------------------------------------------------------------------------------

struct Label {
  std::string_view label, means;
};
// Labels that mean a larger set than they name, and names that ICU does not know or knows as something else. Sorted.
constexpr std::array kLabels = {
    Label{"ansi_x3.4-1968"sv, ""sv},
    Label{"ascii"sv, ""sv},
    Label{"cp1252"sv, kUtf8OrWestern},
    Label{"cp932"sv, "windows-31j"sv},
    Label{"cp949"sv, "windows-949-2000"sv},
    Label{"csshiftjis"sv, "windows-31j"sv},
    Label{"euc-cn"sv, "gb18030"sv},
    Label{"euc-kr"sv, "windows-949-2000"sv},
    Label{"gb2312"sv, "gb18030"sv},
    Label{"gb_2312-80"sv, "gb18030"sv},
    Label{"gbk"sv, "gb18030"sv},
    Label{"iso-8859-1"sv, kUtf8OrWestern},
    Label{"iso-8859-11"sv, "windows-874"sv},
    Label{"iso-8859-8-e"sv, "iso-8859-8"sv},
    Label{"iso-8859-8-i"sv, "iso-8859-8"sv},
    Label{"iso-8859-9"sv, "windows-1254"sv},
    Label{"iso8859-1"sv, kUtf8OrWestern},
    Label{"iso_8859-1"sv, kUtf8OrWestern},
    Label{"korean"sv, "windows-949-2000"sv},
    Label{"ks_c_5601-1987"sv, "windows-949-2000"sv},
    Label{"latin1"sv, kUtf8OrWestern},
    Label{"mac-centraleurope"sv, "x-mac-centraleurroman"sv},
    Label{"mac-cyrillic"sv, "x-mac-cyrillic"sv},
    Label{"ms_kanji"sv, "windows-31j"sv},
    Label{"shift-jis"sv, "windows-31j"sv},
    Label{"shift_jis"sv, "windows-31j"sv},
    Label{"sjis"sv, "windows-31j"sv},
    Label{"tis-620"sv, "windows-874"sv},
    Label{"uhc"sv, "windows-949-2000"sv},
    Label{"unicode-1-1-utf-7"sv, "utf-7"sv},
    Label{"us-ascii"sv, ""sv},
    Label{"utf-8"sv, kUtf8OrWestern},
    Label{"utf8"sv, kUtf8OrWestern},
    Label{"windows-1252"sv, kUtf8OrWestern},
    Label{"x-gbk"sv, "gb18030"sv},
    Label{"x-sjis"sv, "windows-31j"sv},
};

}  // namespace

void append_utf8(char32_t code, std::string& out) {
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = kReplacement;
  std::array<std::uint8_t, 4> bytes;
  std::size_t count = 0;
  U8_APPEND_UNSAFE(bytes, count, code);
  out.append(reinterpret_cast<const char*>(bytes.data()), count);
}

std::string known_charset(std::string_view label) {
  constexpr std::size_t kMostBytes = 60;
  const std::size_t begin = label.find_first_not_of(" \t\r\n'\"");
  if (begin == std::string_view::npos) return {};
  std::string name(label.substr(begin, label.find_last_not_of(" \t\r\n'\"") - begin + 1));
  if (name.size() > kMostBytes) return {};
  for (char& c : name) {
    c = lower(c);
    const bool is_plain = is_alnum(c) || "-_.:+()"sv.find(c) != std::string::npos;
    if (!is_plain) return {};
  }
  const auto row = std::lower_bound(kLabels.begin(), kLabels.end(), name,
                                    [](const Label& r, const std::string& n) { return r.label < n; });
  if (row != kLabels.end() && row->label == name) return std::string(row->means);
  UErrorCode status = U_ZERO_ERROR;
  const bool is_known = ucnv_countAliases(name.c_str(), &status) > 0 && U_SUCCESS(status);
  return is_known ? name : std::string();
}

std::unique_ptr<Rewriter> charset_decoder(std::string_view charset) {
  if (charset.empty()) return std::make_unique<Guessing>();
  if (charset != kUtf8OrWestern) {
    if (UConverter* const converter = open_converter(std::string(charset))) return std::make_unique<Icu>(converter);
  }
  return std::make_unique<Utf8OrWestern>();
}

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  const bool may_be_plain = charset.empty() || charset == kUtf8OrWestern;
  if (may_be_plain && ascii_end(bytes, 0) == bytes.size() && bytes.find('\x1b') == std::string_view::npos) {
    return std::string(bytes);
  }
  return rewrite_all(*charset_decoder(charset), bytes);
}

Opened open_charset(const Packed& packed) {
  return Opened(one_view(rewritten(borrowed(*packed.stream), charset_decoder({}))));
}

}  // namespace ambit::unpack
