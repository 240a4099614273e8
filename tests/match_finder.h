// What the matcher's tests share: identifiers in one line, a cutter that makes chunks of a buffer at any places, and
// encoders written apart from the program's own.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stages/match/match.h"

namespace ambit {

inline Identifier literal(std::string text) {
  Identifier out;
  out.name = "case.word";
  out.literals = {std::move(text)};
  return out;
}
inline Identifier expression(std::string text) {
  Identifier out;
  out.name = "case.shape";
  out.expressions = {std::move(text)};
  return out;
}
inline Identifier only(Identifier identifier, std::initializer_list<Form> forms) {
  identifier.forms = FormSet();
  for (const Form form : forms) identifier.forms.add(form);
  return identifier;
}
inline Identifier whole_word(Identifier identifier) {
  identifier.whole_word = true;
  return identifier;
}
inline Identifier exact_case(Identifier identifier) {
  identifier.ignore_case = false;
  return identifier;
}

inline PatternSet pattern_set(const std::vector<Identifier>& identifiers) {
  std::vector<PatternProblem> problems;
  Result<PatternSet> set = PatternSet::build(identifiers, problems);
  for (const PatternProblem& problem : problems) ADD_FAILURE() << problem.what;
  if (!set) ADD_FAILURE() << set.error().what;
  return set ? std::move(*set) : PatternSet();
}

// How a buffer is shown to the stage.
struct Cutting {
  std::vector<std::size_t> cuts;           // offsets at which a body ends, ascending, inside the buffer
  std::size_t zero_run = std::size_t(-1);  // runs of zeros at least this long are left out of the segments
};

// The body's parts between long runs of zeros.
inline std::vector<Segment> segments_of(std::string_view body, std::size_t zero_run) {
  std::vector<Segment> out;
  std::size_t begin = 0;
  while (begin < body.size()) {
    std::size_t zeros = begin;
    std::size_t end = body.size();
    while (zeros < body.size()) {
      zeros = std::min(body.find('\0', zeros), body.size());
      const std::size_t after = std::min(body.find_first_not_of('\0', zeros), body.size());
      if (after - zeros >= zero_run) {
        end = zeros;
        break;
      }
      zeros = after;
    }
    if (end > begin) out.push_back({begin, end});
    begin = end == body.size() ? end : std::min(body.find_first_not_of('\0', end), body.size());
  }
  return out;
}

inline Facts match_facts(const PatternSet& set, std::string_view bytes, const Cutting& cutting = {},
                         std::uint32_t limit = 100'000) {
  const Match stage(set, limit);
  Match::State state = stage.make_state();
  stage.begin(state, {bytes.size(), 0, bytes.size()});
  std::vector<std::size_t> ends = cutting.cuts;
  ends.push_back(bytes.size());
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    const std::size_t lead = std::min(begin, set.context_bytes());
    const std::size_t tail = std::min(bytes.size() - end, set.context_bytes());
    // A copy of exact size, so that the sanitizer sees a step outside the window.
    const std::vector<char> window(bytes.begin() + static_cast<std::ptrdiff_t>(begin - lead),
                                   bytes.begin() + static_cast<std::ptrdiff_t>(end + tail));
    const auto segments = segments_of(bytes.substr(begin, end - begin), cutting.zero_run);
    stage.look(state, Chunk(std::as_bytes(std::span(window)), lead, end - begin, begin, segments));
    begin = end;
  }
  Facts facts;
  stage.finish(state, facts);
  return facts;
}

inline std::vector<Hit> hits_in(const PatternSet& set, std::string_view bytes, const Cutting& cutting = {}) {
  return match_facts(set, bytes, cutting).hits;
}

// "start+length form" of every hit: reads well where a test fails.
inline std::vector<std::string> shown(const std::vector<Hit>& hits, std::uint64_t shift = 0) {
  std::vector<std::string> out;
  for (const Hit& hit : hits) {
    out.push_back(std::to_string(hit.identifier) + ": " + std::to_string(hit.start - shift) + "+" +
                  std::to_string(hit.length) + " " + std::string(to_string(hit.form)));
  }
  return out;
}

inline std::u32string codes(std::string_view utf8) {
  std::u32string out;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t code = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t k = 1; k < length; ++k) code = code << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3fU);
    out.push_back(code);
    i += length;
  }
  return out;
}

inline std::string utf16(std::string_view utf8, bool big_endian) {
  std::string out;
  const auto unit = [&](unsigned value) {
    const char high = static_cast<char>(value >> 8), low = static_cast<char>(value & 0xff);
    out += big_endian ? std::string{high, low} : std::string{low, high};
  };
  for (const char32_t code : codes(utf8)) {
    if (code < 0x10000) {
      unit(static_cast<unsigned>(code));
    } else {
      unit(0xd800U + static_cast<unsigned>((code - 0x10000) >> 10));
      unit(0xdc00U + static_cast<unsigned>((code - 0x10000) & 0x3ff));
    }
  }
  return out;
}
inline std::string utf16le(std::string_view utf8) { return utf16(utf8, false); }
inline std::string utf16be(std::string_view utf8) { return utf16(utf8, true); }

inline std::string base64(std::string_view bytes, std::string_view last_two = "+/") {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + std::string(last_two);
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) out += k <= count ? alphabet[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

// Every byte that is not in `keep` as `sign` XX.
inline std::string hex_escaped(std::string_view bytes, const std::string& sign, std::string_view keep,
                               bool upper = true) {
  const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (keep.find(c) != keep.npos) {
      out += c;
    } else {
      out += sign + digits[byte >> 4] + digits[byte & 15];
    }
  }
  return out;
}
inline constexpr std::string_view kAlnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
inline std::string percent(std::string_view text) { return hex_escaped(text, "%", std::string(kAlnum) + "-_.!~*'()"); }
inline std::string printable_but(char sign) {
  std::string out;
  for (char c = ' '; c < 127; ++c) {
    if (c != sign) out += c;
  }
  return out;
}
inline std::string quoted_printable(std::string_view text) { return hex_escaped(text, "=", printable_but('=')); }

// Non-ASCII characters as numeric entities, and the @ too.
inline std::string html(std::string_view text, bool hex) {
  std::string out;
  for (const char32_t code : codes(text)) {
    char number[16];
    std::snprintf(number, sizeof number, hex ? "&#x%X;" : "&#%u;", static_cast<unsigned>(code));
    out += code < 0x80 && code != '@' ? std::string(1, static_cast<char>(code)) : number;
  }
  return out;
}
inline std::string digits(std::string_view text, bool upper) { return hex_escaped(text, "", "", upper); }
// As git shows its paths.
inline std::string octal(std::string_view text) {
  std::string out;
  for (const char c : text) {
    char number[8];
    std::snprintf(number, sizeof number, "\\%03o", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : number;
  }
  return out;
}
inline std::string json(std::string_view text, bool upper, bool all = false) {
  std::string out;
  for (const char32_t code : codes(text)) {
    std::string utf8;
    if (!all && code < 0x80 && code != '@') {
      out += static_cast<char>(code);
      continue;
    }
    const std::u32string units =
        code < 0x10000 ? std::u32string{code}
                       : std::u32string{0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff)};
    for (const char32_t unit : units) {
      char number[16];
      std::snprintf(number, sizeof number, upper ? "\\u%04X" : "\\u%04x", static_cast<unsigned>(unit));
      out += number;
    }
  }
  return out;
}

}  // namespace ambit
