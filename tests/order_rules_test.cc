// Conditions of rules: what they mean, and what is said of those that mean nothing.
#include "pipeline/order_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "pipeline/limits.h"

namespace ambit::order_rules_test {
namespace {

// accused.mail = 0, accused.name = 1, payout = 2, a-b_c.1 = 3, near = 4
std::vector<Identifier> five_identifiers() {
  std::vector<Identifier> all;
  for (const char* name : {"accused.mail", "accused.name", "payout", "a-b_c.1", "near"}) {
    all.emplace_back();
    all.back().name = name;
  }
  return all;
}

std::string joined(const std::vector<IdentifierId>& ids) {
  std::string out;
  for (const IdentifierId id : ids) out += (out.empty() ? "" : ",") + std::to_string(id);
  return out;
}

// The tree as text with every parenthesis that there is.
std::string shape(const std::vector<Condition>& all, std::size_t index) {
  const Condition& c = all.at(index);
  const auto chain = [&](const std::string& sign) {
    std::string out = "(";
    for (const std::uint32_t child : c.children) out += (out.size() > 1 ? sign : "") + shape(all, child);
    return out + ")";
  };
  switch (c.op) {
    case Op::any_of:
      return "{" + joined(c.identifiers) + "}";
    case Op::all:
      return chain("&");
    case Op::any:
      return chain("|");
    case Op::negate:
      return "!" + shape(all, c.children.at(0));
    case Op::near:
      return "near{" + joined(c.identifiers) + ";" + joined(c.others) + ";" + std::to_string(c.number) + "}";
    case Op::count:
      return "count{" + joined(c.identifiers) + ";" + std::to_string(c.number) + "}";
    case Op::path:
      return "path{" + c.text + "}";
    case Op::kind:
      return "kind{" + std::string(to_string(c.kind)) + "}";
  }
  return "?";
}

ParsedCondition parse(std::string_view text) {
  static const std::vector<Identifier> identifiers = five_identifiers();
  static const NameIndex names(identifiers);
  return parse_condition(text, names, 1'000);
}

TEST(RuleCondition, reads_as_written_with_and_before_or) {
  struct Case {
    const char *text, *shape;
  };
  for (const Case& c : {
           Case{"payout", "{2}"},
           Case{"accused", "{0,1}"},
           Case{" accused.mail\n", "{0}"},
           Case{"a-b_c.1", "{3}"},
           Case{"a-b_c", "{3}"},
           Case{"near", "{4}"},
           Case{"payout|accused&near", "({2}|({0,1}&{4}))"},
           Case{"payout&accused|near", "(({2}&{0,1})|{4})"},
           Case{"(payout | accused) & near", "(({2}|{0,1})&{4})"},
           Case{"payout | accused | near", "({2}|{0,1}|{4})"},
           Case{"payout & (accused & near)", "({2}&({0,1}&{4}))"},
           Case{"payout & !accused | near", "(({2}&!{0,1})|{4})"},
           Case{"payout & !(accused | near)", "({2}&!({0,1}|{4}))"},
           Case{"payout & !!near", "({2}&!!{4})"},
           Case{"((payout))", "{2}"},
           Case{"near(accused, payout, 200)", "near{0,1;2;200}"},
           Case{"near(near,near,0)", "near{4;4;0}"},
           Case{"near(accused.mail, payout, 65536)", "near{0;2;65536}"},
           Case{"count(accused) >= 3", "count{0,1;3}"},
           Case{"count(payout)>2", "count{2;3}"},
           Case{"count(payout) > 0", "count{2;1}"},
           Case{"count(payout) >= 1000", "count{2;1000}"},
           Case{"path(\"/srv/**/*.log\")", "path{/srv/**/*.log}"},
           Case{"path('it\"s')", "path{it\"s}"},
           Case{"kind(\"sql_dump\") & payout", "(kind{sql_dump}&{2})"},
       }) {
    const ParsedCondition parsed = parse(c.text);
    ASSERT_TRUE(parsed.mistakes.empty()) << c.text << ": " << parsed.mistakes[0].what;
    EXPECT_EQ(shape(parsed.conditions, parsed.conditions.size() - 1), c.shape) << c.text;
  }
}

TEST(RuleCondition, names_each_mistake_with_its_place_and_remedy) {
  struct Case {
    const char* text;
    std::size_t offset;
    const char *what, *remedy;
  };
  for (const Case& c : {
           Case{"", 0, "expected an identifier, near, count, path or kind, not the end", "order-file.md"},
           Case{"acused", 0, "no identifier or group is called \"acused\"", "did you mean \"accused\"?"},
           Case{"payout & accused.mial", 9, "is called \"accused.mial\"", "did you mean \"accused.mail\"?"},
           Case{"zzzzzz", 0, "no identifier or group", "choose one of: a-b_c, a-b_c.1, accused"},
           Case{"accused.", 0, "no identifier or group is called \"accused.\"", "did you mean"},
           Case{"payout near", 7, "expected &, | or the end", "order-file.md"},
           Case{"payout and near", 7, "not \"and\"", "\"and\" is written &"},
           Case{"payout or near", 7, "not \"or\"", "\"or\" is written |"},
           Case{"not payout", 0, "called \"not\"", "\"not\" is written !"},
           Case{"payout && near", 8, "expected an identifier", "\"and\" is written & once"},
           Case{"payout || near", 8, "expected an identifier", "\"or\" is written | once"},
           Case{"payout &", 8, "not the end", "order-file.md"},
           Case{"payout)", 6, "not \")\"", "remove it"},
           Case{"payout & (accused | near", 9, "this parenthesis is never closed", "close it"},
           Case{"(payout near)", 8, "expected &, | or ), not \"near\"", "order-file.md"},
           Case{"payout & ☃", 9, "not \"☃\"", "order-file.md"},
           Case{"payout & \"near\"", 9, "not \"near\"", "order-file.md"},
           Case{"nera(accused, payout, 5)", 0, "there is no function \"nera\"", "did you mean \"near\"?"},
           Case{"near(accused payout, 5)", 13, "expected \",\" after the first name", "near(a, b, 200)"},
           Case{"near(accused, payout)", 20, "expected \",\" after the second name", "near(a, b, 200)"},
           Case{"near(accused, payout, 5", 23, "expected \")\"", "near(a, b, 200)"},
           Case{"near(!accused, payout, 5)", 5, "expected a name as the first", "identifier or a group"},
           Case{"near(accused, payout, 65537)", 22, "whole number from 0 to 65536, not \"65537\"", "such a number"},
           Case{"near(accused, payout, -5)", 22, "whole number from 0", "such a number"},
           Case{"near(accused, payout, 99999999999999999999)", 22, "whole number from 0", "such a number"},
           Case{"near(accused, payout, )", 22, "whole number from 0 to 65536, not \")\"", "such a number"},
           Case{"near(acused, payout, 5)", 5, "is called \"acused\"", "did you mean"},
           Case{"count(payout)", 13, "expected >= after count", "count(a) >= 3"},
           Case{"count(payout) = 3", 14, "expected >= after count(…), not \"=\"", "count(a) >= 3"},
           Case{"count(payout) < 3", 14, "expected >= after count", "count(a) >= 3"},
           Case{"count(payout, 3)", 12, "expected \")\" after the name of count(a)", "count(a) >= 3"},
           Case{"count(payout) >= 0", 17, "whole number from 1 to 1000", "such a number"},
           Case{"count(payout) >= 1001", 17, "whole number from 1 to 1000", "such a number"},
           Case{"count(payout) > 1000", 16, "whole number from 0 to 999", "such a number"},
           Case{"count(payout) >= three", 17, "not \"three\"", "such a number"},
           Case{"count((payout)) >= 1", 6, "expected a name in count(a)", "identifier or a group"},
           Case{"path(x)", 5, "expected a string in quotes, not \"x\"", "path(\"**/mail/*\")"},
           Case{"path(\"\") & near", 5, "the glob of path() is empty", "path("},
           Case{"path(\"x", 5, "this string does not end", "close it"},
           Case{"kind(mail)", 5, "expected a string in quotes", "kind(\"mail\")"},
           Case{"kind(\"mial\")", 5, "there is no kind \"mial\"", "did you mean \"mail\"?"},
           Case{"kind(\"\")", 5, "there is no kind", "choose one of: empty, zero"},
       }) {
    const ParsedCondition parsed = parse(c.text);
    ASSERT_EQ(parsed.mistakes.size(), 1U) << c.text;
    EXPECT_EQ(parsed.mistakes[0].offset, c.offset) << c.text;
    EXPECT_NE(parsed.mistakes[0].what.find(c.what), std::string::npos) << c.text << ": " << parsed.mistakes[0].what;
    EXPECT_NE(parsed.mistakes[0].remedy.find(c.remedy), std::string::npos)
        << c.text << ": " << parsed.mistakes[0].remedy;
  }
}

TEST(RuleCondition, names_all_mistakes_of_meaning_and_then_the_first_of_grammar) {
  const ParsedCondition parsed = parse("acused & near(x, payot, 70000) & kind(\"mial\") & & zzz");
  std::vector<std::size_t> offsets;
  for (const RuleMistake& mistake : parsed.mistakes) offsets.push_back(mistake.offset);
  EXPECT_EQ(offsets, (std::vector<std::size_t>{0, 14, 17, 24, 38, 48}));
}

TEST(RuleCondition, refuses_a_glob_longer_than_any_path) {
  const ParsedCondition parsed = parse("path(\"" + std::string(limits::kMaxPathBytes + 1, 'a') + "\")");
  ASSERT_EQ(parsed.mistakes.size(), 1U);
  EXPECT_EQ(parsed.mistakes[0].offset, 5U);
}

TEST(RuleCondition, nests_as_deep_as_the_limit_and_no_deeper) {
  for (const char* open : {"(", "!"}) {
    const auto nested = [&](std::size_t depth) {
      std::string text;
      for (std::size_t i = 0; i < depth; ++i) text += open;
      text += "payout";
      if (*open == '(') text += std::string(depth, ')');
      return parse(text);
    };
    EXPECT_TRUE(nested(limits::kMaxConditionDepth).mistakes.empty());
    const ParsedCondition deeper = nested(limits::kMaxConditionDepth + 1);
    ASSERT_EQ(deeper.mistakes.size(), 1U);
    EXPECT_NE(deeper.mistakes[0].what.find("nested deeper than 64"), std::string::npos);
    EXPECT_EQ(deeper.mistakes[0].offset, limits::kMaxConditionDepth);
    EXPECT_EQ(nested(1'000'000).mistakes.size(), 1U);
  }
  std::string chain = "payout";
  for (int i = 0; i < 10'000; ++i) chain += " | near & payout";
  EXPECT_TRUE(parse(chain).mistakes.empty()) << "chains do not nest";
}

TEST(RuleCondition, that_holds_for_an_object_nothing_speaks_of_is_recognised) {
  for (const char* text : {"!payout", "payout | !near", "!(payout & near)", "!path(\"x\")", "!kind(\"mail\")",
                           "!count(near) >= 2", "!near(payout, near, 3)", "!(payout | near) | payout", "!!!near"}) {
    const ParsedCondition parsed = parse(text);
    ASSERT_TRUE(parsed.mistakes.empty()) << text;
    EXPECT_TRUE(holds_for_nothing(parsed.conditions)) << text;
  }
  for (const char* text : {"payout", "payout & !near", "path(\"x\")", "path(\"x\") & !near", "kind(\"mail\")", "!!near",
                           "kind(\"mail\") | payout & !near", "count(near) >= 1", "near(payout, near, 3)"}) {
    const ParsedCondition parsed = parse(text);
    ASSERT_TRUE(parsed.mistakes.empty()) << text;
    EXPECT_FALSE(holds_for_nothing(parsed.conditions)) << text;
  }
}

// A random condition over the identifiers payout and near: its text, with as few parentheses as the grammar allows,
// and its value by the generator's own reckoning for all four ways in which the two may hold.
struct Generated {
  std::string text;
  unsigned truth = 0;  // bit (2 * near + payout)
  int level = 2;       // 0: |, 1: &, 2: anything tighter
};
Generated generate(std::mt19937& random, int depth) {
  const std::size_t choice = random() % (depth == 0 ? 2 : 5);
  if (choice == 0) return {"payout", 0b1010, 2};
  if (choice == 1) return {"near", 0b1100, 2};
  const auto guarded = [](const Generated& g, int level) { return g.level < level ? "(" + g.text + ")" : g.text; };
  const Generated a = generate(random, depth - 1);
  if (choice == 2) return {"!" + guarded(a, 2), ~a.truth & 0xFU, 2};
  const Generated b = generate(random, depth - 1);
  if (choice == 3) return {guarded(a, 1) + " & " + guarded(b, 1), a.truth & b.truth, 1};
  return {guarded(a, 0) + " | " + guarded(b, 0), a.truth | b.truth, 0};
}

bool evaluate(const std::vector<Condition>& all, std::size_t index, bool payout, bool near) {
  const Condition& c = all.at(index);
  const auto child = [&](std::uint32_t i) { return i < index && evaluate(all, i, payout, near); };
  if (c.op == Op::any_of) return c.identifiers.at(0) == 2 ? payout : near;
  if (c.op == Op::negate) return !evaluate(all, c.children.at(0), payout, near);
  if (c.op == Op::all) return std::all_of(c.children.begin(), c.children.end(), child);
  return std::any_of(c.children.begin(), c.children.end(), child);
}

TEST(RuleCondition, means_what_its_text_says_for_random_trees) {
  std::mt19937 random(7);
  for (int round = 0; round < 2'000; ++round) {
    const Generated generated = generate(random, 6);
    const ParsedCondition parsed = parse(generated.text);
    ASSERT_TRUE(parsed.mistakes.empty()) << generated.text;
    for (std::size_t i = 0; i < parsed.conditions.size(); ++i) {
      for (const std::uint32_t child : parsed.conditions[i].children) ASSERT_LT(child, i) << generated.text;
    }
    for (unsigned bits = 0; bits < 4; ++bits) {
      const bool value = evaluate(parsed.conditions, parsed.conditions.size() - 1, bits & 1U, bits & 2U);
      ASSERT_EQ(value, (generated.truth >> bits & 1U) != 0) << generated.text << " at " << bits;
    }
    ASSERT_EQ(holds_for_nothing(parsed.conditions), (generated.truth & 1U) != 0) << generated.text;
  }
}

TEST(RuleCondition, survives_any_sequence_of_tokens) {
  static const std::vector<std::string> kTokens = {"(",       ")",  "!",     "&",    "|",     ",",     ">=",   ">",
                                                   "near",    "5",  "count", "path", "kind",  "\"x\"", "mail", "'",
                                                   "accused", "\"", " ",     "\xff", "zzzzz", ".",     "\n",   "\\"};
  std::mt19937 random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t i = 0, n = random() % 12; i < n; ++i) text += kTokens[random() % kTokens.size()];
    const ParsedCondition parsed = parse(text);
    for (const RuleMistake& mistake : parsed.mistakes) ASSERT_LE(mistake.offset, text.size()) << text;
    ASSERT_TRUE(!parsed.mistakes.empty() || !parsed.conditions.empty()) << text;
  }
}

TEST(NameIndex, finds_names_and_groups_and_nothing_between) {
  std::vector<Identifier> identifiers;
  for (const char* name : {"b", "a.x", "a-1", "a.x-2", "ab.c", "c.d.e", "c.d.f", "a.b"}) {
    identifiers.emplace_back();
    identifiers.back().name = name;
  }
  const NameIndex names(identifiers);
  EXPECT_EQ(joined(names.resolve("a")), "1,3,7");
  EXPECT_EQ(joined(names.resolve("a.x")), "1");
  EXPECT_EQ(joined(names.resolve("ab")), "4");
  EXPECT_EQ(joined(names.resolve("c")), "5,6");
  EXPECT_EQ(joined(names.resolve("c.d")), "5,6");
  EXPECT_EQ(joined(names.resolve("c.d.e")), "5");
  for (const char* name : {"", ".", "c.", "c.d.", "c.d.e.f", "A", "a.", "z", "d"}) {
    EXPECT_TRUE(names.resolve(name).empty()) << name;
  }
  EXPECT_TRUE(names.clashes().empty());
  EXPECT_EQ(names.words(), (std::vector<std::string_view>{"a", "a.b", "a.x", "a.x-2", "a-1", "ab", "ab.c", "b", "c",
                                                          "c.d", "c.d.e", "c.d.f"}));
}

}  // namespace
}  // namespace ambit::order_rules_test
