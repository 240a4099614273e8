// The cases of NIST's Computer Forensics Tool Testing for string search, each by its name. FT-SS-02 (logical
// operators) is about joining hits and stands with the decision, FT-SS-09 (documents) with what takes them apart. Each
// case is the string in evidence, among decoys.
#include "match_finder.h"

namespace ambit::match_cftt_test {
namespace {

std::size_t found(const Identifier& identifier, std::string_view bytes) {
  return hits_in(pattern_set({identifier}), bytes).size();
}

TEST(Cftt, ft_ss_01_exact_string) {
  EXPECT_EQ(found(exact_case(literal("DireWolf")), "a DireWolf, a direwolf, a DIREWOLF, a DireWol"), 1U);
}

TEST(Cftt, ft_ss_01_ignore_case) {
  EXPECT_EQ(found(literal("DireWolf"), "a DireWolf, a direwolf, a DIREWOLF, a DireWol"), 3U);
}

TEST(Cftt, ft_ss_01_whole_word) {
  EXPECT_EQ(found(whole_word(literal("wolf")), "wolf werewolf wolfram (wolf) wolf_1 wolf. wolf"), 4U);
}

TEST(Cftt, ft_ss_01_whole_word_in_every_script_and_width) {
  const Identifier id = whole_word(literal("\u0432\u043e\u043b\u043a"));
  const std::string text = "\u0432\u043e\u043b\u043a, \u0432\u043e\u043b\u043a\u0438 \u0432\u043e\u043b\u043a";
  EXPECT_EQ(found(id, text), 2U);
  EXPECT_EQ(found(id, utf16le(text)), 2U);
  EXPECT_EQ(found(id, utf16be(text)), 2U);
}

TEST(Cftt, ft_ss_03_chinese) {
  const std::string text = "\u6211\u53eb\u738b\u5c0f\u660e\u3002";
  for (const std::string& bytes : {text, utf16le(text), utf16be(text)}) {
    EXPECT_EQ(found(literal("\u738b\u5c0f\u660e"), bytes), 1U);
  }
}

TEST(Cftt, ft_ss_03_japanese_kanji_hiragana_katakana) {
  for (const char* word : {"\u65e5\u672c\u8a9e", "\u3072\u3089\u304c\u306a", "\u30ab\u30bf\u30ab\u30ca"}) {
    const std::string text = std::string("\u306f") + word + "\u3067\u3059";
    for (const std::string& bytes : {text, utf16le(text), utf16be(text)}) EXPECT_EQ(found(literal(word), bytes), 1U);
  }
}

TEST(Cftt, ft_ss_03_korean) {
  const std::string text = "\uc774\ub984\uc740 \uae40\ubbfc\uc218\uc785\ub2c8\ub2e4";
  for (const std::string& bytes : {text, utf16le(text), utf16be(text)}) {
    EXPECT_EQ(found(literal("\uae40\ubbfc\uc218"), bytes), 1U);
  }
}

TEST(Cftt, ft_ss_03_russian_in_any_case) {
  const std::string text =
      "\u043e\u0445\u043e\u0442\u0430 \u041e\u0445\u043e\u0442\u0430 \u041e\u0425\u041e\u0422\u0410";
  for (const std::string& bytes : {text, utf16le(text), utf16be(text)}) {
    EXPECT_EQ(found(literal("\u043e\u0445\u043e\u0442\u0430"), bytes), 3U);
  }
}

TEST(Cftt, ft_ss_03_latin_with_diacritics) {
  const std::string text = "garçon, GARÇON, \u00fcber, \u00dcBER, ma\u00f1ana";
  EXPECT_EQ(found(literal("gar\u00e7on"), text), 2U);
  EXPECT_EQ(found(literal("\u00fcber"), utf16le(text)), 2U);
  EXPECT_EQ(found(literal("ma\u00f1ana"), utf16be(text)), 1U);
}

TEST(Cftt, ft_ss_03_right_to_left) {
  for (const char* word : {"\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627"}) {
    for (const std::string& bytes : {std::string(word), utf16le(word), utf16be(word)}) {
      EXPECT_EQ(found(literal(word), "\xff" + bytes + "\xff"), 1U);
    }
  }
}

TEST(Cftt, ft_ss_04_normal_forms_composed_and_decomposed) {
  const std::string composed = "r\u00e9sum\u00e9", decomposed = "re\u0301sume\u0301";
  for (const std::string& identifier : {composed, decomposed}) {
    for (const std::string& evidence : {composed, decomposed, std::string("R\u00c9SUM\u00c9")}) {
      EXPECT_EQ(found(literal(identifier), evidence), 1U);
      EXPECT_EQ(found(literal(identifier), utf16le(evidence)), 1U);
    }
  }
}

TEST(Cftt, ft_ss_04_ligatures) {
  for (const char* evidence : {"efficient", "e\ufb03cient", "e\ufb00icient", "ef\ufb01cient"}) {
    EXPECT_EQ(found(literal("efficient"), evidence), 1U) << evidence;
    EXPECT_EQ(found(literal("efficient"), utf16be(evidence)), 1U) << evidence;
  }
}

TEST(Cftt, ft_ss_05_utf16_without_byte_order_mark_at_even_and_odd_offsets) {
  for (const std::string before : {"", "x", "xy", "xyz"}) {
    EXPECT_EQ(found(literal("panda"), before + utf16le("panda")), 1U);
    EXPECT_EQ(found(literal("panda"), before + utf16be("panda")), 1U);
  }
}

TEST(Cftt, ft_ss_06_email_address) {
  const Identifier shape = expression(R"(\b[\w.+-]{1,32}@[\w-]{1,32}(?:\.[a-z]{2,10}){1,3}\b)");
  const std::string text = "write to kim.lee+x@mail.example.co.uk, or not @all";
  const std::vector<Hit> hits = hits_in(pattern_set({shape}), text);
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(text.substr(hits[0].start, hits[0].length), "kim.lee+x@mail.example.co.uk");
}

TEST(Cftt, ft_ss_06_telephone_number) {
  const Identifier shape = whole_word(expression(R"(\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4})"));
  EXPECT_EQ(found(shape, "call (416) 555-0199 or 416.555.0199 but not 4165550199 nor 1416 555 01990"), 2U);
  EXPECT_EQ(found(shape, utf16le("call (416) 555-0199 or 416.555.0199")), 2U);
}

TEST(Cftt, ft_ss_06_social_security_number) {
  const Identifier shape = whole_word(expression(R"(\d{3}-\d{2}-\d{4})"));
  EXPECT_EQ(found(shape, "078-05-1120, 1078-05-1120, 078-05-11201"), 1U);
  EXPECT_EQ(found(shape, utf16be("078-05-1120, 1078-05-1120, 078-05-11201")), 1U);
}

TEST(Cftt, ft_ss_07_string_over_the_border_of_two_reads) {
  const PatternSet set = pattern_set({literal("panda")});
  const std::string bytes = "01234567panda01234567";
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    EXPECT_EQ(shown(hits_in(set, bytes, {{cut}})), std::vector<std::string>{"0: 8+5 utf8"}) << cut;
  }
}

TEST(Cftt, ft_ss_08_every_string_of_a_long_list) {
  std::vector<Identifier> list;
  std::string bytes;
  for (int i = 0; i < 500; ++i) list.push_back(literal("word" + std::to_string(i) + "x"));
  for (const Identifier& id : list) bytes += id.literals[0] + " ";
  const std::vector<Hit> hits = hits_in(pattern_set(list), bytes);
  ASSERT_EQ(hits.size(), list.size());
  for (std::size_t i = 0; i < hits.size(); ++i) EXPECT_EQ(hits[i].identifier, i);
}

TEST(Cftt, ft_ss_10_hexadecimal_string) {
  Identifier id;
  id.byte_strings = {std::string("\x00\xff\x10\x00\x80", 5)};
  const std::vector<Hit> hits = hits_in(pattern_set({id}), std::string("\x00\x00\xff\x10\x00\x80\x00\xff\x10\x00", 10));
  EXPECT_EQ(shown(hits), std::vector<std::string>{"0: 1+5 raw"});
}

TEST(Cftt, ft_ss_10_regular_expression) {
  const Identifier id = expression(R"(pan(?:da|ther)s?[0-9]{2,3})");
  EXPECT_EQ(found(id, "panda12 panthers345 pandas1 PANDA99"), 3U);
  EXPECT_EQ(found(exact_case(id), "panda12 panthers345 pandas1 PANDA99"), 2U);
}

}  // namespace
}  // namespace ambit::match_cftt_test
