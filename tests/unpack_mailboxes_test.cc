// Mails as servers and programs keep and wrap them: dovecot's files, mailboxes that were cut, lines that part words,
// signatures.
#include <gmock/gmock.h>

#include "stages/unpack/formats.h"
#include "tests/unpacked.h"

namespace ambit::unpack_mailboxes_test {
namespace {

using namespace std::string_literals;
using test::noise;
using test::read_file;
using test::shell;
using test::TemporaryFolder;
using test::unpack;
using test::unpack_all;
using test::Unpacked;
using test::UnpackedPart;
using test::words;
using test::write_file;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> bodies(const Unpacked& unpacked) {
  std::vector<std::string> out;
  for (const UnpackedPart& part : unpacked.parts) out.push_back(part.bytes);
  return out;
}

// --- mailboxes --------------------------------------------------------------------------------------------------

const std::string kFrom = "From a@b Mon Jan  1 12:00:00 2001\n", kMail = "Subject: one\nFrom: a@b\n\nbody\n";

TEST(Mailboxes, begin_behind_a_mark_and_empty_lines) {
  for (const std::string before : {"\xef\xbb\xbf", "\n", "\r\n\r\n", "\xef\xbb\xbf\n"}) {
    const std::string box = before + kFrom + kMail + "\n" + kFrom + kMail;
    EXPECT_EQ(test::format_by_head(box), Format::mailbox);
    EXPECT_THAT(bodies(unpack(box, false)), ElementsAre(kMail, kMail));
  }
}

TEST(Mailboxes, of_which_the_beginning_was_cut_off_give_the_mails_behind_it) {
  const std::string box = "the end of a mail\n\n" + kFrom + kMail + "\n" + kFrom + kMail;
  EXPECT_EQ(test::format_by_head(box), Format::mailbox);
  const Unpacked out = unpack(box, false);
  EXPECT_THAT(bodies(out), ElementsAre("the end of a mail\n", kMail, kMail));
  EXPECT_EQ(box.substr(*out.parts[1].part.stored_at, kMail.size()), kMail);
}

TEST(Mailboxes, of_mmdf_are_told_by_their_first_line) {
  const std::string d = "\1\1\1\1\n", long_mail = kMail + words(1, 500);
  EXPECT_EQ(test::format_by_head(d + long_mail + d), Format::mailbox);
  EXPECT_EQ(test::format_by_head(d + kMail + d), Format::mailbox);
  EXPECT_THAT(bodies(unpack(d + kMail + d + d + kMail + d, false)), ElementsAre(kMail, kMail));
}

TEST(Mailboxes, a_mail_behind_a_byte_order_mark_has_headers) {
  const std::string mail =
      "\xef\xbb\xbf"
      "From: a@b\nTo: b@c\nSubject: =?utf-8?Q?St=C3=A5hl?=\n\nbody\n";
  EXPECT_EQ(test::format_by_head(mail), Format::mail);
  EXPECT_THAT(unpack(mail, false).views()[0], HasSubstr("Subject: St\xc3\xa5hl\n"));
}

// --- dovecot ----------------------------------------------------------------------------------------------------

// As mdbox keeps it; sdbox has one mail and other metadata.
std::string dbox_message(const std::string& mail) {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016zX", mail.size());
  return "\1\2N          "s + digits.data() + "\n" + mail + "\n\1\3\nR4969c9a0\nGd1e2\nBINBOX\n\n";
}

TEST(Dbox, gives_every_mail_as_it_stands) {
  const std::string second = "Subject: two\nDate: 1 Jan 2001 12:00:00 +0000\n\n" + words(2, 200'000);
  const std::string box =
      "2 M1e C4969c9a0\n" + dbox_message(kMail) + dbox_message(second) + dbox_message("") + dbox_message(kMail);
  EXPECT_EQ(test::format_by_head(box), Format::dbox);
  for (const std::size_t step : {std::size_t{1}, std::size_t{4096}, SIZE_MAX}) {
    const Unpacked out = unpack_all(unpack::open_dbox, box, "", step);
    EXPECT_FALSE(out.damaged);
    EXPECT_EQ(bodies(out), (std::vector<std::string>{kMail, second, "", kMail}));
    for (const UnpackedPart& part : out.parts) {
      EXPECT_EQ(part.part.is, Part::Is::message);
      EXPECT_EQ(box.substr(*part.part.stored_at, part.bytes.size()), part.bytes);
    }
    EXPECT_EQ(out.parts[1].part.sent, 978350400);
  }
}

TEST(Dbox, with_a_length_that_lies_ends) {
  std::string box = "2 M1e C4969c9a0\n" + dbox_message(kMail) + dbox_message(kMail);
  test::survive_damage(unpack::open_dbox, box, "", 500);
  box.replace(box.find("000000000000"), 12, "FFFFFFFFFFFF");
  EXPECT_EQ(unpack_all(unpack::open_dbox, box).parts.size(), 1U);
}

// What its zlib plugin writes for a mail of 40,000 bytes in a maildir: blocks of lz4 behind their lengths.
TEST(Dovecot, its_own_lz4_is_unpacked) {
  const TemporaryFolder folder;
  const std::string plain = kMail + words(3, 150'000);
  write_file(folder / "plain", plain);
  static_cast<void>(shell(folder, R"(python3 - <<'PY'
import subprocess
plain, out = open('plain', 'rb').read(), b'Dovecot-LZ4\x0d\x2a\x9b\xc5' + (65536).to_bytes(4, 'big')
for at in range(0, len(plain), 65536):
    frame = subprocess.run(['lz4', '-q', '-c', '-B4', '-BI', '--no-frame-crc'], input=plain[at:at + 65536],
                           capture_output=True, check=True).stdout
    length = int.from_bytes(frame[7:11], 'little')
    out += length.to_bytes(4, 'big') + frame[11:11 + length]
open('packed', 'wb').write(out)
PY
)"));
  const std::string packed = read_file(folder / "packed");
  EXPECT_EQ(test::format_by_head(packed), Format::lz4);
  const Unpacked out = unpack(packed, false);
  ASSERT_EQ(out.parts.size(), 1U);
  EXPECT_FALSE(out.parts[0].damaged);
  EXPECT_TRUE(out.parts[0].bytes == plain) << out.parts[0].bytes.size();
  EXPECT_TRUE(unpack(packed.substr(0, packed.size() - 5), false).parts[0].damaged);
  std::string lies = packed;
  lies.replace(15, 4, "\xff\xff\xff\xff");
  EXPECT_TRUE(unpack(lies, false).parts[0].damaged);
}

// --- format=flowed ----------------------------------------------------------------------------------------------

std::string flowed(const std::string& parameters, const std::string& text) {
  const std::string mail = "From: a@b\nTo: b@c\nSubject: x\nContent-Type: text/plain" + parameters + "\n\n" + text;
  for (const std::size_t step : {std::size_t{1}, SIZE_MAX}) {
    const Unpacked out = unpack_all(unpack::open_mail, mail, "", step);
    EXPECT_EQ(out.parts.size(), 2U);
    if (step == SIZE_MAX) return out.parts.back().bytes;
  }
  return {};
}

TEST(Flowed, lines_that_part_words_are_joined) {
  const std::string parameters = "; format=Flowed; DelSp=Yes";
  EXPECT_EQ(flowed(parameters, "Kim St \nahl, k \r\nim@north \r\nlight.example\r\nfixed\n"),
            "Kim Stahl, kim@northlight.example\nfixed\n");
  EXPECT_EQ(flowed(parameters, "> quo \n> ted\n>> deep \n> er\n stuffed\n"), "> quoted\n>> deep\n> er\nstuffed\n");
  EXPECT_EQ(flowed(parameters, "end\n-- \nKim\n"), "end\n-- \nKim\n");
}

TEST(Flowed, without_delsp_stays_as_it_is) { EXPECT_EQ(flowed("; format=flowed", "Kim \nStahl\n"), "Kim \nStahl\n"); }

TEST(Flowed, a_line_without_an_end_comes_whole) {
  const std::string text = words(5, 300'000);
  std::string line;
  for (const char c : text) line += c == '\n' ? ' ' : c;
  line += "x";
  EXPECT_EQ(flowed("; format=flowed; delsp=yes", line + "\n"), line + "\n");
}

// --- signatures -------------------------------------------------------------------------------------------------

class Signed : public testing::Test {
 protected:
  Signed() {
    static_cast<void>(shell(folder_, R"(openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj /CN=x \
  -days 3000 2>/dev/null)"));
  }
  [[nodiscard]] std::string sign(const std::string& plain, const std::string& how) const {
    write_file(folder_ / "plain", plain);
    static_cast<void>(shell(folder_, "openssl cms -sign -binary " + how +
                                         " -in plain -signer c.pem -inkey k.pem -outform DER -out signed"));
    return read_file(folder_ / "signed");
  }
  TemporaryFolder folder_;
};

TEST_F(Signed, documents_come_out) {
  for (const std::string& plain : {"x"s, words(1, 100'000)}) {
    for (const std::string how : {"-nodetach", "-nodetach -stream -indef"}) {
      const std::string object = sign(plain, how);
      EXPECT_EQ(test::format_by_head(object), Format::cms);
      const Unpacked out = unpack(object, false, "contract.txt.p7m");
      ASSERT_EQ(out.parts.size(), 1U) << how;
      EXPECT_EQ(out.parts[0].bytes, plain) << how;
      EXPECT_FALSE(out.parts[0].damaged);
      EXPECT_EQ(out.parts[0].part.name, "contract.txt");
      if (const auto at = out.parts[0].part.stored_at) { EXPECT_EQ(object.substr(*at, plain.size()), plain); }
    }
  }
}

TEST_F(Signed, mails_are_read_as_mails) {
  const std::string entity =
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nS2ltIFN0YWhs\r\n";
  for (const std::string how : {"-nodetach", "-nodetach -stream -indef"}) {
    const Unpacked out = unpack(sign(entity, how), false, "smime.p7m");
    EXPECT_THAT(out.text(), HasSubstr("Kim Stahl"));
    for (const UnpackedPart& part : out.parts) EXPECT_FALSE(part.part.stored_at || part.part.written_at);
  }
}

TEST_F(Signed, a_signature_alone_has_no_parts) {
  const Unpacked out = unpack(sign("document", ""), false);
  EXPECT_TRUE(out.opened);
  EXPECT_TRUE(out.parts.empty());
  EXPECT_FALSE(out.damaged);
}

TEST_F(Signed, damage_ends) {
  const std::string object = sign(words(1, 3000), "-nodetach -stream -indef");
  test::survive_damage(unpack::open_cms, object, "", 500);
  EXPECT_TRUE(unpack(Format::cms, object.substr(0, 1000), false).parts[0].damaged);
}

}  // namespace
}  // namespace ambit::unpack_mailboxes_test
