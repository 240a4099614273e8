#include "stages/match/code_page.h"

#include <unicode/ucnv.h>

#include <algorithm>
#include <array>

namespace ambit::match {
namespace {

constexpr std::array kPages = {
    CodePage{Form::windows_1252, "windows-1252"},
    CodePage{Form::windows_1250, "windows-1250"},
    CodePage{Form::iso_8859_2, "iso-8859-2"},
    CodePage{Form::windows_1251, "windows-1251"},
    CodePage{Form::koi8_r, "koi8-r"},
    CodePage{Form::ibm866, "ibm-866"},
    CodePage{Form::ibm850, "ibm-850"},
    CodePage{Form::ibm852, "ibm-852"},
    CodePage{Form::macintosh, "macintosh"},
    CodePage{Form::windows_1253, "windows-1253"},
    CodePage{Form::windows_1254, "windows-1254"},
    CodePage{Form::windows_1255, "windows-1255"},
    CodePage{Form::windows_1256, "windows-1256"},
    CodePage{Form::windows_1257, "windows-1257"},
    CodePage{Form::windows_874, "windows-874"},
};

// The characters of the bytes from kFirst on; 0: none, or a control.
template <std::size_t kFirst>
std::array<char32_t, 256 - kFirst> characters_of(const char* name) {
  std::array<char32_t, 256 - kFirst> half{};
  UErrorCode failed = U_ZERO_ERROR;
  UConverter* const converter = ucnv_open(name, &failed);
  ucnv_setToUCallBack(converter, UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &failed);
  for (std::size_t i = 0; i < half.size() && U_SUCCESS(failed); ++i) {
    const char byte = static_cast<char>(kFirst + i);
    std::array<UChar, 4> units{};
    UErrorCode said = U_ZERO_ERROR;
    const int32_t count = ucnv_toUChars(converter, units.data(), units.size(), &byte, 1, &said);
    // Controls are what a page has in its gaps.
    if (U_SUCCESS(said) && count == 1 && (units[0] >= 0xa0 || (units[0] >= 0x20 && units[0] < 0x7f)) &&
        units[0] != 0xfffd)
      half[i] = units[0];
  }
  ucnv_close(converter);
  return half;
}

using Half = std::array<char32_t, 128>;

const Half& half_of(Form form) {
  static const std::array<Half, kPages.size()> kHalves = [] {
    std::array<Half, kPages.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = characters_of<0x80>(kPages[i].name);
    return all;
  }();
  return kHalves[static_cast<std::size_t>(form) - static_cast<std::size_t>(kFirstCodePage)];
}

}  // namespace

std::span<const CodePage> code_pages() { return kPages; }

char32_t code_of_byte(Form form, unsigned char byte) { return byte < 0x80 ? 0 : half_of(form)[byte - 0x80U]; }

unsigned char byte_of_code(Form form, char32_t code) {
  if (code < 0x80) return 0;
  const Half& half = half_of(form);
  const auto place = std::find(half.begin(), half.end(), code);
  return place == half.end() ? 0 : static_cast<unsigned char>(0x80 + (place - half.begin()));
}

namespace {
const std::array<char32_t, 256>& ebcdic() {
  static const std::array<char32_t, 256> kAll = characters_of<0>("ibm-37");
  return kAll;
}
}  // namespace

char32_t code_of_ebcdic(unsigned char byte) { return ebcdic()[byte]; }

unsigned char ebcdic_of_code(char32_t code) {
  const auto place = std::find(ebcdic().begin(), ebcdic().end(), code);
  return place == ebcdic().end() ? 0 : static_cast<unsigned char>(place - ebcdic().begin());
}

}  // namespace ambit::match
