#include "stages/unpack/kind/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "pipeline/ascii.h"

namespace ambit::kinds {
namespace {

using namespace std::string_view_literals;

std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// --- headers ------------------------------------------------------------------------------------------------

// The first four stand in nothing else than mail.
constexpr std::array kMailHeaders = {
    "received"sv,         "message-id"sv, "return-path"sv,  "delivered-to"sv, "from"sv,     "to"sv,     "cc"sv,
    "subject"sv,          "date"sv,       "mime-version"sv, "reply-to"sv,     "x-mailer"sv, "sender"sv, "in-reply-to"sv,
    "x-mozilla-status"sv, "envelope-to"sv};
constexpr std::uint32_t kOnlyInMail = 0b1111;

// The name of a header line, empty if the line is none.
std::string_view header_name(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 64) return {};
  const std::string_view name = line.substr(0, colon);
  const bool plain =
      std::all_of(name.begin(), name.end(), [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; });
  return plain ? name : std::string_view{};
}

// How many different headers of mail stand at the front of the text; those that mail alone has count twice.
int mail_headers(std::string_view text) {
  std::uint32_t seen = 0;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.empty()) break;
    if (line[0] == ' ' || line[0] == '\t') continue;
    const std::string_view name = header_name(line);
    if (name.empty()) break;
    const auto known = std::find_if(kMailHeaders.begin(), kMailHeaders.end(),
                                    [&](std::string_view header) { return equals_caseless(name, header); });
    if (known != kMailHeaders.end()) seen |= 1U << (known - kMailHeaders.begin());
  }
  return std::popcount(seen) + std::popcount(seen & kOnlyInMail);
}

// Whether the text is the end of a mail, then an empty line and the line of a mailbox: one whose beginning was cut off.
bool holds_mailbox(std::string_view text) {
  for (std::size_t at = text.find("\nFrom "); at != std::string_view::npos; at = text.find("\nFrom ", at + 1)) {
    const std::string_view before = text.substr(0, at);
    if (!before.ends_with('\n') && !before.ends_with("\n\r")) continue;
    std::string_view rest = text.substr(at + 1);
    const std::string_view line = next_line(rest);
    if (line.find(':') != std::string_view::npos && mail_headers(rest) > 1) return true;
  }
  return false;
}

// --- logs ---------------------------------------------------------------------------------------------------

// '0' in the shape is a digit, 'A' a letter, '_' a digit or a blank, the rest itself.
bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const char c = text[i];
    const bool fits = shape[i] == '0'   ? is_digit(c)
                      : shape[i] == 'A' ? is_alpha(c)
                      : shape[i] == '_' ? is_digit(c) || c == ' '
                                        : c == shape[i];
    if (!fits) return false;
  }
  return true;
}

bool is_log_line(std::string_view line) {
  if (line.starts_with('<')) line.remove_prefix(std::min(line.find('>', 1), line.size() - 1) + 1);
  if (line.starts_with('[')) line.remove_prefix(1);
  for (const std::string_view shape : {"AAA _0 00:00:00"sv, "AAA AAA _0 00:00:00"sv, "0000-00-00 00:00:00"sv,
                                       "0000-00-00T00:00:00"sv, "0000/00/00 00:00:00"sv, "00/AAA/0000:00:00:00"sv,
                                       "00000000 00:00:00"sv, "0000000000.000"sv, "00.00.0000 00:00:00"sv}) {
    if (has_shape(line, shape)) return true;
  }
  const std::size_t bracket = line.find('[');  // a web server's: host, user, then the time
  return bracket != std::string_view::npos && has_shape(line.substr(bracket + 1), "00/AAA/0000:00:00:00 ");
}

bool is_log(std::string_view text) {
  if (text.starts_with("#Software: ") || text.starts_with("#Fields: ") || text.starts_with("#separator ")) return true;
  std::size_t lines = 0, log_lines = 0;
  while (!text.empty() && lines < 8) {
    const std::string_view line = next_line(text);
    if (line.empty()) continue;
    ++lines;
    log_lines += is_log_line(line) ? 1U : 0U;
  }
  return log_lines > 0 && log_lines * 2 >= lines;
}

// --- the rest -----------------------------------------------------------------------------------------------

bool is_sql_dump(std::string_view text, std::string_view extension) {
  for (const std::string_view opening :
       {"-- MySQL dump"sv, "-- MariaDB dump"sv, "-- phpMyAdmin SQL Dump"sv, "--\n-- PostgreSQL database"sv,
        "PRAGMA foreign_keys=OFF;"sv, "/*M!999999"sv, "-- Adminer "sv}) {
    if (text.starts_with(opening)) return true;
  }
  const auto has = [&](std::string_view words) { return text.find(words) != std::string_view::npos; };
  const bool creates = has("CREATE TABLE ") || has("CREATE DATABASE "), inserts = has("INSERT INTO ");
  return (creates && inserts) || (extension == "sql" && (creates || inserts));
}

