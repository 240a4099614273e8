// Mail and mailboxes: what Python's email and mailbox packages find in them, we find.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/formats.h"
#include "stages/unpack/mail/header.h"
#include "tests/unpacked.h"

namespace ambit::unpack_mail_test {
namespace {

using test::unpack_all;
using test::Unpacked;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using unpack::open_mail;
using unpack::open_mailbox;

const std::string kMail = test::shared_data() + "mail/";

// What a script of Python says, as JSON. Its first argument is a folder for files.
nlohmann::json python(const std::string& script, const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"python3", "-c", script};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const test::Ran ran = test::run(command);
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return nlohmann::json::parse(ran.out, nullptr, false);
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += {kDigits[static_cast<unsigned char>(c) >> 4], kDigits[static_cast<unsigned char>(c) & 15]};
  }
  return out;
}

std::string unhex(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) > 0 && c != '\x1b'; });
}

// Blanks at the ends of lines and of the text say nothing.
std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') out.push_back(c);
  }
  return out;
}

// --- mail ---------------------------------------------------------------------------------------------------

const std::string kMailOf =
    "From: =?ISO-8859-1?Q?J=F6rg?= =?iso-8859-1?q?_M=FCller?= <j@example.org>\r\n"
    "To: someone@example.org,\r\n\tsomebody@example.org\r\n"
    "Subject: =?utf-8?B?w4TDtsO8?=\r\n"
    "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n"
    "preamble\r\n"
    "--outer\r\n"
    "Content-Type: multipart/alternative; boundary=inner\r\n\r\n"
    "--inner\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "The acc=\r\nount of M=C3=BCller\r\n"
    "--inner\r\n"
    "Content-Type: text/html; charset=koi8-r\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "PHA+YWM8Yj5jb3U8L2I+bnQg8NLJ18XUPC9wPg==\r\n"
    "--inner--\r\n\r\n"
    "--outer\r\n"
    "Content-Type: application/octet-stream; name*0*=utf-8''a%20b; name*1=c.bin\r\n"
    "Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "AAECAwQ=\r\n"
    "--outer\r\n"
    "Content-Type: message/rfc822\r\n\r\n"
    "Subject: inside\r\nContent-Type: multipart/mixed; boundary=deep\r\n\r\n--deep\r\n\r\ntext\r\n--deep--\r\n"
    "--outer\r\n"
    "Content-Type: text/plain\r\nContent-Disposition: inline; filename=\"=?utf-8?q?n=C3=B6te?=.txt\"\r\n\r\n"
    "--not a delimiter\r\n"
    "--outer--\r\n"
    "epilogue\r\n";

TEST(Mail, gives_its_headers_texts_attachments_and_mails) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
    const Unpacked mail = unpack_all(open_mail, kMailOf, "", step, step == 7 ? 3 : 4096);
    EXPECT_EQ(mail.error, "");
    ASSERT_EQ(mail.parts.size(), 6U);
    const auto& parts = mail.parts;
    EXPECT_THAT(parts[0].bytes, HasSubstr("From: Jörg Müller <j@example.org>\n"));
    EXPECT_THAT(parts[0].bytes, HasSubstr("To: someone@example.org, somebody@example.org\n"));
    EXPECT_THAT(parts[0].bytes, HasSubstr("Subject: Äöü\n"));
    EXPECT_EQ(parts[0].part.sent, 880127706);
    EXPECT_EQ(parts[1].bytes, "The account of Müller");
    EXPECT_EQ(parts[2].bytes, "account Привет");
    EXPECT_EQ(parts[3].part.is, Part::Is::member);
    EXPECT_EQ(parts[3].part.name, "a bc.bin");
    EXPECT_EQ(parts[3].bytes, std::string("\0\1\2\3\4", 5));
    EXPECT_EQ(parts[4].part.is, Part::Is::message);
    EXPECT_EQ(kMailOf.substr(*parts[4].part.stored_at, parts[4].bytes.size()), parts[4].bytes);
    EXPECT_THAT(parts[4].bytes, HasSubstr("--deep--"));
    EXPECT_EQ(parts[5].part.name, "nöte.txt");
    EXPECT_EQ(parts[5].bytes, "--not a delimiter");
  }
}

