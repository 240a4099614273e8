#include "stages/match/multibyte.h"

#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "stages/match/unicode.h"

namespace ambit::match {
namespace {

constexpr std::array kSets = {Form::windows_1258, Form::gb18030, Form::big5,
                              Form::shift_jis,    Form::euc_jp,  Form::euc_kr};
// As ICU knows them: the largest set that programs mean by each name.
constexpr std::array kSetNames = {"windows-1258", "gb18030", "big5-hkscs", "windows-31j", "euc-jp", "windows-949-2000"};

constexpr std::size_t kMostBytes = 4;     // of a letter
constexpr std::size_t kAlignReach = 256;  // bytes to either side of a find

constexpr std::size_t count_of(std::uint32_t bytes) {
  return bytes > 0xffffff ? 4 : bytes > 0xffff ? 3 : bytes > 0xff ? 2 : 1;
}
// What is written in the tables: neither ASCII nor a control, and no character that only its user knows.
constexpr bool is_listed(char32_t code) { return code >= 0xa0 && code != 0xfffd && (code < 0xe000 || code > 0xf8ff); }

class Converter {
 public:
  explicit Converter(const char* name) : converter_(ucnv_open(name, &failed_)) {
    ucnv_setToUCallBack(converter_, UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &failed_);
    ucnv_setFromUCallBack(converter_, UCNV_FROM_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &failed_);
    ucnv_setFallback(converter_, false);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() { ucnv_close(converter_); }

  // The one character that these bytes are; 0: they are none, or more.
  [[nodiscard]] char32_t decode(const std::string& bytes) const {
    std::array<UChar, 4> units{};
    UErrorCode said = failed_;
    const int32_t count =
        ucnv_toUChars(converter_, units.data(), units.size(), bytes.data(), static_cast<int32_t>(bytes.size()), &said);
    if (U_FAILURE(said) || count < 1 || count > 2) return 0;
    const icu::UnicodeString text(units.data(), count);
    const auto code = static_cast<char32_t>(text.char32At(0));
    return text.countChar32() == 1 && is_listed(code) ? code : 0;
  }
  [[nodiscard]] std::uint32_t encode(char32_t code) const {
    const icu::UnicodeString text(static_cast<UChar32>(code));
    std::array<char, 8> bytes{};
    UErrorCode said = failed_;
    const int32_t length =
        ucnv_fromUChars(converter_, bytes.data(), bytes.size(), text.getBuffer(), text.length(), &said);
    std::uint32_t out = 0;
    for (int32_t i = 0; U_SUCCESS(said) && i < std::min<int32_t>(length, kMostBytes); ++i) {
      out = out << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
    }
    return out;
  }

 private:
  UErrorCode failed_ = U_ZERO_ERROR;
  UConverter* converter_;
};

// One set, both ways.
struct Table {
  std::vector<Coded> by_code;   // of one code, the usual bytes first
  std::vector<Coded> by_bytes;  // each once
};

void list_bytes(const Converter& converter, std::uint32_t first, std::uint32_t last, std::vector<Coded>& out) {
  for (std::uint32_t bytes = first; bytes <= last; ++bytes) {
    if (const char32_t code = converter.decode(bytes_of({0, bytes})); code != 0) out.push_back({code, bytes});
  }
}

// What GB18030 writes in four bytes: the rest of the first plane, and the ideographs of the second, which it counts.
void list_four_bytes(const Converter& converter, std::vector<Coded>& out) {
  const auto bytes_at = [](std::uint32_t step) {
    return (0x81 + step / 12'600) << 24 | (0x30 + step / 1'260 % 10) << 16 | (0x81 + step / 10 % 126) << 8 |
           (0x30 + step % 10);
  };
  constexpr std::uint32_t kFirstPlane = 39'420, kOtherPlanes = 189'000;  // steps in the first, and before the others
  for (std::uint32_t step = 0; step < kFirstPlane; ++step) list_bytes(converter, bytes_at(step), bytes_at(step), out);
  for (char32_t code = 0x20000; code < 0x30000; ++code) {
    out.push_back({code, bytes_at(kOtherPlanes + static_cast<std::uint32_t>(code) - 0x10000)});
  }
}

// A vowel and its tone, where these are one character elsewhere.
void list_tones(const Converter& converter, std::vector<Coded>& out) {
  constexpr std::array<char32_t, 5> kTones = {0x300, 0x301, 0x303, 0x309, 0x323};
  std::vector<Coded> bases = out;
  for (std::uint32_t letter = 'A'; letter <= 'z'; ++letter) bases.push_back({letter, letter});
  for (const Coded& base : bases) {
    for (const char32_t tone : kTones) {
      const Codes composed = to_nfc({base.code, tone});
      if (composed.size() == 1) out.push_back({composed[0], base.bytes << 8 | converter.encode(tone)});
    }
  }
}

Table table_of(std::size_t number) {
  const Form form = kSets[number];
  const Converter converter(kSetNames[number]);
  Table table;
  std::vector<Coded>& all = table.by_bytes;
  list_bytes(converter, 0x80, 0xff, all);
  if (form == Form::windows_1258) {
    list_tones(converter, all);
  } else {
    for (std::uint32_t lead = 0x81; lead <= 0xfe; ++lead)
      list_bytes(converter, lead << 8 | 0x40, lead << 8 | 0xfe, all);
  }
  for (std::uint32_t middle = 0xa1; form == Form::euc_jp && middle <= 0xfe; ++middle) {
    list_bytes(converter, 0x8f0000 | middle << 8 | 0xa1, 0x8f0000 | middle << 8 | 0xfe, all);
  }
  if (form == Form::gb18030) list_four_bytes(converter, all);
  table.by_code = all;
  std::sort(all.begin(), all.end(), [](const Coded& a, const Coded& b) { return a.bytes < b.bytes; });
  std::vector<Coded>& by_code = table.by_code;
  std::stable_sort(by_code.begin(), by_code.end(), [](const Coded& a, const Coded& b) { return a.code < b.code; });
  for (std::size_t i = 1; i < by_code.size(); ++i) {
    if (by_code[i].code == by_code[i - 1].code && by_code[i].bytes == converter.encode(by_code[i].code)) {
      std::swap(by_code[i], by_code[i - 1]);
    }
  }
  return table;
}

template <std::size_t kNumber>
const Table& table_made_once() {
  static const Table table = table_of(kNumber);
  return table;
}

const Table& table_of(Form form) {
  switch (form) {
    case Form::windows_1258:
      return table_made_once<0>();
    case Form::gb18030:
      return table_made_once<1>();
    case Form::big5:
      return table_made_once<2>();
    case Form::shift_jis:
      return table_made_once<3>();
    case Form::euc_jp:
      return table_made_once<4>();
    default:
      return table_made_once<5>();
  }
}

// The character of `count` bytes from `at` on, all of them in the window; 0: none.
char32_t code_at(Form form, Bytes window, std::size_t at, std::size_t count) {
  std::uint32_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) bytes = bytes << 8 | byte_at(window, at + i);
  if (count_of(bytes) != count || bytes < 0x80) return 0;
  const std::vector<Coded>& all = table_of(form).by_bytes;
  const auto found = std::lower_bound(all.begin(), all.end(), bytes,
                                      [](const Coded& coded, std::uint32_t wanted) { return coded.bytes < wanted; });
  return found != all.end() && found->bytes == bytes ? found->code : 0;
}

// Whether such a byte can begin a letter of several. A letter begins after any byte that cannot.
bool is_lead(Form form, std::uint32_t byte) {
  if (form == Form::shift_jis) return (byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc);
  return byte >= 0x81 && byte <= 0xfe;
}

// Bytes of the letter at `at`; 0: there is none.
std::size_t length_at(Form form, Bytes window, std::size_t at) {
  if (at >= window.size()) return 0;
  if (byte_at(window, at) < 0x80) return 1;
  for (std::size_t count = std::min(kMostBytes, window.size() - at); count > 0; --count) {
    if (code_at(form, window, at, count) != 0) return count;
  }
  return 0;
}

std::size_t leads_before(Form form, Bytes window, std::size_t at) {
  std::size_t count = 0;
  while (count < at && count < kAlignReach && is_lead(form, byte_at(window, at - count - 1))) ++count;
  return count;
}

}  // namespace

std::span<const Form> multibyte_sets() { return kSets; }

std::span<const Coded> writings_of(Form form, char32_t code) {
  const std::vector<Coded>& all = table_of(form).by_code;
  const auto [first, last] = std::equal_range(all.begin(), all.end(), Coded{code, 0},
                                              [](const Coded& a, const Coded& b) { return a.code < b.code; });
  return {first, last};
}

std::string bytes_of(const Coded& coded) {
  std::string out;
  for (std::size_t left = count_of(coded.bytes); left > 0; --left) {
    out += static_cast<char>(static_cast<unsigned char>(coded.bytes >> 8 * (left - 1) & 0xff));
  }
  return out;
}

void multibyte_next(Form form, Bytes window, std::size_t at, Glyphs& out) {
  if (at >= window.size()) return;
  for (std::size_t count = std::min(kMostBytes, window.size() - at); count > 0; --count) {
    if (const char32_t code = code_at(form, window, at, count); code != 0) {
      out.add({code, static_cast<std::uint32_t>(count), true});
    }
  }
  if (byte_at(window, at) < 0x80) out.add({byte_at(window, at), 1});
}

void multibyte_before(Form form, Bytes window, std::size_t at, Glyphs& out) {
  if (at == 0) return;
  Glyph alone;
  if (const std::uint32_t last = byte_at(window, at - 1); last < 0x80) {
    alone = {last, 1};
  } else if (const char32_t code = code_at(form, window, at - 1, 1); code != 0) {
    alone = {code, 1, true};
  }
  // Bytes that begin letters go in pairs: where there is an odd number of them, the last one begins this letter.
  const bool alone_first =
      alone.bytes != 0 && form != Form::windows_1258 && leads_before(form, window, at - 1) % 2 == 0;
  if (alone_first) out.add(alone);
  for (std::size_t count = std::min(kMostBytes, at); count > 1; --count) {
    if (const char32_t code = code_at(form, window, at - count, count); code != 0) {
      out.add({code, static_cast<std::uint32_t>(count), true});
    }
  }
  if (!alone_first && alone.bytes != 0) out.add(alone);
}

bool is_amid_letters(Form form, Bytes window, std::size_t begin, std::size_t end) {
  if (form == Form::windows_1258) return false;
  const std::size_t leads = leads_before(form, window, begin);
  if (leads == kAlignReach) return false;
  std::size_t other = begin - leads;
  while (other < begin) {
    const std::size_t length = length_at(form, window, other);
    if (length == 0) return false;
    other += length;
  }
  std::size_t own = begin;
  while (other != own && std::min(other, own) < end + kAlignReach) {
    std::size_t& behind = other < own ? other : own;
    const std::size_t length = length_at(form, window, behind);
    if (length == 0) return &behind == &own;
    behind += length;
  }
  return false;
}

}  // namespace ambit::match
