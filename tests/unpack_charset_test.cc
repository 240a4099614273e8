// Texts in any character set: what iconv and Python say they are.
#include <gmock/gmock.h>

#include <map>

#include "stages/unpack/formats.h"
#include "stages/unpack/mail/transfer_encoding.h"
#include "stages/unpack/text/charset.h"
#include "tests/unpacked.h"

namespace ambit::unpack_charset_test {
namespace {

using test::unpack_all;
using unpack::known_charset;
using unpack::open_charset;
using unpack::to_utf8;

const std::string kSamples = test::shared_data() + "text-encodings/";

std::string text(const std::string& bytes, std::size_t step = SIZE_MAX) {
  const auto unpacked = unpack_all(open_charset, bytes, "", step);
  return unpacked.parts.empty() ? "no view" : unpacked.parts[0].bytes;
}

std::string iconv(const std::string& path, const std::string& charset) {
  std::string out = test::run({"iconv", "-f", charset, "-t", "UTF-8", path}).out;
  // What nobody sees is in no view.
  for (const std::string_view unseen : {"\u00ad", "\u200b", "\u200e", "\u200f", "\ufeff"}) {
    for (std::size_t at = out.find(unseen); at != std::string::npos; at = out.find(unseen, at))
      out.erase(at, unseen.size());
  }
  return out;
}

// Every sample is named as the character set it is in. ICU does not know VISCII, and leaves the accents of Windows-1258
// apart from their letters, where iconv joins them.
TEST(Charset, of_samples_is_found_and_decoded) {
  const std::map<std::string, std::string> names = {{"shift_jis", "CP932"}, {"euc-kr", "CP949"},  {"uhc", "CP949"},
                                                    {"gb18030", "GB18030"}, {"ibm855", "IBM855"}, {"ibm866", "IBM866"}};
  std::size_t count = 0;
  for (const std::string& path : test::files_in(kSamples)) {
    if (!path.ends_with(".txt") || path.ends_with("CMakeLists.txt")) continue;
    const std::string stem = std::filesystem::path(path).stem().string();
    const std::string charset = stem.substr(0, stem.find('.'));
    if (charset == "viscii" || charset == "windows-1258") continue;
    const auto known = names.find(charset);
    const std::string truth = iconv(path, known == names.end() ? charset : known->second);
    if (truth.empty()) continue;
    const std::string ours = text(test::read_file(path));
    EXPECT_EQ(text(test::read_file(path), 1), ours) << path;
    EXPECT_EQ(ours, truth) << path;
    ++count;
  }
  if (count == 0) GTEST_SKIP() << "no samples";
  EXPECT_GT(count, 50U);
}

TEST(Charset, of_utf16_and_utf32_needs_no_mark) {
  const std::string words = "A line of words.\nAnother one, with an address: a@example.org\n";
  EXPECT_EQ(text(test::utf16le(words)), words);
  EXPECT_EQ(text("\xff\xfe" + test::utf16le(words)), words);
  std::string big, wide;
  for (const char c : words) {
    big += {'\0', c};
    wide += {c, '\0', '\0', '\0'};
  }
  EXPECT_EQ(text(big), words);
  EXPECT_EQ(text("\xfe\xff" + big), words);
  EXPECT_EQ(text(wide), words);
}

TEST(Charset, of_plain_text_is_of_interest_where_nobody_sees_all_of_it) {
  const std::string line = "A line of words, and another one, with an address. ";
  for (const std::string unseen :
       {"\u00ad", "\u200b", "\u200c", "\u200d", "\u200e", "\u202c", "\u2060", "\u2068", "\ufeff"}) {
    const std::string words = line + "Muster" + unseen + "mann " + line;
    EXPECT_EQ(test::format_by_head(words, "a.txt"), Format::charset);
    EXPECT_EQ(text(words), line + "Mustermann " + line);
  }
  // A byte order mark at its front, joiners that belong to a word, and what else begins so.
  for (const std::string& plain :
       {"\ufeff" + line, line + "\u0645\u06cc\u200c\u062e " + line, line + "\u00a7 \u2019 \u2011 \u20ac" + line}) {
    EXPECT_EQ(test::format_by_head(plain, "a.txt"), Format::none);
  }
}

TEST(Charset, what_is_plain_for_long_may_still_turn_out_as_something) {
  std::string plain;
  while (plain.size() < 300'000) plain += "plain words in a line\n";
  std::string russian, cyrillic;
  for (int i = 0; i < 200; ++i) {
    russian += "\xf0\xd2\xc9\xd7\xc5\xd4 \xcb\xc1\xcb \xc4\xc5\xcc\xc1 \xd3\xc5\xc7\xcf\xc4\xce\xd1 ";
    cyrillic += "Привет как дела сегодня ";
  }
  EXPECT_TRUE(text(plain + russian) == plain + cyrillic);
  EXPECT_TRUE(text(plain + "Ståhl") == plain + "Ståhl");
  EXPECT_TRUE(text(plain + std::string("nul\0nul", 7) + plain) == plain + "nulnul" + plain);
}

TEST(Charset, labels_mean_what_programs_mean) {
  EXPECT_EQ(known_charset(" 'UTF-8' "), unpack::kUtf8OrWestern);
  EXPECT_EQ(known_charset("us-ascii"), "");
  EXPECT_EQ(known_charset("x-unknown"), "");
  EXPECT_EQ(known_charset("../../etc/passwd"), "");
  EXPECT_EQ(known_charset(std::string(100'000, 'a')), "");
  EXPECT_EQ(to_utf8("\x93quoted\x94 \x80", known_charset("iso-8859-1")), "“quoted” €");
  EXPECT_EQ(to_utf8("\xa2\x41", known_charset("gb2312")), to_utf8("\xa2\x41", "gb18030"));
  for (const std::string label :
       {"koi8-r", "windows-1251", "iso-8859-2", "euc-jp", "iso-2022-jp", "big5", "gbk", "euc-kr", "utf-7", "utf-16",
        "hz-gb-2312", "macintosh", "ibm866", "tis-620", "iso-8859-8-i", "koi8-u"}) {
    EXPECT_NE(known_charset(label), "") << label;
  }
}

TEST(Charset, what_is_not_utf8_is_western_byte_by_byte) {
  EXPECT_EQ(
      to_utf8("St\xe5hl Ståhl \xe2\x82 \xe2\x82\xac \xf4\x90\x80\x80 \xc0\xaf \xed\xa0\x80", unpack::kUtf8OrWestern),
      "Ståhl Ståhl â‚ € ô\xc2\x90€€ À¯ í\xc2\xa0€");
}

TEST(TransferEncoding, is_lenient) {
  const auto decode = [](const char* encoding, std::string_view bytes) {
    std::string pieces;
    const auto decoder = unpack::transfer_decoder(encoding);
    for (const char c : bytes) decoder->rewrite({&c, 1}, pieces);
    decoder->finish(pieces);
    const std::string whole = unpack::rewrite_all(*unpack::transfer_decoder(encoding), bytes);
    EXPECT_EQ(pieces, whole);
    return whole;
  };
  EXPECT_EQ(decode("base64", "YWJj\r\nZGVm\r\n"), "abcdef");
  EXPECT_EQ(decode("base64", "YQ==YWI=YWJj YW!Jj"), "aababcabc");
  EXPECT_EQ(decode("base64", "YWJjZA"), "abcd");
  EXPECT_EQ(decode("quoted-printable", "a=3D=c3=A4=\r\nb= \t\nc=ZZ=4=="), "a=äbc=ZZ=4=");
  EXPECT_EQ(decode("quoted-printable", "soft=\nbreak="), "softbreak");
}

TEST(Charset, survives_damage) {
  for (const std::string& path : test::files_in(kSamples)) {
    if (path.ends_with(".txt"))
      test::survive_damage(open_charset, test::read_file(path), "",
                           std::min<std::uint64_t>(20, test::damage_seeds(100) / 20));
  }
}

}  // namespace
}  // namespace ambit::unpack_charset_test
