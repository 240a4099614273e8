// The automaton of an expression, read from the end of a match to its beginning: Thompson's construction, all states
// at once, so the time is bounded by width times states whatever the evidence holds.
#include <algorithm>

#include "stages/match/literal.h"
#include "stages/match/regex.h"

namespace ambit::match {
namespace {

// Builds the steps so that what stands last in the expression is read first.
class Builder {
 public:
  explicit Builder(Expression& out) : out_(out) {}

  // The first step of `node` followed by `next`.
  std::uint32_t add(const Node& node, std::uint32_t next) {
    switch (node.kind) {
      case Node::Kind::set:
        return step({Step::Kind::set, Border::word, set_number(node.set), next, 0});
      case Node::Kind::border:
        return step({Step::Kind::border, node.border, 0, next, 0});
      case Node::Kind::concat:
        for (const Node& child : node.children) next = add(child, next);
        return next;
      case Node::Kind::alternate:
        return add_branches(node, next);
      case Node::Kind::repeat:
        return add_repeat(node, next);
    }
    return next;
  }

  std::uint32_t step(const Step& step) {
    if (!too_many()) out_.steps.push_back(step);
    return static_cast<std::uint32_t>(out_.steps.size() - 1);
  }
  [[nodiscard]] bool too_many() const { return out_.steps.size() > kMaxExpressionSteps; }

 private:
  std::uint32_t add_branches(const Node& node, std::uint32_t next) {
    std::uint32_t first = add(node.children[0], next);
    for (std::size_t i = 1; i < node.children.size() && !too_many(); ++i) {
      const std::uint32_t branch = add(node.children[i], next);
      first = step({Step::Kind::split, Border::word, 0, branch, first});
    }
    return first;
  }

  std::uint32_t add_repeat(const Node& node, std::uint32_t next) {
    std::uint32_t first = next;
    for (std::uint32_t i = node.least; i < node.most && !too_many(); ++i) {
      const std::uint32_t body = add(node.children[0], first);
      first = step({Step::Kind::split, Border::word, 0, body, next});
    }
    for (std::uint32_t i = 0; i < node.least && !too_many(); ++i) first = add(node.children[0], first);
    return first;
  }

  std::uint32_t set_number(const CodeSet& set) {
    const auto found = std::find(out_.sets.begin(), out_.sets.end(), set);
    if (found != out_.sets.end()) return static_cast<std::uint32_t>(found - out_.sets.begin());
    out_.sets.push_back(set);
    return static_cast<std::uint32_t>(out_.sets.size() - 1);
  }

  Expression& out_;
};

// The characters on both sides of a position, read when a border asks for them.
bool holds(Border border, Form form, Bytes window, std::size_t at) {
  const Glyphs before = read_before(form, window, at), after = read_next(form, window, at);
  const auto is_line_end = [](const Glyphs& glyphs) {
    return glyphs.count > 0 && (glyphs.list[0].code == U'\n' || glyphs.list[0].code == U'\r');
  };
  const bool word_before = before.count > 0 && is_word(before.list[0].code);
  const bool word_after = after.count > 0 && is_word(after.list[0].code);
  switch (border) {
    case Border::word:
      return word_before != word_after;
    case Border::not_word:
      return word_before == word_after;
    case Border::line_begin:
      return at == 0 || is_line_end(before);
    case Border::line_end:
      return at == window.size() || is_line_end(after);
  }
  return false;
}

class Run {
 public:
  Run(const Expression& expression, Form form, bool whole_word, Bytes window, ExpressionScratch& scratch)
      : expression_(expression), form_(form), whole_word_(whole_word), window_(window), scratch_(scratch) {
    scratch_.seen.assign(expression.steps.size(), 0);
    scratch_.round = 0;
    scratch_.now.clear();
  }

  std::optional<std::size_t> from(std::size_t end) {
    std::optional<std::size_t> begin;
    std::size_t at = end;
    ++scratch_.round;
    bool accepted = enter(static_cast<std::uint32_t>(expression_.steps.size() - 1), at, scratch_.now);
    while (true) {
      if (accepted && (!whole_word_ || word_begins(form_, window_, at))) begin = at;
      const Glyphs glyphs = read_before(form_, window_, at);
      if (scratch_.now.empty() || glyphs.count == 0) return begin;
      at -= glyphs.list[0].bytes;
      accepted = advance(glyphs.list[0].code, at);
    }
  }

 private:
  // Follows the steps that read nothing. True if the end of the automaton is among them.
  bool enter(std::uint32_t first, std::size_t at, std::vector<std::uint32_t>& states) {
    bool accepted = false;
    scratch_.stack.assign(1, first);
    while (!scratch_.stack.empty()) {
      const std::uint32_t number = scratch_.stack.back();
      scratch_.stack.pop_back();
      if (std::exchange(scratch_.seen[number], scratch_.round) == scratch_.round) continue;
      const Step& step = expression_.steps[number];
      switch (step.kind) {
        case Step::Kind::accept:
          accepted = true;
          break;
        case Step::Kind::set:
          states.push_back(number);
          break;
        case Step::Kind::split:
          scratch_.stack.push_back(step.next);
          scratch_.stack.push_back(step.other);
          break;
        case Step::Kind::border:
          if (holds(step.border, form_, window_, at)) scratch_.stack.push_back(step.next);
          break;
      }
    }
    return accepted;
  }

  bool advance(char32_t code, std::size_t at) {
    bool accepted = false;
    ++scratch_.round;
    scratch_.next.clear();
    for (const std::uint32_t number : scratch_.now) {
      const Step& step = expression_.steps[number];
      if (contains(expression_.sets[step.set], code)) accepted |= enter(step.next, at, scratch_.next);
    }
    scratch_.now.swap(scratch_.next);
    return accepted;
  }

  const Expression& expression_;
  Form form_;
  bool whole_word_;
  Bytes window_;
  ExpressionScratch& scratch_;
};

}  // namespace

std::optional<Expression> compile_expression(const Node& node) {
  Expression out;
  Builder builder(out);
  const std::uint32_t accept = builder.step({});
  const std::uint32_t first = builder.add(node, accept);
  if (first + std::size_t{1} != out.steps.size()) builder.step({Step::Kind::split, Border::word, 0, first, first});
  if (builder.too_many()) return std::nullopt;
  return out;
}

std::optional<std::size_t> begin_of(const Expression& expression, Form form, bool whole_word, Bytes window,
                                    std::size_t end, ExpressionScratch& scratch) {
  if (whole_word && !word_ends(form, window, end)) return std::nullopt;
  return Run(expression, form, whole_word, window, scratch).from(end);
}

}  // namespace ambit::match
