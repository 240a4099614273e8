// A run that was cut off, from outside: killed, stopped, without room, and resumed to the end. The result must be that
// of a run that nothing disturbed, byte for byte.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "tests/evidence.h"

namespace ambit::resume_test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::Case;
using test::Ran;
using ::testing::HasSubstr;

// Archives in a folder, an image with files in pieces and residue over several stripes, with archives in it, a large
// image in the folder.
constexpr std::string_view kExhibits = R"sh(
set -e
mkdir server w
python3 - <<'PY'
import random, zipfile
random.seed(11)
words = [''.join(random.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(random.randint(2, 9))) for _ in range(300)]
def text(size): return (' '.join(random.choice(words) for _ in range(2000)) + '\n') * (size // 12000 + 1)
for i in range(120):
    body = text(20000)
    open(f'server/{i:03}.log', 'w').write(body + ('acme-payout-7731\n' if i % 9 == 0 else '') + body)
for i in range(12):
    with zipfile.ZipFile(f'server/{i}.zip', 'w', zipfile.ZIP_DEFLATED) as z:
        for m in range(40): z.writestr(f'{m}.txt', text(9000) + ('acme-payout-7731' if m == i else ''))
open('w/big.txt', 'w').write(text(3_000_000) + 'acme-payout-7731' + text(20_000_000))
open('w/noise.bin', 'wb').write(random.randbytes(20_000_000))
PY
tar czf server/big.tar.gz -C w big.txt
truncate -s 300M disk.raw; mke2fs -q -t ext4 -d server disk.raw
debugfs -w -R 'write w/big.txt big.txt' disk.raw 2>/dev/null
# Residue with a hit in two stripes, and at the border between them; archives of files that are gone, one over a border.
python3 - <<'PY'
f = open('disk.raw', 'r+b')
for at, name in ((316_000_256, 'server/3.zip'), (5 * 67108864 + 512, 'server/4.zip'), (7 * 67108864 - 4608, 'server/5.zip')):
    f.seek(at)
    f.write(open(name, 'rb').read())
f.truncate(500_000_000)
for at in (320_000_000, 5 * 67108864 - 7, 6 * 67108864 + 5): f.seek(at); f.write(b'acme-payout-7731')
PY
truncate -s 100M w/inner.raw; mke2fs -q -t ext4 -d w w/inner.raw 2>/dev/null || mke2fs -q -t ext4 w/inner.raw
debugfs -w -R 'write w/big.txt deep.txt' w/inner.raw 2>/dev/null
mv w/inner.raw server/inner.raw
rm -r w
)sh";

// A triage into run `name`, in the background.
class Running : public test::Started {
 public:
  Running(const Case& c, const std::string& name, std::vector<std::string> options)
      : Started(c.folder / (fs::path(name).filename().string() + ".err"),
                arguments(c, c.folder / name, std::move(options))) {}

 private:
  static std::vector<std::string> arguments(const Case& c, const std::string& out, std::vector<std::string> options) {
    options.insert(options.begin(), {"triage", "--order", c.order_file(), "--out", out});
    return options;
  }
};

