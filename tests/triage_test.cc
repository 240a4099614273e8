// The main job from outside: the program that was built, on folders and images, judged by independent tools.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <set>
#include <thread>

#include "tests/evidence.h"

namespace ambit::triage_test {
namespace {

using test::Case;
using test::Ran;

constexpr std::string_view kOrder = R"(
[[identifier]]
name = "accused.mail"
literals = ["kim@northlight.example", "Kim Ståhl"]
[[identifier]]
name = "rewards"
literals = ["Rewards Gold"]
[[identifier]]
name = "hint"
literals = ["bonus tier"]
strength = "weak"
[[rule]]
name = "R1"
paragraph = "1"
when = 'accused | rewards | hint'
[[rule]]
name = "R2"
paragraph = "1"
when = 'accused | rewards'
unit = "record"
)";

// A folder with something of everything.
void make_folder(const std::string& root) {
  for (int i = 0; i < 300; ++i) {
    test::write_file(root + "/users/" + std::to_string(i % 17) + "/f" + std::to_string(i),
                     test::words(static_cast<std::uint64_t>(i), 200 + static_cast<std::size_t>(i) * 37));
  }
  test::write_file(root + "/mail/one.eml", "From: kim@northlight.example\nSubject: plan\n\nRewards Gold it is.\n");
  test::write_file(root + "/mail/copy.eml", "From: kim@northlight.example\nSubject: plan\n\nRewards Gold it is.\n");
  test::write_file(root + "/mail/wide.txt", "\xff\xfe" + test::utf16le("to KIM@NORTHLIGHT.EXAMPLE now\r\n"));
  std::string log;
  for (int i = 0; i < 5'000; ++i) {
    log += "2011-04-17 10:00:00 user" + std::to_string(i) + " mail customer" + std::to_string(i) +
           "@mailbox.example login\n";
  }
  log.insert(log.find("user2500 "), "kim@northlight.example admin\n2011-04-17 10:00:00 ");
  test::write_file(root + "/log/access.log", log);
  test::write_file(root + "/hinted.txt", "the bonus tier of somebody\n");
  test::write_file(root + "/big.bin", test::noise(5, 3'000'000) + "Rewards Gold" + test::noise(6, 3'000'000));
  test::write_file(root + "/empty", "");
  test::write_file(root + "/zeros", std::string(100'000, '\0'));
  test::write_file(root + "/\xe9\xff.txt", "Kim St\xc3\xa5hl\n");
}

std::string make_image(const std::string& path) {
  std::string image = test::noise(9, 3'500'000);
  std::fill_n(image.begin() + 700'000, 900'000, '\0');
  image.replace(1'048'576 - 5, 22, "kim@northlight.example");
  image.replace(2'000'001, 44, test::utf16le("kim@northlight.example"));
  image.replace(3'499'980, 12, "Rewards Gold");
  test::write_file(path, image);
  return image;
}

TEST(Triage, finds_what_the_order_reaches_and_nothing_else) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  make_image(c.folder / "disk.raw");
  const Ran ran = c.triage("run", {c.folder / "server", c.folder / "disk.raw"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  // A weak identifier alone earns only review; an image is judged piece by piece.
  EXPECT_EQ(c.query("run", "SELECT locator FROM v_item WHERE locator LIKE 'server%' ORDER BY id"),
            "server:/big.bin\nserver:/log/access.log\nserver:/mail/copy.eml\nserver:/mail/one.eml\n"
            "server:/mail/wide.txt\nserver:/\\xE9\\xFF.txt");
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM v_item WHERE exhibit = 'disk.raw'"), "3");
  EXPECT_EQ(c.query("run",
                    "SELECT sum(items) FROM census JOIN word ON topic = 'disposition' AND number = disposition "
                    "WHERE word = 'review_relevance'"),
            "1");
  const std::string ledger = c.ledger("run");
  EXPECT_NE(ledger.find("hinted.txt"), std::string::npos);
}

TEST(Triage, releases_the_line_and_not_its_neighbours) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  ASSERT_EQ(c.triage("run", {c.folder / "server"}).exit, 0);
  const std::string log = test::read_file(c.folder / "server/log/access.log");
  const std::size_t at = log.find("kim@");
  const std::size_t begin = log.rfind('\n', at) + 1;
  const std::size_t end = log.find('\n', at) + 1;
  EXPECT_EQ(c.query("run",
                    "SELECT disposition, start, length FROM v_item JOIN extent ON item = id WHERE locator LIKE "
                    "'%access.log'"),
            "redact|" + std::to_string(begin) + "|" + std::to_string(end - begin));
  EXPECT_EQ(
      c.query("run", "SELECT start, h.length FROM hit h JOIN item i ON i.id = h.item WHERE locator LIKE '%access.log'"),
      std::to_string(at) + "|22");
}

TEST(Triage, gives_the_same_index_at_any_number_of_threads_and_any_chunk_size) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  make_image(c.folder / "disk.raw");
  // Larger than a span of residue, with hits around the border, mostly a hole.
  test::make_sparse(c.folder / "large.raw", 150'000'000);
  test::overwrite(c.folder / "large.raw", 67'108'864 - 9, "kim@northlight.example");
  test::overwrite(c.folder / "large.raw", 140'000'000, test::noise(3, 100'000) + "Rewards Gold");
  // A plain file larger than a span.
  test::make_sparse(c.folder / "server/huge.txt", 140'000'000);
  test::overwrite(c.folder / "server/huge.txt", 67'108'864 - 4, "Rewards Gold\n");
  test::overwrite(c.folder / "server/huge.txt", 134'217'728 + 10, "\nKim St\xc3\xa5hl\n");
  std::set<std::string> seen;
  for (const char* threads : {"1", "2", "8"}) {
    for (const char* chunk : {"64K", "1M", "100003"}) {
      const std::string name = std::string("run-") + threads + "-" + chunk;
      const Ran ran = c.triage(name, {c.folder / "server", c.folder / "disk.raw", c.folder / "large.raw"},
                               {"--threads", threads, "--chunk-size", chunk});
      ASSERT_EQ(ran.exit, 0) << ran.err;
      seen.insert(test::read_file(c.folder / (name + "/relevance.db")));
    }
  }
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_EQ(
      c.query("run-2-1M", "SELECT count(*) FROM item WHERE locator LIKE 'large.raw%' OR locator LIKE '%huge.txt'"),
      "3");
}

TEST(Triage, gives_the_same_index_for_a_raw_image_and_its_parts) {
  Case c;
  c.order(kOrder);
  make_image(c.folder / "a/disk");
  const std::string split =
      "cd '" + (c.folder / "a") + "' && mkdir ../b && split -b 500001 -d -a 3 --numeric-suffixes=1 disk ../b/disk.";
  ASSERT_EQ(test::run({"bash", "-c", split}).exit, 0);
  ASSERT_EQ(c.triage("raw", {"raw:" + (c.folder / "a/disk")}).exit, 0);
  ASSERT_EQ(c.triage("split", {c.folder / "b/disk.001"}).exit, 0);
  for (const char* what :
       {"SELECT replace(locator, 'disk.001', 'disk'), size, hex(sha256) FROM item", "SELECT * FROM hit",
        "SELECT * FROM extent", "SELECT * FROM census", "SELECT * FROM coverage"}) {
    EXPECT_EQ(c.query("raw", what), c.query("split", what));
    EXPECT_FALSE(c.query("raw", what).empty());
  }
}

TEST(Triage, accounts_for_every_object_and_byte_that_find_sees) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  const std::string image = make_image(c.folder / "disk.raw");
  ASSERT_EQ(c.triage("run", {c.folder / "server", c.folder / "disk.raw"}).exit, 0);
  const Ran listed = test::run({"find", c.folder / "server", "-type", "f", "-printf", "%s\n"});
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::istringstream lines(listed.out);
  for (std::uint64_t size = 0; lines >> size; ++files) bytes += size;
  const std::string expected = std::to_string(files) + "|" + std::to_string(bytes);
  EXPECT_EQ(
      c.query(
          "run",
          "SELECT sum(items), sum(bytes) FROM census WHERE exhibit = (SELECT id FROM exhibit WHERE name = 'server')"),
      expected);
  EXPECT_EQ(
      c.query("run",
              "SELECT bytes = (SELECT sum(bytes) FROM census c WHERE c.exhibit = e.id), bytes = (SELECT sum(bytes) "
              "FROM coverage c WHERE c.exhibit = e.id) FROM exhibit e"),
      "1|1\n1|1");
  EXPECT_EQ(c.query("run", "SELECT bytes FROM exhibit WHERE name = 'disk.raw'"), std::to_string(image.size()));
}

TEST(Triage, finds_the_same_in_a_file_whose_content_is_shifted) {
  Case c;
  c.order(kOrder);
  const std::string body = test::words(1, 100'000) + "kim@northlight.example" + test::noise(2, 70'000) +
                           test::utf16le("Rewards Gold") + test::words(3, 9'000) + "Kim St\xc3\xa5hl" +
                           "a2ltQG5vcnRobGlnaHQuZXhhbXBsZQ==";
  test::write_file(c.folder / "a/f", body);
  test::write_file(c.folder / "b/f", std::string(65, '#') + body);
  ASSERT_EQ(c.triage("a-run", {c.folder / "a"}).exit, 0);
  ASSERT_EQ(c.triage("b-run", {c.folder / "b"}).exit, 0);
  const std::string found = c.query("a-run", "SELECT start + 65, identifier, length FROM hit ORDER BY start");
  EXPECT_EQ(found, c.query("b-run", "SELECT start, identifier, length FROM hit ORDER BY start"));
  EXPECT_EQ(std::count(found.begin(), found.end(), '\n'), 3);
}

// Every text in which a secret could show itself.
std::vector<std::string> disguises(const std::string& secret) {
  std::vector<std::string> out = {secret, test::utf16le(secret)};
  std::string hex;
  for (const char c : secret) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    hex += digits;
  }
  out.push_back(hex);
  const Ran base64 = test::run({"bash", "-c", "printf %s '" + secret + "' | base64 -w0"});
  out.push_back(base64.out.substr(0, base64.out.size() / 4 * 4 - 4));
  return out;
}

TEST(Triage, lets_nothing_of_an_excluded_object_out_of_the_ledger) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  const std::string secret_name = "Zebulon-Quartermain-diary";
  const std::string secret_text = "my secret is the purple walrus of Halifax";
  const std::string secret_path = "server/private/" + secret_name + ".txt";
  test::write_file(c.folder / secret_path, secret_text + std::string(73'331 - secret_text.size(), '.'));
  // Caught but withheld: private data all around the hit.
  const std::string withheld = "Persimmon-Oddfellow";
  test::write_file(c.folder / ("server/" + withheld + ".txt"),
                   "kim@northlight.example and other@person.example on one line\n");
  const std::string md5 = test::run({"md5sum", c.folder / secret_path}).out.substr(0, 32);
  const std::string sha1 = test::run({"sha1sum", c.folder / secret_path}).out.substr(0, 40);
  const std::string sha256 = test::run({"sha256sum", c.folder / secret_path}).out.substr(0, 64);
  const Ran ran = c.triage("run", {c.folder / "server"}, {"--log", c.folder / "log.jsonl", "--hash-exhibits"});
  ASSERT_EQ(ran.exit, 0) << ran.err;

  std::string readable = ran.out + ran.err + test::read_file(c.folder / "log.jsonl");
  for (const char* file : {"relevance.db", "checkpoint.txt", "run.json", "ledger/commitments"}) {
    readable += test::read_file(c.folder / (std::string("run/") + file));
  }
  const std::string run = c.folder / "run";
  for (const std::vector<std::string>& command : {std::vector<std::string>{"census", run},
                                                  {"census", run, "--json"},
                                                  {"list", run},
                                                  {"list", run, "--json"},
                                                  {"explain", run, "1", "--proof"},
                                                  {"export", run, "--format", "csv"},
                                                  {"export", run, "--format", "jsonl"},
                                                  {"verify", run}}) {
    const Ran shown = test::ambit(command);
    EXPECT_EQ(shown.exit, 0) << command[0] << shown.err;
    readable += shown.out + shown.err;
  }
  ASSERT_NE(readable.find("mail/one.eml"), std::string::npos) << "released items are shown";
  for (const std::string& secret :
       {secret_name, secret_text, withheld, std::string("other@person.example"), std::string("73331")}) {
    for (const std::string& text : disguises(secret)) EXPECT_EQ(readable.find(text), std::string::npos) << secret;
  }
  for (const std::string& digest : {md5, sha1, sha256}) {
    std::string raw;
    for (std::size_t i = 0; i < digest.size(); i += 2)
      raw.push_back(static_cast<char>(std::stoi(digest.substr(i, 2), nullptr, 16)));
    EXPECT_EQ(readable.find(digest), std::string::npos);
    EXPECT_EQ(readable.find(raw), std::string::npos);
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(run)) {
    if (!entry.is_regular_file()) continue;
    const std::string bytes = test::read_file(entry.path().string());
    for (const std::string& text : disguises(secret_name))
      EXPECT_EQ(bytes.find(text), std::string::npos) << entry.path();
  }
  // And the court, who holds the key, reads it all.
  const std::string ledger = c.ledger("run");
  EXPECT_NE(ledger.find(secret_name), std::string::npos);
  EXPECT_NE(ledger.find(withheld), std::string::npos);
}

TEST(Triage, seals_the_ledger_to_the_court_alone) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  ASSERT_EQ(c.triage("run", {c.folder / "server"}).exit, 0);
  EXPECT_FALSE(c.ledger("run").empty());
  ASSERT_EQ(test::run({"age-keygen", "-o", c.folder / "other.key"}).exit, 0);
  for (const auto& entry : std::filesystem::directory_iterator(c.folder / "run/ledger")) {
    if (entry.path().extension() != ".age") continue;
    EXPECT_NE(test::run({"age", "-d", "-i", c.folder / "other.key", entry.path().string()}).exit, 0);
  }
  EXPECT_EQ(test::ambit({"unseal", c.folder / "run", "--identity", c.identity_file}).exit, 0);
  EXPECT_EQ(test::ambit({"unseal", c.folder / "run", "--identity", c.folder / "other.key"}).exit, 1);
}

TEST(Triage, every_object_is_in_the_index_or_in_the_ledger) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  ASSERT_EQ(c.triage("run", {c.folder / "server"}).exit, 0);
  const std::string ledger = c.ledger("run");
  const auto lines = static_cast<std::size_t>(std::count(ledger.begin(), ledger.end(), '\n'));
  const Ran files = test::run({"find", c.folder / "server", "-type", "f"});
  const auto all = static_cast<std::size_t>(std::count(files.out.begin(), files.out.end(), '\n'));
  EXPECT_EQ(lines + std::stoul(c.query("run", "SELECT count(*) FROM item")), all);
}

TEST(Triage, marks_copies_as_duplicates_of_the_first_by_locator) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  ASSERT_EQ(c.triage("run", {c.folder / "server"}).exit, 0);
  EXPECT_EQ(
      c.query("run",
              "SELECT locator, disposition, (SELECT locator FROM item o WHERE o.id = v.duplicate_of) FROM v_item v "
              "WHERE duplicate_of IS NOT NULL"),
      "server:/mail/one.eml|duplicate|server:/mail/copy.eml");
}

TEST(Triage, withholds_private_data_but_not_the_accused_own) {
  Case c;
  c.order(kOrder);
  test::write_file(c.folder / "s/own.txt", "kim@northlight.example\nand Rewards Gold\n");
  test::write_file(c.folder / "s/beside.txt", "kim@northlight.example\ncard 4111 1111 1111 1111\n");
  test::write_file(c.folder / "s/inside.txt", "kim@northlight.example paid with 4111 1111 1111 1111\n");
  ASSERT_EQ(c.triage("run", {c.folder / "s"}).exit, 0);
  EXPECT_EQ(c.query("run", "SELECT locator, disposition FROM v_item ORDER BY id"),
            "s:/beside.txt|redact\ns:/own.txt|disclose");
  EXPECT_EQ(c.query("run", "SELECT start, length FROM extent JOIN item ON id = item WHERE locator LIKE '%beside%'"),
            "0|23");
  EXPECT_NE(c.ledger("run").find("inside.txt"), std::string::npos);
}

TEST(Triage, writes_a_pseudonym_where_a_released_name_holds_private_data) {
  Case c;
  c.order(kOrder);
  test::write_file(c.folder / "s/home/other@person.example/note.txt", "Rewards Gold\n");
  test::write_file(c.folder / "s/home/kim@northlight.example/note.txt", "Rewards Gold again\n");
  ASSERT_EQ(c.triage("run", {c.folder / "s"}).exit, 0);
  const std::string locators = c.query("run", "SELECT locator FROM item ORDER BY id");
  EXPECT_EQ(locators.find("other@person"), std::string::npos) << locators;
  EXPECT_NE(locators.find("kim@northlight.example/note.txt"), std::string::npos) << locators;
  EXPECT_NE(locators.find("private-"), std::string::npos) << locators;
}

// So that two cases cannot be laid beside each other to see who stands in both.
TEST(Triage, writes_other_pseudonyms_under_another_case_key) {
  Case c;
  c.order(kOrder);
  test::write_file(c.folder / "s/home/other@person.example/a.txt", "Rewards Gold\n");
  test::write_file(c.folder / "s/home/other@person.example/b.txt", "Rewards Gold again\n");
  test::write_file(c.folder / "s/home/third@person.example/a.txt", "Rewards Gold for a third\n");
  for (const char* key : {"one.key", "two.key"}) {
    ASSERT_EQ(test::ambit({"keygen", "--out", c.folder / key}).exit, 0);
  }
  const auto names = [&](const std::string& run, const std::string& key) {
    EXPECT_EQ(c.triage(run, {c.folder / "s"}, {"--key", c.folder / key}).exit, 0);
    std::multiset<std::string> out;
    std::istringstream lines(c.query(run, "SELECT locator FROM item"));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t at = line.find("private-");
      EXPECT_NE(at, std::string::npos) << line;
      out.insert(line.substr(at, line.find('/', at) - at));
    }
    return out;
  };
  const auto one = names("a", "one.key"), again = names("b", "one.key"), two = names("c", "two.key");
  ASSERT_EQ(one.size(), 3U);
  EXPECT_EQ(std::set<std::string>(one.begin(), one.end()).size(), 2U);  // the same customer, the same pseudonym
  EXPECT_EQ(one, again);
  for (const std::string& name : two) EXPECT_FALSE(one.contains(name));
}

