// Documents as text: HTML, XML, RTF, the zips of office programs.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/markup/markup.h"
#include "tests/unpacked.h"

namespace ambit::unpack_documents_test {
namespace {

using test::unpack_all;
using test::Unpacked;
using testing::HasSubstr;
using testing::Not;
using unpack::open_markup;
using unpack::open_office;
using unpack::open_rtf;

const std::string kDocuments = test::shared_data() + "documents/";

std::string python(const std::string& script, const std::vector<std::string>& arguments = {}) {
  std::vector<std::string> command = {"python3", "-c", script};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const test::Ran ran = test::run(command);
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return ran.out;
}

// The text of a page, the same whatever the pieces it comes in.
std::string page(const std::string& bytes, const std::string& name = "page.html") {
  const std::string whole = unpack_all(open_markup, bytes, name).text();
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}}) {
    EXPECT_EQ(unpack_all(open_markup, bytes, name, step, 5).text(), whole);
  }
  return whole.substr(0, whole.size() - 1);
}

// --- HTML and XML -------------------------------------------------------------------------------------------

TEST(Markup, a_word_formatted_in_the_middle_is_whole) {
  EXPECT_EQ(page("<p>the ac<b>cou</b>nt</p>"), "the account");
  EXPECT_EQ(page("<p>ac<a href=\"http://x.y/?a=1&amp;b=2\" class=z>cou</a>nt</p>"), "account\nhttp://x.y/?a=1&b=2");
  EXPECT_EQ(page("ac<!-- a > b -->count<br>next"), "account\n a > b \nnext");
  EXPECT_EQ(page("ac&shy;co\xc2\xadu&#8203;n<wbr>t"), "account");
  EXPECT_EQ(page("<?xml version='1.0'?><d><para>ac<emph><strong>cou</strong></emph>nt</para></d>", "d.xml"), "account");
}

TEST(Markup, blocks_are_lines_and_cells_are_tabs) {
  EXPECT_EQ(page("<table><tr><td>a</td><td>b</td></tr>\n<tr><td>c</td>\n<td>d</td></tr></table>"), "a\tb\nc\td");
  EXPECT_EQ(page("<div>one</div><div>two  \n three</div>four<br/>five"), "one\ntwo three\nfour\nfive");
  EXPECT_EQ(page("<pre>a  b\n  c</pre>d"), "a  b\n  c\nd");
  EXPECT_EQ(page("<?xml version='1.0'?><p><first>John</first><last>Smith</last></p>", "p.xml"), "John\nSmith");
  EXPECT_EQ(page("<?xml version='1.0'?><p first='John' last='Sm&#105;th'/>", "p.xml"), "John\tSmith");
}

