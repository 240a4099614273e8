// Whole words, expressions, byte strings, refusals: what an order may say and what it then means.
#include "match_finder.h"

namespace ambit::match_rules_test {
namespace {

std::vector<std::string> spans(const Identifier& identifier, const std::string& text) {
  std::vector<std::string> out;
  for (const Hit& hit : hits_in(pattern_set({identifier}), text)) out.push_back(text.substr(hit.start, hit.length));
  return out;
}
using Strings = std::vector<std::string>;

struct Word {
  const char* text;
  bool found;
};

TEST(WholeWord, neighbour_in_any_script_and_any_escape_counts) {
  const Word words[] = {
      {"kim", true},
      {" kim ", true},
      {"(kim)", true},
      {"kim.", true},
      {"kim-lee", true},
      {"akim", false},
      {"kimb", false},
      {"kim1", false},
      {"kim_", false},
      {"_kim", false},
      {"=?utf-8?Q?Herr_kim_Lee?=", true},
      {"\u00e5kim", false},
      {"kim\u0301", false},
      {"kim\u0434", false},
      {"\u738bkim", false},
      {"\u3001kim\u3002", true},
      {"\xff"
       "kim\xff",
       true},
      {"\\nkim", true},
      {"\\u0020kim", true},
      {"%20kim", true},
      {"=20kim", true},
      {"kim\U00010410", false},
      {"\U0001f600kim", true},
      {"kim&nbsp;", true},
  };
  const PatternSet set = pattern_set({whole_word(literal("kim"))});
  for (const Word& word : words) EXPECT_EQ(hits_in(set, word.text).size(), word.found ? 1U : 0U) << word.text;
}

TEST(WholeWord, neighbour_is_read_in_the_form_of_the_hit) {
  const PatternSet set = pattern_set({whole_word(literal("kim lee"))});
  const Word words[] = {
      {"kim%20lee", true},
      {"%C3%A5kim%20lee", false},
      {"+kim%20lee+", true},
      {"kim%20lee%C3%A5", false},
      {"%26kim%20lee%26", true},
      {"kim_lee=C3=A5", false},
      {"=2Ckim_lee=2C", true},
      {"kim&nbsp;lee&aring;", false},
      {"&aring;kim&nbsp;lee", false},
      {"&lt;kim&nbsp;lee&gt;", true},
  };
  for (const Word& word : words) EXPECT_EQ(hits_in(set, word.text).size(), word.found ? 1U : 0U) << word.text;
}

TEST(WholeWord, neighbour_inside_base64_and_utf16_is_decoded) {
  const PatternSet set = pattern_set({whole_word(literal("example"))});
  for (const std::string before : {"", "-", "--"}) {
    EXPECT_EQ(hits_in(set, base64(before + "example!")).size(), 1U);
    EXPECT_EQ(hits_in(set, base64(before + "examples")).size(), 0U);
    EXPECT_EQ(hits_in(set, base64(before + "xexample")).size(), 0U);
    EXPECT_EQ(hits_in(set, base64(utf16le(before + "example."))).size(), 1U);
    EXPECT_EQ(hits_in(set, base64(utf16le(before + "examples"))).size(), 0U);
    EXPECT_EQ(hits_in(set, utf16be(before + "example, and")).size(), 1U);
    EXPECT_EQ(hits_in(set, utf16be(before + "example\u0434")).size(), 0U);
  }
}

TEST(Settling, hit_inside_another_of_the_same_identifier_is_dropped) {
  Identifier id = literal("example");
  id.literals.push_back("kim@example.com");
  EXPECT_EQ(spans(id, "example kim@example.com"), (Strings{"example", "kim@example.com"}));
  const PatternSet two = pattern_set({literal("example"), literal("kim@example.com")});
  EXPECT_EQ(hits_in(two, "kim@example.com").size(), 2U);
}

TEST(Settling, overlapping_matches_of_an_expression_are_one_hit) {
  EXPECT_EQ(spans(expression("\\d{3,5}"), "12 123 12345678 1"), (Strings{"123", "12345678"}));
  EXPECT_EQ(spans(literal("abcabc"), "abcabcabc"), (Strings{"abcabc", "abcabc"}));
}

TEST(Expression, syntax_means_what_it_means_in_pcre) {
  struct Case {
    const char *expression, *text;
    Strings found;
  };
  const Case cases[] = {
      {"a.c", "abc a\nc a\u00e5c", {"abc", "a\u00e5c"}},
      {"q[^a-y]{3}", "abqzzza", {"qzzz"}},
      {"[a\\]x]{3}", "a]x", {"a]x"}},
      {"[]x]{3}", "]]x", {"]]x"}},
      {"[a-]{3}", "a-a", {"a-a"}},
      {"x\\x41\\x{42}\\u0043", "xabc", {"xabc"}},
      {"ab(?:c|de)?f{2}", "abff abcff abdeff abf", {"abff", "abcff", "abdeff"}},
      {"ab{2,3}?c", "abc abbc abbbc abbbbc", {"abbc", "abbbc"}},
      {"a\\.b\\*c", "a.b*c axbxc", {"a.b*c"}},
      {"a{b}c", "a{b}c", {"a{b}c"}},
      {"\\bkim\\b", "kim kimono akim", {"kim"}},
      {"\\Bkim", "kim xkim", {"kim"}},
      {"(?:x|\\b)kim", "akim xkim kim", {"xkim", "kim"}},
      {"^abc$", "abc\nabcd\r\nabc\r\nxabc\nabc", {"abc", "abc", "abc"}},
      {"st\u00e5hl", "ST\u00c5HL sta\u030ahl stahl", {"ST\u00c5HL", "sta\u030ahl"}},
      {"\\w{2}\u00e9\\w", "\u00e5\u00e4\u00e9\u00f6", {"\u00e5\u00e4\u00e9\u00f6"}},
      {"id\\s\\d{3}", "id\u00a0123 id 456", {"id\u00a0123", "id 456"}},
      {"[\u0430-\u044f]{4}", "\u0418\u0432\u0430\u043d abcd", {"\u0418\u0432\u0430\u043d"}},
      {"[\U0001f600-\U0001f64f]ok", "\U0001f610ok", {"\U0001f610ok"}},
      {"ke[y]s", "\u212aey\u017f", {"\u212aey\u017f"}},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(spans(only(expression(c.expression), {Form::utf8}), c.text), c.found) << c.expression;
    for (const Form form : {Form::utf16le, Form::utf16be}) {
      const bool big = form == Form::utf16be;
      Strings expected;
      for (const std::string& text : c.found) expected.push_back(utf16(text, big));
      EXPECT_EQ(spans(only(expression(c.expression), {form}), utf16(c.text, big)), expected) << c.expression;
    }
  }
}

TEST(Expression, whole_word_takes_the_match_that_is_one_though_a_longer_one_is_not) {
  EXPECT_EQ(spans(whole_word(expression("[a-z ]{3,6}")), "xfoooooo bar"), (Strings{"bar"}));
}

TEST(Expression, exists_in_the_three_text_forms) {
  const PatternSet set = pattern_set({expression("\\bA\\d{3}\\b")});
  EXPECT_EQ(set.forms_of(0), (std::vector<Form>{Form::utf8, Form::utf16le, Form::utf16be}));
}

TEST(Expression, utf16_that_reads_in_both_byte_orders_is_one_hit) {
  const PatternSet set = pattern_set({expression("A\\d{3,6}Z")});
  const std::string text = "see A1234Z. ";
  EXPECT_EQ(shown(hits_in(set, utf16le(text))), Strings{"0: 8+12 utf16le"});
  EXPECT_EQ(shown(hits_in(set, utf16be(text))), Strings{"0: 8+12 utf16be"});
}

struct Refused {
  Identifier identifier;
  const char *what, *remedy;
};
Identifier bytes_of(std::string bytes) {
  Identifier out;
  out.byte_strings = {std::move(bytes)};
  return out;
}

TEST(Refusal, every_mistake_is_said_with_a_remedy) {
  const Refused all[] = {
      {literal("ab"), "too short", "longer"},
      {literal("---"), "too short", "longer"},
      {literal("\u674e"), "too short", "longer"},
      {literal("\xff\xfe"), "UTF-8", "UTF-8"},
      {literal(std::string(300, 'a')), "longer than 256", "part"},
      {only(literal("word"), {Form::quoted_printable}), "none of the forms", "utf8"},
      {expression("abc\\w*"), "unbounded", "{0,64}"},
      {expression("abc+"), "unbounded", "{1,64}"},
      {expression("abc{2,}"), "unbounded", "{m,n}"},
      {expression("(abc)\\1"), "back-reference", "write"},
      {expression("abc(?=d)"), "look-around", "whole_word"},
      {expression("(?<=a)bcd"), "look-around", "whole_word"},
      {expression("(?i)abc"), "special group", "(?:"},
      {expression("(abc"), "without its )", "close"},
      {expression("abc)"), "without its (", "\\)"},
      {expression("[abc"), "without its ]", "close"},
      {expression("[[:alpha:]]{3}"), "named class", "\\w"},
      {expression("abc\\p{L}"), "not known", "\\xHH"},
      {expression("*abc"), "repetition of nothing", "\\"},
      {expression("a{5,2}bc"), "out of range", "m <= n"},
      {expression("[z-a]bc"), "backwards", "first"},
      {expression("abc\\"), "at the end", "\\\\"},
      {expression("\\x{110000}abc"), "character number", "\\xHH"},
      {expression("a?b"), "fewer than 3 bytes", "compulsory"},
      {expression("abc.{0,4000}"), "more than 4096 bytes", "repetitions"},
      {expression("(?:(?:a{1,999}){1,999}){1,999}bc"), "too large", "repetitions"},
      {only(expression("abc"), {Form::base64}), "none of the forms", "utf8"},
      {bytes_of(std::string(8, '\0')), "zeros", "leave it out"},
      {bytes_of("ab"), "2 bytes", "3 to"},
  };
  std::vector<Identifier> identifiers;
  for (const Refused& refused : all) identifiers.push_back(refused.identifier);
  std::vector<PatternProblem> problems;
  const Result<PatternSet> set = PatternSet::build(identifiers, problems);
  EXPECT_FALSE(set.ok());
  ASSERT_EQ(problems.size(), std::size(all));
  for (std::size_t i = 0; i < problems.size(); ++i) {
    EXPECT_EQ(problems[i].identifier, i);
    EXPECT_NE(problems[i].what.find(all[i].what), std::string::npos) << i << ": " << problems[i].what;
    EXPECT_NE(problems[i].remedy.find(all[i].remedy), std::string::npos) << i << ": " << problems[i].remedy;
  }
}

TEST(Refusal, place_of_the_mistake_is_named) {
  std::vector<PatternProblem> problems;
  Identifier id = literal("good enough");
  id.expressions = {"fine{3}", "abcd*"};
  const std::vector<Identifier> list = {id};
  EXPECT_FALSE(PatternSet::build(list, problems).ok());
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].part, PatternProblem::Part::expression);
  EXPECT_EQ(problems[0].index, 1U);
  EXPECT_NE(problems[0].what.find("at character 5"), std::string::npos) << problems[0].what;
}