class Resume : public ::testing::Test {
 protected:
  void SetUp() override {
    c.order(test::kPayoutOrder);
    const Ran made = test::run({"/bin/sh", "-c", "cd '" + c.folder.path().string() + "' && " + std::string(kExhibits)});
    ASSERT_EQ(made.exit, 0) << made.out << made.err;
    exhibits = {c.folder / "server", c.folder / "disk.raw"};
  }
  [[nodiscard]] std::vector<std::string> options(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), exhibits.begin(), exhibits.end());
    more.insert(more.end(), {"--resume", "--checkpoint-every", "0"});
    return more;
  }
  // Killed when its journal has so many bytes.
  void kill_at(const std::string& name, std::uintmax_t bytes) const {
    Running triage(c, name, options());
    std::error_code missing;
    while (!triage.is_over()) {
      const std::uintmax_t size = fs::file_size(c.at_work(name, "journal"), missing);
      if (!missing && size > bytes) break;
      std::this_thread::sleep_for(milliseconds(5));
    }
    EXPECT_EQ(triage.kill(SIGKILL), 128 + SIGKILL) << triage.said();
  }
  [[nodiscard]] std::string index(const std::string& name) const {
    return test::read_file(c.folder / (name + "/relevance.db"));
  }
  [[nodiscard]] std::string roots(const std::string& name) const {
    return test::run({"grep", "-E", "root|leaves", c.folder / (name + "/checkpoint.txt")}).out;
  }
  void expect_same(const std::string& name) const {
    EXPECT_EQ(index(name), index("whole")) << name;
    EXPECT_EQ(roots(name), roots("whole")) << name;
    EXPECT_NE(roots(name), "");
    EXPECT_FALSE(fs::exists(c.folder / (name + "/work"))) << name;
  }
  // Of a finished run whose journal was kept open, so that it could be read after it was removed.
  [[nodiscard]] std::string journal_of_whole_run() const {
    Running run(c, "whole", options({"--threads", "3"}));
    int fd = -1;
    while (fd < 0 && !run.is_over()) fd = ::open(c.at_work("whole", "journal").c_str(), O_RDONLY | O_CLOEXEC);
    while (!run.is_over()) std::this_thread::sleep_for(milliseconds(10));
    EXPECT_EQ(run.wait(), 0) << run.said();
    std::string bytes(fs::file_size("/proc/self/fd/" + std::to_string(fd)), '\0');
    EXPECT_EQ(::pread(fd, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    ::close(fd);
    return bytes;
  }

  Case c;
  std::vector<std::string> exhibits;
};

// AMBIT_KILLS=200 is the long form. ThreadSanitizer looks for other mistakes, and takes ten times as long.
#if defined(__SANITIZE_THREAD__)
constexpr int kKills = 8;
#else
constexpr int kKills = 20;
#endif

TEST_F(Resume, a_run_that_is_killed_again_and_again_comes_to_the_same_as_one_undisturbed) {
  ASSERT_EQ(c.triage("whole", exhibits).exit, 0);
  const char* asked = std::getenv("AMBIT_KILLS");
  const int kills = asked != nullptr ? std::atoi(asked) : kKills;
  std::mt19937 random(3);
  int killed = 0;
  for (int run = 0; killed < kills; ++run) {
    const std::string name = "run" + std::to_string(run);
    // A run gets on by whole portions, and an archive is one: under ThreadSanitizer the largest takes longer than the
    // first attempts may last, so that later ones may last longer.
    for (unsigned most = 800;; most += most / 4) {
      Running triage(c, name, options({"--threads", std::to_string(1 + random() % 3)}));
      std::this_thread::sleep_for(milliseconds(random() % most));
      if (triage.is_over()) {
        EXPECT_EQ(triage.wait(), 0) << triage.said();
        break;
      }
      const int ended = triage.kill(SIGKILL);
      if (ended == 0) break;  // it was over just before
      ASSERT_EQ(ended, 128 + SIGKILL) << triage.said();
      ++killed;
    }
    expect_same(name);
    if (HasFailure()) return;
    fs::remove_all(c.folder / name);
  }
}

// Whatever the disk has of the journal when the power goes: up to any byte of it.
TEST_F(Resume, a_journal_that_ends_anywhere_is_gone_on_from) {
  const std::string journal = journal_of_whole_run();
  ASSERT_GT(journal.size(), 100'000U);
  std::mt19937 random(4);
  for (int i = 0; i < 6; ++i) {
    const std::string name = "cut" + std::to_string(i);
    fs::create_directories(c.folder / (name + "/work"));
    std::string cut = journal.substr(0, 2'000 + random() % (journal.size() - 2'000));
    if (i % 3 == 1) cut[cut.size() - 1 - random() % (cut.size() / 4)] ^= 1;  // a block that was half written
    if (i % 3 == 2) cut.resize(cut.size() + 5'000);                          // a file that grew before its bytes came
    test::write_file(c.at_work(name, "journal"), cut);
    Running triage(c, name, options({"--threads", std::to_string(1 + i % 3)}));
    EXPECT_EQ(triage.wait(), 0) << triage.said();
    expect_same(name);
  }
}

TEST_F(Resume, the_operator_stops_a_run_and_goes_on_later) {
  ASSERT_EQ(c.triage("whole", exhibits).exit, 0);
  int stops = 0;
  for (int delay = 0;; delay = 2 * delay + 10) {
    Running triage(c, "run", options({"--threads", "1"}));
    while (!triage.is_over() && !triage.catches(SIGTERM)) std::this_thread::sleep_for(milliseconds(2));
    std::this_thread::sleep_for(milliseconds(delay));
    const int exit = triage.is_over() ? triage.wait() : triage.kill(SIGTERM);
    if (exit == 0) break;
    EXPECT_EQ(exit, 3) << triage.said();
    EXPECT_THAT(triage.said(), HasSubstr("--resume"));
    EXPECT_TRUE(fs::exists(c.at_work("run", "journal")));
    EXPECT_FALSE(fs::exists(c.folder / "run/checkpoint.txt"));
    ++stops;
  }
  EXPECT_GT(stops, 1);
  expect_same("run");
}

// The kill came when all was in its place, but for what was to be removed.
TEST_F(Resume, a_finished_run_is_rid_of_what_it_had_left) {
  ASSERT_EQ(c.triage("whole", exhibits).exit, 0);
  ASSERT_EQ(c.triage("run", exhibits).exit, 0);
  fs::create_directory(c.folder / "run/work");
  test::write_file(c.at_work("run", "journal"), "left");
  Running triage(c, "run", options());
  EXPECT_EQ(triage.wait(), 0) << triage.said();
  expect_same("run");
}

TEST_F(Resume, nothing_can_be_read_of_what_a_killed_run_leaves) {
  kill_at("run", 20'000);
  std::string left = test::read_file(c.at_work("run", "journal"));
  ASSERT_GT(left.size(), 10'000U);
  left += test::read_file(c.at_work("run", "status.json"));
  for (const std::string_view secret : {"acme-payout", ".log", ".zip", "not_relevant", "server"}) {
    EXPECT_EQ(left.find(secret), std::string::npos) << secret;
  }
  EXPECT_EQ(fs::status(c.at_work("run", "journal")).permissions(), fs::perms(0600));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file : fs::recursive_directory_iterator(c.folder / "run/work")) ++files;
  EXPECT_EQ(files, 2U);
}

TEST_F(Resume, says_what_is_not_the_same_and_refuses) {
  kill_at("run", 1'000);
  const auto refused = [&](const std::vector<std::string>& more, const std::string& because) {
    Running triage(c, "run", more);
    EXPECT_EQ(triage.wait(), 1);
    EXPECT_THAT(triage.said(), HasSubstr(because));
    EXPECT_TRUE(fs::exists(c.at_work("run", "journal")));
  };
  const std::string order = test::read_file(c.order_file());
  test::write_file(c.order_file(), order + "\n# changed\n");
  refused(options(), "the order");
  test::write_file(c.order_file(), order);
  refused({exhibits[1], exhibits[0], "--resume"}, "exhibit");
  refused({exhibits[0], "--resume"}, "the number of exhibits");
  ASSERT_EQ(test::ambit({"keygen", "--out", c.folder / "other.key"}).exit, 0);
  refused(options({"--key", c.folder / "other.key"}), "another case key");
  refused({exhibits[0], exhibits[1]}, "--resume");
  test::overwrite(exhibits[1], 1'000, "x");
  refused(options(), "exhibit disk.raw");
}

// Of what was done: where nothing was, nothing can be noticed, and all of it is swept as it is.
TEST_F(Resume, notices_that_a_folder_has_changed) {
  const std::string journal = journal_of_whole_run();
  fs::create_directories(c.folder / "run/work");
  test::write_file(c.at_work("run", "journal"), journal.substr(0, journal.size() - 1));
  for (int i = 0; i < 120; i += 2)
    fs::remove(c.folder / ("server/" + std::string(i < 10 ? "00" : i < 100 ? "0" : "") + std::to_string(i) + ".log"));
  Running triage(c, "run", options());
  EXPECT_EQ(triage.wait(), 1);
  EXPECT_THAT(triage.said(), HasSubstr("not what it was"));
}

TEST_F(Resume, two_runs_do_not_share_a_directory) {
  Running first(c, "run", options());
  while (!fs::exists(c.at_work("run", "journal"))) std::this_thread::sleep_for(milliseconds(5));
  Running second(c, "run", options());
  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.said(), HasSubstr("another run is at work"));
  EXPECT_EQ(first.wait(), 0) << first.said();
}

TEST_F(Resume, what_a_run_leaves_that_was_killed_before_it_had_a_journal_is_no_hindrance) {
  test::write_file(c.at_work("run", "journal.new"), "AMB");
  test::write_file(c.at_work("run", "status.json"), "{}");
  Running triage(c, "run", options());
  EXPECT_EQ(triage.wait(), 0) << triage.said();
  EXPECT_FALSE(fs::exists(c.folder / "run/work"));
}

TEST_F(Resume, a_run_that_is_finished_is_left_alone) {
  ASSERT_EQ(c.triage("run", exhibits).exit, 0);
  const std::string before = index("run");
  Running again(c, "run", options());
  EXPECT_EQ(again.wait(), 0) << again.said();
  EXPECT_EQ(index("run"), before);
  Running without(c, "run", exhibits);
  EXPECT_EQ(without.wait(), 1);
  EXPECT_THAT(without.said(), HasSubstr("not empty"));
  EXPECT_EQ(index("run"), before);
}

TEST_F(Resume, waits_for_room_on_a_full_disk_and_goes_on) {
  ASSERT_EQ(c.triage("whole", exhibits).exit, 0);
  const std::string small = c.folder / "small";
  fs::create_directory(small);
  if (::mount("none", small.c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "needs the right to mount";
  struct Unmount {
    const std::string& path;
    ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } unmount{small};
  {
    Running triage(c, "small/run", options());
    for (int i = 0; i < 300 && triage.said().find("full") == std::string::npos; ++i) {
      std::this_thread::sleep_for(milliseconds(100));
    }
    EXPECT_THAT(triage.said(), HasSubstr("full"));
    EXPECT_FALSE(triage.is_over());
    // The operator may also stop it. What keeps the signal never wakes here.
    const int ended = triage.kill(test::kKeepsSignals ? SIGKILL : SIGTERM);
    EXPECT_TRUE(test::kKeepsSignals || ended == 3) << ended << triage.said();
  }
  Running triage(c, "small/run", options());
  for (int i = 0; i < 300 && triage.said().find("full") == std::string::npos; ++i) {
    std::this_thread::sleep_for(milliseconds(100));
  }
  ASSERT_EQ(::mount("none", small.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  EXPECT_EQ(triage.wait(), 0) << triage.said();
  expect_same("small/run");
}

}  // namespace
}  // namespace ambit::resume_test
