#include "pipeline/order_rules.h"

#include <algorithm>
#include <optional>

#include "pipeline/hash_list.h"
#include "pipeline/limits.h"
#include "pipeline/order_problem.h"

namespace ambit {
namespace {

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '.';
}

struct Token {
  enum class Type : std::uint8_t { end, word, string, symbol };
  Type type = Type::end;
  std::string_view text;  // string: without its quotes
  std::size_t offset = 0;
  [[nodiscard]] bool is(std::string_view symbol) const { return type == Type::symbol && text == symbol; }
};

std::string shown(const Token& token) { return token.type == Token::Type::end ? "the end" : in_quotes(token.text); }

// What people write in other languages; empty for anything else.
std::string translation(const Token& token) {
  if (token.is("&") || token.text == "and" || token.text == "AND") return "\"and\" is written & once";
  if (token.is("|") || token.text == "or" || token.text == "OR") return "\"or\" is written | once";
  if (token.text == "not" || token.text == "NOT") return "\"not\" is written !";
  return {};
}

std::string remedy_for(const Token& token) {
  if (token.is(")")) return "remove it, or open the parenthesis";
  const std::string known = translation(token);
  return known.empty() ? "see docs/order-file.md for how conditions are written" : known;
}

class Parser {
 public:
  Parser(std::string_view text, const NameIndex& names, std::uint64_t max_count)
      : text_(text), names_(names), max_count_(max_count) {
    next();
  }

  ParsedCondition parse() && {
    parse_chain(0);
    if (!failed_ && token_.type != Token::Type::end) {
      fail("expected &, | or the end of the condition, not " + shown(token_), remedy_for(token_));
    }
    return std::move(out_);
  }

 private:
  using Index = std::uint32_t;

  // --- tokens ---
  void next() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
    token_ = {Token::Type::end, {}, at_};
    if (at_ == text_.size()) return;
    const char c = text_[at_];
    if (c == '"' || c == '\'') return next_string(c);
    std::size_t end = at_;
    while (end < text_.size() && is_word_character(text_[end])) ++end;
    token_.type = end > at_ ? Token::Type::word : Token::Type::symbol;
    if (end == at_) end += text_.substr(at_, 2) == ">=" ? 2 : std::max<std::size_t>(length_of_character(), 1);
    token_.text = text_.substr(at_, end - at_);
    at_ = end;
  }
  void next_string(char quote) {
    const std::size_t close = text_.find(quote, at_ + 1);
    if (close == std::string_view::npos) {
      fail("this string does not end", "close it with the quote that opens it");
      return;
    }
    token_.type = Token::Type::string;
    token_.text = text_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
  }
  [[nodiscard]] std::size_t length_of_character() const { return first_character(text_.substr(at_)).bytes; }

  // --- mistakes: those of meaning are collected, the first of syntax ends the parsing ---
  void blame(std::size_t offset, std::string what, std::string remedy) {
    if (!failed_) out_.mistakes.push_back({offset, std::move(what), std::move(remedy)});
  }
  void fail(std::string what, std::string remedy) {
    blame(token_.offset, std::move(what), std::move(remedy));
    failed_ = true;
    at_ = text_.size();
    token_ = {Token::Type::end, {}, at_};
  }
  void expect(std::string_view symbol, std::string_view where) {
    if (token_.is(symbol)) return next();
    fail("expected " + in_quotes(symbol) + " " + std::string(where) + ", not " + shown(token_),
         "write near(a, b, 200), count(a) >= 3, path(\"**/mail/*\") or kind(\"mail\")");
  }

  // --- grammar ---
  Index push(Condition condition) {
    out_.conditions.push_back(std::move(condition));
    return static_cast<Index>(out_.conditions.size() - 1);
  }

  // level 0: either; level 1: both.
  Index parse_chain(int level) {
    const auto operand = [&] { return level == 0 ? parse_chain(1) : parse_single(); };
    const std::string_view symbol = level == 0 ? "|" : "&";
    Condition chain;
    chain.op = level == 0 ? Op::any : Op::all;
    chain.children.push_back(operand());
    while (token_.is(symbol)) {
      next();
      chain.children.push_back(operand());
    }
    return chain.children.size() == 1 ? chain.children[0] : push(std::move(chain));
  }

  Index parse_single() {
    const bool negated = token_.is("!");
    if (!negated && !token_.is("(")) return parse_atom();
    if (depth_ == limits::kMaxConditionDepth) {
      fail("the condition is nested deeper than " + std::to_string(limits::kMaxConditionDepth),
           "split the rule into several");
      return 0;
    }
    ++depth_;
    const std::size_t opened = token_.offset;
    next();
    Index inner = negated ? parse_single() : parse_chain(0);
    if (negated) {
      Condition condition;
      condition.op = Op::negate;
      condition.children.push_back(inner);
      inner = push(std::move(condition));
    } else {
      close(opened);
    }
    --depth_;
    return inner;
  }

  void close(std::size_t opened) {
    if (token_.is(")")) return next();
    if (token_.type != Token::Type::end) {
      return fail("expected &, | or ), not " + shown(token_), remedy_for(token_));
    }
    token_.offset = opened;
    fail("this parenthesis is never closed", "close it");
  }

