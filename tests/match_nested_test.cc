// What was written out twice: text that was taken for another character set, strings within strings, pages within
// pages.
#include <iconv.h>

#include "match_finder.h"

namespace ambit::match_nested_test {
namespace {

std::string converted(const char* to_set, const char* from_set, std::string text) {
  const iconv_t converter = iconv_open(to_set, from_set);
  std::string out(4 * text.size(), '\0');
  char *from = text.data(), *to = out.data();
  std::size_t left = text.size(), room = out.size();
  const bool done = iconv(converter, &from, &left, &to, &room) != static_cast<std::size_t>(-1);
  iconv_close(converter);
  out.resize(done ? out.size() - room : 0);
  return out;
}

TEST(MatchNested, utf8_that_was_taken_for_a_code_page_is_found) {
  struct Mistake {
    const char *page, *identifier, *evidence;
  };
  for (const Mistake& mistake :
       {Mistake{"ISO-8859-1", "Kim St\u00e5hl", "Kim St\u00e5hl"},
        {"CP1252", "Kim St\u00e5hl", "Kim St\u00e5hl"},
        {"ISO-8859-1", "Kim St\u00e5hl", "KIM ST\u00c5HL"},
        {"CP1252", "Kim St\u00e5hl", "KIM ST\u00c5HL"},
        {"CP1252", "Kim St\u00e5hl", "Kim Sta\u030ahl"},
        {"ISO-8859-1", "J\u00fcrgen \u00d8deg\u00e5rd", "J\u00fcrgen \u00d8deg\u00e5rd"},
        {"CP1252", "Ren\u00e9 \u0152uvrard", "Ren\u00e9 \u0152uvrard"},
        {"CP1250", "V\u00e1clav \u017di\u017eka", "V\u00e1clav \u017di\u017eka"},
        {"CP1252", "\u017di\u017eka", "\u017di\u017eka"},
        {"CP1251", "\u0418\u0432\u0430\u043d\u043e\u0432", "\u0418\u0432\u0430\u043d\u043e\u0432"},
        {"ISO-8859-1", "\u0418\u0432\u0430\u043d\u043e\u0432", "\u0438\u0432\u0430\u043d\u043e\u0432"},
        {"ISO-8859-1", "\u738b\u5c0f\u660e", "\u738b\u5c0f\u660e"},
        {"ISO-8859-1", "kim\U0001f600lee", "kim\U0001f600lee"}}) {
    SCOPED_TRACE(std::string(mistake.page) + " " + mistake.evidence);
    const std::string evidence = converted("UTF-8", mistake.page, mistake.evidence);
    if (evidence.empty()) continue;  // the page has not all of the bytes
    for (const bool whole : {false, true}) {
      const Identifier plain = literal(mistake.identifier);
      const PatternSet set = pattern_set({whole ? whole_word(plain) : plain});
      const std::vector<Hit> hits = hits_in(set, "name: " + evidence + ", ");
      ASSERT_EQ(hits.size(), 1U);
      EXPECT_EQ(hits[0].start, 6U);
      EXPECT_EQ(hits[0].length, evidence.size());
      EXPECT_EQ(hits[0].form, Form::utf8_twice);
      EXPECT_EQ(hits_in(set, evidence + evidence).empty(), whole);
    }
  }
  EXPECT_TRUE(hits_in(pattern_set({literal("Kim St\u00e5hl")}), "Kim St\u00c3hl").empty());
  const auto forms = pattern_set({literal("Kim Berg")}).forms_of(0);
  EXPECT_EQ(std::count(forms.begin(), forms.end(), Form::utf8_twice), 0);
}

struct Spelled {
  const char *identifier, *evidence;
  Form form;
};

void expect_found(const Spelled& spelled) {
  SCOPED_TRACE(spelled.evidence);
  const std::string evidence = spelled.evidence;
  for (const bool whole : {false, true}) {
    const Identifier plain = literal(spelled.identifier);
    const PatternSet set = pattern_set({whole ? whole_word(plain) : plain});
    for (const std::string before : {"", "(", "\xff", ": "}) {
      const std::vector<Hit> hits = hits_in(set, before + evidence + ")");
      ASSERT_EQ(hits.size(), 1U) << before;
      EXPECT_EQ(hits[0].start, before.size());
      EXPECT_EQ(hits[0].length, evidence.size());
      EXPECT_EQ(hits[0].form, spelled.form);
    }
  }
}

TEST(MatchNested, strings_within_strings_are_read) {
  for (const Spelled& spelled : {
           Spelled{"Kim St\u00e5hl", "Kim St\\\\u00e5hl", Form::json},
           {"Kim St\u00e5hl", "KIM ST\\\\u00C5HL", Form::json},
           {"Kim St\u00e5hl", "Kim St\\\\\\\\u00e5hl", Form::json},
           {"\u0418\u0432\u0430\u043d\u043e\u0432", "\\\\u0418\\\\u0432\\\\u0430\\\\u043d\\\\u043e\\\\u0432",
            Form::json},
           {"\u0418\u0432\u0430\u043d\u043e\u0432",
            "\\\\\\\\u0418\\\\\\\\u0412\\\\\\\\u0410\\\\\\\\u041D\\\\\\\\u041E\\\\\\\\u0412", Form::json},
           {"kim\U0001f600lee", "kim\\\\ud83d\\\\ude00lee", Form::json},
           {"C:\\Users\\kim", "C:\\\\\\\\Users\\\\\\\\kim", Form::json},
           {"C:\\Users\\kim", "C:\\\\\\\\\\\\\\\\Users\\\\\\\\\\\\\\\\kim", Form::json},
           {"\\\\server\\share", "\\\\\\\\server\\\\share", Form::json},
           {"\\\\server\\share", "\\\\\\\\\\\\\\\\server\\\\\\\\share", Form::json},
           {"example.com/kim/st\u00e5hl", "example.com\\/kim\\/st\\u00e5hl", Form::json},
           {"example.com/kim/st\u00e5hl", "example.com\\\\\\/kim\\\\\\/st\\\\u00e5hl", Form::json},
           {"example.com/kim/st\u00e5hl", "example.com\\\\/kim\\\\/st\\\\u00e5hl", Form::json},
           {"Kim \"Ace\" St\u00e5hl", "Kim \\\"Ace\\\" St\\u00e5hl", Form::json},
           {"Kim \"Ace\" St\u00e5hl", "Kim \\\\\\\"Ace\\\\\\\" St\\\\u00e5hl", Form::json},
           {"Kim St\u00e5hl", "Kim St\\\\xC3\\\\xA5hl", Form::json},
       }) {
    expect_found(spelled);
  }
}

TEST(MatchNested, letters_are_found_as_programs_write_them) {
  for (const Spelled& spelled : {
           Spelled{"Kim St\u00e5hl", "Kim St\\xe5hl", Form::json},
           {"Kim St\u00e5hl", "Kim St\\u{e5}hl", Form::json},
           {"Kim St\u00e5hl", "Kim St\\x{e5}hl", Form::json},
           {"Kim St\u00e5hl", "Kim St\\U000000e5hl", Form::json},
           {"kim\U0001f600lee", "kim\\U0001F600lee", Form::json},
           {"Kim St\u00e5hl", "Kim St\\e5 hl", Form::json},
           {"Kim St\u00e5hl", "Kim St\\e5hl", Form::json},
           {"Kim St\u00e5hl", "Kim St\\0000e5hl", Form::json},
           {"\u0418\u0432\u0430\u043d\u043e\u0432", "\\u{418}\\u{432}\\u{430}\\u{43d}\\u{43e}\\u{432}", Form::json},
           {"\u0418\u0432\u0430\u043d\u043e\u0432", "\\418 \\432 \\430 \\43d \\43e \\432", Form::json},
           {"Sean O'Brien", "Sean O\\'Brien", Form::json},
           {"Sean O'Brien", "Sean O''Brien", Form::json},
           {"Kim \"Ace\" Berg", "Kim \"\"Ace\"\" Berg", Form::json},
       }) {
    expect_found(spelled);
  }
}

TEST(MatchNested, pages_within_pages_and_addresses_within_addresses_are_read) {
  for (const Spelled& spelled : {
           Spelled{"Kim St\u00e5hl", "Kim St&amp;#229;hl", Form::html},
           {"Kim St\u00e5hl", "Kim St&amp;#xE5;hl", Form::html},
           {"Kim St\u00e5hl", "Kim St&amp;aring;hl", Form::html},
           {"Smith & Sons", "Smith &amp;amp; Sons", Form::html},
           {"\u0418\u0432\u0430\u043d\u043e\u0432",
            "&amp;#1048;&amp;#1074;&amp;#1072;&amp;#1085;&amp;#1086;&amp;#1074;", Form::html},
           {"Kim St\u00e5hl", "Kim%2520St%25C3%25A5hl", Form::percent},
           {"Kim St\u00e5hl", "kim%2520st%25c3%25a5hl", Form::percent},
           {"Kim St\u00e5hl", "Kim%2520St%25E5hl", Form::percent},
           {"kim@example.com", "kim%2540example.com", Form::percent},
           {"\u738b\u5c0f\u660e", "%25E7%258E%258B%25E5%25B0%258F%25E6%2598%258E", Form::percent},
       }) {
    expect_found(spelled);
  }
}

// Where a run of backslashes may be read in many ways, it is not read in all of them.
TEST(MatchNested, a_choice_at_every_character_ends_soon) {
  const PatternSet set = pattern_set({literal("abc" + std::string(100, '\\') + "x")});
  EXPECT_TRUE(hits_in(set, "abc" + std::string(1000, '\\') + "y").empty());
}

// A name of a host as the network has it, and the other way round.
TEST(MatchNested, names_of_hosts_are_found_as_the_network_writes_them) {
  struct Host {
    const char *identifier, *evidence;
  };
  for (const Host& host : {Host{"st\u00e5hl.example", "xn--sthl-roa.example"},
                           {"kim@st\u00e5hl.example", "KIM@XN--STHL-ROA.EXAMPLE"},
                           {"stra\u00dfe.example", "xn--strae-oqa.example"},
                           {"stra\u00dfe.example", "strasse.example"},
                           {"\u738b\u5c0f\u660e.example", "xn--yeto6u69k.example"},
                           {"xn--sthl-roa.example", "st\u00e5hl.example"}}) {
    SCOPED_TRACE(host.evidence);
    const PatternSet set = pattern_set({literal("Somebody Else"), literal(host.identifier)});
    for (const std::string& evidence : {std::string(host.evidence), utf16le(host.evidence)}) {
      const std::vector<Hit> hits = hits_in(set, "\xff\xff" + evidence + "\xff\xff");
      ASSERT_EQ(hits.size(), 1U);
      EXPECT_EQ(hits[0].identifier, 1U);
      EXPECT_EQ(hits[0].length, evidence.size());
    }
    EXPECT_EQ(hits_in(set, host.identifier).size(), 1U);
  }
  EXPECT_TRUE(hits_in(pattern_set({literal("Kim St\u00e5hl")}), "xn--kim sthl-qoa").empty());
}

}  // namespace
}  // namespace ambit::match_nested_test
