#include <algorithm>
#include <charconv>

#include "pipeline/limits.h"
#include "stages/match/regex.h"

namespace ambit::match {
namespace {

constexpr char32_t kLastCode = 0x10ffff;
constexpr std::size_t kMaxDepth = 64;
constexpr std::uint32_t kMaxRepeat = static_cast<std::uint32_t>(limits::kMaxPatternBytes);

CodeSet united(CodeSet set) {
  std::sort(set.begin(), set.end());
  CodeSet out;
  for (const CodeRange& range : set) {
    if (!out.empty() && range.first <= out.back().second + 1) {
      out.back().second = std::max(out.back().second, range.second);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

// Surrogates are no characters: they stand in no set.
CodeSet complement(const CodeSet& set) {
  CodeSet taken = set, out;
  taken.emplace_back(0xd800, 0xdfff);
  char32_t next = 0;
  for (const auto& [first, last] : united(taken)) {
    if (first > next) out.emplace_back(next, first - 1);
    next = last + 1;
  }
  if (next <= kLastCode) out.emplace_back(next, kLastCode);
  return out;
}

const CodeSet kDigits = {{U'0', U'9'}};
const CodeSet kSpaces = {{0x09, 0x0d},     {0x20, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
                         {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};

Node set_node(CodeSet set) {
  Node node;
  node.kind = Node::Kind::set;
  node.set = std::move(set);
  return node;
}

// Recursive descent over code points. The first mistake ends it; error_ holds it.
class Parser {
 public:
  Parser(Codes text, bool ignore_case) : text_(std::move(text)), ignore_case_(ignore_case) {}

  Result<Node> parse() {
    Node node = alternation(0);
    if (!error_ && at_ < text_.size()) fail("a ) without its (", "write \\) for the character");
    if (error_) return std::move(*error_);
    return node;
  }

 private:
  [[nodiscard]] bool more() const { return at_ < text_.size() && !error_; }
  [[nodiscard]] char32_t peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : 0;
  }
  bool take(char32_t code) {
    if (!more() || peek() != code) return false;
    ++at_;
    return true;
  }
  void fail(std::string what, std::string remedy) {
    if (error_) return;
    error_ =
        Error{ErrorKind::order, std::move(what) + " at character " + std::to_string(at_ + 1), "", std::move(remedy)};
  }

  Node alternation(std::size_t depth) {
    Node node;
    node.kind = Node::Kind::alternate;
    if (depth > kMaxDepth) fail("groups nested too deeply", "write it with fewer groups");
    do { node.children.push_back(branch(depth)); } while (take(U'|'));
    return node.children.size() == 1 ? Node(std::move(node.children[0])) : node;
  }

  Node branch(std::size_t depth) {
    Node node;
    while (more() && peek() != U'|' && peek() != U')') node.children.push_back(piece(depth));
    return node;
  }

  Node piece(std::size_t depth) {
    Node node = atom(depth);
    for (bool first = true; more(); first = false) {
      std::uint32_t least = 0, most = 1;
      const std::size_t before = at_;
      if (!quantifier(least, most)) break;
      if (!first) return at_ = before, fail("a repetition of a repetition", "put the inner one into (?:…)"), node;
      if (node.kind == Node::Kind::border) return fail("a repeated border", "leave the repetition out"), node;
      if (!take(U'?')) take(U'+');
      Node repeat;
      repeat.kind = Node::Kind::repeat;
      repeat.least = least;
      repeat.most = most;
      repeat.children.push_back(std::move(node));
      node = std::move(repeat);
    }
    return node;
  }

  bool quantifier(std::uint32_t& least, std::uint32_t& most) {
    if (peek() == U'*' || peek() == U'+') {
      return fail("an unbounded repetition", "say how many at most: {0,64} or {1,64}"), false;
    }
    if (take(U'?')) return true;
    if (peek() != U'{' || peek(1) < U'0' || peek(1) > U'9') return false;
    ++at_;
    least = most = number();
    if (take(U',')) {
      if (peek() == U'}') return fail("an unbounded repetition", "say how many at most: {m,n}"), false;
      most = number();
    }
    if (!take(U'}')) return fail("a repetition that is not {m} or {m,n}", "write \\{ for the character"), false;
    if (least > most || most > kMaxRepeat || most == 0) {
      return fail("a repetition out of range", "write {m,n} with m <= n <= " + std::to_string(kMaxRepeat)), false;
    }
    return true;
  }

  std::uint32_t number() {
    std::uint32_t value = 0;
    if (peek() < U'0' || peek() > U'9') fail("a number is missing", "write {m} or {m,n}");
    while (peek() >= U'0' && peek() <= U'9') {
      value = std::min(value * 10 + static_cast<std::uint32_t>(peek() - U'0'), kMaxRepeat + 1);
      ++at_;
    }
    return value;
  }

  Node atom(std::size_t depth) {
    const char32_t code = peek();
    if (code == U'*' || code == U'+' || code == U'?') {
      return fail("a repetition of nothing", "write a \\ before it for the character"), Node{};
    }
    ++at_;
    switch (code) {
      case U'(':
        return group(depth);
      case U'[':
        return set_node(char_class());
      case U'.':
        return set_node(complement({{U'\n', U'\n'}}));
      case U'^':
        return border(Border::line_begin);
      case U'$':
        return border(Border::line_end);
      case U'\\':
        return escape();
      default:
        return character(code);
    }
  }

  Node group(std::size_t depth) {
    if (take(U'?')) {
      const char32_t kind = peek();
      if (kind == U'=' || kind == U'!' || (kind == U'<' && (peek(1) == U'=' || peek(1) == U'!'))) {
        return fail("look-around", "leave it out; whole_word = true looks at the neighbours"), Node{};
      }
      if (!take(U':')) return fail("a special group", "only (…) and (?:…) are known"), Node{};
    }
    Node node = alternation(depth + 1);
    if (!take(U')')) fail("a ( without its )", "close it, or write \\( for the character");
    return node;
  }

  static Node border(Border kind) {
    Node node;
    node.kind = Node::Kind::border;
    node.border = kind;
    return node;
  }

  // One character, composed or decomposed, in any case if case is ignored.
  Node character(char32_t code) {
    Node composed = set_node(cased({{code, code}}));
    const Codes parts = to_nfd(Codes(1, code));
    if (parts.size() < 2) return composed;
    Node sequence;
    for (const char32_t part : parts) sequence.children.push_back(set_node(cased({{part, part}})));
    Node node;
    node.kind = Node::Kind::alternate;
    node.children.push_back(std::move(composed));
    node.children.push_back(std::move(sequence));
    return node;
  }

  [[nodiscard]] CodeSet cased(CodeSet set) const {
    return ignore_case_ ? close_over_case(set) : united(std::move(set));
  }

  // \d and its kin; `code` is the letter.
  static std::optional<CodeSet> shorthand(char32_t code) {
    switch (code) {
      case U'd':
        return kDigits;
      case U'D':
        return complement(kDigits);
      case U's':
        return kSpaces;
      case U'S':
        return complement(kSpaces);
      case U'w':
        return word_ranges();
      case U'W':
        return complement(word_ranges());
      default:
        return std::nullopt;
    }
  }

  Node escape() {
    const char32_t code = peek();
    if (const auto set = shorthand(code); set && more()) return ++at_, set_node(*set);
    if (code == U'b' || code == U'B') return ++at_, border(code == U'b' ? Border::word : Border::not_word);
    if (code >= U'1' && code <= U'9') return fail("a back-reference", "write the text out"), Node{};
    return character(escaped_code());
  }

  // After the backslash: one code point.
  char32_t escaped_code() {
    if (!more()) return fail("a \\ at the end", "write \\\\ for the character"), 0;
    const char32_t code = text_[at_++];
    constexpr std::u32string_view kLetters = U"tnrfv0", kControls = {U"\t\n\r\f\v\0", 6};
    if (const auto found = kLetters.find(code); found != kLetters.npos) return kControls[found];
    if (code == U'x' && take(U'{')) return hex(1, 6, true);
    if (code == U'x') return hex(2, 2, false);
    if (code == U'u') return hex(4, 4, false);
    if (code < 0x80 && is_alnum(code)) {
      --at_;
      return fail("an escape that is not known here", "write \\xHH or the character itself"), 0;
    }
    return code;
  }

  char32_t hex(std::size_t least, std::size_t most, bool braced) {
    std::string digits;
    while (digits.size() < most && more() && peek() < 0x80) {
      const char c = static_cast<char>(peek());
      if (std::string_view("0123456789abcdefABCDEF").find(c) == std::string_view::npos) break;
      digits.push_back(c), ++at_;
    }
    std::uint32_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    const bool bad = digits.size() < least || value > kLastCode || (value >= 0xd800 && value < 0xe000);
    if (bad || (braced && !take(U'}'))) fail("a character number that is not one", "write \\xHH, \\uHHHH or \\x{H}");
    return value;
  }

  CodeSet char_class() {
    const bool negated = take(U'^');
    CodeSet set;
    for (bool first = true; more() && (first || peek() != U']'); first = false) class_item(set);
    if (!take(U']')) fail("a [ without its ]", "close it, or write \\[ for the character");
    set = cased(std::move(set));
    if (negated) set = complement(set);
    if (set.empty()) fail("a class of no characters", "leave it out");
    return set;
  }

  void class_item(CodeSet& set) {
    if (peek() == U'[' && (peek(1) == U':' || peek(1) == U'.' || peek(1) == U'=')) {
      return fail("a named class", "write its characters, or \\d \\w \\s");
    }
    if (peek() == U'\\') {
      if (const auto known = shorthand(peek(1)); known) {
        at_ += 2;
        set.insert(set.end(), known->begin(), known->end());
        return;
      }
    }
    const char32_t first = class_code();
    char32_t last = first;
    if (peek() == U'-' && peek(1) != U']' && at_ + 1 < text_.size()) {
      ++at_;
      last = class_code();
    }
    if (last < first) return fail("a range that runs backwards", "write the smaller character first");
    set.emplace_back(first, last);
  }

  char32_t class_code() {
    const char32_t code = text_[at_++];
    if (code != U'\\') return code;
    return take(U'b') ? U'\b' : escaped_code();
  }

  Codes text_;
  bool ignore_case_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<Node> parse_expression(std::string_view utf8, bool ignore_case) {
  const auto text = decode_utf8(utf8);
  if (!text) return Error{ErrorKind::order, "not valid UTF-8", "", "save the order file as UTF-8"};
  return Parser(to_nfc(*text), ignore_case).parse();
}

bool contains(const CodeSet& set, char32_t code) {
  const auto after = std::upper_bound(set.begin(), set.end(), code,
                                      [](char32_t c, const CodeRange& range) { return c < range.first; });
  return after != set.begin() && code <= std::prev(after)->second;
}

}  // namespace ambit::match
