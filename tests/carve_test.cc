// What is packed in bytes that no file owns: real packers' files, laid where files that were deleted lie.
#include "stages/unpack/carve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "pipeline/limits.h"
#include "tests/evidence.h"

namespace ambit::carve_test {
namespace {

using test::Case;
using test::Ran;

// Below `files` each file holds the word once, so that nobody reads it without unpacking; nested.zip in members that
// are archives themselves, and stored.
constexpr std::string_view kFiles = R"sh(
set -e
mkdir files w; cd w
python3 - <<'PY'
import random
random.seed(5)
words = [''.join(random.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(random.randint(2, 9))) for _ in range(400)]
text = ' '.join(random.choice(words) for _ in range(9000))
open('a.txt', 'w').write(text + '\nacme-payout-7731\n' + text)
open('large.txt', 'w').write(text * 40 + '\nacme-payout-7731\n' + text * 40)
PY
gzip -nc a.txt > ../files/1.gz
xz -c a.txt > ../files/2.xz
bzip2 -c a.txt > ../files/3.bz2
zstd -qc a.txt > ../files/4.zst
lz4 -qc a.txt > ../files/5.lz4
lzip -c a.txt > ../files/6.lz
zip -q ../files/7.zip a.txt
cat a.txt | zip -q > ../files/8.zip
7z a -bd -y ../files/9.7z a.txt >/dev/null
mksquashfs a.txt ../files/15.squashfs -quiet -no-progress -nopad
tar cf - large.txt | gzip -n > ../files/10.tgz
python3 - <<'PY'
import zipfile, zlib
with zipfile.ZipFile('../files/11.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    with z.open('a.txt', 'w', force_zip64=True) as m: m.write(open('a.txt', 'rb').read())
# An archive in an archive, where a sector begins.
z = zipfile.ZipFile('../files/12.zip', 'w', zipfile.ZIP_STORED)
z.writestr('x' * (512 - 30 - 9), '')
z.writestr('y' * 5, b'')
place = z.fp.tell()
name = 'n' * (512 - (place + 30) % 512)
z.write('../files/7.zip', name)
z.close()
p = '<w:p><w:r><w:t>acme-</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>payout</w:t></w:r><w:r><w:t>-7731</w:t></w:r></w:p>'
with zipfile.ZipFile('../files/13.docx', 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('[Content_Types].xml', '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
    z.writestr('word/document.xml', '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
               '<w:body>' + p + '</w:body></w:document>')
# A PDF, changed once: two ends.
def objects(list_, first):
    out, places = b'', []
    for number, body in list_:
        places.append((number, first + len(out)))
        out += b'%d 0 obj\n' % number + body + b'\nendobj\n'
    return out, places
def table(places, at, more=b''):
    rows = b''.join(b'%d 1\n%010d 00000 n \n' % (n, p) for n, p in places)
    return b'xref\n0 1\n0000000000 65535 f \n' + rows + b'trailer\n<</Size 6/Root 1 0 R' + more + b'>>\nstartxref\n%d\n%%%%EOF\n' % at
def stream(words):
    packed = zlib.compress(b'BT /F1 12 Tf 72 700 Td (%s) Tj ET' % words)
    return b'<</Length %d/Filter/FlateDecode>>stream\n' % len(packed) + packed + b'\nendstream'
head = b'%PDF-1.4\n'
body, places = objects([(1, b'<</Type/Catalog/Pages 2 0 R>>'), (2, b'<</Type/Pages/Kids[3 0 R]/Count 1>>'),
    (3, b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>'),
    (4, stream(b'nothing yet')), (5, b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>')], len(head))
pdf = head + body
first = len(pdf)
pdf += table(places, first)
body, places = objects([(4, stream(b'acme-payout-7731'))], len(pdf))
pdf += body
pdf += table(places, len(pdf), b'/Prev %d' % first)
open('../files/14.pdf', 'wb').write(pdf)
PY
)sh";

std::string made(const test::TemporaryFolder& folder, std::string_view script) {
  const Ran ran =
      test::run({"bash", "-euo", "pipefail", "-c", "cd '" + folder.path().string() + "'\n" + std::string(script)});
  return ran.exit == 0 ? "" : ran.out + ran.err;
}

std::string file(const test::TemporaryFolder& folder, const std::string& name) {
  return test::read_file(folder / ("files/" + name));
}

struct Place {
  std::uint64_t begin, bytes;
  friend bool operator==(const Place&, const Place&) = default;
  friend void PrintTo(const Place& place, std::ostream* out) { *out << place.begin << "+" << place.bytes; }
};

std::vector<Place> carved(const std::string& run, StreamEnds ends = StreamEnds::as_far_as_the_next) {
  test::MemoryContent content(run);
  const std::vector<std::uint64_t> starts = find_carve_starts(content, run.size(), 0);
  std::vector<Place> out;
  carve(content, run.size(), starts, ends, [&](const CarvedFile& one) {
    out.push_back({one.begin, one.bytes});
    return true;
  });
  return out;
}

std::string at_sectors(const std::vector<std::string>& files, std::vector<Place>& places) {
  std::string run = test::noise(3, 1000);
  for (const std::string& one : files) {
    run.resize((run.size() + limits::kCarveStep - 1) / limits::kCarveStep * limits::kCarveStep);
    places.push_back({run.size(), one.size()});
    run += one + test::noise(run.size(), 3000);
  }
  return run;
}

TEST(Carve, says_where_files_end_whose_format_says_so) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(made(folder, kFiles), "");
  std::vector<std::string> files;
  for (const char* name : {"7.zip", "8.zip", "9.7z", "11.zip", "12.zip", "13.docx", "14.pdf", "15.squashfs", "7.zip"}) {
    files.push_back(file(folder, name));
  }
  std::vector<Place> places;
  const std::string run = at_sectors(files, places);
  EXPECT_EQ(carved(run), places);
}

TEST(Carve, streams_reach_to_the_next_file_unless_they_are_decoded) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(made(folder, kFiles), "");
  std::vector<std::string> files;
  for (const char* name : {"1.gz", "2.xz", "3.bz2", "4.zst", "5.lz4", "6.lz"}) files.push_back(file(folder, name));
  std::vector<Place> places;
  const std::string run = at_sectors(files, places);
  EXPECT_EQ(carved(run, StreamEnds::decoded), places);
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i].bytes = (i + 1 < places.size() ? places[i + 1].begin : run.size()) - places[i].begin;
  }
  EXPECT_EQ(carved(run), places);
}

// zstd is left out: bytes behind its four may ask for more memory than there is, and then nobody knows.
TEST(Carve, what_only_begins_like_a_stream_is_none) {
  std::string run;
  for (const std::string_view head : {"\x1f\x8b\x08", "BZh91AY&SY", "\x04\x22\x4d\x18", "LZIP\1"}) {
    run += std::string(head) + test::noise(run.size(), limits::kCarveStep - head.size());
  }
  EXPECT_EQ(carved(run), std::vector<Place>());
  EXPECT_EQ(carved(""), std::vector<Place>());
}

// What was written over in part: as much as there is, and nothing of the file that it was written over with.
TEST(Carve, a_zip_without_its_end_reaches_to_the_next_file) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(made(folder, kFiles), "");
  const std::string zip = file(folder, "7.zip"), other = file(folder, "13.docx");
  std::vector<Place> places;
  const std::string run = at_sectors({zip.substr(0, zip.size() - 30), other}, places);
  places[0].bytes = places[1].begin - places[0].begin;
  EXPECT_EQ(carved(run), places);
}

// Of ends of archives that nobody began, none is kept; of an OLE, a 7z, whose headers lie, what is behind is not lost.
TEST(Carve, lies_cost_nothing_and_hide_nothing) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(made(folder, kFiles), "");
  std::string ends = "PK\x03\x04" + std::string(60, 'a');
  while (ends.size() < 8 * limits::MiB) ends += "PK\x05\x06";
  ends.resize(8 * limits::MiB + 512);
  std::string seven = file(folder, "9.7z").substr(0, 600);  // the rest was written over
  seven.resize(1024);
  const std::string zip = file(folder, "7.zip");
  const std::string run = ends + seven + zip;
  const std::vector<Place> found = carved(run);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.back(), (Place{ends.size() + seven.size(), zip.size()}));
}

TEST(Carve, damage_is_survived) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(made(folder, kFiles), "");
  std::vector<std::string> files;
  for (const char* name : {"7.zip", "9.7z", "11.zip", "14.pdf", "1.gz"}) files.push_back(file(folder, name));
  std::vector<Place> places;
  const std::string run = at_sectors(files, places);
  std::mt19937 random(7);
  for (std::uint64_t seed = 0; seed < test::damage_seeds(200); ++seed) {
    std::string hurt = run;
    for (const Place& place : places) {
      for (int i = 0; i < 4; ++i)
        hurt[place.begin + random() % std::min<std::size_t>(place.bytes, 600)] = static_cast<char>(random());
      hurt[place.begin + place.bytes - 1 - random() % 80] = static_cast<char>(random());
    }
    std::uint64_t at = 0;
    for (const Place& place : carved(hurt)) {
      ASSERT_GE(place.begin, at) << seed;
      at = place.begin + place.bytes;
      ASSERT_LE(at, run.size()) << seed;
      ASSERT_GT(place.bytes, 0U) << seed;
    }
  }
}