TEST(Mail, of_samples_has_the_parts_that_python_finds) {
  const std::string script = R"(
import sys, json, email, email.policy
out = {}
for path in sys.argv[1:]:
    m = email.message_from_bytes(open(path, 'rb').read(), policy=email.policy.compat32)
    leaves, mails = [], 0
    def walk(p):
        global mails
        if p.get_content_type() in ('message/delivery-status', 'message/disposition-notification'):
            pass
        elif p.get_content_type().startswith('message/'):
            mails += 1
        elif p.is_multipart():
            for q in p.get_payload():
                walk(q)
        else:
            leaves.append([p.get_content_type(), p.get_filename() is not None or p.get_content_disposition() == 'attachment',
                           (p.get_payload(decode=True) or b'').hex()])
    walk(m)
    out[path] = {'leaves': leaves, 'mails': mails}
json.dump(out, sys.stdout)
)";
  std::vector<std::string> paths;
  for (const std::string& path : test::files_in(kMail)) {
    const bool is_mail =
        path.find("/mimekit/") != path.npos ? path.ends_with(".eml") : path.find("/spamassassin/") != path.npos;
    if (is_mail) paths.push_back(path);
  }
  if (paths.empty()) GTEST_SKIP() << "no samples";
  const nlohmann::json truth = python(script, paths);
  std::size_t members = 0, texts = 0;
  for (const auto& [path, expected] : truth.items()) {
    const Unpacked mail = unpack_all(open_mail, test::read_file(path));
    EXPECT_EQ(mail.error, "") << path;
    std::size_t mails = 0;
    std::vector<std::string> ours, views;
    for (const auto& p : mail.parts) {
      mails += p.part.is == Part::Is::message ? 1U : 0U;
      if (p.part.is == Part::Is::member) ours.push_back(hex(p.bytes));
      if (p.part.is == Part::Is::view) views.push_back(squeezed(p.bytes));
    }
    EXPECT_EQ(mails, expected["mails"]) << path;
    for (const auto& leaf : expected["leaves"]) {
      const std::string type = leaf[0], bytes = unhex(leaf[2].get<std::string>());
      if (!type.starts_with("text/") || leaf[1].get<bool>()) {
        ++members;
        EXPECT_NE(std::find(ours.begin(), ours.end(), leaf[2]), ours.end()) << path << " " << type;
      } else if (type == "text/plain" && is_ascii(bytes)) {
        ++texts;
        EXPECT_NE(std::find(views.begin(), views.end(), squeezed(bytes)), views.end()) << path << " " << bytes;
      }
    }
  }
  EXPECT_GT(members, 10U);
  EXPECT_GT(texts, 300U);
}

TEST(Mail, dates_are_read_as_programs_write_them) {
  for (const auto& [text, seconds] :
       std::vector<std::pair<std::string, std::int64_t>>{{"Fri, 21 Nov 1997 09:55:06 -0600", 880127706},
                                                         {"21 Nov 97 15:55:06 GMT", 880127706},
                                                         {"Fri Nov 21 15:55:06 1997", 880127706},
                                                         {"Friday, 21-Nov-97 10:55:06 EST", 880127706},
                                                         {"Fri, 21 Nov 1997 16:55 +0100 (CET)", 880127700},
                                                         {"1 Jan 1970 00:00:00 +0000", 0},
                                                         {"29 Feb 2000 12:00:00 Z", 951825600}}) {
    EXPECT_EQ(unpack::mail_date(text), seconds) << text;
  }
  for (const std::string text : {"", "never", "30 Feb 2000 12:00:00 Z", "12:00", "99 99 99 99", ":::", "-", "1-2-3-"}) {
    EXPECT_EQ(unpack::mail_date(text), std::nullopt) << text;
  }
}

// A name in one that a fold tears in two is joined there.
TEST(Mail, cards_and_invitations_are_files) {
  for (const std::string type : {"text/calendar; method=REQUEST", "text/vcard", "text/x-vcard"}) {
    const Unpacked mail = unpack_all(open_mail,
                                     "Subject: a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                                     "Content-Type: " +
                                         type +
                                         "\r\n\r\nBEGIN:VCALENDAR\r\nSUMMARY:Kim\r\n"
                                         "  Berg\r\nEND:VCALENDAR\r\n--b--\r\n");
    ASSERT_EQ(mail.parts.size(), 2U) << type;
    EXPECT_EQ(mail.parts[1].part.is, Part::Is::member);
  }
}

TEST(Mail, headers_are_decoded) {
  EXPECT_EQ(unpack::decoded_words("=?utf-8?q?a=20b?= =?utf-8?q?c?= d"), "a bc d");
  EXPECT_EQ(unpack::decoded_words("=?utf-8?q?M=C3?= =?utf-8?q?=BCller?="), "Müller");  // a character cut in two
  EXPECT_EQ(unpack::decoded_words("=?nonsense?q?abc?="), "abc");
  EXPECT_EQ(unpack::decoded_words("=?utf-8?x?abc?= =? =?? =?a?b"), "=?utf-8?x?abc?= =? =?? =?a?b");
  EXPECT_EQ(unpack::decoded_words("M\xfcller"), "Müller");
  EXPECT_EQ(unpack::decoded_words("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?="), "日本");
  EXPECT_EQ(unpack::decoded_words("=?utf-8*de?q?Gr=C3=BC=C3=9Fe?="), "Grüße");
}

