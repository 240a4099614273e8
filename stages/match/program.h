// Program: what PatternSet builds and Match runs. Const once built; shared by all workers.
//
// A core is a string of bytes (or an expression) that Hyperscan looks for; its number is the pattern's number. One
// core may serve many literals and forms: its entries say which, and where in the literal's plain text it stands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/pattern.h"
#include "pipeline/scanner.h"
#include "stages/match/literal.h"
#include "stages/match/regex.h"

namespace ambit::match {

enum class EntryKind : std::uint8_t {
  text,         // a literal in one of the forms that read characters
  broken_text,  // the same in quoted-printable, and only where a soft line break stands close by
  base64_utf8,
  base64_utf16le,
  expression,
  byte_string,
};

struct Entry {
  std::uint32_t subject = 0;   // index into literals, expressions or byte_strings
  std::uint16_t position = 0;  // of the core's first character in the plain text; byte_string: in the string
  EntryKind kind = EntryKind::text;
  Form form = Form::utf8;
  std::int8_t shift = 0;  // text: bytes that the first character begins before the core; base64: alignment
  friend auto operator<=>(const Entry&, const Entry&) = default;
};

struct Core {
  std::uint32_t first_entry = 0;
  std::uint32_t entries = 0;
  std::uint32_t bytes = 0;  // 0 for an expression
};

struct ByteString {
  IdentifierId identifier = 0;
  std::string bytes;
};

struct Program {
  std::vector<Literal> literals;
  std::vector<Expression> expressions;
  std::vector<ByteString> byte_strings;
  std::vector<Core> cores;
  std::vector<Entry> entries;
  ScanDatabase database;
  std::size_t width = 1;            // bytes of the longest possible hit
  std::size_t longest_literal = 0;  // characters of plain text
  bool matches_zeros = false;
  std::vector<FormSet> forms;           // by identifier
  std::vector<std::uint32_t> patterns;  // by identifier
  std::vector<bool> unites;             // by identifier: overlapping hits become one (it has expressions)
  std::optional<IdentifierId> mark;     // see PatternSet::mark()
};

}  // namespace ambit::match