// --- from outside: the program that was built -------------------------------------------------------------------

class Carving : public ::testing::Test {
 protected:
  void SetUp() override {
    c.order(test::kPayoutOrder);
    ASSERT_EQ(made(c.folder, kFiles), "");
  }
  // The locators of what holds the word, to the first '!'.
  [[nodiscard]] std::string containers(const std::string& run) const {
    return c.query(run, "SELECT substr(locator, 1, instr(locator, '!') - 1) FROM v_item WHERE hits > 0 ORDER BY 1");
  }
  Case c;
};

// A disk that was formatted anew: nothing is left of its files but their bytes.
TEST_F(Carving, finds_what_a_formatted_disk_held) {
  ASSERT_EQ(made(c.folder, R"sh(
mkdir tree; cp -r files tree/a; truncate -s 64M disk.raw
mke2fs -q -t ext4 -b 1024 -E lazy_itable_init=0 -d tree disk.raw
mke2fs -q -F -t ext4 -b 1024 -E nodiscard,lazy_itable_init=0 disk.raw
)sh"),
            "");
  const std::string image = c.folder / "disk.raw";
  const Ran ran = c.triage("run", {image});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM v_item WHERE locator LIKE 'disk.raw:carved@%!%'"), "15")
      << containers("run");
  EXPECT_EQ(
      c.query("run",
              "SELECT name FROM exhibit e WHERE bytes <> (SELECT sum(bytes) FROM coverage c WHERE c.exhibit = e.id)"),
      "");
  const Ran verified = test::ambit({"verify", c.folder / "run", "--exhibit", image});
  EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
  EXPECT_THAT(verified.out, testing::HasSubstr("15")) << verified.out;
  // The same however it is swept.
  const std::string index = test::read_file(c.folder / "run/relevance.db");
  for (const char* chunk : {"64K", "100003"}) {
    for (const char* threads : {"1", "2", "8"}) {
      const std::string name = std::string("run-") + chunk + "-" + threads;
      static_cast<void>(c.triage(name, {image}, {"--threads", threads, "--chunk-size", chunk}));
      EXPECT_TRUE(test::read_file(c.folder / (name + "/relevance.db")) == index) << name;
    }
  }
}

