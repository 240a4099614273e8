// Bad disks, from outside: the program that was built reads exhibits from a file system that fails as it is told. What
// cannot be read is an exception of exactly its bytes; everything else is found; the sums hold; the run ends.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/evidence.h"
#include "tests/faulty_disk.h"

namespace ambit::bad_disk_test {
namespace {

using test::Case;
using test::Ran;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::string_view kOrder = R"(
[[identifier]]
name = "one"
literals = ["heron-early"]
[[identifier]]
name = "two"
literals = ["heron-amid"]
[[identifier]]
name = "three"
literals = ["heron-late"]
[[rule]]
name = "R1"
paragraph = "1"
when = 'one | two | three'
unit = "record"
[limits]
read_seconds = 1
)";

constexpr std::uint64_t kMiB = 1024 * 1024;
// Of the image: the pages in which "heron-amid" stands.
constexpr std::uint64_t kBadBegin = 12 * kMiB, kBadEnd = 12 * kMiB + 16'384;

// Of the image: slow from where nothing but the sweep reads, after "heron-early".
constexpr std::string_view kSlowImage = "/disk.raw tell 9000000 9000001\n/disk.raw delay 100 9000000\n";

class BadDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!disk.is_there()) GTEST_SKIP() << "no FUSE here";
    c.order(kOrder);
  }

  // 24 MiB without a zero run, with the three words.
  void make_image(const std::string& path) const {
    std::string image = test::noise(9, 24 * kMiB);
    image.replace(1'000'000, 11, "heron-early");
    image.replace(kBadBegin + 8'000, 10, "heron-amid");
    image.replace(20'000'000, 10, "heron-late");
    test::write_file(path, image);
  }
  void make_folder(const std::string& root) const {
    for (int i = 0; i < 200; ++i) {
      test::write_file(root + "/u" + std::to_string(i % 7) + "/f" + std::to_string(i),
                       test::words(static_cast<std::uint64_t>(i), 3'000));
    }
    test::write_file(root + "/early.txt", "heron-early\n");
    std::string bad = test::noise(4, 3 * kMiB);
    bad.replace(kMiB + 100, 10, "heron-amid");
    bad.replace(2 * kMiB, 10, "heron-late");
    test::write_file(root + "/u3/bad.bin", bad);
  }

  [[nodiscard]] std::string hits(const std::string& run) const {
    return c.query(run, "SELECT name, hits FROM identifier ORDER BY name");
  }
  [[nodiscard]] std::string coverage(const std::string& run) const {
    return c.query(run, "SELECT part, bytes FROM coverage WHERE bytes > 0 ORDER BY part");
  }
  void expect_every_byte(const std::string& run) const {
    EXPECT_EQ(c.query(run,
                      "SELECT name FROM exhibit e WHERE bytes <> (SELECT sum(bytes) FROM coverage c WHERE c.exhibit = "
                      "e.id)"),
              "");
  }
  // "reason|bytes", a line for each reason.
  [[nodiscard]] std::string exceptions(const std::string& run) const {
    return c.query(run,
                   "SELECT word, sum(bytes) FROM exception JOIN word ON topic = 'reason' AND number = reason GROUP BY "
                   "reason ORDER BY word");
  }
  // Runs triage over a disk that hangs, and lets it go only when the run has written its last file: a process with a
  // call that a FUSE server holds cannot end, whatever it does.
  [[nodiscard]] Ran triage_over_hanging(const std::vector<std::string>& exhibits, std::string_view faults) const {
    disk.fail(faults);
    std::atomic<bool> is_over{false};
    std::thread relief([&] {
      const auto start = Clock::now();
      while (!is_over && Clock::now() - start < 120s &&
             ::access((c.folder / "run/checkpoint.txt").c_str(), F_OK) != 0) {
        std::this_thread::sleep_for(20ms);
      }
      disk.fail("");
    });
    const auto start = Clock::now();
    Ran ran = c.triage("run", exhibits);
    EXPECT_LT(Clock::now() - start, 60s);
    is_over = true;
    relief.join();
    return ran;
  }

  template <class Happen>
  [[nodiscard]] Ran triage_while(const std::string& exhibit, std::string_view faults, Happen&& happen) const;

  test::FaultyDisk disk;
  Case c;
};

TEST_F(BadDisk, bytes_of_an_image_that_cannot_be_read_are_an_exception_and_the_rest_is_found) {
  make_image(disk.behind("disk.raw"));
  disk.fail("/disk.raw eio " + std::to_string(kBadBegin) + " " + std::to_string(kBadEnd) + "\n");
  const Ran ran = c.triage("run", {"raw:" + (disk / "disk.raw")});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(hits("run"), "one|1\nthree|1\ntwo|0");
  EXPECT_EQ(coverage("run"), "swept|" + std::to_string(24 * kMiB - 16'384) + "\nunreadable|16384");
  expect_every_byte("run");
}

TEST_F(BadDisk, a_file_in_an_image_has_the_exception_at_its_own_offset) {
  const std::string tree = c.folder / "tree", image = disk.behind("disk.raw");
  make_folder(tree);
  ASSERT_EQ(test::run({"mke2fs", "-q", "-t", "ext4", "-b", "4096", "-d", tree, image, "24M"}).exit, 0);
  const std::size_t amid = test::read_file(image).find("heron-amid");
  ASSERT_NE(amid, std::string::npos);
  const std::size_t page = amid / 4096 * 4096;
  disk.fail("/disk.raw eio " + std::to_string(page) + " " + std::to_string(page + 4096) + "\n");
  const Ran ran = c.triage("run", {disk / "disk.raw"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(hits("run"), "one|1\nthree|1\ntwo|0");
  EXPECT_EQ(exceptions("run"), "unreadable|4096");
  expect_every_byte("run");
}

TEST_F(BadDisk, books_of_a_file_system_that_cannot_be_read_cost_names_but_no_bytes) {
  const std::string tree = c.folder / "tree", image = disk.behind("disk.raw");
  make_folder(tree);
  ASSERT_EQ(test::run({"mke2fs", "-q", "-t", "ext4", "-b", "4096", "-d", tree, image, "24M"}).exit, 0);
  for (std::uint64_t page = 4096; page < 400'000; page += 36'864) {  // descriptors, bitmaps, tables of inodes
    disk.fail("/disk.raw eio " + std::to_string(page) + " " + std::to_string(page + 8192) + "\n");
    const std::string name = "run-" + std::to_string(page);
    const Ran ran = c.triage(name, {"raw:" + (disk / "disk.raw")});
    EXPECT_EQ(ran.exit, 2) << ran.err;
    EXPECT_EQ(hits(name), "one|1\nthree|1\ntwo|1") << page;
    expect_every_byte(name);
  }
}

TEST_F(BadDisk, a_sector_of_an_e01_costs_the_chunks_that_lie_in_it) {
  make_image(c.folder / "disk.raw");
  const Ran made = test::run({"ewfacquire", "-u", "-q", "-t", disk.behind("disk"), "-f", "encase6", "-c",
                              "deflate:fast", c.folder / "disk.raw"});
  ASSERT_EQ(made.exit, 0) << made.err;
  const std::size_t bytes = test::read_file(disk.behind("disk.E01")).size();
  const std::size_t bad = bytes / 3 / 4096 * 4096;
  disk.fail("/disk.E01 eio " + std::to_string(bad) + " " + std::to_string(bad + 4096) + "\n");
  const Ran ran = c.triage("run", {disk / "disk.E01"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(hits("run"), "one|1\nthree|1\ntwo|1");
  const std::string lost = c.query("run", "SELECT bytes FROM coverage WHERE part = 'unreadable'");
  EXPECT_TRUE(lost == "32768" || lost == "65536") << lost;  // a chunk, or two that meet there
  expect_every_byte("run");
}

TEST_F(BadDisk, a_file_of_a_folder_that_cannot_be_read_keeps_no_other_from_being_found) {
  make_folder(disk.behind("server"));
  test::write_file(disk.behind("server/u4/lost.txt"), "heron-amid\n");
  disk.fail("/server/u3/bad.bin eio 1048576 1052672\n/server/u4/lost.txt lost\n");
  const Ran ran = c.triage("run", {disk / "server"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(hits("run"), "one|1\nthree|1\ntwo|0");
  EXPECT_EQ(exceptions("run"), "unreadable|4096");
  EXPECT_EQ(c.query("run", "SELECT objects FROM exception"), "2");  // lost.txt
  expect_every_byte("run");
}

TEST_F(BadDisk, short_reads_lose_nothing) {
  make_image(disk.behind("disk.raw"));
  make_folder(disk.behind("server"));
  const std::vector<std::string> exhibits = {"raw:" + (disk / "disk.raw"), disk / "server"};
  ASSERT_EQ(c.triage("good", exhibits).exit, 0);
  disk.fail("/disk.raw short 5000\n/server/u3/bad.bin short 777\n/server/early.txt short 3\n");
  const Ran ran = c.triage("run", exhibits);
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(hits("run"), "one|2\nthree|2\ntwo|2");
  EXPECT_TRUE(test::read_file(c.folder / "run/relevance.db") == test::read_file(c.folder / "good/relevance.db"));
}

TEST_F(BadDisk, short_reads_around_a_bad_sector_lose_that_sector_alone) {
  make_image(disk.behind("disk.raw"));
  disk.fail("/disk.raw short 3000\n/disk.raw eio " + std::to_string(kBadBegin) + " " + std::to_string(kBadEnd) + "\n");
  const Ran ran = c.triage("run", {"raw:" + (disk / "disk.raw")});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(hits("run"), "one|1\nthree|1\ntwo|0");
  EXPECT_EQ(c.query("run", "SELECT bytes FROM coverage WHERE part = 'unreadable'"), "16384");
  expect_every_byte("run");
}

TEST_F(BadDisk, a_read_that_hangs_becomes_an_exception_and_the_run_goes_on) {
  make_image(disk.behind("disk.raw"));
  const Ran ran = triage_over_hanging({"raw:" + (disk / "disk.raw")}, "/disk.raw hang " + std::to_string(kBadBegin) +
                                                                          " " + std::to_string(kBadEnd) + "\n");
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(hits("run"), "one|1\nthree|1\ntwo|0");
  EXPECT_EQ(c.query("run", "SELECT bytes FROM coverage WHERE part = 'unreadable'"), "131072");
  EXPECT_EQ(exceptions("run"), "timeout|131072");
  expect_every_byte("run");
}

TEST_F(BadDisk, an_e01_whose_file_hangs_in_one_place_is_read_around_it) {
  make_image(c.folder / "disk.raw");
  ASSERT_EQ(test::run({"ewfacquire", "-u", "-q", "-t", disk.behind("disk"), "-f", "encase6", "-c", "none",
                       c.folder / "disk.raw"})
                .exit,
            0);
  const std::size_t bad = test::read_file(disk.behind("disk.E01")).find("heron-amid");
  ASSERT_NE(bad, std::string::npos);
  const Ran ran = triage_over_hanging({disk / "disk.E01"},
                                      "/disk.E01 hang " + std::to_string(bad) + " " + std::to_string(bad + 512) + "\n");
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(hits("run"), "one|1\nthree|1\ntwo|0");
  EXPECT_TRUE(exceptions("run").starts_with("timeout|")) << exceptions("run");
  expect_every_byte("run");
}

TEST_F(BadDisk, a_file_of_a_folder_that_hangs_keeps_no_other_from_being_found) {
  make_folder(disk.behind("server"));
  const Ran ran = triage_over_hanging({disk / "server"}, "/server/u3/bad.bin hang 1048576 1049000\n");
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(hits("run"), "one|1\nthree|1\ntwo|0");
  const std::string lost = exceptions("run");
  ASSERT_TRUE(lost.starts_with("timeout|")) << lost;
  EXPECT_LE(std::stoull(lost.substr(8)), 131'072U);  // what was asked for in one call
  expect_every_byte("run");
}

// A server that has gone for good: each read is waited for, until as many wait as may; then the rest fails at once.
TEST_F(BadDisk, a_disk_that_does_not_answer_any_more_is_given_up) {
  make_image(disk.behind("disk.raw"));
  make_folder(c.folder / "other");
  const Ran ran =
      triage_over_hanging({"raw:" + (disk / "disk.raw"), c.folder / "other"}, "/disk.raw hang 4194304 99999999\n");
  EXPECT_EQ(ran.exit, 2) << ran.err;
  // Whether the first mebibytes were read depends on who came first: the walk asks at many places whether there is a
  // file system.
  EXPECT_EQ(hits("run").substr(5), "\nthree|1\ntwo|1");
  const std::string lost = c.query("run", "SELECT sum(bytes) FROM coverage WHERE part = 'unreadable'");
  EXPECT_GE(std::stoull(lost), 20 * kMiB);
  expect_every_byte("run");
}

TEST_F(BadDisk, a_slow_disk_is_waited_for) {
  make_folder(disk.behind("server"));
  disk.fail("/server/u3/bad.bin delay 300\n");
  const Ran ran = c.triage("run", {disk / "server"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(hits("run"), "one|1\nthree|1\ntwo|1");
}

// --- an exhibit that is not what it was when the run began -------------------------------------------------------

// Lets `happen` happen while triage reads: `faults` tell of a read of `exhibit` that comes amid the sweep, and make it
// slow enough that much is still to be read then.
template <class Happen>
Ran BadDisk::triage_while(const std::string& exhibit, std::string_view faults, Happen&& happen) const {
  disk.fail(faults);
  std::atomic<bool> is_over{false};
  std::thread fate([&] {
    while (!is_over && !disk.told()) std::this_thread::sleep_for(5ms);
    happen();
  });
  Ran ran = c.triage("run", {exhibit});
  EXPECT_TRUE(disk.told()) << "it ended before anything could happen";
  is_over = true;
  fate.join();
  return ran;
}

TEST_F(BadDisk, an_image_that_changes_while_it_is_read_is_told) {
  make_image(disk.behind("disk.raw"));
  const Ran ran = triage_while("raw:" + (disk / "disk.raw"), kSlowImage, [&] {
    test::overwrite(disk.behind("disk.raw"), 100, "somebody wrote here");
    disk.fail("");
  });
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_NE(ran.err.find("disk.raw has changed while it was read"), std::string::npos) << ran.err;
  EXPECT_NE(test::read_file(c.folder / "run/run.json").find("\"changed\""), std::string::npos);
  EXPECT_EQ(hits("run"), "one|1\nthree|1\ntwo|1");
}

TEST_F(BadDisk, an_image_that_vanishes_while_it_is_read_is_told_and_counted) {
  make_image(disk.behind("disk.raw"));
  const Ran ran = triage_while("raw:" + (disk / "disk.raw"), kSlowImage, [&] { disk.fail("/disk.raw gone\n"); });
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_NE(ran.err.find("disk.raw has vanished while it was read"), std::string::npos) << ran.err;
  EXPECT_NE(test::read_file(c.folder / "run/run.json").find("\"vanished\""), std::string::npos);
  expect_every_byte("run");
}

TEST_F(BadDisk, a_file_that_is_written_to_while_it_is_read_has_an_exception) {
  make_folder(disk.behind("server"));
  const Ran ran = triage_while(disk / "server", "/server/u3/bad.bin tell 0 1\n/server/u3/bad.bin delay 400\n", [&] {
    test::overwrite(disk.behind("server/u3/bad.bin"), 0, "new");
    disk.fail("");
  });
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(hits("run"), "one|1\nthree|1\ntwo|1");
  EXPECT_EQ(exceptions("run"), "changed|0");
}

}  // namespace
}  // namespace ambit::bad_disk_test
