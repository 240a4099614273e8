// Texts of one byte a letter: every code page that is looked for, in the middle of any bytes.
#include <iconv.h>

#include <algorithm>

#include "match_finder.h"

namespace ambit::match_pages_test {
namespace {

// As glibc writes it, which has tables of its own.
std::string in_page(const char* page, std::string text) {
  const iconv_t converter = iconv_open(page, "UTF-8");
  std::string out(text.size(), '\0');
  char *from = text.data(), *to = out.data();
  std::size_t left = text.size(), room = out.size();
  const bool done = iconv(converter, &from, &left, &to, &room) != static_cast<std::size_t>(-1);
  iconv_close(converter);
  out.resize(done ? out.size() - room : 0);
  return out;
}

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
};

TEST(MatchPages, text_of_one_byte_a_letter_is_found_in_any_bytes) {
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
    EXPECT_EQ(hits_in(pattern_set({whole_word(literal(page.identifier))}), encoded).size(), 1U);
    EXPECT_TRUE(hits_in(pattern_set({whole_word(literal(page.identifier))}), encoded + encoded).empty());
  }
}

// What is all ASCII has no pages, and a text of three bytes stands everywhere by chance.
TEST(MatchPages, only_what_pages_write_in_their_own_way_is_looked_for_in_them) {
  const auto forms_of = [](const char* text) { return pattern_set({literal(text)}).forms_of(0); };
  const auto in_pages = [](const std::vector<Form>& forms) {
    return std::any_of(forms.begin(), forms.end(), [](Form form) { return FormSet::code_pages().has(form); });
  };
  EXPECT_FALSE(in_pages(forms_of("Kim Berg")));
  EXPECT_FALSE(in_pages(forms_of("\u00c5se")));
  EXPECT_TRUE(in_pages(forms_of("\u00c5sen")));
  EXPECT_FALSE(in_pages(forms_of("\u738b\u5c0f\u660e")));
  const std::vector<Form> forms = forms_of("Kim St\u00e5hl");  // windows-1254 has the same bytes as windows-1252
  EXPECT_EQ(std::count(forms.begin(), forms.end(), Form::windows_1254), 0);
}

}  // namespace
}  // namespace ambit::match_pages_test
