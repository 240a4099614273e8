// Files of Redis: what a real server wrote, and the older ways of packing by hand.
#include <gmock/gmock.h>

#include "stages/unpack/formats.h"
#include "tests/unpacked.h"

namespace ambit::unpack_redis_test {
namespace {

using namespace std::string_literals;
using test::unpack_all;
using test::Unpacked;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using unpack::open_redis;

// A server of its own, for as long as the script runs.
constexpr std::string_view kServer = R"sh(
redis-server --port 0 --unixsocket "$PWD/socket" --dir "$PWD" --save '' --daemonize yes --logfile "$PWD/log" >/dev/null
trap 'redis-cli -s "$PWD/socket" shutdown nosave >/dev/null 2>&1 || true' EXIT
for i in 1 2 3 4 5 6 7 8 9 10; do redis-cli -s "$PWD/socket" ping >/dev/null 2>&1 && break; sleep 0.2; done
printf 'in a gzip: kim@northlight.example' | gzip -n > note.gz
r() { redis-cli -s "$PWD/socket" "$@" >/dev/null; }
often='all work and no play all work and no play all work and no play'
r set plain 'Plain Jane'
r set number 4711
r set wide -123456789012
r set long "Kim Larsen, Per Ståhl, $often Kim Ståhl $often"
r rpush list 'first of list' 17 -300 70000 "$often listed-name"
r hset hash name 'Ann Hash' body "$often hashed-name"
r sadd numbers 1 2 3 40000
r sadd set set-member "$often set-name"
r zadd sorted 1.5 "$often sorted-name" 2 b
r xadd stream 1-1 field "$often stream-name"
r xgroup create stream readers 0
r xreadgroup group readers reader-one streams stream '>'
r config set list-max-listpack-size 5 hash-max-listpack-entries 5 zset-max-listpack-entries 5 set-max-intset-entries 5
for i in 1 2 3 4 5 6 7 8 9; do
  r rpush biglist "$often biglist-$i"; r hset bighash f$i "$often bighash-$i"
  r zadd bigsorted $i "$often bigsorted-$i"; r sadd bigset "$often bigset-$i"
done
r -x set gzip < note.gz
r set behind "$often last-name" ex 100000
r save
)sh";

class RedisFile : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = std::make_unique<test::TemporaryFolder>();
    test::shell(*folder, std::string(kServer));
  }
  static void TearDownTestSuite() { folder.reset(); }
  static std::string file() { return test::read_file(*folder / "dump.rdb"); }
  static std::unique_ptr<test::TemporaryFolder> folder;
};
std::unique_ptr<test::TemporaryFolder> RedisFile::folder;

// The line of a key.
std::string line_of(const std::string& text, const std::string& key) {
  const std::size_t at = ("\n" + text).find("\n" + key + "\t");
  return at == std::string::npos ? std::string() : text.substr(at, text.find('\n', at) - at);
}

TEST_F(RedisFile, shows_what_a_server_keeps_a_line_for_each_key) {
  const std::string bytes = file(), often = "all work and no play all work and no play all work and no play";
  ASSERT_EQ(test::format_by_head(bytes), Format::redis);
  EXPECT_THAT(bytes, Not(HasSubstr("Kim Ståhl")));
  for (const std::size_t step : {std::size_t{7}, SIZE_MAX}) {
    const Unpacked got = unpack_all(open_redis, bytes, "dump.rdb", step);
    EXPECT_FALSE(got.damaged);
    ASSERT_FALSE(got.parts.empty());
    EXPECT_FALSE(got.parts[0].damaged) << got.parts[0].error;
    const std::string text = got.text();
    EXPECT_EQ(line_of(text, "plain"), "plain\tPlain Jane");
    EXPECT_EQ(line_of(text, "number"), "number\t4711");
    EXPECT_EQ(line_of(text, "wide"), "wide\t-123456789012");
    EXPECT_EQ(line_of(text, "long"), "long\tKim Larsen, Per Ståhl, " + often + " Kim Ståhl " + often);
    EXPECT_EQ(line_of(text, "list"), "list\tfirst of list\t17\t-300\t70000\t" + often + " listed-name");
    EXPECT_THAT(line_of(text, "hash"), AllOf(HasSubstr("\tname\tAnn Hash"), HasSubstr(" hashed-name")));
    EXPECT_EQ(line_of(text, "numbers"), "numbers\t1\t2\t3\t40000");
    EXPECT_THAT(line_of(text, "set"), AllOf(HasSubstr("\tset-member"), HasSubstr(" set-name")));
    EXPECT_THAT(line_of(text, "sorted"), AllOf(HasSubstr(" sorted-name\t1.5"), HasSubstr("\tb\t2\t")));
    EXPECT_THAT(line_of(text, "stream"), AllOf(HasSubstr(" stream-name"), HasSubstr("\treaders\treader-one")));
    for (const std::string key : {"biglist", "bighash", "bigsorted", "bigset"}) {
      for (const char digit : {'1', '9'}) EXPECT_THAT(line_of(text, key), HasSubstr(" " + key + "-" + digit)) << key;
    }
    EXPECT_EQ(line_of(text, "behind"), "behind\t" + often + " last-name");
  }
}