// Apple's program writes the length of a mail before it, and a list of its flags behind.
TEST(Mail, of_apple_is_read_behind_its_length) {
  const std::string mail = "From: kim@northlight.example\nTo: a@b.example\nSubject: =?utf-8?q?St=C3=A5hl?=\n\nhi\n";
  const std::string emlx = "90        \n" + mail + "<?xml version=\"1.0\"?><plist></plist>\n";
  EXPECT_EQ(test::format_by_head(emlx, "1.emlx"), Format::mail);
  const auto views = unpack_all(open_mail, emlx).views();
  ASSERT_FALSE(views.empty());
  EXPECT_THAT(views[0], testing::HasSubstr("Subject: Ståhl\n"));
  EXPECT_EQ(test::format_by_head("90 bottles\n" + mail, "1.emlx"), Format::none);
}

TEST(Mail, headers_beyond_the_limit_are_an_error) {
  const std::string mail = "Subject: " + std::string(limits::kMaxMailHeaderBytes + 100'000, 'x') + "\n\nbody\n";
  EXPECT_THAT(unpack_all(open_mail, mail).error, HasSubstr("headers"));
}

TEST(Mail, multiparts_that_nest_without_end_stop_at_the_limit) {
  std::string mail;
  for (int i = 0; i < 5000; ++i)
    mail += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\n\n--b" + std::to_string(i) + "\n";
  mail += "\nthe end of it\n";
  const Unpacked unpacked = unpack_all(open_mail, mail);
  EXPECT_EQ(unpacked.error, "");
  EXPECT_THAT(unpacked.text(), HasSubstr("the end of it"));
}

TEST(Mail, of_any_shape_costs_time_in_proportion) {
  for (const std::string piece :
       {"=?a?b?x ", "a: ", ": ;a=", "x;a*0*=''%4", "\n ", "--", "\n--", "\n--b", "\n\n--b\n", "\r"}) {
    std::string mail =
        "Content-Type: multipart/mixed; boundary=b" + std::string(piece.starts_with('\n') ? "\n\n" : ";");
    while (mail.size() < 1'000'000) mail += piece;
    static_cast<void>(unpack_all(open_mail, mail));
  }
}

TEST(Mail, survives_damage) {
  test::survive_damage(open_mail, kMailOf, "", test::damage_seeds(300));
  const std::uint64_t seeds = test::damage_seeds(100) / 50;
  for (const std::string& path : test::files_in(kMail + "mimekit")) {
    if (path.ends_with(".eml"))
      test::survive_damage(open_mail, test::read_file(path), "", std::min<std::uint64_t>(seeds, 10));
  }
}

// --- mailboxes ----------------------------------------------------------------------------------------------

std::vector<std::string> bodies(const Unpacked& unpacked) {
  std::vector<std::string> out;
  for (const auto& p : unpacked.parts) out.push_back(p.bytes);
  return out;
}

TEST(Mailbox, gives_every_mail_as_it_stands) {
  const std::string mbox =
      "From a@b Mon Jan  1 12:00:00 2001\nSubject: one\nDate: 1 Jan 2001 12:00:00 +0000\n\nFrom me to you at 12:30 "
      "2004\n"
      "no header\n>From here\n\n"
      "From - Mon Jan  1 12:00:01 2001\r\nSubject: two\r\n\r\nbody\r\n\r\n"
      "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n\nempty headers\n\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{5}, SIZE_MAX}) {
    const Unpacked unpacked = unpack_all(open_mailbox, mbox, "", step, step == 5 ? 3 : 4096);
    EXPECT_THAT(
        bodies(unpacked),
        ElementsAre(
            "Subject: one\nDate: 1 Jan 2001 12:00:00 +0000\n\nFrom me to you at 12:30 2004\nno header\n>From here\n",
            "Subject: two\r\n\r\nbody\r\n", "\nempty headers\n"));
    for (const auto& p : unpacked.parts) {
      EXPECT_EQ(p.part.is, Part::Is::message);
      EXPECT_EQ(mbox.substr(*p.part.stored_at, p.bytes.size()), p.bytes);
    }
    EXPECT_EQ(unpacked.parts[0].part.sent, 978350400);
    EXPECT_EQ(unpacked.parts[1].part.sent, std::nullopt);
  }
}

