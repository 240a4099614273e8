// What went over a wire or lies in a cache: responses of HTTP, zlib by itself, packs of git. Made by git and Python.
#include <gmock/gmock.h>

#include "stages/unpack/formats.h"
#include "tests/unpacked.h"

namespace ambit::unpack_wire_test {
namespace {

using test::format_by_head;
using test::unpack;
using test::unpack_all;
using test::Unpacked;
using testing::ElementsAre;
using testing::IsSupersetOf;
using unpack::open_git_pack;
using unpack::open_http;
using unpack::open_warc;
using unpack::open_zlib;

std::string python(const std::string& expression) {
  const test::Ran ran =
      test::run({"python3", "-c",
                 "import subprocess, sys, zlib, gzip\ntext = b'some words of a text, and more of them\\n' * 400\n"
                 "sys.stdout.buffer.write(" +
                     expression + ")"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return ran.out;
}

constexpr const char* kBrotli = "subprocess.run(['brotli', '-c'], input=text, capture_output=True, check=True).stdout";

std::string text() {
  std::string out;
  for (int i = 0; i < 400; ++i) out += "some words of a text, and more of them\n";
  return out;
}

std::string only_part(const Unpacked& unpacked) {
  if (!unpacked.opened || unpacked.parts.size() != 1) return "no part: " + unpacked.error;
  return unpacked.parts[0].bytes + (unpacked.parts[0].damaged ? " DAMAGED" : "");
}

TEST(Zlib, of_any_level_is_read) {
  for (const char* level : {"0", "1", "6", "9"}) {
    const std::string packed = python("zlib.compress(text, " + std::string(level) + ")");
    // Of level 0 the text stands as it is.
    EXPECT_TRUE(*level == '0' || format_by_head(packed, "0a1b2c") == Format::zlib) << level;
    EXPECT_EQ(only_part(unpack_all(open_zlib, packed)), text()) << level;
    EXPECT_EQ(only_part(unpack_all(open_zlib, packed, "", 1)), text()) << level;
    EXPECT_EQ(only_part(unpack_all(open_zlib, packed + "something behind")), text()) << level;
  }
  const std::string flash = python("b'CWS\\x0a' + (len(text) + 8).to_bytes(4, 'little') + zlib.compress(text)");
  EXPECT_EQ(format_by_head(flash, "a.swf"), Format::zlib);
  EXPECT_EQ(only_part(unpack_all(open_zlib, flash)), text());
}

// Two bytes alone say nothing: what they begin must come out.
TEST(Zlib, what_only_begins_like_it_is_none) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    EXPECT_FALSE(unpack_all(open_zlib, "\x78\x9c" + test::noise(seed, 5000)).opened) << seed;
  }
  EXPECT_EQ(format_by_head("x^2 + y^2 = z^2, as everybody knows\n"), Format::none);
  std::string late = python("zlib.compress(bytes(range(256)) * 400, 0)");
  late[90'000] ^= 1;
  EXPECT_THAT(only_part(unpack_all(open_zlib, late)), testing::HasSubstr(" DAMAGED"));
}

// A small one whose checksum alone is wrong, or cut off, gives what it has.
TEST(Zlib, a_wrong_checksum_takes_no_bytes_away) {
  const std::string packed = python("zlib.compress(b'Kim <kim@northlight.example>')");
  std::string wrong = packed;
  wrong.back() = static_cast<char>(wrong.back() ^ 1);
  for (const std::string& hurt : {wrong, packed.substr(0, packed.size() - 1), packed.substr(0, packed.size() - 4)}) {
    EXPECT_EQ(only_part(unpack_all(open_zlib, hurt)), "Kim <kim@northlight.example> DAMAGED");
  }
}

TEST(Http, bodies_come_out_of_chunks_and_of_compression) {
  const std::string chunks =
      "b''.join(b'%X;a=b\\r\\n' % len(body[i:i+777]) + body[i:i+777] + b'\\r\\n' for i in range(0, len(body), 777)) + "
      "b'0\\r\\nTrailer: x\\r\\n\\r\\n'";
  const auto answer = [&](const std::string& headers, const std::string& body, bool in_chunks) {
    return python("(lambda body: b'HTTP/1.1 200 OK\\r\\nServer: x\\r\\n" + headers +
                  (in_chunks ? "Transfer-Encoding: Chunked\\r\\n\\r\\n' + " + chunks : "\\r\\n' + body") + ")(" + body +
                  ")");
  };
  for (const std::size_t step : {SIZE_MAX, std::size_t{1}, std::size_t{100}}) {
    const auto body = [&](const std::string& bytes) { return only_part(unpack_all(open_http, bytes, "", step)); };
    EXPECT_EQ(body(answer("content-encoding: GZIP\\r\\n", "gzip.compress(text)", false)), text());
    EXPECT_EQ(body(answer("Content-Encoding: gzip\\r\\n", "gzip.compress(text)", true)), text());
    EXPECT_EQ(body(answer("Content-Encoding: deflate\\r\\n", "zlib.compress(text)", true)), text());
    EXPECT_EQ(body(answer("Content-Encoding: br\\r\\n", kBrotli, true)), text());
    EXPECT_EQ(body(answer("", "text", true)).substr(0, text().size()), text());
  }
  EXPECT_EQ(format_by_head(answer("", "text", true)), Format::http);
  const Unpacked plain = unpack_all(open_http, answer("", "text", false));
  EXPECT_EQ(only_part(plain), text());
  EXPECT_EQ(plain.parts[0].part.stored_at, std::string("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n").size());
  EXPECT_FALSE(unpack_all(open_http, "HTTP/1.1 is a protocol, and this is a text\n").opened);
  // Of a coding that nobody reads here: said.
  const Unpacked other = unpack_all(open_http, answer("Content-Encoding: dcb\\r\\n", "text", false));
  ASSERT_EQ(other.parts.size(), 1U);
  EXPECT_EQ(other.parts[0].part.trouble, WalkTrouble::unsupported);
  const Unpacked lie = unpack_all(open_http, answer("Content-Encoding: gzip\\r\\n", "text", false));
  ASSERT_EQ(lie.parts.size(), 1U);
  EXPECT_EQ(lie.parts[0].part.trouble, WalkTrouble::damaged);
}

// Names of hosts in Brazil end like those of streams of brotli, which have no signature.
TEST(Brotli, is_not_told_by_its_name_alone) {
  const std::string brotli = python(kBrotli);
  EXPECT_EQ(format_by_head(brotli, "index.html.br"), Format::brotli);
  EXPECT_EQ(format_by_head(brotli, "index.html"), Format::none);
  EXPECT_NE(format_by_head(brotli.substr(0, brotli.size() - 1), "index.html.br"),
            Format::brotli);  // it is all there is
  EXPECT_NE(format_by_head(text(), "www.example.com.br"), Format::brotli);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    EXPECT_NE(format_by_head(test::words(seed, 10 + 40 * seed), "example.com.br"), Format::brotli) << seed;
    EXPECT_NE(format_by_head(test::noise(seed, 100 + 10 * seed), "example.com.br"), Format::brotli) << seed;
  }
}

// A page of which the address ends in a slash, a request, notes of the crawler, something between.
TEST(Warc, shows_every_record) {
  const std::string archive = python(R"py(b''.join(
    b'WARC/1.0\r\nWARC-Type: ' + kind + b'\r\n' + more + b'Content-Length: %d\r\n\r\n' % len(block) + block + b'\r\n\r\n' + behind
    for kind, more, block, behind in ((b'warcinfo', b'', b'software: x', b''),
      (b'request', b'WARC-Target-URI: <http://a.example/>\r\n', b'GET / HTTP/1.1\r\n\r\n', b''),
      (b'response', b'WARC-Target-URI: http://a.example/\r\n', b'HTTP/1.1 200 OK\r\n\r\n' + text, b'garbage WARC/ here\r\n'),
      (b'resource', b'WARC-Target-URI: file:///srv/a\r\n', b'', b''),
      (b'conversion', b'WARC-Target-URI: urn:x\r\n', text, b''))))py");
  EXPECT_EQ(format_by_head(archive, "a.warc"), Format::warc);
  for (const std::size_t step : {SIZE_MAX, std::size_t{1}, std::size_t{1000}}) {
    const Unpacked unpacked = unpack_all(open_warc, archive, "", step);
    EXPECT_FALSE(unpacked.damaged) << unpacked.error;
    EXPECT_THAT(unpacked.names(),
                ElementsAre("warcinfo", "http://a.example/", "http://a.example/", "file:///srv/a", "urn:x"));
    EXPECT_EQ(unpacked.parts[2].bytes, "HTTP/1.1 200 OK\r\n\r\n" + text());
    EXPECT_EQ(unpacked.parts[4].bytes, text());
    for (const auto& part : unpacked.parts)
      EXPECT_EQ(archive.substr(*part.part.stored_at, part.bytes.size()), part.bytes);
  }
  EXPECT_TRUE(unpack_all(open_warc, archive.substr(0, archive.size() - 100)).parts.back().damaged);
  test::survive_damage(open_warc, archive, "a.warc", 200);
}

TEST(Warc, of_many_beginnings_costs_time_in_proportion) {
  for (const std::string piece : {"WARC/\r", "WARC/\n\n", "WARC/1.0\r\nContent-Length: x\r\n\r\n"}) {
    std::string bytes;
    while (bytes.size() < 4'000'000) bytes += piece;
    EXPECT_EQ(unpack_all(open_warc, bytes).parts.size(), 0U);
  }
}

TEST(Http, damage_is_survived) {
  test::survive_damage(
      open_http,
      python("b'HTTP/1.1 200 OK\\r\\nContent-Encoding: gzip\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
             "ffff\\r\\n' + gzip.compress(text)"),
      "a", 200);
  test::survive_damage(open_zlib, python("zlib.compress(text)"), "a", 200);
}

// Everything that git itself finds in a repository is in its pack; of two versions, one may be told by its difference.
TEST(GitPack, shows_what_git_shows) {
  const test::TemporaryFolder folder;
  const std::string shown = test::shell(folder, R"sh(
set -e
export GIT_AUTHOR_NAME=Kim GIT_AUTHOR_EMAIL=kim@northlight.example GIT_COMMITTER_NAME=Kim GIT_COMMITTER_EMAIL=kim@northlight.example
export GIT_AUTHOR_DATE='2012-01-01T00:00:00Z' GIT_COMMITTER_DATE='2012-01-01T00:00:00Z' HOME="$PWD"
git init -q r 2>/dev/null; cd r
seq 1 3000 > numbers.txt; head -c 70000 /dev/zero > zeros; git add .; git commit -qm 'the first one'
seq 1 2999 > numbers.txt; echo 'a line of acme-payout-7731' >> numbers.txt; git add .; git commit -qm 'the second one'
git tag -a -m 'as it was given away' v1
git gc -q --aggressive; cp .git/objects/pack/*.pack ../a.pack; git bundle create -q ../a.bundle --all
git verify-pack -v ../r/.git/objects/pack/*.idx | awk 'length($1) == 40 && NF == 5 {print $2}' | sort | uniq -c | awk '{print $2 "=" $1}'
)sh");
  EXPECT_THAT(shown, testing::HasSubstr("commit=2"));
  const std::string pack = test::read_file(folder / "a.pack");
  EXPECT_EQ(format_by_head(pack, "pack-1.pack"), Format::git_pack);
  const Unpacked unpacked = unpack_all(open_git_pack, pack);
  EXPECT_FALSE(unpacked.damaged) << unpacked.error;
  std::map<std::string, int> count;
  std::string all;
  for (const auto& part : unpacked.parts) {
    EXPECT_FALSE(part.damaged) << part.error;
    EXPECT_EQ(part.bytes.size(), part.part.size) << part.part.name;
    ++count[part.part.name];
    all += part.bytes;
  }
  for (const char* type : {"commit", "tag"}) {
    EXPECT_THAT(shown, testing::HasSubstr(std::string(type) + "=" + std::to_string(count[type])));
  }
  EXPECT_GT(count["delta"] + count["blob"], 2);
  for (const char* words : {"Kim <kim@northlight.example>", "the first one", "the second one", "as it was given away",
                            "acme-payout-7731"}) {
    EXPECT_THAT(all, testing::HasSubstr(words));
  }
  // Passed unread, and in small pieces, it is the same.
  EXPECT_EQ(test::count_parts(Format::git_pack, pack, false), unpacked.parts.size());
  EXPECT_EQ(unpack_all(open_git_pack, pack, "", 7, 100).parts.size(), unpacked.parts.size());
  test::survive_damage(open_git_pack, pack, "a.pack", 200);

  const std::string bundle = test::read_file(folder / "a.bundle");
  EXPECT_EQ(format_by_head(bundle, "backup"), Format::git_pack);
  for (const std::size_t step : {SIZE_MAX, std::size_t{1}}) {
    const Unpacked carried = unpack_all(open_git_pack, bundle, "", step);
    EXPECT_FALSE(carried.damaged) << carried.error;
    EXPECT_EQ(carried.parts.size(), unpacked.parts.size());
  }
  EXPECT_NE(unpack_all(open_git_pack, bundle.substr(0, 60)).error, "");
  test::survive_damage(open_git_pack, bundle, "a.bundle", 100);
}

}  // namespace
}  // namespace ambit::unpack_wire_test
