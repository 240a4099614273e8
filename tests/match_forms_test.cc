// Every form times every kind of script, at odd offsets, with and without a byte order mark.
#include <random>

#include "match_finder.h"
#include "stages/match/unicode.h"

namespace ambit::match_forms_test {
namespace {

struct Script {
  const char* name;
  const char* identifier;  // as the order has it
  const char* evidence;    // as it stands in the evidence
};

const Script kScripts[] = {
    {"ascii", "kim@example.com", "kim@example.com"},
    {"ascii_upper", "kim@example.com", "KIM@EXAMPLE.COM"},
    {"latin_nfc", "Kim St\u00e5hl", "Kim St\u00e5hl"},
    {"latin_nfd", "Kim St\u00e5hl", "Kim Sta\u030ahl"},
    {"latin_nfd_order_nfc_evidence", "Kim Sta\u030ahl", "Kim St\u00e5hl"},
    {"latin_upper", "J\u00e9r\u00f4me Lef\u00e8vre", "J\u00c9R\u00d4ME LEF\u00c8VRE"},
    {"vietnamese_nfd", "Nguy\u1ec5n V\u0103n", "Nguye\u0302\u0303n Va\u0306n"},
    {"cyrillic", "\u0418\u0432\u0430\u043d\u043e\u0432", "\u0418\u0432\u0430\u043d\u043e\u0432"},
    {"cyrillic_upper", "\u0418\u0432\u0430\u043d\u043e\u0432", "\u0418\u0412\u0410\u041d\u041e\u0412"},
    {"cyrillic_short_i_nfd", "\u0421\u0435\u0440\u0433\u0435\u0439", "\u0421\u0435\u0440\u0433\u0435\u0438\u0306"},
    {"greek_final_sigma", "\u039f\u03b4\u03c5\u03c3\u03c3\u03ad\u03b1\u03c2",
     "\u039f\u03b4\u03c5\u03c3\u03c3\u03ad\u03b1\u03c2"},
    {"hebrew", "\u05d3\u05d5\u05d3 \u05db\u05d4\u05df", "\u05d3\u05d5\u05d3 \u05db\u05d4\u05df"},
    {"arabic", "\u0645\u062d\u0645\u062f \u0639\u0644\u064a", "\u0645\u062d\u0645\u062f \u0639\u0644\u064a"},
    {"han", "\u738b\u5c0f\u660e", "\u738b\u5c0f\u660e"},
    {"han_two", "\u674e\u56db", "\u674e\u56db"},
    {"kana", "\u30bf\u30ca\u30ab", "\u30bf\u30ca\u30ab"},
    {"kana_voiced_nfd", "\u304c\u304e\u3050", "\u304b\u3099\u304d\u3099\u304f\u3099"},
    {"hangul_nfc", "\uae40\ubbfc\uc218", "\uae40\ubbfc\uc218"},
    {"hangul_nfd", "\uae40\ubbfc\uc218", "\u1100\u1175\u11b7\u1106\u1175\u11ab\u1109\u116e"},
    {"outside_bmp", "kim\U0001f600lee", "kim\U0001f600lee"},
    {"deseret_outside_bmp", "\U00010410\U00010411\U00010412", "\U00010410\U00010411\U00010412"},
};

// Spellings that only text forms must find (escapes of them are nobody's output).
const Script kRareScripts[] = {
    {"kelvin", "kim@example.com", "\u212aim@example.com"},
    {"long_s", "jessica moss", "je\u017f\u017fica mo\u017fs"},
    {"ligature_fi", "official figures", "of\ufb01cial figures"},
    {"ligature_ffi", "official", "o\ufb03cial"},
    {"ligature_fl_and_st", "florist", "\ufb02ori\ufb06"},
    {"no_break_space", "Kim Lee", "Kim\u00a0Lee"},
    {"full_width", "kim@example.com",
     "\uff4b\uff49\uff4d\uff20\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45\uff0e\uff43\uff4f\uff4d"},
    {"full_width_upper", "abc 123", "\uff21\uff22\uff23\u3000\uff11\uff12\uff13"},
    {"greek_upper_for_final_sigma", "\u03bf\u03b4\u03bf\u03c2", "\u039f\u0394\u039f\u03a3"},
    {"angstrom_sign", "\u00c5ngstr\u00f6m", "\u212bngstr\u00f6m"},
    {"half_composed", "Nguy\u1ec5n", "Nguy\u00ea\u0303n"},
    {"mixed_case_cyrillic", "\u0418\u0432\u0430\u043d\u043e\u0432", "\u0438\u0412\u0430\u041d\u043e\u0412"},
    {"compatibility_ideograph", "\u8c48\u66f4", "\uf900\uf901"},
    {"excluded_composition", "\u0915\u093c\u0932\u092e", "\u0958\u0932\u092e"},
};

struct Encoding {
  const char* name;
  Form form;
  std::string (*encode)(std::string_view);
};

const Encoding kTextEncodings[] = {
    {"utf8", Form::utf8, [](std::string_view t) { return std::string(t); }},
    {"utf16le", Form::utf16le, utf16le},
    {"utf16be", Form::utf16be, utf16be},
};
const Encoding kEncodings[] = {
    {"utf8", Form::utf8, [](std::string_view t) { return std::string(t); }},
    {"utf16le", Form::utf16le, utf16le},
    {"utf16be", Form::utf16be, utf16be},
    {"percent", Form::percent, percent},
    {"percent_lower", Form::percent, [](std::string_view t) { return hex_escaped(t, "%", kAlnum, false); }},
    {"quoted_printable", Form::quoted_printable, quoted_printable},
    {"html_decimal", Form::html, [](std::string_view t) { return html(t, false); }},
    {"html_hex", Form::html, [](std::string_view t) { return html(t, true); }},
    {"json_lower", Form::json, [](std::string_view t) { return json(t, false); }},
    {"json_upper", Form::json, [](std::string_view t) { return json(t, true); }},
    {"percent_of_all", Form::percent, [](std::string_view t) { return hex_escaped(t, "%", ""); }},
    {"percent_of_all_lower", Form::percent, [](std::string_view t) { return hex_escaped(t, "%", "", false); }},
    {"json_of_all", Form::json, [](std::string_view t) { return json(t, false, true); }},
    {"slashed_hex", Form::json, [](std::string_view t) { return hex_escaped(t, "\\x", printable_but('\\')); }},
    {"slashed_hex_of_all", Form::json, [](std::string_view t) { return hex_escaped(t, "\\x", ""); }},
    {"slashed_octal", Form::json, octal},
    {"hex_lower", Form::hex, [](std::string_view t) { return digits(t, false); }},
    {"hex_upper", Form::hex, [](std::string_view t) { return digits(t, true); }},
};

// The evidence at offsets 0, 1, 2, 3 and 65, alone and between neighbours that are no text.
void expect_found_everywhere(const PatternSet& set, const std::string& encoded, Form form) {
  for (const std::size_t offset : {0U, 1U, 2U, 3U, 65U}) {
    const std::string bytes = std::string(offset, '\xff') + encoded + std::string(5, '\xfe');
    const std::vector<Hit> hits = hits_in(set, bytes);
    ASSERT_EQ(hits.size(), 1U) << "offset " << offset;
    EXPECT_EQ(hits[0].start, offset);
    EXPECT_EQ(hits[0].length, encoded.size());
    EXPECT_EQ(hits[0].form, form);
  }
}

TEST(MatchForms, every_script_is_found_in_every_form_at_every_offset) {
  for (const Script& script : kScripts) {
    const PatternSet set = pattern_set({literal(script.identifier)});
    for (const Encoding& encoding : kEncodings) {
      SCOPED_TRACE(std::string(script.name) + " " + encoding.name);
      const std::string encoded = encoding.encode(script.evidence);
      const bool plain = encoding.form != Form::utf8 && encoded == script.evidence;
      expect_found_everywhere(set, encoded, plain ? Form::utf8 : encoding.form);
    }
  }
}

// A column of a dump (0x4d61…, \\x4d61…) is all digits; what stands around a word in it says whether it stands alone.
TEST(MatchForms, digits_are_read_amid_digits) {
  const PatternSet word = pattern_set({whole_word(literal("Kim Berg"))});
  for (const std::string around : {"", " ", ",", "\n"}) {
    for (const std::string spelled : {"Kim Berg", "KIM BERG", "kim berg"}) {
      const std::string text = "('7', 0x" + digits(around, true) + digits(spelled, true) + digits(around, true) + "),";
      const auto hits = hits_in(word, text);
      ASSERT_EQ(hits.size(), 1U) << text;
      EXPECT_EQ(hits[0].form, Form::hex);
      EXPECT_EQ(hits[0].start, 8 + 2 * around.size());
      EXPECT_EQ(hits[0].length, 2 * spelled.size());
    }
  }
  EXPECT_TRUE(hits_in(word, "0x" + digits("Kim Bergen", true)).empty());
  EXPECT_TRUE(hits_in(word, "0x" + digits("Akim Berg", true)).empty());
}

// A letter before the word may be written in bytes, as web servers write their logs and git its paths.
TEST(MatchForms, a_letter_in_bytes_is_a_letter_of_the_word) {
  const PatternSet word = pattern_set({whole_word(literal("Kim Berg"))});
  for (const char* text : {"\\xC3\\xA5Kim Berg", "\\303\\245Kim Berg", "\\u00e5Kim Berg"}) {
    EXPECT_TRUE(hits_in(word, text).empty()) << text;
  }
  for (const char* text : {"\\xC2\\xB7Kim Berg", "\\302\\267Kim Berg", "\\x20Kim Berg", "\\u00b7Kim Berg"}) {
    EXPECT_EQ(hits_in(word, text).size(), 1U) << text;
  }
}

// Digests are all digits, in which a short word stands by chance.
TEST(MatchForms, short_words_are_not_looked_for_in_digits) {
  EXPECT_TRUE(hits_in(pattern_set({literal("kim9")}), digits("kim9", false)).empty());
  EXPECT_EQ(hits_in(pattern_set({literal("kim90")}), digits("kim90", false)).size(), 1U);
}

TEST(MatchForms, rare_spellings_are_found_in_every_text_form) {
  for (const Script& script : kRareScripts) {
    const PatternSet set = pattern_set({literal(script.identifier)});
    for (const Encoding& encoding : kTextEncodings) {
      SCOPED_TRACE(std::string(script.name) + " " + encoding.name);
      expect_found_everywhere(set, encoding.encode(script.evidence), encoding.form);
    }
  }
}

// What may stand for a letter, and for some pairs of them. Any mix of these must be found in any text form.
const std::vector<std::vector<std::string>>& letters() {
  static const std::vector<std::vector<std::string>> all = {
      {"k", "K", "\u212a"},
      {"s", "S", "\u017f"},
      {"i", "I"},
      {"ff", "FF", "fF", "\ufb00"},
      {"fi", "Fi", "\ufb01"},
      {"st", "sT", "\ufb05", "\ufb06", "\u017ft"},
      {"\u00e5", "\u00c5", "a\u030a", "A\u030a", "\u212b"},
      {"\u1ec5", "\u1ec4", "e\u0302\u0303", "\u00ea\u0303", "\u00ca\u0303"},
      {"\u03c3", "\u03a3", "\u03c2"},
      {"\u043e", "\u041e", "\u1c82"},
      {"\u0442", "\u0422", "\u1c84", "\u1c85"},
      {"\u0439", "\u0419", "\u0438\u0306"},
      {"\uae40", "\u1100\u1175\u11b7", "\uae30\u11b7"},
      {"\u8c48", "\uf900"},
      {" ", "\u00a0"},
      {"7"},
      {"@"},
  };
  return all;
}

TEST(MatchForms, any_mix_of_spellings_of_any_literal_is_found) {
  std::mt19937 random(17);
  for (int round = 0; round < 150; ++round) {
    std::vector<std::size_t> word;
    for (std::size_t length = 3 + random() % 9; word.size() < length;) word.push_back(random() % 14);
    if (random() % 2 == 0) word.insert(word.begin() + 2, 14 + random() % 3);
    std::string identifier;
    for (const std::size_t letter : word) identifier += letters()[letter][0];
    const PatternSet set = pattern_set({literal(identifier)});
    for (int spelling = 0; spelling < 10; ++spelling) {
      std::string text;
      for (const std::size_t letter : word) text += letters()[letter][random() % letters()[letter].size()];
      for (const Encoding& encoding : kTextEncodings) {
        const std::string bytes = "\x80\x81" + encoding.encode(text) + "\x80\x81";
        ASSERT_EQ(hits_in(set, bytes).size(), 1U) << identifier << " as " << text << " in " << encoding.name;
      }
    }
  }
}

TEST(MatchForms, base64_is_found_at_each_alignment_in_each_case_and_alphabet) {
  for (const Script& script : kScripts) {
    const PatternSet set = pattern_set({literal(script.identifier)});
    for (const bool wide : {false, true}) {
      for (std::size_t before = 0; before < 7; ++before) {
        for (const std::string_view last_two : {"+/", "-_"}) {
          SCOPED_TRACE(std::string(script.name) + (wide ? " wide " : " ") + std::to_string(before));
          const std::string text = wide ? utf16le(script.evidence) : std::string(script.evidence);
          const std::string bytes = ":" + base64(std::string(before, '\xff') + text + "\xff\xff", last_two) + ":";
          const std::vector<Hit> hits = hits_in(set, bytes);
          ASSERT_EQ(hits.size(), 1U);
          EXPECT_EQ(hits[0].form, Form::base64);
          EXPECT_EQ(hits[0].start, 1 + before * 8 / 6);
          EXPECT_EQ(hits[0].end(), 1 + ((before + text.size()) * 8 + 5) / 6);
        }
      }
    }
  }
}

TEST(MatchForms, base64_folded_by_mime_is_found_wherever_the_line_ends) {
  const PatternSet set = pattern_set({literal("kim.stahl@example.com")});
  for (const std::string end : {"\r\n", "\n", "\r\n "}) {
    for (std::size_t before = 0; before < 60; ++before) {
      const std::string flat = base64(std::string(before, '\xff') + "kim.stahl@example.com" + std::string(50, '\xff'));
      std::string folded;
      for (std::size_t i = 0; i < flat.size(); i += 76) folded += flat.substr(i, 76) + end;
      EXPECT_EQ(hits_in(set, folded).size(), 1U) << before;
    }
  }
}

TEST(MatchForms, base64_outside_the_searched_piece_may_be_in_any_case) {
  const PatternSet set = pattern_set({literal("kim.stahl@example.com")});
  EXPECT_EQ(hits_in(set, base64("Kim.Stahl@example.com")).size(), 1U);
  EXPECT_EQ(hits_in(set, base64("Kim.stahl@example.com")).size(), 1U);
}

TEST(MatchForms, base64_hit_needs_the_bits_of_its_first_and_last_character) {
  const PatternSet set = pattern_set({literal("kim@example.com")});
  EXPECT_TRUE(hits_in(set, base64("xim@example.com")).empty());
  EXPECT_TRUE(hits_in(set, base64("\xffkim@example.con")).empty());
  EXPECT_EQ(hits_in(set, base64("\xff\xffkim@example.com")).size(), 1U);
}

TEST(MatchForms, quoted_printable_broken_by_soft_line_ends_is_found_wherever_it_breaks) {
  const std::string text = "kim@example.com";
  const PatternSet set = pattern_set({literal(text)});
  for (std::size_t at = 1; at < text.size(); ++at) {
    for (const std::string end : {"=\r\n", "=\n", "= \r\n"}) {
      const std::string bytes = "\xff\xff" + text.substr(0, at) + end + text.substr(at) + "\xff";
      const std::vector<Hit> hits = hits_in(set, bytes);
      ASSERT_EQ(hits.size(), 1U) << at;
      EXPECT_EQ(hits[0].form, Form::quoted_printable);
      EXPECT_EQ(hits[0].start, 2U);
      EXPECT_EQ(hits[0].length, text.size() + end.size());
    }
  }
}

TEST(MatchForms, encoders_styles_are_all_known) {
  struct Style {
    const char *identifier, *evidence;
    Form form;
  };
  const Style styles[] = {
      {"Kim St\u00e5hl", "Kim+St%C3%A5hl", Form::percent},
      {"Kim St\u00e5hl", "kim%20st%c3%a5hl", Form::percent},
      {"Kim St\u00e5hl", "Kim%20St%E5hl", Form::percent},
      {"Kim St\u00e5hl", "Kim%20St%u00E5hl", Form::percent},
      {"\u0418\u0432\u0430\u043d\u043e\u0432", "%u0418%u0432%u0430%u043D%u043E%u0432", Form::percent},
      {"Kim St\u00e5hl", "Kim St=E5hl", Form::quoted_printable},
      {"Kim St\u00e5hl", "Kim St\\xe5hl", Form::json},
      {"Kim St\u00e5hl", "=?utf-8?Q?Kim_St=C3=A5hl?=", Form::quoted_printable},
      {"kim@example.com", "kim=40example=2Ecom", Form::quoted_printable},
      {"kim@example.com", "kim&#64;example&#46;com", Form::html},
      {"kim@example.com", "kim&commat;example.com", Form::html},
      {"kim@example.com", "&#107;&#105;&#109;&#64;&#101;&#120;&#97;&#109;&#112;&#108;&#101;&#46;&#99;&#111;&#109;",
       Form::html},
      {"kim@example.com", "&#x4B;&#x69;&#x6d;&#x40;&#x65;&#x78;&#x61;&#x6d;&#x70;&#x6c;&#x65;&#x2e;&#x63;&#x6f;&#x6d;",
       Form::html},
      {"example.com/kim", "example&#46;com/kim", Form::html},
      {"Kim St\u00e5hl", "Kim&nbsp;St&aring;hl", Form::html},
      {"Kim St\u00e5hl", "KIM ST&Aring;HL", Form::html},
      {"Smith & Sons", "Smith &amp; Sons", Form::html},
      {"O'Brien & Co", "O&#039;Brien &amp; Co", Form::html},
      {"O'Brien", "O&apos;Brien", Form::html},
      {"\u0391\u03bb\u03ad\u03be\u03b7\u03c2", "&Alpha;&lambda;&#941;&xi;&eta;&sigmaf;", Form::html},
      {"C:\\Users\\kim", "C:\\\\Users\\\\kim", Form::json},
      {"example.com/kim", "example.com\\/kim", Form::json},
      {"Smith & Sons", "Smith \\u0026 Sons", Form::json},
      {"kim@example.com", "kim\\u0040example.com", Form::json},
  };
  for (const Style& style : styles) {
    SCOPED_TRACE(style.evidence);
    const std::vector<Hit> hits =
        hits_in(pattern_set({literal(style.identifier)}), std::string("<") + style.evidence + ">");
    ASSERT_EQ(hits.size(), 1U);
    EXPECT_EQ(hits[0].form, style.form);
  }
}

TEST(MatchForms, byte_order_mark_makes_no_difference) {
  const PatternSet set = pattern_set({literal("Kim Lee")});
  EXPECT_EQ(shown(hits_in(set, "\xef\xbb\xbfKim Lee")), std::vector<std::string>{"0: 3+7 utf8"});
  EXPECT_EQ(shown(hits_in(set, "\xff\xfe" + utf16le("Kim Lee"))), std::vector<std::string>{"0: 2+14 utf16le"});
  EXPECT_EQ(shown(hits_in(set, "\xfe\xff" + utf16be("Kim Lee"))), std::vector<std::string>{"0: 2+14 utf16be"});
}

TEST(MatchForms, text_that_reads_in_both_byte_orders_is_one_hit_in_the_right_order) {
  const PatternSet set = pattern_set({literal("Kim Lee")});
  const std::string text = "Dear Kim Lee, thank you. ";
  EXPECT_EQ(shown(hits_in(set, utf16le(text))), std::vector<std::string>{"0: 10+14 utf16le"});
  EXPECT_EQ(shown(hits_in(set, utf16be(text))), std::vector<std::string>{"0: 10+14 utf16be"});
  EXPECT_EQ(shown(hits_in(set, "\xff\xfe" + utf16le(text))), std::vector<std::string>{"0: 12+14 utf16le"});
  EXPECT_EQ(shown(hits_in(set, "\xfe\xff" + utf16be(text))), std::vector<std::string>{"0: 12+14 utf16be"});
  std::string zeros(64, '\0');
  EXPECT_EQ(hits_in(set, zeros + utf16le("Kim Lee") + zeros).size(), 1U);
  EXPECT_EQ(hits_in(set, zeros + utf16be("Kim Lee") + zeros).size(), 1U);
}

TEST(MatchForms, form_that_is_not_asked_for_is_not_reported) {
  const PatternSet set = pattern_set({only(literal("kim@example.com"), {Form::utf16le})});
  EXPECT_TRUE(hits_in(set, "kim@example.com").empty());
  EXPECT_EQ(hits_in(set, utf16le("kim@example.com")).size(), 1U);
  EXPECT_EQ(set.forms_of(0), std::vector<Form>{Form::utf16le});
}

TEST(MatchForms, forms_of_an_identifier_are_those_in_which_it_looks_different) {
  const PatternSet set = pattern_set({literal("word"), literal("kim@example.com")});
  const auto has = [&](IdentifierId id, Form form) {
    const auto forms = set.forms_of(id);
    return std::find(forms.begin(), forms.end(), form) != forms.end();
  };
  EXPECT_FALSE(has(0, Form::quoted_printable));
  EXPECT_TRUE(has(1, Form::quoted_printable));
  EXPECT_TRUE(has(1, Form::percent));
  EXPECT_FALSE(has(0, Form::hex));
  EXPECT_TRUE(has(1, Form::hex));
  EXPECT_TRUE(has(0, Form::base64));
  EXPECT_GT(set.patterns_of(1), 10U);
  EXPECT_LT(set.patterns_of(1), 60U);
}

TEST(MatchForms, plain_text_of_every_character_is_its_own_plain_text) {
  for (const bool ignore_case : {false, true}) {
    for (char32_t code = 1; code <= 0x10ffff; ++code) {
      if (code == 0xd800) code = 0xe000;
      const match::Codes plain(match::plain_of(code, ignore_case).view());
      ASSERT_EQ(match::plain_text(plain, ignore_case).size(), plain.size()) << static_cast<std::uint32_t>(code);
    }
  }
}

TEST(MatchForms, every_case_pair_of_unicode_is_the_same_text) {
  std::size_t pairs = 0;
  for (char32_t code = 0x80; code <= 0x1ffff; ++code) {
    if (code == 0xd800) code = 0xe000;
    const char32_t upper = match::to_upper(code);
    if (upper == code || match::to_lower(upper) != code) continue;
    ASSERT_EQ(match::plain_text({code}, true), match::plain_text({upper}, true)) << static_cast<std::uint32_t>(code);
    ++pairs;
  }
  EXPECT_GT(pairs, 1'000U);
}

}  // namespace
}  // namespace ambit::match_forms_test
