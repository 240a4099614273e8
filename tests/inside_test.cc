// What is packed, from outside: the program that was built, on what real packers make.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <sstream>

#include "tests/evidence.h"
#include "tests/ole_writer.h"

namespace ambit::inside_test {
namespace {

using test::Case;
using test::Ran;

// Everything below `server` holds the word once, packed in a way of its own. The word stands behind so much that no
// packer leaves it as it is.
constexpr std::string_view kPackings = R"sh(
set -e
mkdir server w; cd w
python3 - <<'PY'
import random
random.seed(5)
words = [''.join(random.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(random.randint(2, 9))) for _ in range(400)]
text = ' '.join(random.choice(words) for _ in range(3000))
open('a.txt', 'w').write(text + '\nacme-payout-7731\n' + text)
# A large one, in which the word crosses the border of a block.
filler = (text * 300)[:5242880 - 7]
open('large.log', 'w').write(filler + ' acme-payout-7731 ' + filler)
PY
gzip -k a.txt; cp a.txt.gz ../server/1.gz
gzip -c a.txt.gz > ../server/2.gz.gz
xz -k a.txt; cp a.txt.xz ../server/3.xz
bzip2 -k a.txt; cp a.txt.bz2 ../server/4.bz2
zstd -q a.txt -o ../server/5.zst
tar czf ../server/6.tar.gz a.txt
zip -q ../server/7.zip a.txt
cat a.txt | zip -q > ../server/8.streamed.zip
python3 - <<'PY'
import zipfile, email.message, sqlite3
for name, method in (('9.lzma.zip', zipfile.ZIP_LZMA), ('10.bzip2.zip', zipfile.ZIP_BZIP2)):
    with zipfile.ZipFile('../server/' + name, 'w', method) as z: z.write('a.txt')
with zipfile.ZipFile('in.zip', 'w', zipfile.ZIP_DEFLATED) as z: z.write('a.txt')
with zipfile.ZipFile('../server/11.zip', 'w', zipfile.ZIP_DEFLATED) as z: z.write('in.zip')
m = email.message.EmailMessage()
m['From'], m['To'], m['Subject'] = 'a@b.example', 'c@d.example', 'papers'
m['Date'] = 'Mon, 02 Mar 2020 10:00:00 +0000'
m.set_content('see the attachment')
m.add_attachment(open('a.txt.gz', 'rb').read(), maintype='application', subtype='gzip', filename='a.txt.gz')
open('../server/12.eml', 'wb').write(m.as_bytes())
p = '<w:p><w:r><w:t>acme-</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>payout</w:t></w:r><w:r><w:t>-7731</w:t></w:r></w:p>'
with zipfile.ZipFile('../server/13.docx', 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('[Content_Types].xml', '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
    z.writestr('word/document.xml', '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
               '<w:body>' + p + '</w:body></w:document>')
open('../server/14.html', 'w').write('<!DOCTYPE html><html><body>acme-<b>pay</b>out-77&#51;1</body></html>')
open('../server/15.rtf', 'w').write(r"{\rtf1\ansi acme-{\b payout}-77\'331}")
body = __import__('gzip').compress(open('a.txt', 'rb').read())
chunks = b''.join(b'%x\r\n' % len(body[i:i + 700]) + body[i:i + 700] + b'\r\n' for i in range(0, len(body), 700)) + b'0\r\n\r\n'
answer = (b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n' + chunks)
open('../server/27.warc', 'wb').write(b'WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\n'
    b'WARC-Date: 2010-01-01T00:00:00Z\r\nWARC-Target-URI: http://a.example/\r\nContent-Type: application/http\r\n'
    b'Content-Length: %d\r\n\r\n' % len(answer) + answer + b'\r\n\r\n')
open('../server/28.object', 'wb').write(__import__('zlib').compress(open('a.txt', 'rb').read()))
PY
7z a -bd -y ../server/16.7z a.txt >/dev/null
lz4 -q a.txt ../server/17.lz4
lzip -k a.txt; cp a.txt.lz ../server/18.lz
ls a.txt | cpio -o --quiet | gzip > ../server/19.cpio.gz
tar cf - a.txt | zstd -q > ../server/20.tar.zst
gzip -c large.log > ../server/21.large.gz
tar czf ../server/22.large.tar.gz large.log
(head -c 200000 /bin/bash; cat ../server/7.zip) > ../server/23.zip.exe
(head -c 200000 /bin/bash; cat ../server/16.7z) > 24.exe; tar czf ../server/24.exe.tar.gz 24.exe
printf '\211PNG\r\n\032\n\0\0\0\rIHDR' | cat - /dev/null > 25.png; head -c 50000 /dev/urandom >> 25.png
cat 25.png ../server/7.zip > ../server/25.png; cp ../server/25.png 26.png; tar czf ../server/26.png.tar.gz 26.png
)sh";

std::string made(const Case& c) {
  const Ran ran = test::run({"/bin/sh", "-c", "cd '" + c.folder.path().string() + "' && " + std::string(kPackings)});
  return ran.exit == 0 ? "" : ran.out + ran.err;
}

// An order of an identifier for each line of `list`: "name value".
class IdentifierCase : public Case {
 public:
  std::size_t order_of(const std::string& list) {
    std::string identifiers, any;
    std::istringstream lines(list);
    std::size_t count = 0;
    for (std::string name, value; lines >> name && std::getline(lines, value); ++count) {
      const std::string number = "n" + std::to_string(count);
      identifiers += "[[identifier]]\nname = \"" + number + "." + name + "\"\nliterals = ['" + value.substr(1) + "']\n";
      any += (count == 0 ? "" : " | ") + number;
    }
    order(identifiers + "[[rule]]\nname = \"R1\"\nparagraph = \"1\"\nwhen = '" + any + "'\n");
    return count;
  }
};

TEST(Inside, finds_the_word_in_every_packing_once) {
  Case c;
  c.order(test::kPayoutOrder);
  ASSERT_EQ(made(c), "");
  const Ran ran = c.triage("run", {c.folder / "server"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  // lz4 leaves what does not repeat as it is: there the bytes around it hit as well.
  for (int i = 1; i <= 28; ++i) {
    const std::string where =
        " FROM v_item WHERE kind IN ('text', 'log') AND locator LIKE 'server:/" + std::to_string(i) + ".%'";
    EXPECT_EQ(c.query("run", "SELECT count(*), sum(hits)" + where), "1|1") << i;
  }
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM v_item"), "29");
  EXPECT_EQ(c.query("run", "SELECT sum(hits) FROM v_item WHERE locator LIKE 'server:/19.%'"), "1");
  EXPECT_EQ(
      c.query("run", "SELECT locator FROM v_item WHERE locator LIKE '%/11.%' OR locator LIKE '%/12.%' ORDER BY id"),
      "server:/11.zip!/in.zip!/a.txt\nserver:/12.eml!/a.txt.gz!/a.txt");
  const Ran verified = test::ambit({"verify", c.folder / "run", "--exhibit", c.folder / "server"});
  EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
}

// The end says that there is an archive: where it cannot be found, that is an exception; members are read without it.
TEST(Inside, a_damaged_archive_behind_a_picture_is_told) {
  Case c;
  c.order(test::kPayoutOrder);
  ASSERT_EQ(made(c), "");
  const Ran changed = test::run({"python3", "-c", R"py(
import sys
whole = open(sys.argv[1] + '/server/25.png', 'rb').read()
import os; os.mkdir(sys.argv[1] + '/hurt')
open(sys.argv[1] + '/hurt/1.png', 'wb').write(whole[:-10] + b'\xee' * 8 + whole[-2:])
at = whole.index(b'PK\3\4')
open(sys.argv[1] + '/hurt/2.png', 'wb').write(whole[:at] + bytes(len(whole) - at - 22) + whole[-22:])
open(sys.argv[1] + '/hurt/3.tar', 'wb').write(b'')
)py",
                                 c.folder.path().string()});
  ASSERT_EQ(changed.exit, 0) << changed.err;
  const Ran large = test::run({"bash", "-ec", "cd '" + c.folder.path().string() + R"('/hurt
(head -c 5000000 /dev/zero | tr '\0' '\351') > body; (head -c 24 ../server/25.png; cat body ../server/7.zip) > 3.png
tar czf 3.tar.gz 3.png; rm body 3.png 3.tar)"});
  ASSERT_EQ(large.exit, 0) << large.err;
  EXPECT_EQ(c.triage("run", {c.folder / "hurt"}).exit, 2);
  EXPECT_EQ(c.query("run", "SELECT locator FROM v_item WHERE hits > 0 ORDER BY 1"),
            "hurt:/1.png!/a.txt\nhurt:/3.tar.gz!/3.tar!/3.png!/a.txt");
  EXPECT_NE(c.ledger("run").find("2.png"), std::string::npos);
  EXPECT_EQ(c.query("run", "SELECT word FROM exception JOIN word ON topic = 'reason' AND number = reason"), "damaged");
}

TEST(Inside, finds_the_word_in_units_of_four_bytes) {
  Case c;
  c.order(test::kPayoutOrder);
  const Ran made = test::run({"python3", "-c", R"py(
import os, sys
os.mkdir(sys.argv[1])
words = 'some words of a text\n' * 40 + 'from acme-payout-7731 to somebody\n' + 'and more of them\n' * 40
for name in 'utf-32', 'utf-32-le', 'utf-32-be':
    open(sys.argv[1] + '/' + name, 'wb').write(words.encode(name))
open(sys.argv[1] + '/marked-be', 'wb').write(b'\0\0\xfe\xff' + words.encode('utf-32-be'))
)py",
                              c.folder / "server"});
  ASSERT_EQ(made.exit, 0) << made.err;
  const Ran ran = c.triage("run", {c.folder / "server"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT locator FROM v_item WHERE hits = 1 ORDER BY locator"),
            "server:/marked-be!text\nserver:/utf-32!text\nserver:/utf-32-be!text\nserver:/utf-32-le!text");
}

// An ext4 file system of 28 kinds of packing, one of them a deleted file, and ten identifiers of five shapes in each.
TEST(Inside, finds_280_of_280_identifiers_in_28_kinds_of_packing) {
  IdentifierCase c;
  const Ran made = test::run({"/bin/sh", "-c",
                              "cd '" + c.folder.path().string() +
                                  "' && python3 '" AMBIT_SOURCE_DIR "/tests/evidence/packings.py' files && " +
                                  R"sh(
truncate -s 16M disk.raw && mke2fs -q -t ext4 -d files disk.raw &&
debugfs -w -R 'rm /23-deleted.txt' disk.raw 2>/dev/null)sh"});
  ASSERT_EQ(made.exit, 0) << made.err;
  ASSERT_EQ(c.order_of(test::read_file(c.folder / "identifiers.txt")), 280U);
  const Ran ran = c.triage("run", {c.folder / "disk.raw"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  // By name, so that a failure says which.
  EXPECT_EQ(c.query("run", "SELECT group_concat(name) FROM identifier WHERE hits = 0"), "");
}

// Every form of text in every container in every container: each identifier once, where it stands.
TEST(Inside, finds_each_of_a_matrix_of_forms_and_containers_in_containers_once) {
  IdentifierCase c;
  const Ran made = test::run({"/bin/sh", "-c",
                              "cd '" + c.folder.path().string() +
                                  "' && python3 '" AMBIT_SOURCE_DIR "/tests/evidence/packings.py' --matrix files"});
  ASSERT_EQ(made.exit, 0) << made.err;
  const std::size_t count = c.order_of(test::read_file(c.folder / "identifiers.txt"));
  ASSERT_GT(count, 400U);
  const Ran ran = c.triage("run", {c.folder / "files"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT group_concat(name || ': ' || hits) FROM identifier WHERE hits <> 1"), "");
}

// What its bytes show was left to the attachment, which decodes to something else.
TEST(Inside, finds_the_word_in_an_attachment_that_only_says_it_is_base64) {
  Case c;
  c.order(test::kPayoutOrder);
  const std::string head =
      "From: a\nTo: b\nSubject: c\nMIME-Version: 1.0\nContent-Type: application/octet-stream\n"
      "Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=a.bin\n\n";
  test::write_file(c.folder / "server/1.eml", head + "it was acme-payout-7731 all along\n");
  // One letter is missing before "acme-payout-7731 a": what follows decodes to nothing.
  test::write_file(c.folder / "server/2.eml", head + "eHh4eHh4eHh\nYWNtZS1wYXlvdXQtNzczMSBh\n");
  const Ran ran = c.triage("run", {c.folder / "server"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT hits FROM identifier"), "2");
}

TEST(Inside, finds_the_word_in_a_compound_file_whose_sectors_tear_it_apart) {
  Case c;
  c.order(test::kPayoutOrder);
  // A sector holds 256 characters of UTF-16; the body and the attachment have theirs in turn.
  std::string body(250, 'b'), attachment(505, 'a');
  body += " acme-payout-7731 " + std::string(3000, 'b');
  attachment += " acme-payout-7731 " + std::string(5000, 'a');
  test::OleWriter writer;
  writer.add("__properties_version1.0", std::string(32, '\0'))
      .add("__substg1.0_1000001F", test::utf16le(body))
      .add("__attach_version1.0_#00000000/__substg1.0_3707001F", test::utf16le("plan.txt"))
      .add("__attach_version1.0_#00000000/__substg1.0_37010102", attachment)
      .scattered();
  test::write_file(c.folder / "server/mail.msg", writer.bytes());
  const Ran ran = c.triage("run", {c.folder / "server"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT locator, hits FROM v_item ORDER BY id"),
            "server:/mail.msg!/plan.txt|1\nserver:/mail.msg!body 2|1");
  const Ran verified = test::ambit({"verify", c.folder / "run", "--exhibit", c.folder / "server"});
  EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
}

// What keeps a word in a way of its own: a journal of systemd packs it, mail carries files as letters, winmail.dat has
// RTF without a file around it; a log of a database, and a row that was deleted, show it to the sweep of their bytes.
constexpr std::string_view kKeepings = R"sh(
set -e
mkdir server
python3 - <<'PY'
import binascii, shutil, sqlite3, struct
words = ' '.join('word%d' % (i * i) for i in range(200))
text = (words + ' acme-payout-7731 ' + words).encode()
open('export', 'wb').write(b'__REALTIME_TIMESTAMP=1600000000000000\n__MONOTONIC_TIMESTAMP=1\n_BOOT_ID=' + b'0' * 31 +
                           b'1\nMESSAGE=' + text + b'\n\n')
uu = '\n'.join(['begin 644 a.txt'] + [binascii.b2a_uu(text[i:i + 45]).decode().rstrip() for i in range(0, len(text), 45)] + ['`', 'end', ''])
open('server/2.eml', 'w').write('From: a@b.example\nTo: c@d.example\nSubject: papers\n\nsee below\n' + uu + 'bye\n')
open('server/3.txt', 'w').write(uu)
rtf = br"{\rtf1\ansi acme-{\b payout}-77\'331}"
rtf = struct.pack('<II4sI', len(rtf) + 12, len(rtf), b'MELA', 0) + rtf
rtf += bytes(-len(rtf) % 4)
props = struct.pack('<IHHII', 1, 0x102, 0x1009, 1, len(rtf)) + rtf
open('server/4.dat', 'wb').write(struct.pack('<IHBII', 0x223e9f78, 1, 1, 0x00069003, len(props)) + props + b'\0\0')
c = sqlite3.connect('log', isolation_level=None)
c.execute('pragma journal_mode=wal')
c.execute('create table t (a)')
c.execute("insert into t values ('acme-payout-7731')")
shutil.copy('log-wal', 'server/5.db-wal')
c = sqlite3.connect('server/6.db')
c.execute('pragma secure_delete=off')
c.execute("pragma encoding='UTF-16le'")
c.execute('create table t (a)')
c.execute("insert into t values ('acme-payout-7731')")
c.commit()
c.execute('delete from t')
c.commit()
PY
/lib/systemd/systemd-journal-remote --compress=1 -o server/1.journal - <export 2>log.txt
)sh";

TEST(Inside, finds_the_word_in_journals_letters_winmail_and_what_databases_leave) {
  Case c;
  c.order(test::kPayoutOrder);
  const Ran made = test::run({"/bin/sh", "-c", "cd '" + c.folder.path().string() + "' && " + std::string(kKeepings)});
  ASSERT_EQ(made.exit, 0) << made.err;
  const Ran ran = c.triage("run", {c.folder / "server"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT locator, hits FROM v_item WHERE hits > 0 ORDER BY id"),
            "server:/1.journal!text|1\nserver:/2.eml!/a.txt|1\nserver:/3.txt!/a.txt|1\n"
            "server:/4.dat!/body.rtf!text|1\nserver:/5.db-wal|1\nserver:/6.db|1");
  const Ran verified = test::ambit({"verify", c.folder / "run", "--exhibit", c.folder / "server"});
  EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
}

// Databases that keep the word packed: in one page and in pages that go on, in every sort of table, and in a log.
constexpr std::string_view kDatabases = R"sh(
set -e
mkdir server
python3 - <<'PY'
import gzip, io, random, shutil, sqlite3, zipfile, zlib
random.seed(11)
word = b'it was acme-payout-7731 in the end'
noise = ''.join(random.choices('0123456789abcdef', k=5000000)).encode()  # of which deflate leaves nothing as it is
def zipped(data, how=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', how) as z: z.writestr('a.txt', data)
    return out.getvalue()
text = b'BT /F1 12 Tf (' + b'of acme-pay) Tj (out-7731' + b') Tj ET'
objects = [b'<</Type/Catalog/Pages 2 0 R>>', b'<</Type/Pages/Kids[3 0 R]/Count 1>>',
           b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>',
           b'<</Length %d/Filter/FlateDecode>>stream\n' % len(zlib.compress(text)) + zlib.compress(text) + b'\nendstream',
           b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>']
pdf, places = b'%PDF-1.4\n', []
for i, o in enumerate(objects):
    places.append(len(pdf))
    pdf += b'%d 0 obj\n' % (i + 1) + o + b'\nendobj\n'
xref = len(pdf)
pdf += b'xref\n0 6\n0000000000 65535 f \n' + b''.join(b'%010d 00000 n \n' % p for p in places)
pdf += b'trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n' % xref
short = zipped(word)
c = sqlite3.connect('server/1.db')
c.execute('create table notes (id integer primary key, title text, data blob)')
c.execute('create table keyed (data blob, k text primary key) without rowid')
rows = [gzip.compress(word * 2, mtime=0), gzip.compress(noise[:100000] + word, mtime=0), zlib.compress(word * 2),
        zlib.compress(noise[:50000] + word), short, zipped(noise[:70000] + word), pdf,
        gzip.compress(noise + word, mtime=0), zipped(word, zipfile.ZIP_STORED), b'\xff\xd8\xff\xe0' + random.randbytes(9000) + short]
c.executemany('insert into notes values (?,?,?)', [(i + 1, 'note', row) for i, row in enumerate(rows)])
c.execute('insert into keyed values (?,?)', (short, 'the key'))
c.commit()
c = sqlite3.connect('log', isolation_level=None)
c.execute('pragma journal_mode=wal')
c.execute('create table t (a)')
c.execute('insert into t values (?)', (rows[1],))
shutil.copy('log-wal', 'server/2.db-wal')
PY
tar czf server/3.tar.gz -C server 1.db
)sh";

TEST(Inside, finds_the_word_in_what_databases_keep_packed) {
  Case c;
  c.order(test::kPayoutOrder);
  const Ran made = test::run({"/bin/sh", "-c", "cd '" + c.folder.path().string() + "' && " + std::string(kDatabases)});
  ASSERT_EQ(made.exit, 0) << made.err;
  const Ran ran = c.triage("run", {c.folder / "server"}, {"--threads", "1"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const auto found = [&](const std::string& container) {
    return c.query("run", "SELECT substr(locator, " + std::to_string(("server:/" + container + "!/").size() + 1) +
                              "), hits FROM v_item WHERE hits > 0 AND locator LIKE 'server:/" + container +
                              "!%' ORDER BY id");
  };
  const std::string in_database =
      "keyed/the key/data!/a.txt|1\nnotes/1/data!/data|2\nnotes/10/data!/a.txt|1\nnotes/2/data!/data|1\n"
      "notes/3/data!/data|2\nnotes/4/data!/data|1\nnotes/5/data!/a.txt|1\nnotes/6/data!/a.txt|1\n"
      "notes/7/data!text|1\nnotes/8/data!/data|1\nnotes/9/data!/a.txt|1";
  EXPECT_EQ(found("1.db"), in_database);
  EXPECT_EQ(found("2.db-wal"), "page 2/1/column 1!/column 1|1");
  EXPECT_EQ(found("3.tar.gz!/3.tar!/1.db"), in_database);
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM v_item WHERE hits > 0"), "23");
  const Ran verified = test::ambit({"verify", c.folder / "run", "--exhibit", c.folder / "server"});
  EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
  for (const std::string row : {"notes/2/data!/data", "notes/9/data!/a.txt"}) {
    const Ran explained = test::ambit({"explain", c.folder / "run", "server:/1.db!/" + row});
    EXPECT_EQ(explained.exit, 0) << explained.err;
    EXPECT_THAT(explained.out, testing::HasSubstr("case.word")) << row;
  }
  ASSERT_EQ(c.triage("again", {c.folder / "server"}, {"--threads", "2"}).exit, 0);
  EXPECT_TRUE(test::read_file(c.folder / "run/relevance.db") == test::read_file(c.folder / "again/relevance.db"));
}

// Pictures that carry texts and archives, and words with characters in them that nobody sees.
constexpr std::string_view kUnseen = R"sh(
set -e
mkdir server
python3 - <<'PY'
import io, random, struct, tarfile, zipfile, zlib
random.seed(1)
def chunk(kind, data): return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
word = b'words before it acme-payout-7731 and behind it'
def png(pieces, has_text=True):
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0)) +
            b''.join(chunk(b'IDAT', random.randbytes(8192)) for _ in range(pieces)) +
            (chunk(b'zTXt', b'Comment\0\0' + zlib.compress(word * 3)) if has_text else b'') + chunk(b'IEND', b''))
archive = io.BytesIO()
with zipfile.ZipFile(archive, 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('a.txt', word * 5)
archive = archive.getvalue()
def write(name, data): open('server/' + name, 'wb').write(data)
write('1.png', png(3))
write('2.png', png(3) + archive)
write('3.png', png(3, False) + archive)
write('4.png', png(3, False))
with tarfile.open('server/5.tar.gz', 'w:gz') as tar:
    for name, data in (('big.png', png(700) + archive), ('small.png', png(2))):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
write('6.txt', 'a line of acme-pay\u00adout-7731 and more\n'.encode())
write('7.html', b'<!doctype html><html><body>acme&shy;-pay<wbr>out-&zwnj;77&#8203;31</body></html>')
write('8.rtf', br'{\rtf1 acme\_pay\-out\_7731}')
PY
)sh";

TEST(Inside, finds_the_word_in_texts_of_pictures_and_with_characters_in_it_that_nobody_sees) {
  Case c;
  c.order(test::kPayoutOrder);
  const Ran made = test::run({"/bin/sh", "-c", "cd '" + c.folder.path().string() + "' && " + std::string(kUnseen)});
  ASSERT_EQ(made.exit, 0) << made.err;
  const Ran ran = c.triage("run", {c.folder / "server"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT locator, hits FROM v_item WHERE hits > 0 ORDER BY id"),
            "server:/1.png!Comment|3\nserver:/2.png!/a.txt|5\nserver:/2.png!Comment|3\nserver:/3.png!/a.txt|5\n"
            "server:/5.tar.gz!/5.tar!/big.png!/a.txt|5\nserver:/5.tar.gz!/5.tar!/big.png!Comment|3\n"
            "server:/5.tar.gz!/5.tar!/small.png!Comment|3\nserver:/6.txt!text|1\nserver:/7.html!text|1\n"
            "server:/8.rtf!text|1");
  const Ran verified = test::ambit({"verify", c.folder / "run", "--exhibit", c.folder / "server"});
  EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
}

// Mails that the order reaches, each with something attached or written in a way that the raw bytes do not show.
constexpr std::string_view kLetters = R"sh(
set -e
mkdir server
python3 - <<'PY'
import base64, gzip, io, zipfile
card = b'name;card\nA. N. Other;4111 1111 1111 1111\n'
clean = b'the papers are in the office\n' * 40
filler = '\n'.join('line %d of this letter' % (i * i) for i in range(300))

def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
        for name, data in files.items(): z.writestr(name.replace('_', '.'), data)
    return out.getvalue()

def document(text):
    kind = 'http://schemas.openxmlformats.org/'
    return zipped(**{
        '[Content_Types].xml': '<Types xmlns="%spackage/2006/content-types"/>' % kind,
        'word/document.xml': '<w:document xmlns:w="%swordprocessingml/2006/main"><w:body><w:p><w:r><w:t>%s'
                             '</w:t></w:r></w:p></w:body></w:document>' % (kind, text)})

def mail(name, data=None, body='it was acme-payout-7731', coding='7bit'):
    text = 'From: office\nTo: all\nSubject: papers\nMIME-Version: 1.0\n'
    part = 'Content-Type: text/plain\nContent-Transfer-Encoding: %s\n\n%s\n' % (coding, body)
    if data is None:
        text += part
    else:
        text += ('Content-Type: multipart/mixed; boundary=b\n\n--b\n%s\n--b\nContent-Type: application/octet-stream\n'
                 'Content-Disposition: attachment; filename=a.bin\nContent-Transfer-Encoding: base64\n\n%s\n--b--\n'
                 % (part, base64.encodebytes(data).decode()))
    open('server/' + name, 'w').write(text)

mail('1-clean-zip.eml', zipped(a_txt=clean))
mail('2-zip.eml', zipped(a_csv=card * 20))
mail('3-gz-in-zip.eml', zipped(a_gz=gzip.compress(card)))
mail('4-clean-document.eml', document('the papers are in the office'))
mail('5-document.eml', document('pay to 4111 1111 1111 1111'))
mail('6-cut.eml', zipped(a_txt=clean, b_txt=clean)[:-30])
mail('7-written.eml', body='acme-payout-7731 of 4111 1111 =\n1111 1111', coding='quoted-printable')
mail('8-name.eml', gzip.compress(b'x', mtime=0)[:3] + b'\x08' + gzip.compress(b'x', mtime=0)[4:10] +
     b'4111111111111111.txt\0' + gzip.compress(b'x', mtime=0)[10:])
mail('9-disk.eml', bytes(446) + b'\x80\1\1\0\x83\1\1\0' + (1).to_bytes(4, 'little') + (9).to_bytes(4, 'little') +
     bytes(48) + b'\x55\xaa' + bytes(9 * 512))
mail('a-long.eml', zipped(a_csv=card), body=filler + '\nit was acme-payout-7731\n' + filler)
mail('b-mark.eml', zipped(a_txt='from counsel: the-legend-9902\n'))
PY
cd server; printf 'name;card\nA. N. Other;4111 1111 1111 1111\n' >c.txt
zip -q -P secret c.zip c.txt; rm c.txt
python3 - <<'PY'
import base64
text = open('1-clean-zip.eml').read()
head, tail = text.split('base64\n\n')
open('c-encrypted.eml', 'w').write(head + 'base64\n\n' + base64.encodebytes(open('c.zip', 'rb').read()).decode() + '--b--\n')
PY
rm c.zip
)sh";

TEST(Inside, what_is_packed_in_an_object_is_scrutinised_before_it_is_released_with_it) {
  Case c;
  const Ran made = test::run({"/bin/sh", "-c", "cd '" + c.folder.path().string() + "' && " + std::string(kLetters)});
  ASSERT_EQ(made.exit, 0) << made.err;
  const std::string privilege = R"(
[[identifier]]
name = "counsel.legend"
literals = ["the-legend-9902"]
[[rule]]
name = "P1"
paragraph = "1"
when = 'counsel'
then = "privileged"
)";
  const auto released = [&](const std::string& run, const std::string& rules) {
    c.order(rules);
    const Ran ran = c.triage(run, {c.folder / "server"});
    EXPECT_EQ(ran.exit, 2) << ran.err;  // what is damaged and what is encrypted
    return c.query(run, "SELECT substr(locator, 9) || ' ' || disposition FROM v_item WHERE locator NOT LIKE '%!%'");
  };
  EXPECT_EQ(released("whole", std::string(test::kPayoutOrder)),
            "1-clean-zip.eml disclose\n4-clean-document.eml disclose\nb-mark.eml disclose");
  const auto withheld = [&](const std::string& run, const std::string& reason) {
    return c.query(
        run, "SELECT sum(items) FROM census JOIN word ON topic = 'reason' AND number = reason WHERE word = '" + reason +
                 "'");
  };
  EXPECT_EQ(withheld("whole", "private_throughout"), "6");
  EXPECT_EQ(withheld("whole", "not_fully_scrutinised"), "3");
  // Now the attachment is privileged: there must be a relevant rule for that, too.
  EXPECT_EQ(released("privileged", std::string(test::kPayoutOrder) + privilege +
                                       "[[rule]]\nname = \"R2\"\nparagraph = \"1\"\nwhen = 'counsel'\n"),
            "1-clean-zip.eml disclose\n4-clean-document.eml disclose");
  EXPECT_EQ(withheld("privileged", "holds_withheld"), "1");
  // By records: the line is released where what is attached stands elsewhere.
  EXPECT_EQ(released("records", std::string(test::kPayoutOrder) + "unit = \"record\"\n"),
            "1-clean-zip.eml disclose\n2-zip.eml redact\n3-gz-in-zip.eml redact\n4-clean-document.eml disclose\n"
            "5-document.eml redact\n6-cut.eml redact\n8-name.eml redact\n9-disk.eml redact\na-long.eml redact\n"
            "b-mark.eml disclose\nc-encrypted.eml redact");
}

// A run for each, of what is below `server`; `look` sees them all. Their indexes are the same.
void expect_same_index(const Case& c, int exit, const std::function<void(const std::string& run)>& look = {}) {
  std::string first;
  int number = 0;
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
           {"--threads", "1"}, {"--threads", "2"}, {"--threads", "8"}, {"--threads", "3", "--chunk-size", "65536"}}) {
    const std::string name = "run" + std::to_string(number++);
    const Ran ran = c.triage(name, {c.folder / "server"}, more);
    ASSERT_EQ(ran.exit, exit) << ran.err;
    if (look) look(name);
    const std::string index = test::read_file(c.folder / (name + "/relevance.db"));
    if (first.empty()) first = index;
    EXPECT_TRUE(index == first) << more[1];
  }
}

TEST(Inside, gives_the_same_index_at_any_number_of_threads_and_any_chunk_size) {
  Case c;
  c.order(test::kPayoutOrder);
  ASSERT_EQ(made(c), "");
  expect_same_index(c, 0);
}

// What stands in a large tar as its members is swept as these; what is around them, and the borders, as the tar.
TEST(Inside, finds_the_word_at_every_border_of_the_members_of_a_large_archive_once) {
  Case c;
  c.order(test::kPayoutOrder);
  const Ran made =
      test::run({"/bin/sh", "-c", "cd '" + c.folder.path().string() + R"sh(' && mkdir server && python3 - <<'PY'
import gzip, random, tarfile
random.seed(12)
words = [''.join(random.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(random.randint(2, 9))) for _ in range(400)]
def text(size): return (' '.join(random.choice(words) for _ in range(size // 4)) + ' ').encode()[:size]
def member(name, body, last_of_header=b'', padding=b''):
    info = tarfile.TarInfo(name)
    info.size = len(body)
    head = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    head[512 - len(last_of_header):512] = last_of_header
    head[148:156] = b' ' * 8
    head[148:156] = b'%06o\0 ' % sum(head)
    room = -len(body) % 512
    assert len(padding) <= room
    return bytes(head) + body + (padding + bytes(room))[:room] if not padding.startswith(b'>') else \
        bytes(head) + body + bytes(room - len(padding) + 1) + padding[1:]
word = b'acme-payout-7731'
out = b''.join(member(f'{i}.txt', text(700_001)) for i in range(8))           # before the tar is known to be large
for size in (3_000, 90_001, 700_001, 5_500_001):
    n = f'{size}-'
    out += member(n + 'inside.txt', text(size // 2) + b' ' + word + b' ' + text(size // 2))
    out += member(n + 'first.txt', word + b' ' + text(size))
    out += member(n + 'last.txt', text(size) + b' ' + word)
    out += member(n + 'from-header.txt', word[8:] + b' ' + text(size), last_of_header=word[:8])
    out += member(n + 'into-padding.txt', text(size - size % 512 + 100) + word[:8], padding=word[8:])
    out += member(n + 'plain.txt', text(size - size % 512 + 100), padding=b'>' + word[:8])
    out += member('out-7731 ' + n + 'after-padding.txt', text(size))
out += bytes(1024)
open('server/a.tar.gz', 'wb').write(gzip.compress(out, 1))
PY)sh"});
  ASSERT_EQ(made.exit, 0) << made.err;
  expect_same_index(c, 0, [&](const std::string& run) {
    EXPECT_EQ(c.query(run, "SELECT hits FROM v_item WHERE locator = 'server:/a.tar.gz!/a.tar'"), "12");
    EXPECT_EQ(c.query(run, "SELECT count(*), sum(hits) FROM v_item WHERE locator LIKE 'server:/a.tar.gz!/a.tar!%'"),
              "12|12");
  });
}

// Three gigabytes of zeros in a few kilobytes, twice packed.
TEST(Inside, stops_at_the_limit_of_what_an_object_may_expand_to_and_goes_on) {
  Case c;
  c.order(test::kPayoutOrder);
  const Ran ran =
      test::run({"/bin/sh", "-c", "cd '" + c.folder.path().string() + R"sh(' && mkdir server && python3 - <<'PY'
import gzip
piece = gzip.compress(bytes(16 << 20), 9)
open('server/bomb.gz', 'wb').write(gzip.compress(piece * 200, 9))
open('server/after.txt.gz', 'wb').write(gzip.compress(b'acme-payout-7731'))
PY)sh"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const Ran done = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(done.exit, 2) << done.err;
  EXPECT_EQ(c.query("run", "SELECT locator FROM v_item WHERE locator LIKE '%after%!%'"),
            "server:/after.txt.gz!/after.txt");
  EXPECT_THAT(c.query("run", "SELECT word FROM census JOIN word ON topic = 'reason' AND number = reason GROUP BY word"),
              testing::HasSubstr("expansion_limit"));
}

// Containers in a container are taken apart by whoever is free: what counts is their order.
TEST(Inside, reaches_the_limit_at_the_same_byte_at_any_number_of_threads) {
  Case c;
  c.order(std::string("[limits]\nexpanded_bytes = 12_000_000\n\n") + std::string(test::kPayoutOrder));
  const Ran made =
      test::run({"/bin/sh", "-c", "cd '" + c.folder.path().string() + R"sh(' && mkdir server && python3 - <<'PY'
import gzip, io, random, tarfile, zipfile
random.seed(14)
out = io.BytesIO()
with tarfile.open(fileobj=out, mode='w') as tar:
    for i in range(400):
        body = b''.join(b'%d\n' % random.randrange(10**9) for _ in range(random.randrange(9_000))) + b'acme-payout-7731'
        if i % 50 == 7: body += bytes(4_000_000)
        packed = io.BytesIO()
        if i % 3: packed.write(gzip.compress(body, 1))
        else:
            with zipfile.ZipFile(packed, 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('a.txt', body)
        info = tarfile.TarInfo(f'{i:03}.' + ('gz' if i % 3 else 'zip'))
        info.size = packed.tell()
        packed.seek(0)
        tar.addfile(info, packed)
open('server/a.tar.bz2', 'wb').write(__import__('bz2').compress(out.getvalue(), 1))
PY)sh"});
  ASSERT_EQ(made.exit, 0) << made.err;
  expect_same_index(c, 2, [&](const std::string& run) {
    const int found = std::stoi(c.query(run, "SELECT count(*) FROM v_item"));
    EXPECT_GT(found, 100);
    EXPECT_LT(found, 300);
  });
}

TEST(Inside, names_what_is_encrypted_and_what_is_damaged) {
  Case c;
  c.order(test::kPayoutOrder);
  const Ran ran = test::run({"/bin/sh", "-c", "cd '" + c.folder.path().string() + R"sh(' && mkdir server && set -e
seq 1 200000 > a.txt
7z a -bd -y -tzip -psecret server/locked.zip a.txt >/dev/null
gzip -c a.txt | head -c 200000 > server/cut.gz
)sh"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const Ran done = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(done.exit, 2) << done.err;
  const std::string reasons =
      c.query("run", "SELECT word FROM census JOIN word ON topic = 'reason' AND number = reason GROUP BY word");
  EXPECT_THAT(reasons, testing::HasSubstr("encrypted"));
  EXPECT_THAT(reasons, testing::HasSubstr("damaged"));
}

}  // namespace
}  // namespace ambit::inside_test