TEST(Markup, keeps_what_is_not_text_as_lines) {
  const std::string text = page(
      "<!DOCTYPE html><head><title>T</title><meta name=author content='Some One'><script>var a = \"</b>\";</SCRIPT >"
      "<style>p {}</style></head><img alt=\"al t\" title='ti\ntle' src=x.png><input value=va&eacute;l>"
      "<textarea>te</textarea><![CDATA[c<d]]><?php echo 'x>y'; ?>");
  for (const std::string part : {"T\n", "\nauthor\tSome One\n", "\nvar a = \"</b>\";\n", "\np {}\n",
                                 "al t\tti tle\tx.png", "vaél\n", "\nte", "c<d", "php echo 'x>y'; "}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(Markup, is_lenient) {
  EXPECT_EQ(page("a < b <3 <> </> c"), "a < b <3 <> </> c");
  EXPECT_EQ(page("a&b &nosuch; &amp &ampx &copy2 &#x41 &#65;&#xD800;&#99999999999; &"),
            "a&b &nosuch; & &x ©2 A A\xef\xbf\xbd\xef\xbf\xbd &");
  EXPECT_EQ(page("<p a=b=c 'd' e = \"f\" =g / >text<p"), "b=c\tf\ntext");
  EXPECT_EQ(page("<a href=?x=1&copy=2&amp;z&lt;>t</a>"), "t\n?x=1&copy=2&z<");
  EXPECT_EQ(page("<script>never ended"), "never ended");
  EXPECT_EQ(page("<!-- never ended"), " never ended");
  EXPECT_EQ(page(""), "");
}

TEST(Markup, knows_every_entity_of_html) {
  const std::string truth = python(R"(
import html.entities, sys
for k in sorted(html.entities.html5):
    sys.stdout.buffer.write(('%s %s\n' % (k, html.entities.html5[k].encode().hex())).encode())
)");
  std::size_t count = 0;
  for (std::size_t at = 0; at < truth.size(); ++count) {
    const std::size_t blank = truth.find(' ', at), end = truth.find('\n', at);
    const std::string name = truth.substr(at, blank - at), hex = truth.substr(blank + 1, end - blank - 1);
    at = end + 1;
    const auto entity = unpack::entity_at("&" + name + " ", unpack::EntityIn::text);
    ASSERT_TRUE(entity) << name;
    std::string ours;
    for (const char c : entity->text) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      ours += {kDigits[static_cast<unsigned char>(c) >> 4], kDigits[static_cast<unsigned char>(c) & 15]};
    }
    EXPECT_EQ(ours, hex) << name;
    EXPECT_EQ(entity->length, name.size() + 1);
  }
  EXPECT_EQ(count, 2231U);
}

TEST(Markup, is_read_in_its_character_set) {
  EXPECT_THAT(page("<meta charset=koi8-r><p>\xf0\xd2\xc9\xd7\xc5\xd4"), HasSubstr("Привет"));
  EXPECT_THAT(
      page("<meta http-equiv=Content-Type content=\"text/html; charset=windows-1251\"><p>\xcf\xf0\xe8\xe2\xe5\xf2"),
      HasSubstr("Привет"));
  EXPECT_THAT(page("<?xml version=\"1.0\" encoding='shift_jis'?><a>\x93\xfa\x96\x7b</a>", "a.xml"), HasSubstr("日本"));
  EXPECT_EQ(page("\xef\xbb\xbf<p>Ståhl"), "Ståhl");
  EXPECT_EQ(page("\xff\xfe" + test::utf16le("<p>ac<b>cou</b>nt</p>")), "account");
  EXPECT_EQ(page(test::utf16le("<html><p>ac<b>cou</b>nt</p>")), "account");
}

TEST(Markup, of_any_length_is_shown_whole) {
  const std::string words = test::words(1, limits::kMaxViewBytes + 1'000'000);
  const Unpacked unpacked = unpack_all(open_markup, "<p>" + words + "</p><p>the <b>e</b>nd</p>", "a.html");
  ASSERT_EQ(unpacked.parts.size(), 1U);
  EXPECT_FALSE(unpacked.parts[0].damaged) << unpacked.parts[0].error;
  EXPECT_TRUE(unpacked.parts[0].bytes.ends_with("the end"));
}

TEST(Markup, of_any_shape_costs_time_in_proportion) {
  for (const std::string piece : {"<", "<a", "<!--", "&", "&#", "<a b='\n", "<![CDATA[", "<script>", "</", "<!a[",
                                  "\xe2", "&\n", "<a b=\"&\n&", "<pre>", "<a b=", "<?"}) {
    std::string bytes;
    while (bytes.size() < 4'000'000) bytes += piece;
    static_cast<void>(unpack_all(open_markup, bytes, "a.html"));
    static_cast<void>(unpack_all(open_markup, bytes, "a.xml"));
  }
}

// --- RTF ----------------------------------------------------------------------------------------------------

std::string rtf(const std::string& body) {
  const std::string bytes =
      "{\\rtf1\\ansi\\ansicpg1251{\\fonttbl{\\f0\\fcharset204 Arial;}{\\f1\\fcharset0 B;}{\\f2\\fcharset128 C;}}\n" +
      body + "}";
  const std::string whole = unpack_all(open_rtf, bytes).text();
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}})
    EXPECT_EQ(unpack_all(open_rtf, bytes, "", step, 5).text(), whole);
  return whole.substr(0, whole.size() - 1);
}

TEST(Rtf, a_word_formatted_in_the_middle_is_whole) {
  EXPECT_EQ(rtf("the ac{\\b cou}nt\\par next\r\n line"), "the account\nnext line");
  EXPECT_EQ(rtf("ac{\\*\\bkmkstart mark}count{\\pict 0102}"), "account\nmark");
  EXPECT_EQ(rtf("ac\\-cou\\v nt\\v0 "), "account");
  EXPECT_EQ(rtf("a\\cell b\\row c\\tab d"), "a\tb\nc\td");
}