TEST(Triage, turns_what_it_cannot_read_into_exceptions_and_goes_on) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  ASSERT_EQ(::mkfifo((c.folder / "server/pipe").c_str(), 0600), 0);
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT word, objects FROM exception JOIN word ON topic = 'reason' AND number = reason"),
            "special_file|1");
  EXPECT_NE(c.ledger("run").find("server:/pipe"), std::string::npos);
  EXPECT_NE(c.query("run", "SELECT count(*) FROM item"), "0");
}

TEST(Triage, says_which_files_its_user_may_not_read) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  Case c;
  c.order(kOrder);
  ::chmod(c.folder.path().c_str(), 0777);
  ::chmod(c.identity_file.c_str(), 0644);
  test::write_file(c.folder / "server/open.txt", "Rewards Gold\n");
  test::write_file(c.folder / "server/closed.txt", "Rewards Gold, closed\n");
  test::write_file(c.folder / "server/shut/inner.txt", "Rewards Gold, shut\n");
  ::chmod((c.folder / "server/closed.txt").c_str(), 0);
  ::chmod((c.folder / "server/shut").c_str(), 0);
  const Ran ran = test::run({"setpriv", "--reuid=65534", "--clear-groups", AMBIT_PROGRAM, "triage", "--order",
                             c.order_file(), "--out", c.folder / "run", c.folder / "server"});
  if (ran.exit == 127 || ran.err.find("cannot execute") != std::string::npos ||
      ran.err.find("failed to execute") != std::string::npos) {
    GTEST_SKIP() << "the program cannot be run by another user here";
  }
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT word, objects FROM exception JOIN word ON topic = 'reason' AND number = reason"),
            "unreadable|2");
  EXPECT_EQ(c.query("run", "SELECT locator FROM item"), "server:/open.txt");
  EXPECT_EQ(ran.err.find("closed.txt"), std::string::npos) << "no locator of an unreleased object in a message";
}

