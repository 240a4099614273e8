// What is packed amid other bytes is found, from outside: the program that was built.
#include "stages/unpack/embedded/embedded.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evidence.h"

namespace ambit::embedded_test {
namespace {

using test::Case;
using test::Ran;
using testing::HasSubstr;

// Every file of `server` holds the word once, packed, in something else.
constexpr std::string_view kMake = R"py(
import base64, bz2, gzip, io, json, lzma, os, random, sys, tarfile, urllib.parse, zipfile
random.seed(7)
os.mkdir('server'); os.mkdir('alike')
words = [''.join(random.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(random.randint(2, 9))) for _ in range(400)]
prose = lambda n: ' '.join(random.choice(words) for _ in range(n))
text = (prose(500) + '\nacme-payout-7731\n' + prose(500)).encode()
def zipped(method=zipfile.ZIP_DEFLATED, name='a.txt'):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', method) as z:
        z.writestr('first.txt', prose(300)); z.writestr(name, text); z.writestr('last.txt', prose(300))
    return out.getvalue()
gz, zp, xz, bz = gzip.compress(text, mtime=0), zipped(), lzma.compress(text), bz2.compress(text)
def pdf():
    import zlib
    body = zlib.compress(b'BT /F1 12 Tf 72 700 Td (acme-payout-7731) Tj ET')
    objects = [b'<< /Type /Catalog /Pages 2 0 R >>', b'<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
               b'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
               b'<< /Length %d /Filter /FlateDecode >>\nstream\n' % len(body) + body + b'\nendstream',
               b'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>']
    out, places = b'%PDF-1.4\n', []
    for i, o in enumerate(objects):
        places.append(len(out)); out += b'%d 0 obj\n' % (i + 1) + o + b'\nendobj\n'
    start = len(out)
    out += b'xref\n0 6\n0000000000 65535 f \n' + b''.join(b'%010d 00000 n \n' % p for p in places)
    return out + b'trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n' % start
b64 = lambda b: base64.b64encode(b).decode()
def lines(s, n, end='\n'): return end.join(s[i:i + n] for i in range(0, len(s), n))
def put(name, data):
    open('server/' + name, 'wb').write(data if isinstance(data, bytes) else data.encode())
put('1.json', json.dumps({'id': 5, 'note': prose(40), 'file': b64(gz), 'next': prose(20)}))
put('2.json', json.dumps({'note': prose(40), 'file': b64(zp)}).replace('/', '\\/'))
put('3.json', json.dumps({'note': prose(40), 'file': lines(b64(zp), 76), 'more': prose(30)}, indent=1))
put('4.txt', 'token=' + base64.urlsafe_b64encode(zp).decode() + '&x=' + prose(3))
put('5.xml', '<?xml version="1.0"?>\n<mail><subject>' + prose(9) + '</subject>\n  <file>\n    ' + lines(b64(zp), 72, '\n    ') +
    '\n  </file><end>' + prose(9) + '</end></mail>\n')
put('6.html', '<!DOCTYPE html><html><body><p>' + prose(50) + '<a href="data:application/zip;base64,' + b64(zp) + '">x</a></body></html>')
put('7.sql', "CREATE TABLE files (id int, data longblob);\nINSERT INTO files VALUES (1,0x" + gz.hex().upper() + "),(2,0x00),(3,'" + prose(5) + "');\n")
put('8.sql', "COPY files (id, data) FROM stdin;\n1\t\\\\x" + zp.hex() + "\n2\t\\\\x00\n\\.\n")
put('9.log', 'POST /up?file=' + urllib.parse.quote(b64(zp), safe='') + '&name=' + prose(2) + ' HTTP/1.1\n' + prose(80) + '\n')
put('10.csv', ('id;n\u00f6tiz;datei\n1;' + prose(4) + ';"' + b64(xz) + '"\n').encode('latin-1'))
blob = lambda n: bytes(random.getrandbits(8) for _ in range(n))
put('11.ldb', blob(3001) + gz + blob(2000))
put('12.ldb', blob(3001) + zp + blob(2000))
put('13.ldb', blob(5003) + xz + blob(2000))
put('14.ldb', blob(701) + bz + blob(2000))
put('15.prn', b'\x1b%-12345X@PJL JOB\r\n@PJL ENTER LANGUAGE=PDF\r\n' + pdf() + b'\x1b%-12345X@PJL EOJ\r\n')
put('16.txt', prose(30) + '\n' + lines(b64(bz), 64) + '\n\n' + prose(30))
put('17.py', 'DATA = """\\\n' + lines(b64(gz), 100, '\\\n') + '"""\n')
# In what is packed itself: a small text, and one that is swept as it comes.
def tgz(name, data):
    with tarfile.open('server/' + name, 'w:gz') as t:
        info = tarfile.TarInfo('in.log'); info.size = len(data); t.addfile(info, io.BytesIO(data))
tgz('18.tar.gz', json.dumps({'file': b64(gz), 'more': prose(10)}).encode())
tgz('19.tar.gz', (prose(700000) + '\nfile: ' + b64(zp) + '\n' + prose(400000)).encode())
deep = gzip.compress(json.dumps({'inner': b64(gz), 'text': prose(9)}).encode())
put('20.json', json.dumps({'outer': b64(deep)}))
put('21.ldb', blob(100) + deep + blob(99))
# Files in lines, far into a text, and in an article of Usenet; in the object of a document.
import binascii
uu = lambda b: 'begin 644 a.gz\n' + ''.join(binascii.b2a_uu(b[i:i + 45]).decode() for i in range(0, len(b), 45)) + '`\nend\n'
def yenc(b):
    out = bytearray()
    for c in b:
        c = (c + 42) & 255
        out += bytes([61, (c + 64) & 255]) if c in (0, 10, 13, 61) else bytes([c])
    return b'=ybegin line=128 size=%d name=a.gz\r\n' % len(b) + b'\r\n'.join(out[i:i + 128] for i in range(0, len(out), 128)) + b'\r\n=yend size=%d\r\n' % len(b)
put('22.txt', lines(prose(2000), 70) + '\n\n' + uu(gz) + prose(50) + '\n')
put('23.news', ('From: a@example.org\r\nNewsgroups: alt.binaries\r\nSubject: a.gz\r\nPath: x!y\r\n\r\n').encode() + yenc(gz))
# The copy of a mail in the text of another, and a boundary that does not fit.
copy = 'From: c@d.example\nContent-Type: multipart/mixed; boundary=CC\n\n--CC\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\n' + lines(b64(zp), 76) + '\n--CC--\n'
head = 'From: a@b.example\nTo: c@d.example\nDate: Mon, 05 Sep 2011 10:00:00 +0000\nSubject: failure notice\n'
put('25.eml', head + '\n' + prose(20) + '\n--- Below this line is a copy of the message.\n\n' + copy)
put('26.eml', head + 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=XX\n\n' + copy)
put('27.eml', head + 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=CC\n\n' + copy.split('\n\n', 1)[1])
# In strings of SQL as mysqldump writes them, and zlib in letters.
import zlib
def escaped(b):
    seen = {0: b'\\0', 10: b'\\n', 13: b'\\r', 92: b'\\\\', 39: b"\\'", 34: b'\\"', 26: b'\\Z'}
    return b''.join(seen.get(c, bytes([c])) for c in b)
def dump(name, b, far=0):
    rows = b''.join(b"INSERT INTO `files` VALUES (%d,'%s');\n" % (i, prose(20).encode()) for i in range(far))
    put(name, b'-- MySQL dump 10.13\nCREATE TABLE `files` (`id` int, `data` longblob);\n' + rows +
        b"INSERT INTO `files` VALUES (1,_binary '" + escaped(b) + b"'),(2,'" + prose(9).encode() + b"');\n")
dump('28.sql', gz); dump('29.sql', zp, 200); dump('30.sql', pdf(), 200); dump('31.sql', xz); dump('32.sql', zp)
z = zlib.compress(text)
put('33.json', json.dumps({'note': prose(40), 'session': b64(z)}))
put('34.sql', "COPY files (id, data) FROM stdin;\n1\t\\\\x" + z.hex() + "\n2\t\\\\x00\n\\.\n")
put('35.sql', "INSERT INTO files VALUES(1,X'" + zlib.compress(text, 9).hex() + "');\n")
put('36.xml', '<?xml version="1.0"?>\n<mxfile><diagram>' + b64(zlib.compress(text, 1)) + '</diagram></mxfile>\n')
put('24.rtf', '{\\rtf1\\ansi ' + prose(30) + '{\\object\\objemb{\\*\\objdata ' + lines(zp.hex(), 128) + '}}}')
# What only looks like it: words about formats, programs that know them, chance.
def alike(name, data): open('alike/' + name, 'wb').write(data)
alike('1.c', b'static const char *magic[] = {"PK\\3\\4", "%PDF-", "UEsDBB", "H4sIAAAAAAAA", "JVBERi0", "504b0304"};\n' + prose(99).encode())
alike('4.json', b'{"a": "eJwrong", "b": "eJxx", "c": 0x789c0000, "d": "PK\\0\\0"}')
alike('5.sql', b"INSERT INTO a VALUES ('PK\\3\\4\\0 it\\'s', '%PDF-1.4\\n words', '\x1f\x8b\x08\\0\\0\\0 no');\n")
alike('2.txt', b'A file that begins with %PDF-1.4 is a document; in base64 it is JVBERi0xLjQK, and a zip UEsDBBQ.\n')
alike('3.bin', blob(999) + b'PK\3\4' + blob(99) + b'\x1f\x8b\x08\x00' + blob(99) + b'\x28\xb5\x2f\xfd' + blob(99) + b'7z\xbc\xaf\x27\x1c' +
      blob(60) + b'Rar!\x1a\x07\x00' + blob(60) + b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + blob(60) + b'%PDF-1.7 ' + blob(99) +
      b'MSCF\0\0\0\0' + blob(77) + b'\xfd7zXZ\0' + blob(99) + b'BZh91AY&SY' + blob(99) + b'\x04\x22\x4d\x18' + blob(99))
)py";
constexpr int kFiles = 36;

class Embedded : public ::testing::Test {
 protected:
  void SetUp() override {
    c.order(test::kPayoutOrder);
    const Ran ran = test::run(
        {"bash", "-c", "cd '" + c.folder.path().string() + "' && python3 - <<'PY'\n" + std::string(kMake) + "\nPY\n"});
    ASSERT_EQ(ran.exit, 0) << ran.out << ran.err;
  }
  void expect_found(const std::string& run, const std::string& exhibit, const std::string& root) const {
    for (int i = 1; i <= kFiles; ++i) {
      const std::string where = " FROM v_item WHERE locator LIKE '" + root + std::to_string(i) + ".%'";
      EXPECT_EQ(c.query(run, "SELECT count(*), sum(hits)" + where), "1|1")
          << i << ": " << c.query(run, "SELECT locator, hits" + where);
    }
    const Ran verified = test::ambit({"verify", c.folder / run, "--exhibit", exhibit});
    EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
  }
  Case c;
};

TEST_F(Embedded, is_found_in_files) {
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  expect_found("run", c.folder / "server", "server:/");
  // It is named by where it begins; a gzip without a name has that of what it stands in.
  const std::string json = test::read_file(c.folder / "server/1.json"),
                    blob = test::read_file(c.folder / "server/12.ldb");
  const auto place = [](std::size_t at) { return std::to_string(at); };
  EXPECT_EQ(
      c.query("run", "SELECT locator FROM v_item WHERE locator LIKE '%/1.%' OR locator LIKE '%/12.%' ORDER BY id"),
      "server:/1.json!/base64@" + place(json.find("H4sI")) + "!/base64@" + place(json.find("H4sI")) +
          "\nserver:/12.ldb!/file@" + place(blob.find("PK\3\4")) + "!/a.txt");
}

TEST_F(Embedded, is_found_in_an_image_and_gives_the_same_index_whoever_sweeps_it) {
  const Ran made = test::run(
      {"bash", "-c",
       "cd '" + c.folder.path().string() + "' && truncate -s 96M disk.raw && mke2fs -q -t ext4 -d server disk.raw"});
  ASSERT_EQ(made.exit, 0) << made.err;
  std::string first;
  for (const std::string threads : {"1", "2", "8"}) {
    const std::string run = "run" + threads;
    const Ran ran = c.triage(run, {c.folder / "disk.raw"}, {"--threads", threads});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    const std::string index = test::read_file(c.folder / (run + "/relevance.db"));
    if (first.empty()) first = index;
    EXPECT_TRUE(index == first) << threads;
  }
  expect_found("run2", c.folder / "disk.raw", "disk.raw:/");
}

// What leaves with a text is looked at, in letters too.
TEST_F(Embedded, is_scrutinised_before_the_text_around_it_is_released) {
  const Ran made = test::run({"bash", "-c", "cd '" + c.folder.path().string() + R"(' && mkdir post && python3 - <<'PY'
import base64, gzip, json
card, clean = b'name;card\nA. N. Other;4111 1111 1111 1111\n' * 20, b'nothing to see here, only words\n' * 20
for name, data in (('clean', clean), ('card', card)):
    packed = gzip.compress(data, mtime=0)
    for form, letters in (('base64', base64.b64encode(packed).decode()), ('hex', packed.hex())):
        line = json.dumps({'to': 'acme-payout-7731', 'file': letters}) + '\n'
        open('post/%s-%s.json' % (name, form), 'w').write(line)
        open('post/%s-%s-apart.jsonl' % (name, form), 'w').write(json.dumps({'to': 'acme-payout-7731'}) + '\n' +
             json.dumps({'file': letters}) + '\n')
PY)"});
  ASSERT_EQ(made.exit, 0) << made.err;
  const auto released = [&](const std::string& run, const std::string& rules) {
    c.order(rules);
    const Ran ran = c.triage(run, {c.folder / "post"});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    return c.query(run, "SELECT substr(locator, 7) || ' ' || disposition FROM v_item WHERE locator NOT LIKE '%!%'");
  };
  EXPECT_EQ(released("whole", std::string(test::kPayoutOrder)),
            "clean-base64-apart.jsonl disclose\nclean-base64.json disclose\nclean-hex-apart.jsonl disclose\n"
            "clean-hex.json disclose");
  // By records: where the file stands in another record, that of the case is released.
  EXPECT_EQ(released("records", std::string(test::kPayoutOrder) + "unit = \"record\"\n"),
            "card-base64-apart.jsonl redact\ncard-hex-apart.jsonl redact\nclean-base64-apart.jsonl disclose\n"
            "clean-base64.json disclose\nclean-hex-apart.jsonl disclose\nclean-hex.json disclose");
}

// What stands behind something packed is the object's own, and judged with what stands before.
TEST_F(Embedded, takes_nothing_from_the_object_that_stands_behind_it) {
  const Ran made = test::run({"bash", "-c", "cd '" + c.folder.path().string() + R"(' && mkdir tables && python3 - <<'PY'
import bz2, gzip, lzma, random
random.seed(5)
blob = lambda n: bytes(random.getrandbits(8) for _ in range(n))
for name, pack in (('gz', gzip.compress), ('bz2', bz2.compress), ('xz', lzma.compress)):
    packed = pack(b'nothing here ' * 9)
    open('tables/%s.mdb' % name, 'wb').write(b'\0\1\0\0Standard Jet DB\0' + blob(5000) + b'first word' + packed +
                                             blob(9000) + b'acme-payout-7731' + blob(99))
PY)"});
  ASSERT_EQ(made.exit, 0) << made.err;
  c.order(std::string(test::kPayoutOrder) + "[[identifier]]\nname = \"first\"\nliterals = [\"first word\"]\n" +
          "[[rule]]\nname = \"both\"\nparagraph = \"1\"\nwhen = 'first & case & kind(\"database\")'\n");
  const Ran ran = c.triage("run", {c.folder / "tables"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT locator || ' ' || hits FROM v_item ORDER BY id"),
            "tables:/bz2.mdb 2\ntables:/gz.mdb 2\ntables:/xz.mdb 2");
}

TEST_F(Embedded, what_only_looks_like_it_is_passed) {
  const Ran ran = c.triage("run", {c.folder / "alike"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM exception"), "0");
  EXPECT_EQ(c.query("run", "SELECT sum(items) FROM census"), "5");
}

}  // namespace
}  // namespace ambit::embedded_test
