#include "stages/match/unicode.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace ambit::match {
namespace {

constexpr char32_t kFirstFullWidth = 0xff01, kLastFullWidth = 0xff5e;
constexpr std::array<std::u32string_view, 7> kLigatures = {U"ff", U"fi", U"fl", U"ffi", U"ffl", U"st", U"st"};
constexpr char32_t kFirstLigature = 0xfb00;

const icu::Normalizer2& normalizer(bool compose) {
  UErrorCode status = U_ZERO_ERROR;
  return *(compose ? icu::Normalizer2::getNFCInstance(status) : icu::Normalizer2::getNFDInstance(status));
}

icu::UnicodeString to_icu(const Codes& text) {
  return icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(text.data()),
                                       static_cast<std::int32_t>(text.size()));
}

Codes from_icu(const icu::UnicodeString& text) {
  Codes out;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    out.push_back(static_cast<char32_t>(text.char32At(i)));
  }
  return out;
}

Codes normalise(const Codes& text, bool compose) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString out = normalizer(compose).normalize(to_icu(text), status);
  return U_FAILURE(status) ? text : from_icu(out);
}

char32_t fold(char32_t code) {
  return static_cast<char32_t>(u_foldCase(static_cast<UChar32>(code), U_FOLD_CASE_DEFAULT));
}

// A few characters stand for plainer ones without being canonically equal; 0 for all others.
char32_t narrow(char32_t code) {
  if (code >= kFirstFullWidth && code <= kLastFullWidth) return code - kFirstFullWidth + U'!';
  return code >= 0xa0 && is_space(code) ? U' ' : 0;
}

void append(Plain& out, char32_t code, bool ignore_case) {
  if (out.count < out.codes.size()) out.codes[out.count++] = ignore_case ? fold(code) : code;
}

}  // namespace

std::optional<Codes> decode_utf8(std::string_view text) {
  Codes out;
  for (std::size_t i = 0; i < text.size();) {
    UChar32 code = -1;
    std::int32_t at = 0;
    const auto left = static_cast<std::int32_t>(std::min<std::size_t>(text.size() - i, 4));
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data() + i);
    U8_NEXT(bytes, at, left, code);
    if (code < 0) return std::nullopt;
    out.push_back(static_cast<char32_t>(code));
    i += static_cast<std::size_t>(at);
  }
  return out;
}

void append_utf8(std::string& out, char32_t code) {
  std::array<std::uint8_t, 4> bytes;
  std::size_t count = 0;
  U8_APPEND_UNSAFE(bytes, count, code);
  out.append(reinterpret_cast<const char*>(bytes.data()), count);
}

void append_utf16(std::string& out, char32_t code, bool big_endian) {
  const auto unit = [&](char32_t value) {
    const auto high = static_cast<char>(static_cast<std::uint8_t>(value >> 8));
    const auto low = static_cast<char>(static_cast<std::uint8_t>(value & 0xff));
    out.push_back(big_endian ? high : low);
    out.push_back(big_endian ? low : high);
  };
  if (code < 0x10000) return unit(code);
  unit(0xd800 + ((code - 0x10000) >> 10));
  unit(0xdc00 + ((code - 0x10000) & 0x3ff));
}

Codes to_nfc(const Codes& text) { return normalise(text, true); }
Codes to_nfd(const Codes& text) { return normalise(text, false); }
char32_t to_lower(char32_t code) { return static_cast<char32_t>(u_tolower(static_cast<UChar32>(code))); }
char32_t to_upper(char32_t code) { return static_cast<char32_t>(u_toupper(static_cast<UChar32>(code))); }
char32_t to_title(char32_t code) { return static_cast<char32_t>(u_totitle(static_cast<UChar32>(code))); }