// Files of sysfs say that they are longer than what can be read of them: an exhibit that shrinks while it is read.
TEST(Triage, says_that_a_file_was_shorter_than_it_said) {
  const std::string shrinking = "/sys/class/net/lo/statistics";
  if (!std::filesystem::exists(shrinking)) GTEST_SKIP() << "needs sysfs";
  Case c;
  c.order(kOrder);
  const Ran ran = c.triage("run", {shrinking});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT DISTINCT word FROM exception JOIN word ON topic = 'reason' AND number = reason"),
            "changed");
  EXPECT_EQ(
      c.query("run",
              "SELECT count(*) FROM census JOIN word ON topic = 'disposition' AND number = disposition WHERE word "
              "= 'not_relevant'"),
      "0")
      << "an exception never becomes an exclusion";
}

TEST(Triage, refuses_to_write_where_something_is) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  test::write_file(c.folder / "run/note.txt", "mine");
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("remedy:"), std::string::npos) << ran.err;
  EXPECT_EQ(test::read_file(c.folder / "run/note.txt"), "mine");
  EXPECT_FALSE(std::filesystem::exists(c.folder / "run/relevance.db"));
}

// By whatever name the place is called. An exhibit that is a file is not to become the log.
TEST(Triage, refuses_to_write_into_an_exhibit) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  std::filesystem::create_directory_symlink(c.folder / "server", c.folder / "link");
  std::filesystem::create_symlink(c.folder / "server/log", c.folder / "to-log");
  test::write_file(c.folder / "disk.dd", "evidence");
  const auto listing = [&] { return test::run({"find", c.folder / "server", "-ls"}).out; };
  const std::string before = listing();
  const std::vector<std::vector<std::string>> arguments = {
      {"--out", c.folder / "server/run"},
      {"--out", c.folder / "server/run", "--resume"},
      {"--out", c.folder / "link/deep/run"},
      {"--out", c.folder / "run", "--log", c.folder / "server/log"},
      {"--out", c.folder / "run", "--log", c.folder / "to-log"},
      {"--out", c.folder / "run", "--metrics", c.folder / "server/metrics"},
      {"--out", c.folder / "run", "--log", c.folder / "disk.dd"},
  };
  for (const std::vector<std::string>& some : arguments) {
    std::vector<std::string> words = {"triage", "--order", c.order_file(), c.folder / "server", c.folder / "disk.dd"};
    words.insert(words.end(), some.begin(), some.end());
    const Ran ran = test::ambit(words);
    EXPECT_EQ(ran.exit, 1) << some.back();
    EXPECT_NE(ran.err.find("into the exhibit"), std::string::npos) << ran.err;
    EXPECT_NE(ran.err.find("remedy:"), std::string::npos) << ran.err;
    EXPECT_FALSE(std::filesystem::exists(c.folder / "run"));
  }
  EXPECT_EQ(listing(), before);
  EXPECT_EQ(test::read_file(c.folder / "disk.dd"), "evidence");
}