TEST(Rtf, is_read_in_the_code_page_of_the_font) {
  EXPECT_EQ(rtf("\\f0\\'cf\\'f0\\'e8\\'e2\\'e5\\'f2 {\\f1 St\\'e5hl} {\\f2\\'93\\'fa\\'96\\'7b} \xcf"),
            "Привет Ståhl 日本 П");
  EXPECT_EQ(rtf("\\u1055?\\u1088 ?\\uc2\\u26085\\'93\\'fa\\uc0\\u233 \\u-10179\\u-8704 x"), "Пр日é😀x");
}

TEST(Rtf, keeps_what_stands_elsewhere_as_lines) {
  const std::string text =
      rtf("{\\info{\\author Some One}}{\\field{\\*\\fldinst HYPERLINK \"http://x.y/\"}{\\fldrslt ac}}count"
          "{\\footnote a note}{\\header a header}{\\*\\nobodyknows kept}\\bin5 {{{{{\\par end");
  EXPECT_TRUE(text.starts_with("account\n")) << text;
  for (const std::string part : {"Some One", "HYPERLINK \"http://x.y/\"", "a note", "a header", "kept", "\nend"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("Arial")));
  EXPECT_THAT(text, Not(HasSubstr("{")));
}

TEST(Rtf, survives_damage) {
  EXPECT_NE(unpack_all(open_rtf, "no rtf").error, "");
  const std::string bytes =
      "{\\rtf1\\ansi\\ansicpg932{\\fonttbl{\\f0\\fcharset204 Arial;}}{\\info{\\author Some One}}\\f0\\'cf{\\b "
      "x\\u-10179?}"
      "{\\*\\x{\\bin3 abc}\\par\\uc3\\u7 abc}\\cell}";
  test::survive_damage(open_rtf, bytes, "", test::damage_seeds(500));
  for (const std::string piece : {"{", "}", "\\", "\\u1", "\\'", "{\\*\\a ", "\\f1", "\\bin", "{\\fonttbl\\f1"}) {
    std::string many = "{\\rtf1";
    while (many.size() < 2'000'000) many += piece;
    static_cast<void>(unpack_all(open_rtf, many));
  }
}

// --- office -------------------------------------------------------------------------------------------------

// A zip with these parts, made by Python.
std::string zip_of(const test::TemporaryFolder& folder, const std::vector<std::pair<std::string, std::string>>& parts) {
  std::vector<std::string> arguments = {folder / "made.zip"};
  std::size_t number = 0;
  for (const auto& [name, bytes] : parts) {
    test::write_file(folder / ("part" + std::to_string(number)), bytes);
    arguments.insert(arguments.end(), {name, folder / ("part" + std::to_string(number++))});
  }
  python(
      "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED)\n"
      "for n, p in zip(sys.argv[2::2], sys.argv[3::2]): z.write(p, n)\nz.close()",
      arguments);
  return test::read_file(folder / "made.zip");
}

std::string view(const Unpacked& unpacked, const std::string& name) {
  for (const auto& p : unpacked.parts) {
    if (p.part.name == name && p.part.is == Part::Is::view) return p.bytes;
  }
  return "no view";
}

constexpr const char* kWord =
    "<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">";

Unpacked docx(const std::string& body, const std::vector<std::pair<std::string, std::string>>& more = {}) {
  const test::TemporaryFolder folder;
  std::vector<std::pair<std::string, std::string>> parts = {
      {"[Content_Types].xml", "<Types/>"},
      {"word/document.xml", std::string(kWord) + "<w:body>" + body + "</w:body></w:document>"}};
  parts.insert(parts.end(), more.begin(), more.end());
  return unpack_all(open_office, zip_of(folder, parts), "a.docx");
}

