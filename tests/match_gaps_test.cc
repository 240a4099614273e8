// Words that are parted by more than one blank: by the end of a line, as mails and pages are laid out, or a tab.
#include "match_finder.h"
#include "stages/match/gap.h"

namespace ambit::match_gaps_test {
namespace {

constexpr const char* kGaps[] = {"\n",   "\r\n",  "\r",     " \n",      " \r\n",     "\t",     "  ",   "   ",
                                 "\n  ", "\n\t ", "\n> ",   "\r\n>>> ", " \r\n> > ", "\t\t",   " \t ", "\n    \t",
                                 "\n>",  " \n ",  "\r\n\t", "      ",   "\t\r\n",    "\r\n   "};

TEST(MatchGaps, words_are_found_over_the_end_of_a_line) {
  struct Name {
    const char *identifier, *first, *second;
  };
  for (const Name& name : {Name{"Kim Berg", "Kim", "Berg"}, Name{"Kim St\u00e5hl", "KIM", "ST\u00c5HL"},
                           Name{"\u00c5sa Berg", "\u00e5sa", "berg"}, Name{"Rewards  Gold", "Rewards", "Gold"},
                           Name{"Bob Lee", "bob", "LEE"},
                           Name{"\u0418\u0432\u0430\u043d \u041f\u0435\u0442\u0440\u043e\u0432",
                                "\u0418\u0432\u0430\u043d", "\u041f\u0435\u0442\u0440\u043e\u0432"}}) {
    for (const bool whole : {false, true}) {
      const Identifier plain = literal(name.identifier);
      const PatternSet set = pattern_set({whole ? whole_word(plain) : plain});
      for (const std::string gap : kGaps) {
        const std::string evidence = name.first + gap + name.second;
        const std::vector<Hit> hits = hits_in(set, "dear " + evidence + ", yours");
        ASSERT_EQ(hits.size(), 1U) << name.identifier << " " << testing::PrintToString(gap);
        EXPECT_EQ(hits[0].start, 5U);
        EXPECT_EQ(hits[0].length, evidence.size());
        EXPECT_EQ(hits[0].form, Form::utf8);
      }
      EXPECT_EQ(hits_in(set, std::string(name.first) + " " + name.second).size(), 1U);
    }
  }
}

TEST(MatchGaps, words_are_found_over_the_end_of_a_line_in_utf16) {
  for (const char* name :
       {"Kim Berg", "Kim St\u00e5hl", "Bob Lee", "\u0418\u0432\u0430\u043d \u041f\u0435\u0442\u0440\u043e\u0432"}) {
    const std::string first = std::string(name).substr(0, std::string(name).find(' ')),
                      second = std::string(name).substr(first.size() + 1);
    for (const bool whole : {false, true}) {
      const PatternSet set = pattern_set({whole ? whole_word(literal(name)) : literal(name)});
      for (const std::string gap : kGaps) {
        for (const bool big_endian : {false, true}) {
          const std::string evidence = utf16(first + gap + second, big_endian);
          const std::vector<Hit> hits =
              hits_in(set, utf16("dear ", big_endian) + evidence + utf16(", yours", big_endian));
          ASSERT_EQ(hits.size(), 1U) << name << " " << testing::PrintToString(gap);
          EXPECT_EQ(hits[0].start, 10U);
          EXPECT_EQ(hits[0].length, evidence.size());
          EXPECT_EQ(hits[0].form, big_endian ? Form::utf16be : Form::utf16le);
        }
      }
    }
  }
}

// Pages and lines that stand as strings in dumps of databases and in JSON, which nobody takes apart.
TEST(MatchGaps, words_are_found_over_what_strings_and_pages_write_for_a_blank) {
  for (const char* name : {"Kim Berg", "Anna Berg"}) {
    const std::string first = std::string(name).substr(0, std::string(name).find(' ')), second = "Berg";
    const PatternSet set = pattern_set({whole_word(literal(name))});
    for (const std::string gap :
         {"\\n", "\\r\\n", " \\n", "\\t", "\\n> ", "&nbsp;", "&nbsp; ", "&#160;", "&#xA0;", "<br>", "<br />",
          "<BR/>\r\n", "</b> ", " <b>", "<\\/b> ", "</td><td>", "</p>\\n<p>", "</td>\n  <td>", "<p class=\"x\">"}) {
      for (const std::string& evidence : {first + gap + second, utf16le(first + gap + second)}) {
        const std::vector<Hit> hits = hits_in(set, evidence);
        EXPECT_EQ(hits.size(), 1U) << name << " " << testing::PrintToString(gap);
        if (hits.empty()) continue;
        EXPECT_EQ(hits[0].start, 0U);
        EXPECT_EQ(hits[0].length, evidence.size());
      }
    }
    for (const std::string other : {"\\n\\n", "<", "<>", "< b>", "n", "\\", "\\x", "&amp;", "&nbsp", ">", "<b", "\n\\n",
                                    "<a href=\"http://www.example.com/\">"}) {
      EXPECT_EQ(hits_in(set, first + other + second).size(), 0U) << testing::PrintToString(other);
    }
  }
}

// What pages and word processors have instead of a blank.
TEST(MatchGaps, blanks_of_any_kind_part_words) {
  for (const char* name : {"Kim Berg", "Bob Lee"}) {
    const std::string first(name, 3), second(name + 4);
    const PatternSet set = pattern_set({literal(name)});
    for (const std::string gap :
         {"\u00a0", "\u00a0 ", " \u00a0", "\u00a0\u00a0", "\u2003", "\u2009", "\u202f", "\u3000", "\u00a0\n"}) {
      const bool may_be_short = gap == "\u00a0" || gap == "\u00a0 " || gap == " \u00a0";
      if (first == "Bob" && !may_be_short) continue;  // both of its words are too short to be looked for alone
      for (const std::string& evidence :
           {first + gap + second, utf16le(first + gap + second), utf16be(first + gap + second)}) {
        const std::vector<Hit> hits = hits_in(set, evidence);
        ASSERT_EQ(hits.size(), 1U) << name << " " << testing::PrintToString(gap);
        EXPECT_EQ(hits[0].length, evidence.size());
      }
    }
  }
}

TEST(MatchGaps, words_are_found_over_the_end_of_a_line_in_a_code_page) {
  for (const std::string gap : kGaps) {
    const std::string evidence = "J\xfcrgen" + gap +
                                 "\xd8"
                                 "deg\xe5rd";
    const std::vector<Hit> hits =
        hits_in(pattern_set({literal("J\u00fcrgen \u00d8deg\u00e5rd")}), "(" + evidence + ")");
    ASSERT_EQ(hits.size(), 1U) << testing::PrintToString(gap);
    EXPECT_EQ(hits[0].length, evidence.size());
    EXPECT_EQ(hits[0].form, Form::windows_1252);
  }
}

TEST(MatchGaps, of_three_words_any_may_be_parted_so) {
  const PatternSet set = pattern_set({literal("Maria de la Cruz")});
  for (const std::string text : {"Maria\nde la Cruz", "Maria de\r\n> la Cruz", "Maria de la\nCruz",
                                 "Maria\nde  la\tCruz", "Maria  de  la  Cruz", "maria\tde\tla\tcruz"}) {
    const std::vector<Hit> hits = hits_in(set, "(" + text + ")");
    ASSERT_EQ(hits.size(), 1U) << testing::PrintToString(text);
    EXPECT_EQ(hits[0].start, 1U);
    EXPECT_EQ(hits[0].length, text.size());
  }
}

TEST(MatchGaps, what_is_no_gap_parts_nothing) {
  const PatternSet set = pattern_set({literal("Kim Berg")});
  for (const std::string text : {"Kim\n\nBerg", "Kim > Berg", "Kim>Berg", "KimBerg", "Kim\r\n\r\nBerg", "Kim,\nBerg",
                                 "Kim\v\nBerg", "Kim\n> \n> Berg"}) {
    EXPECT_TRUE(hits_in(set, text).empty()) << testing::PrintToString(text);
  }
  EXPECT_EQ(hits_in(set, "Kim" + std::string(match::kMaxGapBytes, ' ') + "Berg").size(), 1U);
  EXPECT_TRUE(hits_in(set, "Kim" + std::string(match::kMaxGapBytes + 1, ' ') + "Berg").empty());
  EXPECT_EQ(hits_in(set, utf16le("Kim" + std::string(match::kMaxGapBytes, ' ') + "Berg")).size(), 1U);
  EXPECT_TRUE(hits_in(set, utf16le("Kim" + std::string(match::kMaxGapBytes + 1, ' ') + "Berg")).empty());
  EXPECT_TRUE(hits_in(set, utf16le("Kim\n\nBerg")).empty());
}

}  // namespace
}  // namespace ambit::match_gaps_test