bool is_markup(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  const std::size_t second = text.find_first_not_of(" \t\r\n", first + 1);
  const char a = text[first];
  const char b = second == std::string_view::npos ? '\0' : text[second];
  if (a == '<') return is_alpha(b) || b == '!' || b == '?';
  if (a == '{') return b == '"' || b == '}';
  return a == '[' && (b == '{' || b == '"' || b == '[' || b == ']');
}

constexpr std::array kMarkup = {"atom"sv, "htm"sv,  "html"sv,  "json"sv, "jsonl"sv, "kml"sv, "plist"sv, "rss"sv,
                                "svg"sv,  "wsdl"sv, "xhtml"sv, "xml"sv,  "xsd"sv,   "xsl"sv, "yaml"sv,  "yml"sv};
constexpr std::array kSource = {
    "ada"sv,   "asm"sv, "asp"sv, "aspx"sv, "awk"sv, "bas"sv,  "bash"sv,  "bat"sv,  "c"sv,   "cc"sv,    "cgi"sv,
    "cmake"sv, "cmd"sv, "cpp"sv, "cs"sv,   "css"sv, "cxx"sv,  "el"sv,    "erl"sv,  "f90"sv, "go"sv,    "groovy"sv,
    "h"sv,     "hh"sv,  "hpp"sv, "hs"sv,   "ino"sv, "java"sv, "js"sv,    "jsp"sv,  "jsx"sv, "kt"sv,    "less"sv,
    "lisp"sv,  "lua"sv, "m4"sv,  "mk"sv,   "ml"sv,  "pas"sv,  "php"sv,   "pl"sv,   "pm"sv,  "proto"sv, "ps1"sv,
    "py"sv,    "r"sv,   "rb"sv,  "rs"sv,   "s"sv,   "sass"sv, "scala"sv, "scss"sv, "sh"sv,  "sql"sv,   "swift"sv,
    "tcl"sv,   "ts"sv,  "tsx"sv, "vb"sv,   "vbs"sv, "vue"sv,  "zig"sv,   "zsh"sv};

template <std::size_t N>
bool listed(const std::array<std::string_view, N>& sorted, std::string_view word) {
  return std::binary_search(sorted.begin(), sorted.end(), word);
}

// --- what is text -------------------------------------------------------------------------------------------

// Length of the UTF-8 character that begins at text[i]; 0 if it is none.
std::size_t utf8_length(std::string_view text, std::size_t i) {
  const auto lead = static_cast<unsigned char>(text[i]);
  const std::size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  for (std::size_t k = 1; k < length; ++k) {
    if (i + k >= text.size() || (static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return 0;
  }
  return length;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && !(c >= '\t' && c <= '\r') && c != '\x1b' && c != '\b') || byte == 0x7f;
}

// How many of eight bytes, from the first on, are printable ASCII. Carries run upwards, so the lowest mark is true.
std::size_t plain_bytes(const char* bytes) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  constexpr std::uint64_t kHigh = 0x8080808080808080, kBlanks = 0x2020202020202020, kOnes = 0x0101010101010101;
  const std::uint64_t marks = (word | (word - kBlanks) | (word + kOnes)) & kHigh;
  return static_cast<std::size_t>(std::countr_zero(marks)) / 8;
}