  Index parse_atom() {
    if (token_.type != Token::Type::word) {
      fail("expected an identifier, near, count, path or kind, not " + shown(token_), remedy_for(token_));
      return 0;
    }
    const Token word = token_;
    next();
    Condition condition;
    if (!token_.is("(")) {
      condition.identifiers = resolve(word);
      return push(std::move(condition));
    }
    next();
    if (word.text == "near") {
      parse_near(condition);
    } else if (word.text == "count") {
      parse_count(condition);
    } else if (word.text == "path") {
      parse_path(condition);
    } else if (word.text == "kind") {
      parse_kind(condition);
    } else {
      static constexpr std::array<std::string_view, 4> kFunctions = {"near", "count", "path", "kind"};
      token_ = word;
      fail("there is no function " + in_quotes(word.text), suggest(word.text, kFunctions));
    }
    return push(std::move(condition));
  }

  void parse_near(Condition& condition) {
    condition.op = Op::near;
    condition.identifiers = parse_name("as the first of near(a, b, bytes)");
    expect(",", "after the first name of near(a, b, bytes)");
    condition.others = parse_name("as the second of near(a, b, bytes)");
    expect(",", "after the second name of near(a, b, bytes)");
    condition.number = parse_number(0, limits::kMaxNear, "bytes of near()");
    expect(")", "at the end of near(a, b, bytes)");
  }

  void parse_count(Condition& condition) {
    condition.op = Op::count;
    condition.identifiers = parse_name("in count(a)");
    expect(")", "after the name of count(a)");
    const bool more = token_.is(">");
    if (!more && !token_.is(">=") && !failed_) {
      return fail("expected >= after count(…), not " + shown(token_), "write count(a) >= 3");
    }
    next();
    const std::uint64_t step = more ? 1 : 0;
    condition.number = parse_number(1 - step, max_count_ - step, "hits of count()") + step;
  }

  void parse_path(Condition& condition) {
    condition.op = Op::path;
    const std::size_t offset = token_.offset;
    condition.text = parse_string("path(\"**/mail/*\")");
    if (condition.text.empty()) blame(offset, "the glob of path() is empty", "write path(\"**/mail/*\")");
    if (condition.text.size() > limits::kMaxPathBytes) {
      blame(offset, "the glob of path() is longer than any path", "shorten it");
    }
    expect(")", "at the end of path(\"…\")");
  }

  void parse_kind(Condition& condition) {
    condition.op = Op::kind;
    const std::size_t offset = token_.offset;
    const std::string name = parse_string("kind(\"mail\")");
    const auto found = std::find(kKindNames.begin(), kKindNames.end(), name);
    if (found == kKindNames.end()) blame(offset, "there is no kind " + in_quotes(name), suggest(name, kKindNames));
    if (found != kKindNames.end()) condition.kind = static_cast<Kind>(found - kKindNames.begin());
    expect(")", "at the end of kind(\"…\")");
  }

  // --- arguments ---
  std::vector<IdentifierId> resolve(const Token& word) {
    std::vector<IdentifierId> found = names_.resolve(word.text);
    if (!found.empty() || names_.words().empty()) return found;  // no words: the order has worse mistakes
    const std::string known = translation(word);
    const std::string what = "no identifier or group is called " + in_quotes(word.text);
    if (known.empty()) {
      blame(word.offset, what, suggest(word.text, names_.words()));
    } else {
      token_ = word;
      fail(what, known);
    }
    return found;
  }

  std::vector<IdentifierId> parse_name(std::string_view where) {
    const Token word = token_;
    if (word.type != Token::Type::word) {
      fail("expected a name " + std::string(where) + ", not " + shown(word), "write an identifier or a group");
      return {};
    }
    next();
    return resolve(word);
  }

  std::uint64_t parse_number(std::uint64_t least, std::uint64_t most, std::string_view of) {
    const std::optional<std::uint64_t> number = parse_whole_number(token_.text);
    if (token_.type != Token::Type::word || !number || *number < least || *number > most) {
      const std::string range = std::to_string(least) + " to " + std::to_string(most);
      const std::string what = "the " + std::string(of) + " are a whole number from " + range;
      if (token_.type != Token::Type::word) {
        fail(what + ", not " + shown(token_), "write such a number");
        return least;
      }
      blame(token_.offset, what + ", not " + shown(token_), "write such a number");
      next();
      return least;
    }
    next();
    return *number;
  }

  std::string parse_string(std::string_view example) {
    const Token string = token_;
    if (string.type != Token::Type::string) {
      fail("expected a string in quotes, not " + shown(string), "write " + std::string(example));
      return {};
    }
    next();
    return std::string(string.text);
  }

  std::string_view text_;
  const NameIndex& names_;
  std::uint64_t max_count_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool failed_ = false;
  Token token_;
  ParsedCondition out_;
};

}  // namespace

ParsedCondition parse_condition(std::string_view text, const NameIndex& names, std::uint64_t max_count) {
  return Parser(text, names, max_count).parse();
}

bool holds_for_nothing(const std::vector<Condition>& conditions) {
  std::vector<bool> holds(conditions.size());
  const auto value = [&](std::uint32_t child) -> bool { return holds[child]; };
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const std::vector<std::uint32_t>& children = conditions[i].children;
    switch (conditions[i].op) {
      case Op::all:
        holds[i] = std::all_of(children.begin(), children.end(), value);
        break;
      case Op::any:
        holds[i] = std::any_of(children.begin(), children.end(), value);
        break;
      case Op::negate:
        holds[i] = !value(children[0]);
        break;
      default:
        break;
    }
  }
  return !holds.empty() && holds.back();
}

}  // namespace ambit