TEST(Triage, leaves_nothing_that_looks_finished_when_the_disk_is_full) {
  Case c;
  c.order(kOrder);
  for (int i = 0; i < 4'000; ++i) {
    test::write_file(c.folder / ("server/" + std::to_string(i)),
                     "Rewards Gold " + test::noise(static_cast<std::uint64_t>(i), 40));
  }
  const std::string small = c.folder / "small";
  std::filesystem::create_directories(small);
  if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "needs the right to mount";
  // What keeps the signal never wakes here.
  const std::string end =
      test::kKeepsSignals
          ? "for I in {1..200}; do kill -0 $P 2>/dev/null || break; sleep 0.05; done; kill -KILL $P 2>/dev/null; "
          : "";
  const std::string until_it_waits =
      ": >'" + (c.folder / "errors") + "'; '" + test::program() + "' triage --order '" + c.order_file() + "' --out '" +
      small + "/run' --resume '" + (c.folder / "server") + "' 2>'" + (c.folder / "errors") +
      "' & P=$!; while kill -0 $P 2>/dev/null; do grep -q 'is full' '" + (c.folder / "errors") +
      "' && { kill -TERM $P; " + end + "break; }; sleep 0.05; done; wait $P; E=$?; cat '" + (c.folder / "errors") +
      "' >&2; exit $E";
  // While it sweeps it waits for room, here until it is stopped; while it finishes it gives up. Either way it can go
  // on.
  std::set<int> exits;
  for (std::uint64_t size = 200 * 1024; exits.count(0) == 0 && size < 64 * 1024 * 1024; size = size * 6 / 5) {
    ASSERT_EQ(::mount("tmpfs", small.c_str(), "tmpfs", MS_REMOUNT, ("size=" + std::to_string(size)).c_str()), 0);
    const Ran ran = test::run({"bash", "-c", until_it_waits});
    exits.insert(ran.exit);
    if (ran.exit == 0) break;
    const bool was_killed = test::kKeepsSignals && ran.exit == 128 + SIGKILL;
    EXPECT_TRUE(was_killed || ran.err.find("--resume") != std::string::npos) << ran.exit << ran.err;
    EXPECT_FALSE(std::filesystem::exists(small + "/run/checkpoint.txt"));
    EXPECT_FALSE(std::filesystem::exists(small + "/run/relevance.db"));
    EXPECT_FALSE(std::filesystem::exists(small + "/run/ledger"));
  }
  EXPECT_EQ(exits.count(0), 1U);
  EXPECT_EQ(exits.count(1), 1U);
  EXPECT_EQ(test::ambit({"verify", small + "/run", "--exhibit", c.folder / "server"}).exit, 0);
  ::umount(small.c_str());
}

