#include "stages/unpack/embedded/marks.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/base64.h"
#include "pipeline/literals.h"
#include "stages/unpack/archive/self_extracting.h"
#include "stages/unpack/archive/zip_entry.h"
#include "stages/unpack/input.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

// Of four bytes at least, so that chance has each of them once in four gigabytes. Of rtf the bytes are text.
constexpr std::array kSignatures = {"PK\x03\x04"sv,
                                    "\x1f\x8b\x08\x00"sv,
                                    "\x1f\x8b\x08\x08"sv,
                                    "\xfd\x37zXZ\0"sv,
                                    "\x28\xb5\x2f\xfd"sv,
                                    "\x04\x22\x4d\x18"sv,
                                    "7z\xbc\xaf\x27\x1c"sv,
                                    "Rar!\x1a\x07"sv,
                                    "MSCF\0\0\0\0"sv,
                                    "%PDF-"sv,
                                    "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv,
                                    "BZh11AY&SY"sv,
                                    "BZh21AY&SY"sv,
                                    "BZh31AY&SY"sv,
                                    "BZh41AY&SY"sv,
                                    "BZh51AY&SY"sv,
                                    "BZh61AY&SY"sv,
                                    "BZh71AY&SY"sv,
                                    "BZh81AY&SY"sv,
                                    "BZh91AY&SY"sv};
constexpr std::string_view kRtf = "{\\rtf1";

// Files in lines: with the modes that programs give them.
constexpr std::array kLines = {"begin 600 "sv, "begin 644 "sv,    "begin 664 "sv,    "begin 666 "sv,
                               "begin 755 "sv, "begin-base64 "sv, "=ybegin part="sv, "=ybegin line="sv};

// What zlib begins with, by how hard it tried: two bytes, which every sixteen kilobytes have by chance. So it is looked
// for in letters only, behind what opens a value.
constexpr std::array kZlib = {"\x78\x9c"sv, "\x78\xda"sv, "\x78\x01"sv, "\x78\x5e"sv};
constexpr std::array kOpeners = {"\""sv, "'"sv, ">"sv};                // of a value in base64,
constexpr std::array kHexOpeners = {"0x"sv, "\\x"sv, "X'"sv, "x'"sv};  // and in digits: MySQL, PostgreSQL, SQLite

constexpr std::size_t kLeastLetters = 6;  // of a mark in base64

// The letters that begin with the signature: those that it fills, and where these are few, each that may follow.
std::vector<std::string> in_base64(std::string_view signature) {
  std::string letters;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : signature) {
    bits = bits << 8 | static_cast<std::uint8_t>(c);
    for (held += 8; held >= 6; held -= 6) letters += kBase64Letters[bits >> (held - 6) & 0x3f];
  }
  if (letters.size() >= kLeastLetters) return {letters};
  std::vector<std::string> out;
  const std::uint32_t first = (bits & ((1U << held) - 1)) << (6 - held);
  for (std::uint32_t rest = 0; rest < 1U << (6 - held); ++rest) out.push_back(letters + kBase64Letters[first | rest]);
  return out;
}

// RFC 4648, 5: "-" and "_" stand for "+" and "/".
std::string for_urls(std::string letters) {
  std::replace(letters.begin(), letters.end(), '+', '-');
  std::replace(letters.begin(), letters.end(), '/', '_');
  return letters;
}

// As mysql_real_escape_string() writes them.
std::string escaped(std::string_view bytes) {
  constexpr std::string_view kWritten = "\0\n\r\\'\"\x1a"sv, kLetters = "0nr\\'\"Z"sv;
  std::string out;
  for (const char c : bytes) {
    const std::size_t which = kWritten.find(c);
    if (which != std::string_view::npos) out += '\\';
    out += which == std::string_view::npos ? c : kLetters[which];
  }
  return out;
}

std::string in_hex(std::string_view signature, std::string_view digits) {
  std::string out;
  for (const char c : signature) {
    out += digits[static_cast<std::uint8_t>(c) >> 4];
    out += digits[static_cast<std::uint8_t>(c) & 0xf];
  }
  return out;
}

struct Marks {
  std::vector<Mark> all;
  std::vector<Code> codes;            // of each
  std::vector<std::size_t> openings;  // of each, bytes before what is packed
  std::size_t longest = 0;
  LiteralIndex index;

  Marks() {
    for (const std::string_view signature : kSignatures) {
      add(std::string(signature), Code::bytes);
      add_letters(signature);
      if (std::string text = escaped(signature); text != signature) add(std::move(text), Code::escaped);
    }
    add_letters(kRtf);
    for (const std::string_view signature : kZlib) add_zlib(signature);
    for (const std::string_view line : kLines) add(std::string(line), Code::lines);
    std::vector<PlainLiteral> literals;
    for (std::size_t i = 0; i < all.size(); ++i) {
      literals.push_back({all[i].bytes, static_cast<std::uint32_t>(i), false});
      longest = std::max(longest, all[i].bytes.size());
    }
    index = LiteralIndex(literals);
  }

