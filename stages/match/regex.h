// Regular expressions: PCRE's syntax, as much of it as has a bounded width.
//
//   expression := branch { "|" branch }          branch := { piece }
//   piece      := atom [ "?" | "{m}" | "{m,n}" ] [ "?" | "+" ]   (a lazy or possessive mark changes no finding)
//   atom       := character | "." | "[" class "]" | "(" expression ")" | "(?:" expression ")"
//               | \d \D \w \W \s \S | \t \n \r \f \v \0 | \xHH | \x{H…} | \uHHHH | \ punctuation | \b \B ^ $
//
// \w and \b know the letters of all scripts, \d is 0-9, \s is white space of all scripts; "." is any character but
// the line feed; ^ and $ are the borders of a line. Refused, with the place: * + {m,} (unbounded), back-references,
// look-around, inline flags, named classes and properties.
//
// An expression is run twice. Hyperscan gets bytes (to_bytes): one expression per form, without assertions and with
// large classes widened, so that it finds the end of every match and of some more. From each end our own automaton
// reads the evidence backwards (begin_of), knows the characters on both sides of every position, and gives the
// leftmost beginning or says no. Its price is paid only where Hyperscan found something.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/pattern.h"
#include "pipeline/result.h"
#include "stages/match/reading.h"
#include "stages/match/unicode.h"

namespace ambit::match {

using CodeSet = std::vector<CodeRange>;  // sorted, disjoint

enum class Border : std::uint8_t { word, not_word, line_begin, line_end };

struct Node {
  enum class Kind : std::uint8_t { set, concat, alternate, repeat, border };
  Kind kind = Kind::concat;  // without children: the empty text
  std::vector<Node> children;
  CodeSet set;
  std::uint32_t least = 1, most = 1;  // repeat
  Border border = Border::word;
};

// Error: ErrorKind::order, `what` with the place in the expression, and a remedy.
[[nodiscard]] Result<Node> parse_expression(std::string_view utf8, bool ignore_case);

struct NodeWidth {
  std::size_t least = 0, most = 0;  // bytes
};
[[nodiscard]] NodeWidth width_of(const Node& node, Form form);
// Hyperscan's syntax over bytes. Form: utf8, utf16le, utf16be.
[[nodiscard]] std::string to_bytes(const Node& node, Form form);

// The automaton that reads a match from its end to its beginning.
struct Step {
  enum class Kind : std::uint8_t { set, split, border, accept };
  Kind kind = Kind::accept;
  Border border = Border::word;
  std::uint32_t set = 0;              // index into Expression::sets
  std::uint32_t next = 0, other = 0;  // other: split only
};

struct Expression {
  IdentifierId identifier = 0;
  bool whole_word = false;
  FormSet forms;
  std::vector<Step> steps;  // the first step is where it begins
  std::vector<CodeSet> sets;
  std::size_t width = 0;  // bytes of the longest match in any form
};
// None where the expression needs more than kMaxExpressionSteps.
inline constexpr std::size_t kMaxExpressionSteps = 20'000;
[[nodiscard]] std::optional<Expression> compile_expression(const Node& node);

struct ExpressionScratch {
  std::vector<std::uint32_t> now, next, stack;
  std::vector<std::uint32_t> seen;  // by step: the round in which it was entered
  std::uint32_t round = 0;
};
// The leftmost beginning of a match that ends at `end`; `whole_word`: of one that is no part of a longer word.
[[nodiscard]] std::optional<std::size_t> begin_of(const Expression& expression, Form form, bool whole_word,
                                                  Bytes window, std::size_t end, ExpressionScratch& scratch);

[[nodiscard]] bool contains(const CodeSet& set, char32_t code);

}  // namespace ambit::match