bool is_word(char32_t code) {
  return (U_GET_GC_MASK(static_cast<UChar32>(code)) & (U_GC_L_MASK | U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0;
}
bool is_letter(char32_t code) { return (U_GET_GC_MASK(static_cast<UChar32>(code)) & (U_GC_L_MASK | U_GC_M_MASK)) != 0; }
bool is_space(char32_t code) {
  return code == U' ' || (code >= 0xa0 && u_charType(static_cast<UChar32>(code)) == U_SPACE_SEPARATOR);
}
bool is_alnum(char32_t code) { return u_isalnum(static_cast<UChar32>(code)) != 0; }

bool is_ideograph(char32_t code) {
  if (!is_alnum(code)) return false;
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(static_cast<UChar32>(code), &status);
  return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA || script == USCRIPT_HANGUL;
}

Plain plain_of(char32_t code, bool ignore_case) {
  Plain out;
  if (const char32_t plainer = narrow(code); plainer != 0) code = plainer;
  if (code < 0x80) {
    out.codes[out.count++] = ignore_case && code >= U'A' && code <= U'Z' ? code + 32 : code;
    return out;
  }
  if (code >= kFirstLigature && code < kFirstLigature + kLigatures.size()) {
    for (const char32_t letter : kLigatures[code - kFirstLigature]) append(out, letter, ignore_case);
    return out;
  }
  icu::UnicodeString parts;
  if (!normalizer(false).getDecomposition(static_cast<UChar32>(code), parts)) {
    append(out, code, ignore_case);
    return out;
  }
  for (std::int32_t i = 0; i < parts.length(); i = parts.moveIndex32(i, 1)) {
    append(out, static_cast<char32_t>(parts.char32At(i)), ignore_case);
  }
  return out;
}

Codes plain_text(const Codes& text, bool ignore_case) {
  Codes out;
  for (const char32_t code : to_nfd(text)) out += plain_of(code, ignore_case).view();
  return out;
}

namespace {

// Characters that no normal form ever composes to (KELVIN SIGN, the CJK compatibility ideographs, U+0958 …).
const std::vector<char32_t>& never_composed() {
  static const std::vector<char32_t> codes = [] {
    UErrorCode status = U_ZERO_ERROR;
    const icu::UnicodeSet set(icu::UnicodeString(u"[:Full_Composition_Exclusion:]"), status);
    std::vector<char32_t> out;
    for (std::int32_t i = 0; i < set.size(); ++i) {
      if (const auto code = static_cast<char32_t>(set.charAt(i)); !is_space(code)) out.push_back(code);
    }
    return out;
  }();
  return codes;
}

// The ordinary spellings of a composed character: itself and its cases.
void add_cases(char32_t base, std::vector<Variant>& out) {
  icu::UnicodeSet set(static_cast<UChar32>(base), static_cast<UChar32>(base));
  set.closeOver(USET_CASE_INSENSITIVE);
  set.removeAllStrings();
  for (std::int32_t i = 0; i < set.size(); ++i) {
    const auto code = static_cast<char32_t>(set.charAt(i));
    const bool usual = code == base || code == to_lower(base) || code == to_upper(base) || code == to_title(base) ||
                       (base == 0x3c3 && code == 0x3c2);  // final sigma
    out.push_back({code, !usual || (base < 0x80 && code >= 0x80)});
  }
}

}  // namespace

Variants::Variants() {
  for (const bool ignore_case : {false, true}) {
    for (const char32_t code : never_composed()) {
      never_composed_[ignore_case][Codes(plain_of(code, ignore_case).view())].push_back(code);
    }
  }
}

const std::vector<Variant>& Variants::of(std::u32string_view text, bool ignore_case) {
  if (const auto known = seen_[ignore_case].find(text); known != seen_[ignore_case].end()) return known->second;
  const auto slot = seen_[ignore_case].try_emplace(Codes(text)).first;
  std::vector<Variant>& out = slot->second;
  if (const Codes composed = to_nfc(slot->first); composed.size() == 1) add_cases(composed[0], out);
  for (std::size_t i = 0; i < kLigatures.size(); ++i) {
    if (kLigatures[i] == text) out.push_back({kFirstLigature + static_cast<char32_t>(i), true});
  }
  if (text == U" ") out.push_back({0xa0, true});
  if (const auto found = never_composed_[ignore_case].find(slot->first); found != never_composed_[ignore_case].end()) {
    for (const char32_t code : found->second) out.push_back({code, true});
  }
  std::erase_if(out, [&](const Variant& variant) { return plain_of(variant.code, ignore_case).view() != text; });
  std::sort(out.begin(), out.end(), [](const Variant& a, const Variant& b) { return a.code < b.code; });
  const auto same = [](const Variant& a, const Variant& b) { return a.code == b.code; };
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  return out;
}

char32_t full_width(char32_t code) {
  if (code == U' ') return 0x3000;
  return code > U' ' && code < 0x7f ? code - U'!' + kFirstFullWidth : 0;
}

namespace {
std::vector<CodeRange> ranges_of(const icu::UnicodeSet& set) {
  std::vector<CodeRange> out;
  for (std::int32_t i = 0; i < set.getRangeCount(); ++i) {
    out.emplace_back(static_cast<char32_t>(set.getRangeStart(i)), static_cast<char32_t>(set.getRangeEnd(i)));
  }
  return out;
}
}  // namespace

std::vector<CodeRange> close_over_case(const std::vector<CodeRange>& ranges) {
  icu::UnicodeSet set;
  for (const auto& [first, last] : ranges) set.add(static_cast<UChar32>(first), static_cast<UChar32>(last));
  set.closeOver(USET_CASE_INSENSITIVE);
  set.removeAllStrings();
  return ranges_of(set);
}

const std::vector<CodeRange>& word_ranges() {
  static const std::vector<CodeRange> ranges = [] {
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeSet set(icu::UnicodeString(u"[[:L:][:M:][:Nd:][:Pc:]]"), status);
    return ranges_of(set);
  }();
  return ranges;
}

}  // namespace ambit::match