struct Census {
  std::size_t controls = 0, high = 0, broken = 0;  // bytes; bytes above ASCII; those that are not UTF-8
  bool nul = false;
};
Census census(std::string_view text) {
  Census out;
  for (std::size_t i = 0; i < text.size() && !out.nul;) {
    const std::size_t plain = i + 8 <= text.size() ? plain_bytes(text.data() + i) : 0;
    i += plain;
    if (plain == 8) continue;
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      out.nul = text[i] == '\0';
      out.controls += is_control(text[i]) ? 1U : 0U;
      ++i;
      continue;
    }
    const std::size_t length = utf8_length(text, i);
    out.high += std::max<std::size_t>(length, 1);
    out.broken += length == 0 ? 1 : 0;
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

// The same of UTF-32. Numbers of four bytes look like it, so without a mark it is ASCII.
std::optional<std::string> narrowed_from_four(std::string_view head) {
  const bool marked_little = head.starts_with("\xff\xfe\0\0"sv), marked_big = head.starts_with("\0\0\xfe\xff"sv);
  const std::size_t units = head.size() / 4;
  const bool marked = marked_little || marked_big;
  if (units < (marked ? 2U : 6U)) return std::nullopt;
  const auto may_be_ascii = [&](std::size_t unit) { return head.substr(4 * unit + 1, 2) == "\0\0"sv; };
  if (!marked && !may_be_ascii(0) && !may_be_ascii(1)) return std::nullopt;
  const auto is_letter = [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t'; };
  // By which of its four bytes holds the letter. Nothing where more than `most` are none.
  const auto letters = [&](std::size_t place, std::size_t most) -> std::optional<std::string> {
    std::string out;
    std::size_t others = 0;
    for (std::size_t i = 0; i < units && others <= most; ++i) {
      const std::string_view unit = head.substr(4 * i, 4);
      const bool is_ascii = unit.substr(place == 0 ? 1 : 0, 3) == "\0\0\0"sv && is_letter(unit[place]);
      out.push_back(is_ascii ? unit[place] : '?');
      others += is_ascii ? 0 : 1;
    }
    return others <= most ? std::optional(std::move(out)) : std::nullopt;
  };
  if (marked) return letters(marked_little ? 0 : 3, units)->substr(1);
  std::optional<std::string> out = letters(0, units / 5);
  return out ? out : letters(3, units / 5);
}

}  // namespace

std::optional<std::string> narrowed(std::string_view head) {
  const bool has_zeros = head.find('\0') != std::string_view::npos;
  if (has_zeros) {
    if (std::optional<std::string> from_four = narrowed_from_four(head)) return from_four;
  }
  const bool marked_little = head.starts_with("\xff\xfe"sv), marked_big = head.starts_with("\xfe\xff"sv);
  const std::size_t units = head.size() / 2;
  const bool marked = marked_little || marked_big;
  if (!marked && !has_zeros) return std::nullopt;
  if (units < (marked ? 2U : 6U) || (head.size() >= 4 && head.substr(2, 2) == "\0\0"sv)) return std::nullopt;
  std::size_t little = 0, big = 0;
  const std::size_t most_others = units / 5;
  for (std::size_t i = 0; i + 1 < head.size() && (marked || i / 2 - std::max(little, big) <= most_others); i += 2) {
    const auto is_letter = [](char c) { return static_cast<unsigned char>(c) >= 0x20 ? c != '\x7f' : !is_control(c); };
    little += head[i + 1] == '\0' && is_letter(head[i]) ? 1U : 0U;
    big += head[i] == '\0' && is_letter(head[i + 1]) ? 1U : 0U;
  }
  const bool is_little = marked_little || (!marked_big && little * 10 >= units * 8);
  const bool is_big = !is_little && (marked_big || big * 10 >= units * 8);
  if (!is_little && !is_big) return std::nullopt;
  std::string out;
  for (std::size_t i = marked ? 2 : 0; i + 1 < head.size(); i += 2) {
    const char letter = head[i + (is_little ? 0 : 1)];
    out.push_back(head[i + (is_little ? 1 : 0)] == '\0' && letter != '\0' ? letter : '?');
  }
  return out;
}

bool reads_as_text(std::string_view head, bool cut) {
  if (head.empty()) return false;
  const Census seen = census(head);
  if (seen.nul || seen.controls * 50 > head.size()) return false;
  // The last character of a cut head may be broken without its fault.
  if (seen.broken <= (cut ? 3U : 0U)) return true;
  // Text in an 8-bit or a double-byte character set has letters of ASCII, or no control character at all.
  return seen.controls == 0 || (seen.high * 2 < head.size());
}

Kind kind_of_text(std::string_view text, std::string_view file_name, std::string_view extension) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  if (text.starts_with("From ") || text.starts_with("\1\1\1\1\n") || text.starts_with("\1\1\1\1\r\n")) {
    std::string_view rest = text;
    next_line(rest);
    if (rest.starts_with("From ")) next_line(rest);
    if (mail_headers(rest) > 0) return Kind::mailbox;
  }
  std::string_view mail = text;
  if (extension == "emlx" && next_line(mail).find_first_not_of("0123456789 ") != std::string_view::npos) mail = text;
  const int headers = mail_headers(mail);
  if (headers >= 3 || (headers > 0 && (extension == "eml" || extension == "emlx"))) return Kind::mail;
  if (holds_mailbox(text)) return Kind::mailbox;
  if (is_sql_dump(text, extension)) return Kind::sql_dump;
  if (text.starts_with("#!") || text.starts_with("<?php") || listed(kSource, extension)) return Kind::source;
  if (is_markup(text) || listed(kMarkup, extension)) return Kind::markup;
  if (extension == "log" || file_name.find(".log") != std::string_view::npos || is_log(text)) return Kind::log;
  return Kind::text;
}

}  // namespace ambit::kinds