TEST(Office, a_word_formatted_in_the_middle_is_whole) {
  const std::string body =
      "\n <w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr>\n <w:r w:rsidR=\"00A\"><w:t>the ac</w:t></w:r>\n "
      "<w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">cou</w:t></w:r>"
      "<w:bookmarkStart w:name=\"mark\"/><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:t>nt "
      "</w:t><w:noBreakHyphen/><w:tab/><w:t>x</w:t></w:r></w:p>"
      "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></"
      "w:tr></w:tbl>"
      "<w:p><w:r><w:drawing><wp:posOffset>123</wp:posOffset><wp:docPr descr=\"a "
      "picture\"/></w:drawing></w:r><w:r><w:instrText>HYPERLINK "
      "\"http://x.y\"</w:instrText></w:r></w:p>";
  const Unpacked unpacked =
      docx(body, {{"word/media/image1.png", "not a picture"},
                  {"word/comments.xml",
                   std::string(kWord) + "<w:comment w:author=\"Some One\"><w:p><w:r><w:t>a "
                                        "com</w:t></w:r><w:r><w:t>ment</w:t></w:r></w:p></w:comment></w:document>"}});
  EXPECT_EQ(unpacked.error, "");
  const std::string text = view(unpacked, "word/document.xml");
  for (const std::string part : {"the account -\tx\n", "mark", "gone", "a\nb", "a picture", "HYPERLINK \"http://x.y\""})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(view(unpacked, "word/comments.xml"), HasSubstr("a comment"));
  EXPECT_THAT(view(unpacked, "word/comments.xml"), HasSubstr("Some One"));
  ASSERT_EQ(unpacked.parts.size(), 4U);
  EXPECT_EQ(unpacked.parts[2].part.is, Part::Is::member);
  EXPECT_EQ(unpacked.parts[2].bytes, "not a picture");
}

// NIST's Computer Forensics Tool Testing, string search; match_cftt_test.cc has the others, unpack_ole_test.cc the
// .doc.
TEST(CfttDocuments, ft_ss_09_html_plain_and_formatted_inside_the_word) {
  EXPECT_EQ(page("<html><body><p>a plain Wolf</p></body></html>"), "a plain Wolf");
  EXPECT_EQ(page("<html><body><p>a for<b>mat</b>ted W<i>o</i>lf</p></body></html>"), "a formatted Wolf");
}

TEST(CfttDocuments, ft_ss_09_docx_plain_and_formatted_inside_the_word) {
  const Unpacked unpacked = docx(
      "<w:p><w:r><w:t>a plain Wolf</w:t></w:r></w:p><w:p><w:r><w:t>a for</w:t></w:r><w:r><w:rPr><w:b/></w:rPr>"
      "<w:t>mat</w:t></w:r><w:r><w:t>ted W</w:t></w:r><w:r><w:rPr><w:i/></w:rPr><w:t>o</w:t></w:r><w:r><w:t>lf</w:t>"
      "</w:r></w:p>");
  const std::string text = view(unpacked, "word/document.xml");
  EXPECT_THAT(text, HasSubstr("a plain Wolf\n"));
  EXPECT_THAT(text, HasSubstr("\na formatted Wolf"));
}

TEST(Office, cells_have_their_shared_texts) {
  const test::TemporaryFolder folder;
  const std::string ns = " xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
  const std::string bytes =
      zip_of(folder, {{"xl/worksheets/sheet1.xml",
                       "<worksheet" + ns +
                           "><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>1</v></c><c "
                           "t=\"s\"><v>0</v></c><c><f>A1+1</f><v>42</v></c>"
                           "<c t=\"inlineStr\"><is><r><t>in</t></r><r><t>line</t></r></is></c></row><row><c "
                           "t=\"s\"><v>7</v></c><c t=\"str\"><v>str</v></c></row></sheetData></worksheet>"},
                      {"xl/sharedStrings.xml", "<sst" + ns +
                                                   "><si><t>zero</t></si><si><r><t>ac</t></r><r><rPr><b/></"
                                                   "rPr><t>count</t></r><rPh><t>phonetic</t></rPh></si></sst>"}});
  const std::string text = view(unpack_all(open_office, bytes, "a.xlsx"), "xl/worksheets/sheet1.xml");
  EXPECT_THAT(text, HasSubstr("account\tzero\t42\tinline\n"));
  EXPECT_THAT(text, HasSubstr("7\tstr"));
  EXPECT_THAT(text, HasSubstr("A1+1"));
}