// A raw image in which nothing is recognised, with files over the borders of stripes; and a device with live ones.
TEST_F(Carving, finds_files_over_the_border_of_a_stripe) {
  ASSERT_EQ(made(c.folder, R"sh(
truncate -s 200M disk.raw
lay() { dd if="files/$1" of=disk.raw bs=512 seek="$2" conv=notrunc status=none; }
lay 10.tgz $(( (67108864 - 51200) / 512 )); lay 7.zip $(( (134217728 - 2048) / 512 )); lay 9.7z $(( 180000000 / 512 ))
lay 12.zip 3
)sh"),
            "");
  const Ran ran = c.triage("run", {c.folder / "disk.raw"});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM v_item WHERE locator LIKE 'disk.raw:carved@%!%'"), "4")
      << containers("run");
}

// A mail that is gone, with what was attached to it: it begins anywhere, and so do its letters.
TEST_F(Carving, finds_what_stands_in_letters) {
  ASSERT_EQ(made(c.folder, R"sh(
mail() { printf 'From: a@b.example\nTo: c@d.example\nSubject: papers\n\n'; base64 -w 76 "$1"; printf '\n--b--\n'; }
mail files/7.zip > zip.eml; mail files/14.pdf > pdf.eml; xxd -p -c 4000000 files/1.gz > hex.txt
truncate -s 200M disk.raw
lay() { dd if="$1" of=disk.raw bs=1 seek="$2" conv=notrunc status=none; }
lay zip.eml 1000003; lay pdf.eml 67100001; lay hex.txt 150000007
)sh"),
            "");
  const std::string image = c.folder / "disk.raw";
  for (const char* threads : {"1", "2"}) {
    const Ran ran = c.triage(std::string("run") + threads, {image}, {"--threads", threads});
    ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  }
  EXPECT_EQ(c.query("run1", "SELECT count(*) FROM v_item WHERE locator LIKE 'disk.raw:carved@%!%'"), "3")
      << containers("run1");
  EXPECT_EQ(c.query("run1", "SELECT count(*) FROM v_item WHERE locator LIKE 'disk.raw:carved@1000054+%!/base64@0!%'"),
            "1")
      << containers("run1");
  EXPECT_TRUE(test::read_file(c.folder / "run1/relevance.db") == test::read_file(c.folder / "run2/relevance.db"));
  const Ran verified = test::ambit({"verify", c.folder / "run1", "--exhibit", image});
  EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
}