TEST(Refusal, shortest_texts_that_mean_something_are_taken) {
  for (const char* text : {"abc", "a-1-b", "\u674e\u56db", "\u3042\u3044", "\uae40\ubbfc"}) {
    EXPECT_EQ(hits_in(pattern_set({literal(text)}), std::string("\xff") + text + "\xff").size(), 1U) << text;
  }
}

TEST(ByteString, long_one_is_checked_to_its_last_byte) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes += static_cast<char>(i * 7 % 251);
  const PatternSet set = pattern_set({bytes_of(bytes)});
  EXPECT_EQ(hits_in(set, "xx" + bytes + "yy").size(), 1U);
  for (const std::size_t at : {0U, 150U, 299U}) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_TRUE(hits_in(set, "xx" + damaged + "yy").empty()) << at;
  }
  EXPECT_TRUE(hits_in(set, bytes.substr(0, 299)).empty());
}

// Damage anywhere must never make the matcher read outside its window (the sanitizer watches) nor find what is not
// there.
TEST(Hostile, half_escapes_at_every_border_are_no_hits) {
  const PatternSet set = pattern_set(
      {literal("Kim St\u00e5hl"), whole_word(literal("kim@example.com")), expression("\\bk[^a]m.{1,9}com$")});
  const Strings texts = {percent("Kim St\u00e5hl"),         html("kim@example.com", true),
                         json("Kim St\u00e5hl", false),     "kim=40exa=\r\nmple.com",
                         utf16be("kim@example.com"),        base64("kim@example.com--"),
                         quoted_printable("Kim St\u00e5hl")};
  for (const std::string& text : texts) {
    ASSERT_FALSE(hits_in(set, text).empty());
    for (std::size_t begin = 0; begin < text.size(); ++begin) {
      for (std::size_t length = 0; length + begin < text.size(); ++length) {
        for (const Hit& hit : hits_in(set, text.substr(begin, length))) EXPECT_LE(hit.end(), length);
      }
    }
  }
}

}  // namespace
}  // namespace ambit::match_rules_test
