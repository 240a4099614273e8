// Known files from outside: sets are built and named in orders by the program that was built.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/evidence.h"
#include "tests/hash_sources.h"

namespace ambit::known_files_test {
namespace {

using test::Case;
using test::Ran;
using testing::HasSubstr;
using Json = nlohmann::json;

std::string sum_of(const char* tool, const std::string& path) {
  const std::string out = test::run({tool, path}).out;
  return out.substr(0, out.find(' '));
}

// A row of the NSRL for a file that lies somewhere.
std::string nsrl_row(const std::string& path) {
  return "INSERT INTO FILE VALUES('" + sum_of("sha256sum", path) + "','" + sum_of("sha1sum", path) + "','" +
         sum_of("md5sum", path) + "','00000000','x'," + std::to_string(std::filesystem::file_size(path)) + ",1);";
}

// A server with a library that everybody has, a film that the case looks for, a mail of the accused, and a letter.
class Server : public Case {
 public:
  Server() {
    test::write_file(folder / "server/lib.so", test::noise(1, 50'000));
    test::write_file(folder / "server/film.bin", test::noise(2, 70'000));
    test::write_file(folder / "server/mail.txt", "From: kim@northlight.example\n");
    test::write_file(folder / "server/letter.txt", "Dear all,\n");
  }
  // The set names all of these files but the letter.
  void make_nsrl(const std::string& name) const {
    std::string rows(test::kNsrlMinimalSchema);
    for (const char* file : {"lib.so", "film.bin", "mail.txt"}) rows += nsrl_row(folder / "server/" + file);
    test::make_database(folder / name, rows);
  }
  void order_with(const std::string& known, const std::string& film) {
    order("[[identifier]]\nname = 'film'\n" + film +
          "\n[[identifier]]\nname = 'kim'\nliterals = ['kim@northlight.example']\n"
          "[[rule]]\nname = 'R'\nparagraph = '1'\nwhen = 'film | kim'\n[known]\nsets = ['" +
          known + "']\n");
  }
  [[nodiscard]] std::string dispositions(const std::string& run) const {
    return query(run,
                 "SELECT word, sum(items) FROM census JOIN word ON topic = 'disposition' AND number = disposition "
                 "GROUP BY word ORDER BY word");
  }
};

TEST(KnownFiles, are_set_aside_unless_the_case_hits_them_in_whatever_format_they_come) {
  Server c;
  c.make_nsrl("rds.db");
  test::write_file(c.folder / "films.sha256", test::run({"sha256sum", c.folder / "server/film.bin"}).out);
  ASSERT_EQ(test::ambit({"hashset", "build", "-o", c.folder / "rds.ambitset", c.folder / "rds.db"}).exit, 0);
  ASSERT_EQ(test::ambit({"hashset", "build", "-o", c.folder / "films.ambitset", c.folder / "films.sha256"}).exit, 0);
  for (const char* known : {"rds.db", "rds.ambitset"}) {
    for (const char* film : {"films.sha256", "films.ambitset"}) {
      c.order_with(known, std::string("hash_set = '") + film + "'");
      const std::string run = std::string("run-") + known + film;
      const Ran ran = c.triage(run, {c.folder / "server"});
      ASSERT_EQ(ran.exit, 0) << ran.err;
      // The film and the mail stand in the set of known files too: what the case hits is never known.
      EXPECT_EQ(c.dispositions(run), "disclose|2\nknown|1\nnot_relevant|1") << known << " " << film;
      EXPECT_EQ(c.query(run, "SELECT locator FROM v_item ORDER BY id"), "server:/film.bin\nserver:/mail.txt");
      EXPECT_THAT(c.ledger(run), HasSubstr("server:/lib.so"));
      EXPECT_EQ(c.query(run, "SELECT length(value) FROM meta WHERE key = 'hash_sets_sha256'"), "64");
    }
  }
}

TEST(KnownFiles, are_found_in_an_image_by_md5_and_by_sha1_too) {
  for (const char* tool : {"md5sum", "sha1sum"}) {
    Server c;
    test::write_file(c.folder / "list", test::run({tool, c.folder / "server/lib.so"}).out);
    c.order_with("list", "literals = ['no such film']");
    ASSERT_EQ(test::run({"truncate", "-s", "8M", c.folder / "disk.raw"}).exit, 0);
    ASSERT_EQ(test::run({"mke2fs", "-q", "-t", "ext4", "-d", c.folder / "server", c.folder / "disk.raw"}).exit, 0);
    ASSERT_NE(c.triage("run", {c.folder / "disk.raw"}).exit, 1);
    EXPECT_EQ(c.query("run",
                      "SELECT sum(items) FROM census JOIN word ON topic = 'disposition' AND number = disposition "
                      "WHERE word = 'known'"),
              "1")
        << tool;
  }
}

TEST(HashsetCommand, says_what_it_took_and_what_is_in_the_set) {
  Server c;
  c.make_nsrl("rds.db");
  test::write_file(c.folder / "list", test::run({"md5sum", c.folder / "server/letter.txt"}).out);
  const Ran built = test::ambit({"hashset", "build", "-o", c.folder / "all", c.folder / "rds.db", c.folder / "list"});
  ASSERT_EQ(built.exit, 0) << built.err;
  EXPECT_THAT(built.out, HasSubstr("NSRL database"));
  EXPECT_THAT(built.out, HasSubstr("4 hashes"));
  const Json info = Json::parse(test::ambit({"hashset", "info", "--json", c.folder / "all"}).out);
  EXPECT_EQ(info["kinds"]["sha256"]["hashes"], 3);
  EXPECT_EQ(info["kinds"]["sha256"]["without_size"], 0);
  EXPECT_EQ(info["kinds"]["md5"]["without_size"], 1);
  EXPECT_EQ(info["digest"],
            test::run({"sh", "-c", "head -c -32 " + (c.folder / "all") + " | sha256sum"}).out.substr(0, 64))
      << "anybody can work out the digest";
  EXPECT_EQ(test::ambit({"hashset", "build", "-o", c.folder / "again", c.folder / "list", c.folder / "all"}).exit, 0);
  EXPECT_TRUE(test::read_file(c.folder / "all") == test::read_file(c.folder / "again"));
}

TEST(HashsetCommand, leaves_nothing_behind_where_it_cannot_build) {
  Server c;
  test::write_file(c.folder / "list", test::run({"md5sum", c.folder / "server/letter.txt"}).out);
  test::write_file(c.folder / "bloom", test::bloom_file({}, 1'009, 7));
  test::write_file(c.folder / "there", "mine");
  struct Mistake {
    std::vector<std::string> arguments;
    const char* says;
  };
  for (const Mistake& m :
       {Mistake{{"-o", c.folder / "x", c.folder / "missing"}, "No such file"},
        Mistake{{"-o", c.folder / "x", c.folder / "server/letter.txt"}, "not a hash list"},
        Mistake{{"-o", c.folder / "x", c.folder / "bloom"}, "a Bloom filter alone is no set"},
        Mistake{{"-o", c.folder / "x", c.folder / "list", c.folder / "bloom"}, "does not know all hashes"},
        Mistake{{"-o", c.folder / "x", "--digest", "sha512", c.folder / "list"}, "no kind of hash"},
        Mistake{{"-o", c.folder / "x", "--memory", "1M", c.folder / "list"}, "at least 16M"},
        Mistake{{"-o", c.folder / "there", c.folder / "list"}, "such a file already"},
        Mistake{{"-o", c.folder / "no/where/x", c.folder / "list"}, "cannot create"}}) {
    std::vector<std::string> arguments = {"hashset", "build"};
    arguments.insert(arguments.end(), m.arguments.begin(), m.arguments.end());
    const Ran ran = test::ambit(arguments);
    EXPECT_EQ(ran.exit, 1) << m.says;
    EXPECT_THAT(ran.err, HasSubstr(m.says));
    EXPECT_FALSE(std::filesystem::exists(c.folder / "x"));
    EXPECT_FALSE(std::filesystem::exists(c.folder / "x.partial"));
  }
  EXPECT_EQ(test::read_file(c.folder / "there"), "mine");
}

TEST(KnownFiles, of_a_set_that_is_damaged_or_none_stop_the_run_before_it_begins) {
  Server c;
  c.make_nsrl("rds.db");
  ASSERT_EQ(test::ambit({"hashset", "build", "-o", c.folder / "set", c.folder / "rds.db"}).exit, 0);
  test::flip_bit(c.folder / "set", 8 * 70);
  test::write_file(c.folder / "bloom", test::bloom_file({}, 1'009, 7));
  for (const auto& [known, says] : std::vector<std::pair<std::string, std::string>>{
           {"set", "damaged: its checksum does not agree"}, {"bloom", "a Bloom filter alone is no set"}}) {
    c.order_with(known, "literals = ['no such film']");
    const Ran ran = c.triage("run", {c.folder / "server"});
    EXPECT_EQ(ran.exit, 1);
    EXPECT_THAT(ran.err, HasSubstr(says));
    EXPECT_THAT(ran.err, HasSubstr("remedy"));
    EXPECT_FALSE(std::filesystem::exists(c.folder / "run"));
  }
}

}  // namespace
}  // namespace ambit::known_files_test