 private:
  void add(std::string text, Code code, std::size_t opening = 0) {
    if (std::any_of(all.begin(), all.end(), [&](const Mark& mark) { return mark.bytes == text; })) return;
    const bool is_in_letters = code == Code::base64 || code == Code::hex;
    all.push_back({std::move(text), is_in_letters ? Form::base64 : Form::raw});
    codes.push_back(code);
    openings.push_back(opening);
  }
  void add_zlib(std::string_view signature) {
    for (const std::string_view opener : kHexOpeners) {
      for (const std::string_view digits : {"0123456789abcdef"sv, "0123456789ABCDEF"sv}) {
        add(std::string(opener) + in_hex(signature, digits), Code::hex, opener.size());
      }
    }
    for (const std::string& letters : in_base64(signature)) {
      for (const std::string_view opener : kOpeners) add(std::string(opener) + letters, Code::base64, opener.size());
    }
  }
  void add_letters(std::string_view signature) {
    for (const std::string& letters : in_base64(signature)) {
      add(letters, Code::base64);
      add(for_urls(letters), Code::base64);
    }
    add(in_hex(signature, "0123456789abcdef"), Code::hex);
    add(in_hex(signature, "0123456789ABCDEF"), Code::hex);
  }
};

const Marks& marks() {
  static const Marks all;
  return all;
}

constexpr std::size_t kLeastBytes = 20;  // the shortest that says anything is a gzip

bool is_zip_member(std::span<const std::byte> head) {
  if (head.size() < kZipLocalBytes) return false;
  const std::size_t name = little16(head, 26);
  const std::string_view text = chars(head).substr(kZipLocalBytes, name);
  return little16(head, 4) % 256 < 100 && little16(head, 8) < 100 && name > 0 && name < kBegunBytes &&
         std::none_of(text.begin(), text.end(), [](char c) { return static_cast<std::uint8_t>(c) < 0x20; });
}

bool is_pdf(std::string_view head) {
  const std::string_view version = head.substr(5, 8);
  return version.size() > 3 && version[0] >= '1' && version[0] <= '9' && version[1] == '.' &&
         version.find_first_of("\r\n") != std::string_view::npos && head.find(" obj") != std::string_view::npos;
}

bool is_ole(std::span<const std::byte> head) {
  return head.size() >= 32 && little16(head, 28) == 0xfffe && (little16(head, 30) == 9 || little16(head, 30) == 12);
}

// RFC 1952: what made it, and on what.
bool is_gzip(std::string_view head) {
  const auto made = static_cast<std::uint8_t>(head[8]), on = static_cast<std::uint8_t>(head[9]);
  return (made == 0 || made == 2 || made == 4) && (on <= 13 || on == 255);
}

}  // namespace

std::span<const Mark> all_marks() { return marks().all; }
std::size_t longest_mark() { return marks().longest; }

void find_marks(std::span<const std::byte> bytes, std::uint64_t offset,
                const std::function<void(const MarkPlace&)>& found) {
  struct Context {
    std::uint64_t offset;
    const std::function<void(const MarkPlace&)>& found;
  } context{offset, found};
  std::vector<LiteralScan::Match> pending;
  LiteralScan(
      marks().index, bytes, pending,
      [](void* of, std::uint32_t id, std::uint64_t, std::uint64_t to) {
        const auto& [begin, call] = *static_cast<Context*>(of);
        const std::uint64_t at = begin + to - marks().all[id].bytes.size();
        call({at + marks().openings[id], marks().codes[id], at});
      },
      &context)
      .run_to(bytes.size());
}

// Of zstd RFC 8878, 3.1.1.1, of lz4 its frames' description.
bool is_begun(std::span<const std::byte> head) {
  const std::string_view text = chars(head);
  if (head.size() < kLeastBytes) return false;
  if (text.starts_with(kZipLocal)) return is_zip_member(head);
  if (text.starts_with("%PDF-")) return is_pdf(text);
  if (text.starts_with("\xd0\xcf")) return is_ole(head);
  if (text.starts_with("7z") || text.starts_with("Rar!") || text.starts_with("MSCF")) return holds_archive(head);
  if (text.starts_with("\x1f\x8b")) return is_gzip(text);
  if (begins_like_zlib(head)) return is_zlib(head);
  if (text.starts_with("\x28\xb5")) return (text[4] & 0x08) == 0;
  if (text.starts_with("\x04\x22"))
    return (text[4] & 0xc2) == 0x40 && (text[5] & 0x8f) == 0 && (text[5] & 0x70) >= 0x40;
  return true;  // six bytes or more that nothing else begins with
}

}  // namespace ambit::unpack