TEST_F(RedisFile, what_is_packed_in_strings_is_a_member) {
  const Unpacked got = test::unpack(file(), true);
  EXPECT_EQ(got.files()["gzip/1"], test::read_file(*folder / "note.gz"));
  EXPECT_TRUE(test::unpack(file(), false).damaged);  // a stream is not read twice
}

TEST_F(RedisFile, what_comes_before_a_cut_counts) {
  const std::string bytes = file();
  std::size_t most = 0;
  for (std::size_t cut = 1; cut < 16; ++cut) {
    const Unpacked got = unpack_all(open_redis, bytes.substr(0, bytes.size() * cut / 16));
    EXPECT_TRUE(got.parts.at(0).damaged) << cut;
    EXPECT_GE(got.parts[0].bytes.size(), most) << cut;
    most = got.parts[0].bytes.size();
  }
  EXPECT_GT(most, 2'000U);
}

TEST_F(RedisFile, survives_damage) { test::survive_damage(open_redis, file(), "dump.rdb", test::damage_seeds(200)); }

std::string sized(const std::string& text) { return std::string(1, static_cast<char>(text.size())) + text; }
std::string with_head(const std::string& entries) { return "REDIS0006\xfe\0"s + entries + "\xff"s; }

TEST(RedisText, of_older_versions_is_unpacked) {
  const std::string ziplist =
      "\0\0\0\0\0\0\0\0\5\0"s + "\0\5Kim S"s + "\7\xc0\x39\x30"s + "\4\xfe\xff"s + "\2\xf4"s + "\2\x40\3abc"s + "\xff"s;
  const std::string zipmap = "\1\4name\3\2Ann..\xff"s;
  const std::string bytes =
      with_head("\x0a"s + sized("zip") + sized(ziplist) + "\x09"s + sized("map") + sized(zipmap) + "\x03"s +
                sized("scores") + "\2"s + sized("first") + "\0031.5"s + sized("last") + "\xfe"s);
  const Unpacked got = test::unpack(bytes, true);
  EXPECT_FALSE(got.parts.at(0).damaged);
  EXPECT_EQ(got.parts[0].bytes, "zip\tKim S\t12345\t-1\t3\tabc\nmap\tname\tAnn\nscores\tfirst\t1.5\tlast\n");
}

TEST(RedisText, before_a_type_that_is_not_known_is_shown_and_the_rest_is_told) {
  const Unpacked got = test::unpack(with_head("\0"s + sized("key") + sized("value") + "\x63"s + sized("next")), true);
  EXPECT_EQ(got.parts.at(0).bytes, "key\tvalue\n");
  EXPECT_TRUE(got.parts[0].damaged);
}

TEST(RedisText, that_begins_like_a_file_is_none) {
  EXPECT_EQ(test::format_by_head("REDIS0006 is how such a file begins, says the book."), Format::none);
  EXPECT_EQ(test::format_by_head("VALKEY080\xfa\x0avalkey-ver\x05"s + "9.0.0"), Format::redis);
}

// A length that nothing stands behind makes no memory.
TEST(RedisText, of_a_length_that_lies_is_told) {
  for (const std::string& length : {"\x81\x7f\xff\xff\xff\xff\xff\xff\xff"s, "\xc3\x05\x81\0\0\0\1\0\0\0\0"s}) {
    const Unpacked got = test::unpack(with_head("\0"s + sized("key") + length + "abcde"), true);
    EXPECT_TRUE(got.parts.at(0).damaged);
  }
}

}  // namespace
}  // namespace ambit::unpack_redis_test