TEST(Office, of_opendocument_and_epub) {
  const test::TemporaryFolder folder;
  const std::string ns = " xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\"";
  const std::string content =
      "<?xml version=\"1.0\"?><office:document-content" + ns +
      "><office:body><text:p>the ac<text:span text:style-name=\"T1\">cou</text:span>"
      "<office:annotation><dc:creator>Some One</dc:creator><text:p>a "
      "note</text:p></office:annotation>nt<text:s/>x</text:p><text:h>next</text:h>"
      "<table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p></"
      "table:table-cell></table:table-row></office:body></office:document-content>";
  Unpacked unpacked = unpack_all(
      open_office, zip_of(folder, {{"mimetype", "application/vnd.oasis.opendocument.text"}, {"content.xml", content}}),
      "a.odt");
  const std::string text = view(unpacked, "content.xml");
  for (const std::string part : {"the account x\n", "Some One\na note", "next"}) EXPECT_THAT(text, HasSubstr(part));

  const std::string manifest =
      "<manifest:manifest><manifest:file-entry manifest:full-path=\"a.xml\"/><manifest:file-entry "
      "manifest:full-path=\"content.xml\"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>";
  unpacked = unpack_all(
      open_office,
      zip_of(folder, {{"a.xml", "<a>plain</a>"}, {"content.xml", "noise"}, {"META-INF/manifest.xml", manifest}}),
      "a.odt");
  ASSERT_EQ(unpacked.parts.size(), 3U);
  EXPECT_EQ(unpacked.parts[0].part.trouble, WalkTrouble::none);
  EXPECT_EQ(unpacked.parts[1].part.trouble, WalkTrouble::encrypted);
  EXPECT_EQ(unpacked.parts[1].bytes, "");

  unpacked = unpack_all(
      open_office,
      zip_of(folder, {{"mimetype", "application/epub+zip"},
                      {"OEBPS/one.xhtml", "<?xml version=\"1.0\"?><html><body><p>ac<i>cou</i>nt</p></body></html>"}}),
      "a.epub");
  EXPECT_EQ(view(unpacked, "OEBPS/one.xhtml"), "account");
}

// --- what nobody sees ----------------------------------------------------------------------------------------

// Every character that is not seen, as it is written where letters stand.
std::vector<std::string> unseen(const std::string& before, const std::string& after) {
  std::vector<std::string> out;
  for (const int code : {0xad, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060,
                         0x2066, 0x2067, 0x2068, 0x2069, 0xfeff}) {
    out.push_back(before + std::to_string(code) + after);
  }
  return out;
}

TEST(Documents, leave_out_characters_within_words_that_nobody_sees) {
  const test::TemporaryFolder folder;
  for (const std::string& mark : unseen("&#", ";")) {
    EXPECT_EQ(page("<p>Muster" + mark + "mann" + mark + "s</p>"), "Mustermanns") << mark;
    EXPECT_EQ(page("<?xml version='1.0'?><p a='Muster" + mark + "mann'>Mu" + mark + "ster</p>", "p.xml"),
              "Muster\nMustermann")
        << mark;
  }
  EXPECT_EQ(page("Muster&shy;&zwnj;&zwj;&lrm;&rlm;&NoBreak;&ZeroWidthSpace;<wbr>m<nobr>ann</nobr>"), "Mustermann");
  for (const std::string& mark : unseen("\\u", "?")) {
    if (mark.size() < 8) { EXPECT_EQ(rtf("Muster" + mark + "mann"), "Mustermann") << mark; }
  }
  EXPECT_EQ(rtf("Muster\\-mann\\zwj s\\zwnj o\\zwbo n\\ltrmark e\\rtlmark s\\zwnbo x"), "Mustermannsonesx");
  EXPECT_EQ(rtf("Muster\\_mann \\'ad\\u-257?s"), "Muster-mann s");
  std::string marks;
  for (const std::string& mark : unseen("&#", ";")) marks += mark;
  const std::string document =
      std::string(kWord) + "<w:body><w:p><w:r><w:t>Muster</w:t><w:softHyphen/><w:t>mann" + marks +
      "s</w:t></w:r><w:r><w:t>acme</w:t><w:noBreakHyphen/><w:t>payout&#8209;1</w:t></w:r></w:p></w:body></w:document>";
  EXPECT_EQ(
      view(unpack_all(open_office, zip_of(folder, {{"word/document.xml", document}}), "a.docx"), "word/document.xml"),
      "Mustermannsacme-payout-1");
  const std::string content =
      "<?xml version=\"1.0\"?><office:document-content><office:body><text:p>Muster<text:soft-page-"
      "break/>mann" +
      marks + "s</text:p></office:body></office:document-content>";
  EXPECT_EQ(view(unpack_all(open_office, zip_of(folder, {{"content.xml", content}}), "a.odt"), "content.xml"),
            "Mustermanns");
}

