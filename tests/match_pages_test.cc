// Texts in the character sets of their languages: every one that is looked for, in the middle of any bytes.
#include <iconv.h>

#include <algorithm>

#include "match_finder.h"

namespace ambit::match_pages_test {
namespace {

// As glibc writes it, which has tables of its own. Empty where it cannot.
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

std::string in_page(const char* page, std::string text) { return converted(page, "UTF-8", std::move(text)); }
std::string to_utf8(const char* page, std::string text) { return converted("UTF-8", page, std::move(text)); }

struct Page {
  const char* name;  // as iconv knows it
  Form form;
  const char* identifier;
  const char* evidence;
};
const Page kPages[] = {
    {"CP1252", Form::windows_1252, "J\u00fcrgen \u00d8deg\u00e5rd", "J\u00dcRGEN \u00d8DEG\u00c5RD"},
    {"ISO-8859-1", Form::windows_1252, "Kim St\u00e5hl", "kim st\u00e5hl"},
    {"CP1250", Form::windows_1250, "\u0160t\u011bp\u00e1n \u017di\u017eka", "\u0160T\u011aP\u00c1N \u017dI\u017dKA"},
    {"ISO-8859-2", Form::iso_8859_2, "\u0160t\u011bp\u00e1n \u017di\u017eka", "\u0161t\u011bp\u00e1n \u017ei\u017eka"},
    {"CP1251", Form::windows_1251, "\u0418\u0432\u0430\u043d\u043e\u0432", "\u0418\u0412\u0410\u041d\u041e\u0412"},
    {"KOI8-R", Form::koi8_r, "\u0418\u0432\u0430\u043d\u043e\u0432", "\u0438\u0432\u0430\u043d\u043e\u0432"},
    {"CP866", Form::ibm866, "\u0418\u0432\u0430\u043d\u043e\u0432", "\u0418\u0432\u0430\u043d\u043e\u0432"},
    {"CP850", Form::ibm850, "M\u00fcller & S\u00f6hne", "M\u00dcLLER & S\u00d6HNE"},
    {"CP852", Form::ibm852, "Wa\u0142\u0119sa", "WA\u0141\u0118SA"},
    {"MACINTOSH", Form::macintosh, "M\u00fcller & S\u00f6hne", "M\u00fcller & S\u00f6hne"},
    {"CP1253", Form::windows_1253, "\u039f\u03b4\u03c5\u03c3\u03c3\u03ad\u03b1\u03c2",
     "\u03bf\u03b4\u03c5\u03c3\u03c3\u03ad\u03b1\u03c2"},
    {"CP1254", Form::windows_1254, "Ya\u011fmur \u015eahan", "YA\u011eMUR \u015eAHAN"},
    {"CP1255", Form::windows_1255, "\u05d3\u05d5\u05d3 \u05db\u05d4\u05df", "\u05d3\u05d5\u05d3 \u05db\u05d4\u05df"},
    {"CP1256", Form::windows_1256, "\u0645\u062d\u0645\u062f \u0639\u0644\u064a",
     "\u0645\u062d\u0645\u062f \u0639\u0644\u064a"},
    {"CP1257", Form::windows_1257, "R\u016bta \u0160imkut\u0117", "R\u016aTA \u0160IMKUT\u0116"},
    {"TIS-620", Form::windows_874, "\u0e2a\u0e21\u0e0a\u0e32\u0e22 \u0e23\u0e31\u0e01",
     "\u0e2a\u0e21\u0e0a\u0e32\u0e22 \u0e23\u0e31\u0e01"},
    {"CP1258", Form::windows_1258, "Nguy\u1ec5n Th\u1ecb Ph\u01b0\u1ee3ng", "NGUY\u1ec4N TH\u1eca PH\u01af\u1ee2NG"},
    {"CP1258", Form::windows_1258, "L\u00ea Tr\u1ecdng \u0110\u1ee9c", "L\u00ea Tr\u1ecdng \u0110\u1ee9c"},
    {"GBK", Form::gb18030, "\u738b\u5c0f\u660e", "\u738b\u5c0f\u660e"},
    {"GB18030", Form::gb18030, "\u674e\u3703\U00020bb7", "\u674e\u3703\U00020bb7"},
    {"GB18030", Form::gb18030, "Kim \u738b\u5c0f\u660e", "KIM \u738b\u5c0f\u660e"},
    {"BIG5", Form::big5, "\u9673\u5927\u6587", "\u9673\u5927\u6587"},
    {"BIG5-HKSCS", Form::big5, "\u9ec3\u6822\u71be", "\u9ec3\u6822\u71be"},
    {"CP932", Form::shift_jis, "\u5c71\u7530\u592a\u90ce", "\u5c71\u7530\u592a\u90ce"},
    {"CP932", Form::shift_jis, "\u9ad9\u6a4b\u4e00\u90ce", "\u9ad9\u6a4b\u4e00\u90ce"},
    {"CP932", Form::shift_jis, "\u8868\u30bd\u30d5\u30c8", "\u8868\u30bd\u30d5\u30c8"},  // halves that are a backslash
    {"CP932", Form::shift_jis, "Suzuki\u30de\u30ea\u30a2", "SUZUKI\u30de\u30ea\u30a2"},
    {"CP932", Form::shift_jis, "abc \u5c71\u7530", "\uff21\uff22\uff23\u3000\u5c71\u7530"},
    {"EUC-JP", Form::euc_jp, "\u5c71\u7530\u592a\u90ce", "\u5c71\u7530\u592a\u90ce"},
    {"EUC-JP", Form::gb18030, "\u304c\u304e\u3050", "\u304c\u304e\u3050"},  // kana are alike in both
    {"EUC-JP", Form::euc_jp, "\u4f4b\u7530", "\u4f4b\u7530"},               // one of three bytes
    {"EUC-KR", Form::euc_kr, "\uae40\ubbfc\uc218", "\uae40\ubbfc\uc218"},
    {"CP949", Form::euc_kr, "\ub620\ubc29\uac01\ud558", "\ub620\ubc29\uac01\ud558"},
    {"CP949", Form::euc_kr, "\uae40 Minsu", "\uae40 minsu"},
};

TEST(MatchPages, text_in_the_character_set_of_its_language_is_found_in_any_bytes) {
  for (const Page& page : kPages) {
    SCOPED_TRACE(page.name);
    const std::string encoded = in_page(page.name, page.evidence);
    ASSERT_FALSE(encoded.empty());
    const PatternSet set = pattern_set({literal(page.identifier)});
    for (const std::string& before : {std::string(), std::string("\n"), std::string("("), std::string(1, '\0')}) {
      const std::vector<Hit> hits = hits_in(set, before + encoded + "\x01 ");
      ASSERT_EQ(hits.size(), 1U);
      EXPECT_EQ(hits[0].start, before.size());
      EXPECT_EQ(hits[0].length, encoded.size());
      EXPECT_EQ(hits[0].form, page.form);
    }
    const PatternSet word = pattern_set({whole_word(literal(page.identifier))});
    for (const std::string around : {"", " ", ", ", "\n", "<"}) {
      EXPECT_EQ(hits_in(word, around + encoded + around).size(), 1U) << around;
    }
    EXPECT_TRUE(hits_in(word, encoded + encoded).empty());
  }
}

// What is all ASCII has no pages, and a text of three bytes stands everywhere by chance.
TEST(MatchPages, only_what_pages_write_in_their_own_way_is_looked_for_in_them) {
  const auto forms_of = [](const char* text) { return pattern_set({literal(text)}).forms_of(0); };
  const auto in_pages = [](const std::vector<Form>& forms) {
    return std::any_of(forms.begin(), forms.end(),
                       [](Form form) { return form != Form::ibm037 && FormSet::code_pages().has(form); });
  };
  EXPECT_FALSE(in_pages(forms_of("Kim Berg")));
  EXPECT_FALSE(in_pages(forms_of("\u00c5se")));
  EXPECT_TRUE(in_pages(forms_of("\u00c5sen")));
  EXPECT_TRUE(in_pages(forms_of("\u738b\u5c0f\u660e")));
  const std::vector<Form> forms = forms_of("Kim St\u00e5hl");  // windows-1254 has the same bytes as windows-1252
  EXPECT_EQ(std::count(forms.begin(), forms.end(), Form::windows_1254), 0);
}

// Of IBM's large machines, where no letter is ASCII; in records of fixed width, too.
TEST(MatchPages, ebcdic_is_found_in_any_bytes) {
  for (const char* page : {"IBM037", "IBM500", "IBM1047"}) {
    for (const std::string text : {"Kim Bergman", "KIM BERGMAN", "kim   bergman"}) {
      const std::string encoded = in_page(page, text);
      for (const bool whole : {false, true}) {
        const Identifier plain = literal("Kim Bergman");
        const std::vector<Hit> hits =
            hits_in(pattern_set({whole ? whole_word(plain) : plain}), "\x40\x6b" + encoded + "\x40");
        ASSERT_EQ(hits.size(), 1U) << page << " " << text;
        EXPECT_EQ(hits[0].start, 2U);
        EXPECT_EQ(hits[0].length, encoded.size());
        EXPECT_EQ(hits[0].form, Form::ibm037);
      }
    }
    EXPECT_TRUE(hits_in(pattern_set({whole_word(literal("Kim Berg"))}), in_page(page, "Kim Bergen")).empty());
    EXPECT_EQ(hits_in(pattern_set({literal("Kim St\u00e5hl")}), in_page(page, "KIM ST\u00c5HL")).size(), 1U);
    EXPECT_EQ(hits_in(pattern_set({literal("kim@example.com")}), in_page(page, "kim@example.com")).size(), 1U);
  }
}

// The second half of a letter and the first of the next are a letter, too.
TEST(MatchPages, halves_of_other_letters_are_no_find) {
  struct Text {
    const char* page;
    const char* text;
  };
  for (const Text& text : {Text{"GBK", "\u4e2d\u56fd\u4eba\u6c11\u94f6\u884c\u5317\u4eac\u5206\u884c"},
                           Text{"EUC-JP", "\u6771\u4eac\u90fd\u5343\u4ee3\u7530\u533a\u4e38\u306e\u5185"},
                           Text{"EUC-KR", "\uc11c\uc6b8\ud2b9\ubcc4\uc2dc\uac15\ub0a8\uad6c\uc5ed\uc0bc\ub3d9"}}) {
    SCOPED_TRACE(text.page);
    const std::string encoded = in_page(text.page, text.text);
    std::size_t identifiers = 0;
    for (std::size_t from = 1; from + 6 < encoded.size(); from += 2) {
      const std::string halves = to_utf8(text.page, encoded.substr(from, 6));
      if (halves.empty()) continue;
      ++identifiers;
      const PatternSet set = pattern_set({only(literal(halves), {Form::gb18030, Form::euc_jp, Form::euc_kr})});
      for (const std::string around : {"\n", " ", ", ", "'"}) {
        EXPECT_TRUE(hits_in(set, around + encoded + around).empty()) << from;
      }
      // Alone it stands there, and behind a byte that belongs to no text.
      EXPECT_EQ(hits_in(set, encoded.substr(from, 6)).size(), 1U);
      EXPECT_EQ(hits_in(set, "\x8a" + encoded.substr(from, 6) + '\0').size(), 1U);
    }
    EXPECT_GT(identifiers, 1U);
  }
}

// What follows from one byte to either side is the same at every cut.
TEST(MatchPages, letters_of_several_bytes_do_not_depend_on_chunks) {
  const std::string name = in_page("CP932", "\u5c71\u7530\u592a\u90ce");
  std::string text;
  for (int i = 0; i < 40; ++i) text += in_page("CP932", "\u6771\u4eac\u90fd") + name + (i % 3 == 0 ? "\n" : "");
  const PatternSet set = pattern_set({literal("\u5c71\u7530\u592a\u90ce")});
  const auto whole = shown(hits_in(set, text));
  EXPECT_EQ(whole.size(), 40U);
  for (std::size_t cut = 1; cut < text.size(); cut += 7) EXPECT_EQ(shown(hits_in(set, text, {{cut}})), whole) << cut;
}

}  // namespace
}  // namespace ambit::match_pages_test
