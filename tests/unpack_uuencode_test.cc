// Files that stand in texts as letters: what uuencode and Python put there, we take out.
#include <gmock/gmock.h>

#include "stages/unpack/formats.h"
#include "tests/unpacked.h"

namespace ambit::unpack_uuencode_test {
namespace {

using test::unpack_all;
using test::Unpacked;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using unpack::open_mail;
using unpack::open_uuencode;

const std::string kHeaders = "From: a@b.example\nTo: c@d.example\nSubject: papers\n\n";

// Bytes of every value, of a length that leaves a rest.
std::string bytes_of(std::size_t length) { return test::noise(length, length); }

std::string uuencoded(const std::string& bytes, const std::string& name, const std::string& options = "") {
  const test::TemporaryFolder folder;
  test::write_file(folder / "in", bytes);
  return test::shell(folder, "uuencode " + options + " in '" + name + "'");
}

std::string yencoded(const std::string& bytes, const std::string& name) {
  std::string out = "=ybegin line=128 size=" + std::to_string(bytes.size()) + " name=" + name + "\r\n";
  std::size_t column = 0;
  for (const char c : bytes) {
    const char shifted = static_cast<char>(static_cast<unsigned char>(c) + 42);
    const bool is_critical = shifted == '\0' || shifted == '\n' || shifted == '\r' || shifted == '=' || shifted == '.';
    if (is_critical) out.push_back('=');
    out.push_back(is_critical ? static_cast<char>(static_cast<unsigned char>(shifted) + 64) : shifted);
    if (++column % 128 == 0) out += "\r\n";
  }
  return out + "\r\n=yend size=" + std::to_string(bytes.size()) + "\r\n";
}

TEST(Uuencode, of_any_length_comes_back_whole) {
  for (const std::size_t length : std::vector<std::size_t>{0, 1, 2, 3, 44, 45, 46, 1000, 100'000}) {
    const std::string bytes = bytes_of(length);
    for (const std::string options : {"", "-m", "-m -e", "-e"}) {
      const std::string name = "dir/a file.bin";
      const std::string text = uuencoded(bytes, name, options);
      EXPECT_EQ(test::format_by_head(text), Format::uuencode) << options << length;
      for (const std::size_t step : {std::size_t{7}, SIZE_MAX}) {
        const Unpacked out = unpack_all(open_uuencode, text, "", step, step == 7 ? 5 : 4096);
        ASSERT_THAT(out.parts, SizeIs(1)) << options << length;
        EXPECT_EQ(out.parts[0].error, "");
        EXPECT_EQ(out.parts[0].part.is, Part::Is::member);
        EXPECT_EQ(out.parts[0].bytes, bytes) << options << length;
        EXPECT_EQ(out.parts[0].part.name, name);
      }
    }
  }
}

TEST(Uuencode, of_python_whose_blanks_at_line_ends_were_lost_comes_back_whole) {
  const test::TemporaryFolder folder;
  std::string bytes = bytes_of(5000) + std::string(5000, '\0');
  test::write_file(folder / "in", bytes);
  const std::string script =
      "import binascii, sys\nb = open(sys.argv[1], 'rb').read()\n"
      "lines = [binascii.b2a_uu(b[i:i+45]).rstrip().decode() for i in range(0, len(b), 45)]\n"
      "print('\\r\\n'.join(['begin 644 zeros'] + lines + ['', 'end']))\n";
  const test::Ran ran = test::run({"python3", "-c", script, folder / "in"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const Unpacked out = unpack_all(open_uuencode, ran.out);
  ASSERT_THAT(out.parts, SizeIs(1));
  EXPECT_EQ(out.parts[0].bytes, bytes);
  EXPECT_EQ(out.parts[0].error, "");
}

TEST(Uuencode, of_yenc_comes_back_whole) {
  const std::string bytes = bytes_of(100'000), text = yencoded(bytes, "film part.bin");
  EXPECT_EQ(test::format_by_head(text), Format::uuencode);
  const Unpacked out = unpack_all(open_uuencode, text, "", 1000, 777);
  EXPECT_THAT(out.names(), ElementsAre("film part.bin"));
  EXPECT_EQ(out.parts[0].bytes, bytes);
  EXPECT_EQ(out.parts[0].error, "");
}

TEST(Uuencode, in_a_mail_is_taken_out_of_its_text) {
  const std::string one = bytes_of(1000), two = bytes_of(2000), three = bytes_of(300);
  const std::string mail = kHeaders + "see below\nbegin to read\n" + uuencoded(one, "one.bin") + "\n\n" +
                           uuencoded(two, "two.bin", "-m") + "between\n" + yencoded(three, "three.bin") +
                           "\nbegin 644 with nothing\nthe end\n";
  EXPECT_EQ(test::format_by_head(mail), Format::mail);
  for (const std::size_t step : {std::size_t{1}, std::size_t{100}, SIZE_MAX}) {
    const Unpacked out = unpack_all(open_mail, mail, "", step, step == 1 ? 3 : 4096);
    EXPECT_EQ(out.error, "");
    EXPECT_THAT(out.names(), ElementsAre("", "", "one.bin", "two.bin", "", "three.bin", ""));
    ASSERT_THAT(out.parts, SizeIs(7));
    EXPECT_EQ(out.parts[1].bytes, "see below\nbegin to read\n");
    EXPECT_EQ(out.parts[2].bytes, one);
    EXPECT_EQ(out.parts[3].bytes, two);
    EXPECT_EQ(out.parts[4].bytes, "between\n");
    EXPECT_EQ(out.parts[5].bytes, three);
    EXPECT_EQ(out.parts[6].bytes, "begin 644 with nothing\nthe end\n");
    EXPECT_EQ(out.parts[6].part.is, Part::Is::view);
  }
}

TEST(Uuencode, in_a_part_of_a_mail_is_decoded_behind_its_transfer_encoding) {
  const std::string bytes = bytes_of(500);
  std::string quoted;
  for (const char c : uuencoded(bytes, "q.bin")) quoted += c == '=' ? "=3D" : std::string(1, c);
  const std::string mail =
      "From: a@b.example\nTo: c@d.example\nSubject: papers\nMIME-Version: 1.0\n"
      "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain; charset=koi8-r\n"
      "Content-Transfer-Encoding: quoted-printable\n\n=F0=D2=C9=D7=C5=D4\n" +
      quoted + "\n--x\nContent-Type: text/plain\n\nthe next\n--x--\n";
  const Unpacked out = unpack_all(open_mail, mail);
  ASSERT_THAT(out.parts, SizeIs(4));
  EXPECT_EQ(out.parts[1].bytes, "Привет\n");
  EXPECT_EQ(out.parts[2].part.name, "q.bin");
  EXPECT_EQ(out.parts[2].bytes, bytes);
  EXPECT_EQ(out.parts[3].bytes, "the next");
}

TEST(Uuencode, as_a_transfer_encoding_is_decoded) {
  const std::string bytes = bytes_of(3000);
  const std::string mail = kHeaders.substr(0, kHeaders.size() - 1) +
                           "MIME-Version: 1.0\nContent-Type: application/octet-stream; name=x.bin\n"
                           "Content-Transfer-Encoding: x-uuencode\n\n" +
                           uuencoded(bytes, "inner.bin");
  const Unpacked out = unpack_all(open_mail, mail, "", 100, 333);
  ASSERT_THAT(out.parts, SizeIs(2));
  EXPECT_EQ(out.parts[1].part.name, "x.bin");
  EXPECT_EQ(out.parts[1].bytes, bytes);
}

TEST(Uuencode, without_an_end_gives_what_is_there_and_goes_on) {
  const std::string bytes = bytes_of(450), text = uuencoded(bytes, "cut.bin");
  const std::string cut = text.substr(0, text.find('\n', 300) + 1);
  const Unpacked out = unpack_all(open_mail, kHeaders + cut + "some prose follows it\n");
  ASSERT_THAT(out.parts, SizeIs(3));
  EXPECT_THAT(out.parts[1].error, HasSubstr("no end"));
  EXPECT_EQ(out.parts[1].bytes, bytes.substr(0, out.parts[1].bytes.size()));
  EXPECT_GE(out.parts[1].bytes.size(), 200U);
  EXPECT_EQ(out.parts[2].bytes, "some prose follows it\n");
}

TEST(Uuencode, is_no_text_that_only_speaks_of_it) {
  for (const std::string text : {"begin 644 file\nwith these words\n", "begin 100 DAYS\nOF THE WAR\nEND\n",
                                 "begin the file\n", "begin 644 \nM\n", "x begin 644 a\n#86)C\nend\n"}) {
    EXPECT_NE(test::format_by_head(text), Format::uuencode) << text;
    EXPECT_THAT(unpack_all(open_mail, kHeaders + text).parts, SizeIs(2)) << text;
  }
  EXPECT_EQ(test::format_by_head("To unpack, save all below.\n\n" + uuencoded("abc", "a")), Format::uuencode);
}

TEST(Uuencode, of_many_files_costs_time_in_proportion) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "begin 644 a\n#86)C\n`\nend\n";
  EXPECT_EQ(test::count_parts(Format::uuencode, text, true), 200'000U);
  for (int i = 0; i < 200'000; ++i) text += "begin 644 a\n";
  EXPECT_EQ(test::count_parts(Format::uuencode, text, true), 200'000U);
}

TEST(Uuencode, survives_damage) {
  EXPECT_THAT(unpack_all(open_uuencode, "").parts, SizeIs(0));
  const std::string text = "text\n" + uuencoded(bytes_of(3000), "one") + "text\n" +
                           uuencoded(bytes_of(3000), "two", "-m") + yencoded(bytes_of(3000), "three");
  test::survive_damage(open_uuencode, text, "", test::damage_seeds(300));
  test::survive_damage(open_mail, kHeaders + text, "", test::damage_seeds(300));
}

}  // namespace
}  // namespace ambit::unpack_uuencode_test