// In scripts whose letters join, a word is spelled with them.
TEST(Documents, keep_joiners_between_letters_that_join) {
  for (const std::string word : {"\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0915\u094d\u200d\u0937"}) {
    EXPECT_EQ(page("<p>" + word + "</p>"), word);
  }
}

TEST(Documents, keep_what_only_begins_like_a_character_that_nobody_sees) {
  for (const std::string text :
       {"\u00a7 \u2019a\u201d \u2026 \u20ac \ufb01 \ufebf \u2070", "\u201a\u2030", "\u2039\u203a"}) {
    EXPECT_EQ(page("<p>" + text + "</p>"), text);
  }
}

// Every paragraph that Python finds in a sample stands in our text.
TEST(Office, of_samples_has_every_paragraph) {
  const std::string script = R"(
import sys, json, zipfile, re
import xml.etree.ElementTree as E
out = {}
for path in sys.argv[1:]:
    found = []
    try:
        z = zipfile.ZipFile(path)
    except Exception:
        continue
    for name in z.namelist():
        if not re.match(r'(word/|ppt/|xl/sharedStrings|xl/comments).*\.xml$', name): continue
        try: root = E.fromstring(z.read(name))
        except Exception: continue
        for p in root.iter():
            local = p.tag.split('}')[1] if '}' in p.tag else p.tag
            if local not in ('p', 'si'): continue
            if any(q.tag.endswith('}p') or q.tag.endswith('}rPh') for q in p.iter() if q is not p): continue
            texts = [q.text or '' for q in p.iter() if q.tag.endswith('}t')]
            if any(q.tag.endswith('}br') or q.tag.endswith('}tab') for q in p.iter()): texts = texts[:1]
            text = re.sub(r'[\s\xa0\xad]+', '', ''.join(texts))
            if text: found.append([name, text])
    out[path] = found
json.dump(out, sys.stdout)
)";
  std::vector<std::string> paths;
  for (const std::string& path : test::files_in(kDocuments)) {
    if (path.ends_with(".docx") || path.ends_with(".pptx") || path.ends_with(".xlsx")) paths.push_back(path);
  }
  if (paths.empty()) GTEST_SKIP() << "no samples";
  const nlohmann::json truth = nlohmann::json::parse(python(script, paths), nullptr, false);
  std::size_t count = 0;
  for (const auto& [path, paragraphs] : truth.items()) {
    const Unpacked unpacked = unpack_all(open_office, test::read_file(path), path);
    EXPECT_EQ(unpacked.error, "") << path;
    for (const auto& paragraph : paragraphs) {
      std::string text = view(unpacked, paragraph[0]);
      std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; });
      for (std::size_t at; (at = text.find("\xc2\xa0")) != text.npos;) text.erase(at, 2);
      EXPECT_THAT(text, HasSubstr(paragraph[1].get<std::string>())) << path << paragraph[0];
      ++count;
    }
  }
  EXPECT_GT(count, 300U);
}

TEST(Office, survives_damage) {
  EXPECT_NE(unpack_all(open_office, "no zip").error, "");
  const std::uint64_t seeds = test::damage_seeds(100) / 20;
  for (const std::string& path : test::files_in(kDocuments + "poi")) {
    const std::string bytes = test::read_file(path);
    if (bytes.starts_with("PK") && bytes.size() < 30'000) test::survive_damage(open_office, bytes, path, seeds);
  }
}

TEST(Markup, survives_damage) {
  const std::string bytes =
      "<!DOCTYPE html><head><meta charset=shift_jis><title>T</title><script>a</script></head><p a='b' "
      "c=&eacute;>ac<b>c\x93\xfa</b>&amp;&#1234;"
      "<![CDATA[x]]><!-- c --><pre> x\n</pre><table><tr><td>x<td>y</table>";
  test::survive_damage(open_markup, bytes, "a.html", test::damage_seeds(500));
  test::survive_damage(open_markup, "<?xml version='1.0' encoding='utf-16'?>" + bytes, "a.xml",
                       test::damage_seeds(500));
}

}  // namespace
}  // namespace ambit::unpack_documents_test