TEST(Mailbox, a_content_length_that_lies_hides_nothing) {
  const std::string mbox =
      "From a@b Mon Jan  1 12:00:00 2001\nContent-Length: 99999\n\none\n\nFrom a@b Mon Jan  1 12:00:00 2001\nSubject: "
      "x\n\ntwo\n";
  EXPECT_EQ(unpack_all(open_mailbox, mbox).parts.size(), 2U);
}

TEST(Mailbox, of_mmdf_is_delimited_by_controls) {
  const std::string d = "\1\1\1\1\n";
  const std::string mbox =
      d + "Subject: one\n\nbody\n" + d + d + "From a@b Mon Jan  1 12:00:00 2001\nSubject: two\n\nbody\n" + d;
  EXPECT_THAT(bodies(unpack_all(open_mailbox, mbox)), ElementsAre("Subject: one\n\nbody\n", "Subject: two\n\nbody\n"));
}

TEST(Mailbox, made_by_python_comes_back_whole) {
  const std::string script = R"(
import sys, json, mailbox, email, glob, os
kind, path = sys.argv[1], sys.argv[2]
box = getattr(mailbox, kind)(path)
for i in range(300):
    m = email.message.EmailMessage()
    m['Subject'] = 'mail %d' % i
    m['Date'] = 'Mon, 1 Jan 2001 12:00:%02d +0000' % (i % 60)
    m.set_content('From here on\nline %d\n' % i + 'x' * (i * 97 % 5000) + '\n')
    box.add(m)
box.flush()
box = getattr(mailbox, kind)(path)
json.dump([box.get_bytes(k).hex() for k in box.keys()], sys.stdout)
)";
  const test::TemporaryFolder folder;
  for (const std::string kind : {"mbox", "MMDF"}) {
    const std::string path = folder / kind;
    const nlohmann::json truth = python(script, {kind, path});
    const Unpacked unpacked = unpack_all(open_mailbox, test::read_file(path), "", 1000, 777);
    ASSERT_EQ(unpacked.parts.size(), truth.size());
    for (std::size_t i = 0; i < truth.size(); ++i) {
      // Python adds a newline before the delimiter of MMDF and takes it away again.
      const std::string added = kind == "MMDF" ? "\n" : "";
      EXPECT_EQ(unpacked.parts[i].bytes, unhex(truth[i].get<std::string>()) + added) << kind << i;
      EXPECT_EQ(unpacked.parts[i].part.sent, 978350400 + static_cast<int>(i % 60));
    }
  }
}

TEST(Mailbox, of_samples_holds_the_mails_that_python_finds) {
  const std::string script = R"(
import sys, json, mailbox
json.dump({p: [mailbox.mbox(p).get_bytes(k).hex() for k in mailbox.mbox(p).keys()] for p in sys.argv[1:]}, sys.stdout)
)";
  std::vector<std::string> paths;
  for (const std::string& path : test::files_in(kMail)) {
    if (path.ends_with(".mbox") || path.find("/mailutils/mbox") != path.npos) {
      if (test::read_file(path).starts_with("From ")) paths.push_back(path);
    }
  }
  if (paths.empty()) GTEST_SKIP() << "no samples";
  const nlohmann::json truth = python(script, paths);
  for (const auto& [path, mails] : truth.items()) {
    const Unpacked unpacked = unpack_all(open_mailbox, test::read_file(path));
    EXPECT_EQ(unpacked.parts.size(), mails.size()) << path;
    for (std::size_t i = 0; i < std::min(mails.size(), unpacked.parts.size()); ++i) {
      EXPECT_EQ(hex(unpacked.parts[i].bytes), mails[i].get<std::string>()) << path << " " << i;
    }
  }
}

TEST(Mailbox, survives_damage) {
  const std::string d = "\1\1\1\1\n";
  test::survive_damage(open_mailbox, d + "Subject: one\n\nbody\n" + d + d + "Subject: two\n\nbody\n" + d, "",
                       test::damage_seeds(200));
  std::string mbox;
  for (int i = 0; i < 50; ++i) mbox += "From a@b Mon Jan  1 12:00:00 2001\nDate: 1 Jan 2001 12:00:00 +0000\n\nbody\n\n";
  test::survive_damage(open_mailbox, mbox, "", test::damage_seeds(200));
  EXPECT_NE(unpack_all(open_mailbox, "no mailbox").error, "");
  EXPECT_NE(unpack_all(open_mailbox, "").error, "");
}

}  // namespace
}  // namespace ambit::unpack_mail_test