// Letters that might begin a file at every line are read once.
TEST(Carve, letters_full_of_beginnings_are_one_file) {
  std::string run(777, ' ');
  const std::string member = "UEsDBBQAAAAIAAAAIQAAAAAAAAAAAAAAAAAFAAAAYS50eHQAAAAA";
  for (int i = 0; i < 200'000; ++i) run += member;
  const std::vector<Place> found = carved(run + "\n\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].begin, 777U);
  EXPECT_EQ(found[0].bytes, run.size() - 777);
}

// Whoever gets bytes of residue gets what is packed in them: that is judged by itself, and does not leave unseen.
TEST_F(Carving, a_piece_in_which_something_is_packed_is_not_released) {
  ASSERT_EQ(made(c.folder, R"sh(
truncate -s 1M alone.raw; printf 'acme-payout-7731 is here' | dd of=alone.raw bs=1 seek=70000 conv=notrunc status=none
cp alone.raw beside.raw; dd if=files/1.gz of=beside.raw bs=512 seek=150 conv=notrunc status=none
cp alone.raw letters.raw; base64 files/1.gz | dd of=letters.raw bs=1 seek=76801 conv=notrunc status=none
)sh"),
            "");
  const Ran ran = c.triage("run", {c.folder / "alone.raw", c.folder / "beside.raw", c.folder / "letters.raw"});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT locator, disposition FROM v_item WHERE locator NOT LIKE 'letters%' ORDER BY 1"),
            "alone.raw:@65536+65536|disclose\nbeside.raw:carved@76800+971776!/carved|disclose");
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM v_item WHERE locator LIKE 'letters.raw:carved@76801+%!/base64@0!%'"),
            "1");
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM v_item WHERE locator LIKE 'letters.raw:@%'"), "0");
  EXPECT_THAT(c.ledger("run"), testing::HasSubstr("beside.raw:@65536+65536"));
}

// Nor for a rule that asks for no more than a kind; nor with a member of an archive that begins before the piece.
TEST_F(Carving, what_was_carved_leaves_in_its_parts_only) {
  c.order(R"(
[[identifier]]
name = "case.word"
literals = ["acme-payout-7731"]
[[rule]]
name = "R1"
paragraph = "1"
when = 'case | kind("archive")'
)");
  ASSERT_EQ(made(c.folder, R"sh(
truncate -s 1M disk.raw; dd if=files/1.gz of=disk.raw bs=512 seek=150 conv=notrunc status=none
head -c 100000 /dev/urandom > w/0.bin; cp w/a.txt w/acme-payout-7731.txt; cd w
zip -q0 ../z.zip 0.bin; zip -q ../z.zip acme-payout-7731.txt; cd ..
head -c 90000 /dev/urandom > w/gap; (head -c 600 /dev/urandom; tail -c +700 z.zip) > cut.zip
truncate -s 1M cut.raw; dd if=cut.zip of=cut.raw bs=512 seek=1 conv=notrunc status=none
)sh"),
            "");
  const Ran ran = c.triage("run", {c.folder / "disk.raw", c.folder / "cut.raw"});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT locator FROM v_item WHERE disposition IN ('disclose', 'redact')"),
            "disk.raw:carved@76800+971776!/carved");
}

// A file that is there is not found a second time in the blocks that it lies in.
TEST_F(Carving, leaves_to_files_what_is_theirs) {
  ASSERT_EQ(made(c.folder, R"sh(
mkdir tree; cp -r files tree/a; truncate -s 64M ext.raw; mke2fs -q -t ext4 -b 1024 -d tree ext.raw
)sh"),
            "");
  const Ran ran = c.triage("run", {c.folder / "ext.raw"});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM v_item WHERE locator LIKE '%carved@%'"), "0") << containers("run");
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM v_item WHERE locator LIKE 'ext.raw:/a/%!%'"), "15")
      << containers("run");
}

}  // namespace
}  // namespace ambit::carve_test
