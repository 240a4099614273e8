// Texts whose lines are folded: the examples of the RFCs, and what address books and calendars write.
#include <gmock/gmock.h>

#include "stages/unpack/formats.h"
#include "tests/unpacked.h"

namespace ambit::unpack_folded_test {
namespace {

using test::format_by_head;
using test::unpack_all;
using testing::HasSubstr;
using testing::Not;
using unpack::open_folded;

// The view, which is the same however the bytes come.
std::string text(const std::string& bytes) {
  const auto whole = unpack_all(open_folded, bytes);
  EXPECT_TRUE(whole.opened) << whole.error;
  if (whole.parts.size() != 1) return "no view";
  EXPECT_FALSE(whole.parts[0].damaged) << whole.parts[0].error;
  for (const std::size_t step : {1U, 2U, 3U, 7U, 64U}) {
    EXPECT_EQ(unpack_all(open_folded, bytes, "", step).parts[0].bytes, whole.parts[0].bytes) << step;
  }
  return whole.parts[0].bytes;
}

std::string card(const std::string& lines, const std::string& version = "3.0") {
  return "BEGIN:VCARD\r\nVERSION:" + version + "\r\n" + lines + "END:VCARD\r\n";
}

TEST(Folded, lines_are_put_together) {
  EXPECT_EQ(text(card("NOTE:This is a long descrip\r\n tion that exists o\r\n\tn a long line.\r\n")),
            "BEGIN:VCARD\nVERSION:3.0\nNOTE:This is a long description that exists on a long line.\nEND:VCARD\n");
  // Of a fold, one blank only: the other is text.
  EXPECT_THAT(text(card("NOTE:Kim\r\n  Stahl\r\n", "4.0")), HasSubstr("NOTE:Kim Stahl\n"));
  EXPECT_THAT(text("BEGIN:VCALENDAR\nVERSION:2.0\nSUMMARY:Meeting with Quell\n marstein\nEND:VCALENDAR\n"),
              HasSubstr("SUMMARY:Meeting with Quellmarstein\n"));
  EXPECT_THAT(text("\xef\xbb\xbf\r\nbegin:vcard\nversion:3.0\nfn:a\n b\nend:vcard"), HasSubstr("fn:ab\nend:vcard\n"));
}

TEST(Folded, a_fold_may_tear_a_letter) {
  EXPECT_THAT(text(card("FN:Kim St\xc3\r\n \xa5hl\r\n")), HasSubstr("FN:Kim Ståhl\n"));
  EXPECT_THAT(text(card("FN:Kim St\xe5hl und J\xfcrgen Wei\xdf\r\nNOTE:caf\xe9\r\n")),
              HasSubstr("FN:Kim Ståhl und Jürgen Weiß\n"));
}

TEST(Folded, of_a_card_of_the_first_version_keep_their_blank) {
  EXPECT_THAT(text(card("NOTE:Kim\r\n Stahl\r\n", "2.1")), HasSubstr("NOTE:Kim Stahl\n"));
  // Each card says its own version.
  EXPECT_THAT(text(card("FN:A\r\n", "2.1") + card("NOTE:Kim St\r\n ahl\r\n")), HasSubstr("NOTE:Kim Stahl\n"));
}

TEST(Folded, values_are_decoded_from_quoted_printable) {
  EXPECT_THAT(text(card("N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=53=74=C3=A5=68=6C;=4B=69=6D;;;\r\n", "2.1")),
              HasSubstr("ENCODING=QUOTED-PRINTABLE:Ståhl;Kim;;;\n"));
  EXPECT_THAT(text(card("NOTE;QUOTED-PRINTABLE:Kim St=\r\nahl=0D=0A=\r\n=4Eext\r\nTEL:1\r\n", "2.1")),
              HasSubstr("NOTE;QUOTED-PRINTABLE:Kim Stahl\r\nNext\nTEL:1\n"));
  EXPECT_THAT(text(card("N;ENCODING=QUOTED-PRINTABLE;CHARSET=windows-1251:=CF=F0=E8=E2=E5=F2\r\n", "2.1")),
              HasSubstr(":Привет\n"));
  // Only where a card says so.
  EXPECT_THAT(text(card("NOTE:a=41=\r\nTEL:1\r\n", "2.1")), HasSubstr("NOTE:a=41=\nTEL:1\n"));
}

TEST(Folded, backslashes_are_not_part_of_the_text) {
  EXPECT_THAT(text(card("ADR:;;Main Street 1\\, 2nd floor;Up\\;town\r\nNOTE:one\\ntwo\\Nthree\\\\four\\x\r\n")),
              HasSubstr("ADR:;;Main Street 1, 2nd floor;Up;town\nNOTE:one\ntwo\nthree\\four\\x\n"));
  EXPECT_THAT(text(card("NOTE;X=\"a:b\":va\\,lue\r\n")), HasSubstr("NOTE;X=\"a:b\":va,lue\n"));
}

TEST(Folded, directories_are_read_from_base64) {
  const std::string entries =
      "# a comment\nversion: 1\ndn: cn=Kim Stahl, dc=airius, dc=com\nobjectclass: top\n"
      "description:Babs is a big sailing fan, and travels extensively in sea\n rch of perfect sailing conditions.\n"
      "cn:: S2ltIFN0\n w6VobA==\njpegPhoto:: /9j/4AAQSkZJRgABAQAAAQ\n ABAAD/2w==\nmail: a\\,b@example.org\n";
  EXPECT_EQ(format_by_head(entries), Format::folded);
  const std::string seen = text(entries);
  EXPECT_THAT(seen, HasSubstr("in search of perfect"));
  EXPECT_THAT(seen, HasSubstr("\ncn: Kim Ståhl\n"));
  EXPECT_THAT(seen, HasSubstr("\njpegPhoto:: /9j/4AAQSkZJRgABAQAAAQABAAD/2w==\n"));
  EXPECT_THAT(seen, HasSubstr("\nmail: a\\,b@example.org\n"));
  EXPECT_EQ(format_by_head("dn:: Y249S2lt\ncn: Kim\n"), Format::folded);
}

TEST(Folded, are_told_by_how_they_begin) {
  EXPECT_EQ(format_by_head(card("FN:a\r\n"), "contacts.vcf"), Format::folded);
  EXPECT_EQ(format_by_head(card("FN:a\r\n"), "42"), Format::folded);
  EXPECT_EQ(format_by_head(test::utf16le(card("FN:a\r\n"))), Format::folded);
  EXPECT_EQ(format_by_head("dn: it is not one\n"), Format::none);
  EXPECT_EQ(format_by_head("Begin: a text\n"), Format::none);
  EXPECT_EQ(format_by_head("version: 1\n"), Format::none);
  EXPECT_EQ(format_by_head("\n\n#"), Format::none);
}

TEST(Folded, in_two_bytes_a_letter) {
  EXPECT_THAT(text("\xff\xfe" + test::utf16le(card("NOTE:Kim St\r\n ahl\r\n"))), HasSubstr("NOTE:Kim Stahl\n"));
}

// A line of any length costs no more memory than its bound, and nothing of it is lost.
TEST(Folded, a_line_without_an_end_is_shown_in_pieces) {
  std::string folded = "NOTE:", whole = folded;
  for (int i = 0; i < 60'000; ++i) {
    const std::string words = "words number " + std::to_string(i) + " in one line;";
    folded += words + "\r\n ";
    whole += words;
  }
  const auto shown = unpack_all(open_folded, card(folded + "\r\n"));
  ASSERT_EQ(shown.parts.size(), 1U);
  EXPECT_TRUE(shown.parts[0].bytes == "BEGIN:VCARD\nVERSION:3.0\n" + whole + "\nEND:VCARD\n");
}

TEST(Folded, of_any_shape_costs_time_in_proportion) {
  for (const std::string piece : {"=\n ", "=\n", "\n ", "\"=\n ", ":=\n "}) {
    std::string bytes = "BEGIN:VCARD\nA;" + std::string(500'000, 'a') + ";ENCODING=QUOTED-PRINTABLE:";
    while (bytes.size() < 3'000'000) bytes += piece;
    static_cast<void>(unpack_all(open_folded, bytes));
    static_cast<void>(unpack_all(open_folded, "BEGIN:VCARD\nA" + bytes.substr(500'100)));
  }
}

TEST(Folded, damage_is_survived) {
  test::survive_damage(
      open_folded, card("N;CHARSET=UTF-8;QUOTED-PRINTABLE:=53=\r\n=74;\r\nNOTE:a\\,b\r\n c\r\n", "2.1"), "a.vcf", 300);
  test::survive_damage(open_folded, "dn: cn=a\ncn:: S2ltIFN0\n w6VobA==\n", "a.ldif", 300);
}

}  // namespace
}  // namespace ambit::unpack_folded_test
