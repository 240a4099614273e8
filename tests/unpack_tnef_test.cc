// winmail.dat: what the tool tnef takes out of samples, we take out; and what Python puts into one.
#include <gmock/gmock.h>

#include <set>

#include "stages/unpack/formats.h"
#include "stages/unpack/outlook/compressed_rtf.h"
#include "tests/unpacked.h"

namespace ambit::unpack_tnef_test {
namespace {

using test::unpack_all;
using test::Unpacked;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using unpack::decompress_rtf;
using unpack::open_tnef;

const std::string kSamples = test::shared_data() + "mail/mimekit/tnef";

// A message with everything: recipients, properties of every sort, bodies, attachments, a message attached.
constexpr std::string_view kMake = R"py(
import struct, sys
def attribute(level, tag, value): return struct.pack('<BII', level, tag, len(value)) + value + struct.pack('<H', sum(value) & 0xffff)
def pad(b): return b + bytes(-len(b) % 4)
def var(b): return struct.pack('<I', len(b)) + pad(b)
def wide(s): return var((s + '\0').encode('utf-16le'))
GUID = bytes(range(16))
def prop(type_, id_, value, name=b''): return struct.pack('<HH', type_, id_) + name + value
def one(v): return struct.pack('<I', 1) + v
def props(*all_): return struct.pack('<I', len(all_)) + b''.join(all_)
rtf = bytes.fromhex('2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0')
def message(subject, *attachments):
    return struct.pack('<IH', 0x223e9f78, 1) + b''.join([
        attribute(1, 0x00069007, struct.pack('<II', 1251, 0)),
        attribute(1, 0x00018004, subject.encode('cp1251') + b'\0'),
        attribute(1, 0x00038005, struct.pack('<7H', 2020, 3, 2, 10, 0, 0, 1)),
        attribute(1, 0x00008000, struct.pack('<4H', 4, 24, 5, 14) + b'Joe\0\0SMTP:j@b.example\0'),
        attribute(1, 0x0002800c, 'the plain body Привет\r\nits second line'.encode('cp1251')),
        attribute(1, 0x00069004, struct.pack('<I', 2) +
            props(prop(0x1f, 0x3001, one(wide('Jörg Müller'))), prop(3, 0x0c15, struct.pack('<I', 1)), prop(0x1e, 0x3003, one(var(b'j@x.example\0')))) +
            props(prop(0x1f, 0x3001, one(wide('Zoë'))))),
        attribute(1, 0x00069003, props(
            prop(0x1f, 0x0e04, one(wide('Jörg; Zoë'))),
            prop(0x1f, 0x1000, one(wide('the wide body'))),
            prop(0x40, 0x0039, struct.pack('<Q', 116444736000000000 + 1600000000 * 10**7)),
            prop(0x101f, 0x8001, struct.pack('<I', 2) + wide('first word') + wide('second word'), GUID + struct.pack('<I', 1) + wide('Keywords')),
            prop(0x1003, 0x8002, struct.pack('<III', 2, 7, 8), GUID + struct.pack('<II', 0, 0x8554)),
            prop(0x02, 0x0e01, struct.pack('<I', 5)), prop(0x05, 0x0e02, struct.pack('<d', 1.5)), prop(0x48, 0x0e03, GUID),
            prop(0x102, 0x1013, one(var(b'<html><body>the <b>marked</b> body</body></html>'))),
            prop(0x102, 0x1009, one(var(rtf))))),
    ] + list(attachments))
def file(title, data, *more): return b''.join([
    attribute(2, 0x00069002, bytes(14)), attribute(2, 0x00018010, title), attribute(2, 0x0006800f, data),
    attribute(2, 0x00038013, struct.pack('<7H', 2001, 1, 2, 3, 4, 5, 2))]) + b''.join(more)
IMESSAGE = bytes.fromhex('0703020000000000c000000000000046')
inner = message('the inner one', file(b'DEEP.TXT\0', b'deep text'))
open(sys.argv[1], 'wb').write(message('Бумаги',
    file(b'LONGNA~1.TXT\0', b'of the long name', attribute(2, 0x00069005, props(prop(0x1f, 0x3707, one(wide('long näme.txt'))), prop(0x1e, 0x3704, one(var(b'LONGNA~1.TXT\0')))))),
    file(b'empty\0', b''),
    attribute(2, 0x00069002, bytes(14)) + attribute(2, 0x00018010, b'inside\0') + attribute(2, 0x00069005, props(prop(0x0d, 0x3701, one(var(IMESSAGE + inner))))),
    file(b'big.bin\0', bytes(range(256)) * 4000)))
)py";

std::string made(const test::TemporaryFolder& folder) {
  const test::Ran ran = test::run({"python3", "-c", std::string(kMake), folder / "winmail.dat"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return test::read_file(folder / "winmail.dat");
}

TEST(Tnef, gives_words_bodies_and_attachments) {
  const test::TemporaryFolder folder;
  const std::string bytes = made(folder);
  EXPECT_EQ(test::format_by_head(bytes, "winmail.dat"), Format::tnef);
  for (const std::size_t buffer : {std::size_t{3}, std::size_t{4096}}) {
    const Unpacked out = unpack_all(open_tnef, bytes, "", SIZE_MAX, buffer);
    EXPECT_EQ(out.error, "");
    EXPECT_THAT(out.names(), ElementsAre("", "body.html", "body.rtf", "long näme.txt", "empty", "inside", "big.bin"));
    ASSERT_THAT(out.parts, SizeIs(7));
    EXPECT_EQ(out.parts[0].error, "");
    EXPECT_EQ(out.parts[0].part.is, Part::Is::view);
    EXPECT_EQ(out.parts[0].part.sent, 1600000000);
    EXPECT_EQ(out.parts[0].bytes,
              "Subject: Бумаги\nFrom: Joe\t\tSMTP:j@b.example\t\nthe plain body Привет\nits second line\n"
              "Jörg Müller\tj@x.example\nZoë\nTo: Jörg; Zoë\nthe wide body\nfirst word\nsecond word\n");
    EXPECT_EQ(out.parts[1].bytes, "<html><body>the <b>marked</b> body</body></html>");
    EXPECT_EQ(out.parts[2].bytes, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
    EXPECT_EQ(out.parts[3].bytes, "of the long name");
    EXPECT_EQ(out.parts[3].part.modified, 978404645);
    EXPECT_EQ(bytes.substr(*out.parts[3].part.stored_at, *out.parts[3].part.size), out.parts[3].bytes);
    EXPECT_EQ(out.parts[5].part.is, Part::Is::message);
    const Unpacked inner = unpack_all(open_tnef, out.parts[5].bytes);
    EXPECT_THAT(inner.text(), HasSubstr("Subject: the inner one\n"));
    EXPECT_EQ(inner.files().at("DEEP.TXT"), "deep text");
    EXPECT_EQ(out.parts[6].bytes.size(), 256U * 4000);
  }
}

TEST(Tnef, of_samples_has_the_files_that_the_tool_finds) {
  std::size_t count = 0;
  for (const std::string& path : test::files_in(kSamples)) {
    const std::string bytes = test::read_file(path);
    if (test::format_by_head(bytes) != Format::tnef) continue;
    const test::TemporaryFolder folder;
    const test::Ran ran = test::run({"tnef", "-C", folder.path().string(), "--number-backups", "-f", path});
    const Unpacked out = unpack_all(open_tnef, bytes);
    EXPECT_GE(out.parts.size(), 1U) << path;
    if (ran.exit != 0) continue;  // it gives up where something is odd
    std::multiset<std::string> ours;
    for (const auto& part : out.parts) ours.insert(part.bytes);
    for (const auto& [name, theirs] : test::files_below(folder.path().string())) {
      // The tool leaves the sixteen bytes before an object that say what it is.
      EXPECT_GE(ours.count(theirs) + ours.count(theirs.substr(std::min<std::size_t>(16, theirs.size()))), 1U)
          << path << " " << name;
    }
    ++count;
  }
  if (count == 0) GTEST_SKIP() << "no samples";
  EXPECT_GE(count, 10U);
}

TEST(Tnef, that_is_cut_gives_what_is_there_and_says_so) {
  const test::TemporaryFolder folder;
  const std::string bytes = made(folder);
  const Unpacked whole = unpack_all(open_tnef, bytes);
  for (std::size_t i = 1; i < 16; ++i) {
    const Unpacked out = unpack_all(open_tnef, bytes.substr(0, bytes.size() * i / 16));
    EXPECT_NE(out.error, "") << i;
    ASSERT_LE(out.parts.size(), whole.parts.size());
    for (std::size_t n = 0; n < out.parts.size(); ++n) {
      EXPECT_EQ(out.parts[n].bytes, whole.parts[n].bytes.substr(0, out.parts[n].bytes.size())) << i << " " << n;
    }
  }
  EXPECT_EQ(unpack_all(open_tnef, bytes + "\r\n").error, "");
  EXPECT_NE(unpack_all(open_tnef, bytes + "garbage").error, "");
}

// --- packed RTF ---------------------------------------------------------------------------------------------

std::string unhex(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

std::string rtf_of(const std::string& packed) {
  const auto rtf = decompress_rtf(std::as_bytes(std::span(packed)));
  return rtf.ok() ? *rtf : "error: " + rtf.error().what;
}

// The examples of MS-OXRTFCP.
TEST(CompressedRtf, is_unpacked_as_the_specification_shows) {
  const std::string crossing = unhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0");
  EXPECT_EQ(rtf_of(crossing), "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
  EXPECT_EQ(unpack::compressed_rtf_bytes(std::as_bytes(std::span(crossing))), 28U);
  EXPECT_EQ(rtf_of(unhex("10000000040000004d454c4100000000") + "text"), "text");
}

TEST(CompressedRtf, that_is_cut_or_lies_ends) {
  EXPECT_THAT(rtf_of(""), HasSubstr("error"));
  EXPECT_THAT(rtf_of(std::string(16, 'x')), HasSubstr("error"));
  // Nothing but copies of the longest: seventeen bytes for two.
  const std::string copies = unhex("ffffffffffffffff4c5a467500000000") + std::string(1'000'000, '\x0f');
  EXPECT_LT(rtf_of(copies).size(), 9'000'000U);
}

TEST(Tnef, survives_damage) {
  EXPECT_NE(unpack_all(open_tnef, "").error, "");
  EXPECT_NE(unpack_all(open_tnef, "\x78\x9f\x3e\x22").error, "");
  const test::TemporaryFolder folder;
  const std::string bytes = made(folder);
  // Without most of the large attachment.
  test::survive_damage(open_tnef, bytes.substr(0, bytes.size() - 1'020'000), "", test::damage_seeds(300));
}

}  // namespace
}  // namespace ambit::unpack_tnef_test