TEST(Triage, writes_nothing_for_a_bad_order_or_a_missing_exhibit) {
  Case c;
  c.order("[[identifier]]\nname = \"a\"\nliterals = [\"x\"]\n[[rule]]\nname = \"R\"\nparagraph = \"9\"\nwhen = 'b'\n");
  make_folder(c.folder / "server");
  const Ran bad = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(bad.exit, 1);
  for (const char* part : {":12:13: ", ":15:13: ", ":16:9: ", "3 mistakes"})
    EXPECT_NE(bad.err.find(part), std::string::npos) << bad.err;
  EXPECT_FALSE(std::filesystem::exists(c.folder / "run"));
  EXPECT_FALSE(std::filesystem::exists(c.order_file() + ".key"));
  c.order(kOrder);
  const Ran missing = c.triage("run", {c.folder / "nowhere"});
  EXPECT_EQ(missing.exit, 1);
  EXPECT_NE(missing.err.find("check the path"), std::string::npos) << missing.err;
  EXPECT_FALSE(std::filesystem::exists(c.folder / "run"));
}

// The expression matches zeros too, so that not even a hole is skipped: the run is long enough to be stopped.
TEST(Triage, stops_cleanly_when_asked) {
  Case c;
  c.order("[[identifier]]\nname = \"a\"\nregex = '[^a]{3,4}'\n[[rule]]\nname = \"R\"\nparagraph = \"1\"\nwhen = 'a'\n");
  test::make_sparse(c.folder / "long.raw", 40'000'000'000);
  const std::string command = "'" + std::string(AMBIT_PROGRAM) + "' triage --threads 2 --order '" + c.order_file() +
                              "' --out '" + (c.folder / "run") + "' '" + (c.folder / "long.raw") +
                              "' & P=$!; until [ -e '" + (c.folder / "run/work") +
                              "' ] || ! kill -0 $P; do sleep 0.05; done; sleep 0.2; kill -TERM $P; wait $P; exit $?";
  const Ran ran = test::run({"bash", "-c", command});
  EXPECT_EQ(ran.exit, 3) << ran.err;
  EXPECT_NE(ran.err.find("stopped"), std::string::npos) << ran.err;
  EXPECT_FALSE(std::filesystem::exists(c.folder / "run/checkpoint.txt"));
  EXPECT_TRUE(std::filesystem::exists(c.at_work("run", "journal")));
}

TEST(Triage, refuses_a_memory_budget_that_cannot_hold) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  const Ran ran = c.triage("run", {c.folder / "server"}, {"--memory", "64M", "--threads", "500"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("--memory"), std::string::npos) << ran.err;
  EXPECT_FALSE(std::filesystem::exists(c.folder / "run"));
}

TEST(Triage, refuses_more_workers_than_the_system_grants_threads) {
  if (test::kSanitized) GTEST_SKIP() << "a sanitizer takes more addresses than any limit allows";
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  const std::string triage = std::string(AMBIT_PROGRAM) + " triage --order '" + c.order_file() + "' --out '" +
                             (c.folder / "run") + "' --memory 4G --threads 400 '" + (c.folder / "server") + "'";
  const Ran ran = test::run({"bash", "-c", "ulimit -v 2500000 && exec " + triage});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("400 workers need"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("fewer --threads"), std::string::npos) << ran.err;
  EXPECT_FALSE(std::filesystem::exists(c.folder / "run"));
}

TEST(Triage, finds_an_object_by_its_hash_and_knows_a_known_file) {
  Case c;
  test::write_file(c.folder / "server/work.bin", test::noise(1, 5'000));
  test::write_file(c.folder / "server/system.so", test::noise(2, 6'000));
  test::write_file(c.folder / "server/other.bin", test::noise(3, 7'000));
  const std::string sum = test::run({"sha256sum", c.folder / "server/work.bin"}).out.substr(0, 64);
  test::write_file(c.folder / "known.txt", test::run({"md5sum", c.folder / "server/system.so"}).out);
  c.order("[[identifier]]\nname = \"work\"\nhashes = [\"sha256:" + sum +
          "\"]\n[[rule]]\nname = \"R\"\nparagraph = \"1\"\nwhen = "
          "'work'\n[known]\nsets = [\"known.txt\"]\n");
  const Ran ran = c.triage("run", {c.folder / "server"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT locator, sha256 FROM v_item"), "server:/work.bin|" + sum);
  EXPECT_EQ(
      c.query("run",
              "SELECT word, sum(items) FROM census JOIN word ON topic = 'disposition' AND number = disposition GROUP "
              "BY word ORDER BY word"),
      "disclose|1\nknown|1\nnot_relevant|1");
}

TEST(Triage, keeps_privileged_and_quarantined_objects_out_of_the_index) {
  Case c;
  c.order(R"(
[[identifier]]
name = "accused"
literals = ["kim@northlight.example"]
[[identifier]]
name = "counsel"
literals = ["advocate@lawfirm.example"]
[[identifier]]
name = "abuse"
literals = ["quarantine-marker"]
[[rule]]
name = "R1"
paragraph = "1"
when = 'accused'
[[rule]]
name = "P1"
paragraph = "1"
when = 'counsel'
then = "privileged"
[[rule]]
name = "Q1"
paragraph = "1"
when = 'abuse'
then = "quarantine"
)");
  test::write_file(c.folder / "s/to-counsel.eml",
                   "From: kim@northlight.example\nTo: advocate@lawfirm.example\n\nadvice\n");
  test::write_file(c.folder / "s/only-counsel.eml", "advocate@lawfirm.example\n");
  test::write_file(c.folder / "s/bad.bin", "kim@northlight.example quarantine-marker\n");
  test::write_file(c.folder / "s/plain.txt", "kim@northlight.example\n");
  ASSERT_EQ(c.triage("run", {c.folder / "s"}).exit, 0);
  EXPECT_EQ(c.query("run", "SELECT locator FROM item"), "s:/plain.txt");
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM privilege_log"), "1");
  EXPECT_EQ(
      c.query("run",
              "SELECT word, sum(items) FROM census JOIN word ON topic = 'disposition' AND number = disposition GROUP "
              "BY word ORDER BY word"),
      "disclose|1\nnot_relevant|1\nprivileged|1\nquarantined|1");
}

TEST(Triage, leaves_out_what_lies_outside_the_dates) {
  Case c;
  test::write_file(c.folder / "s/old.txt", "Rewards Gold\n");
  test::write_file(c.folder / "s/now.txt", "Rewards Gold!\n");
  ASSERT_EQ(test::run({"touch", "-d", "2004-01-01T12:00:00Z", c.folder / "s/old.txt"}).exit, 0);
  ASSERT_EQ(test::run({"touch", "-d", "2011-06-30T23:59:59Z", c.folder / "s/now.txt"}).exit, 0);
  c.order(
      "[[identifier]]\nname = \"a\"\nliterals = [\"Rewards Gold\"]\n[[rule]]\nname = \"R\"\nparagraph = \"1\"\nwhen = "
      "'a'\n");
  std::string text = test::read_file(c.order_file());
  text.insert(text.find("seal_to"), "from = 2005-09-01\nuntil = 2011-06-30\n");
  test::write_file(c.order_file(), text);
  const Ran ran = c.triage("run", {c.folder / "s"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT locator FROM item"), "s:/now.txt");
}

TEST(Triage, verifies_its_run_and_the_exhibits_behind_it) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  make_image(c.folder / "disk.raw");
  ASSERT_EQ(c.triage("run", {c.folder / "server", c.folder / "disk.raw"}).exit, 0);
  const std::vector<std::string> verify = {"verify",    c.folder / "run",     "--exhibit", c.folder / "server",
                                           "--exhibit", c.folder / "disk.raw"};
  const Ran good = test::ambit(verify);
  EXPECT_EQ(good.exit, 0) << good.out << good.err;
  test::flip_bit(c.folder / "disk.raw", 3'499'900UL * 8);
  const Ran changed = test::ambit(verify);
  EXPECT_EQ(changed.exit, 1) << changed.out;
}

TEST(Triage, needs_the_same_case_key_for_the_same_bytes) {
  Case c;
  c.order(kOrder);
  make_folder(c.folder / "server");
  ASSERT_EQ(test::ambit({"keygen", "--out", c.folder / "one.key"}).exit, 0);
  ASSERT_EQ(test::ambit({"keygen", "--out", c.folder / "two.key"}).exit, 0);
  const auto root = [&](const std::string& run, const std::string& key) {
    EXPECT_EQ(c.triage(run, {c.folder / "server"}, {"--key", c.folder / key}).exit, 0);
    return c.query(run, "SELECT value FROM meta WHERE key = 'ledger_root'");
  };
  const std::string first = root("a", "one.key");
  EXPECT_EQ(root("b", "one.key"), first);
  EXPECT_NE(root("c", "two.key"), first);
  EXPECT_EQ(test::read_file(c.folder / "a/relevance.db"), test::read_file(c.folder / "b/relevance.db"));
}

}  // namespace
}  // namespace ambit::triage_test
