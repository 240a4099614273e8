// Pattern: what the case looks for, before it is turned into bytes.
//
// An Identifier is what the order names; a Form is how it may stand on a disk. stages/match turns the one into
// the other.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ambit {

class HashSet;  // hash_set.h

using IdentifierId = std::uint32_t;  // index into Scope::identifiers

enum class Strength : std::uint8_t { strong, weak };

// The order of the forms is the order of preference when two of them explain the same bytes.
enum class Form : std::uint8_t {
  utf8,
  utf16le,
  utf16be,
  base64,
  quoted_printable,
  percent,
  html,
  json,
  hex,         // text in hexadecimal digits
  utf8_twice,  // UTF-8 that was taken for a code page and written as UTF-8 again
  // Text in a character set of its language, and not only in its ASCII; where it looks alike in several, in the first
  // of them. Those of one byte a character come first.
  windows_1252,
  windows_1250,
  iso_8859_2,
  windows_1251,
  koi8_r,
  ibm866,
  ibm850,
  ibm852,
  macintosh,
  windows_1253,
  windows_1254,
  windows_1255,
  windows_1256,
  windows_1257,
  windows_874,
  windows_1258,
  gb18030,
  big5,
  shift_jis,
  euc_jp,
  euc_kr,
  ibm037,  // EBCDIC, in which nothing is ASCII
  raw,     // hex identifiers
  hash,    // digest of the whole object
};
inline constexpr Form kFirstCodePage = Form::windows_1252, kLastCodePage = Form::ibm037;
inline constexpr std::array<std::string_view, 34> kFormNames = {
    "utf8",        "utf16le",      "utf16be",      "base64",       "quoted-printable", "percent",
    "html",        "json",         "hex",          "utf8-twice",   "windows-1252",     "windows-1250",
    "iso-8859-2",  "windows-1251", "koi8-r",       "ibm866",       "ibm850",           "ibm852",
    "macintosh",   "windows-1253", "windows-1254", "windows-1255", "windows-1256",     "windows-1257",
    "windows-874", "windows-1258", "gb18030",      "big5",         "shift_jis",        "euc-jp",
    "euc-kr",      "ibm037",       "raw",          "hash"};
static_assert(!kFormNames.back().empty());
[[nodiscard]] constexpr std::string_view to_string(Form form) { return kFormNames[static_cast<std::size_t>(form)]; }

// A set of forms, one bit each.
class FormSet {
 public:
  constexpr FormSet() = default;
  [[nodiscard]] static constexpr FormSet text() {
    FormSet set;
    set.bits_ = bit(Form::raw) - 1;
    return set;
  }
  [[nodiscard]] static constexpr FormSet of(Form form) {
    FormSet set;
    set.add(form);
    return set;
  }
  [[nodiscard]] static constexpr FormSet code_pages() {
    FormSet set;
    set.bits_ = bit(Form::raw) - bit(kFirstCodePage);
    return set;
  }
  constexpr void add(Form form) { bits_ |= bit(form); }
  constexpr FormSet& operator|=(FormSet other) {
    bits_ |= other.bits_;
    return *this;
  }
  constexpr FormSet& operator&=(FormSet other) {
    bits_ &= other.bits_;
    return *this;
  }
  [[nodiscard]] constexpr bool has(Form form) const { return (bits_ & bit(form)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  friend constexpr bool operator==(FormSet, FormSet) = default;

 private:
  static constexpr std::uint64_t bit(Form form) { return std::uint64_t{1} << static_cast<unsigned>(form); }
  std::uint64_t bits_ = 0;
};

enum class DigestKind : std::uint8_t { md5, sha1, sha256 };
[[nodiscard]] constexpr std::size_t digest_bytes(DigestKind kind) {
  return kind == DigestKind::md5 ? 16 : kind == DigestKind::sha1 ? 20 : 32;
}

struct HashValue {
  DigestKind kind = DigestKind::sha256;
  std::array<std::uint8_t, 32> bytes{};  // the first digest_bytes(kind) count, the rest is zero
  std::optional<std::uint64_t> size;     // bytes of the object, where the set knows
  friend auto operator<=>(const HashValue&, const HashValue&) = default;
};

// What something packed begins with; looked for beside the identifiers.
struct Mark {
  std::string bytes;
  Form form = Form::raw;  // base64: in letters, or digits
};

struct Identifier {
  std::string name;  // dotted: "accused.mail"
  Strength strength = Strength::strong;
  bool whole_word = false;
  bool ignore_case = true;
  FormSet forms = FormSet::text();
  std::vector<std::string> literals;      // UTF-8, not empty strings
  std::vector<std::string> expressions;   // regular expressions, UTF-8
  std::vector<std::string> byte_strings;  // from hex
  std::vector<HashValue> hashes;          // from `hashes`; sorted
  // From `hash_set`. Shared, because several identifiers may name one file and a set is mapped once.
  std::vector<std::shared_ptr<const HashSet>> hash_sets;
};

}  // namespace ambit
