// Calls to the system that fail, wherever in a run: descriptors, memory and disk space that end, a disk that fails. A
// run ends with exceptions, waits, or stops and can be resumed; never does it come to a wrong result.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "tests/evidence.h"

namespace ambit::fault_matrix_test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::Case;
using test::Ran;

// Folders to walk, files to read, an image, archives and documents to take apart, private data to find.
constexpr std::string_view kExhibits = R"sh(
set -e
mkdir -p evidence/server/a evidence/server/b; cd evidence
python3 - <<'PY'
import gzip, io, random, zipfile
random.seed(8)
words = [''.join(random.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(random.randint(2, 9))) for _ in range(500)]
def text(n): return ' '.join(random.choice(words) for _ in range(n))
for i in range(60):
    mark = ' acme-payout-7731 ' if i % 4 == 0 else ' '
    who = ' card 4111 1111 1111 1111 ' if i % 8 == 0 else ' '
    body = text(900) + '\n' + mark + who + '\n' + text(900)
    if i % 3 == 0: open('server/a/%d.txt' % i, 'w').write(body)
    if i % 3 == 1: open('server/a/%d.gz' % i, 'wb').write(gzip.compress(body.encode()))
    if i % 3 == 2:
        with zipfile.ZipFile('server/b/%d.zip' % i, 'w', zipfile.ZIP_DEFLATED) as z:
            for k in range(5): z.writestr('%d.txt' % k, body if k == 2 else text(300))
open('server/b/large.log', 'w').write(text(600000) + ' acme-payout-7731 ' + text(400000))
PY
(cd server/a && bsdtar --format=7zip -cf ../b/c.7z *.txt)
truncate -s 12M disk.raw && mke2fs -q -t ext4 -d server/a disk.raw
)sh";

// Places in a run at which calls begin to fail.
constexpr int kPoints = test::kSanitized ? 3 : 14;

struct Fault {
  const char* name;
  const char* call;
  bool is_below_run;          // where its calls are counted: the run directory, or the exhibits
  unsigned long failing = 0;  // calls that fail; 0: all that come
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

class FaultMatrix : public ::testing::TestWithParam<Fault> {
 protected:
  void SetUp() override {
    if (test::kSanitized && std::string_view(GetParam().call) == "memory") {
      GTEST_SKIP() << "the sanitizer has an allocator of its own";
    }
    c.order(test::kPayoutOrder);
    const Ran made = test::run({"/bin/sh", "-c", "cd '" + c.folder.path().string() + "' && " + std::string(kExhibits)});
    ASSERT_EQ(made.exit, 0) << made.err;
    ASSERT_EQ(c.triage("whole", exhibits()).exit, 0);
  }
  [[nodiscard]] std::vector<std::string> exhibits() const {
    return {c.folder / "evidence/server", c.folder / "evidence/disk.raw"};
  }

  [[nodiscard]] std::vector<std::string> arguments(const std::string& run) const {
    std::vector<std::string> out = {"triage", "--order",  c.order_file(),       "--out", c.folder / run, "--threads",
                                    "2",      "--resume", "--checkpoint-every", "0"};
    for (const std::string& exhibit : exhibits()) out.push_back(exhibit);
    return out;
  }
  // Its exit code; 3 where it waited and was asked to stop.
  int run_with(const std::string& run, unsigned long first, unsigned long last) {
    const Fault& fault = GetParam();
    const std::string path = c.folder / (fault.is_below_run ? run : "evidence");
    test::Started triage(
        c.folder / (run + ".err"), arguments(run),
        {"LD_PRELOAD=" AMBIT_FAULTS,
         "AMBIT_FAULT=" + std::string(fault.call) + ":" + std::to_string(first) + ":" + std::to_string(last),
         "AMBIT_FAULT_PATH=" + path, "AMBIT_FAULT_COUNT=" + (c.folder / "count")});
    const auto begin = steady_clock::now();
    bool asked = false;
    while (!triage.is_over()) {
      std::this_thread::sleep_for(milliseconds(5));
      const auto since = steady_clock::now() - begin;
      if (!asked && triage.said().find("the run waits") != std::string::npos) {
        asked = true;
        std::this_thread::sleep_for(milliseconds(300));
        ::kill(triage.process(), SIGTERM);
      }
      if (since > std::chrono::seconds(120)) {
        ADD_FAILURE() << "it hangs: " << triage.said();
        return triage.kill(SIGKILL);
      }
    }
    said = triage.said();
    return triage.wait();
  }
  [[nodiscard]] std::string index(const std::string& run) const {
    return test::read_file(c.folder / (run + "/relevance.db"));
  }

  Case c;
  std::string said;
};

TEST_P(FaultMatrix, never_comes_to_a_wrong_result) {
  constexpr unsigned long kNever = 1UL << 62;
  ASSERT_EQ(run_with("counted", kNever, kNever), 0) << said;
  ASSERT_TRUE(index("counted") == index("whole"));
  const unsigned long calls = std::strtoul(test::read_file(c.folder / "count").c_str(), nullptr, 10);
  ASSERT_GT(calls, 5U);
  int complete = 0, with_exceptions = 0, resumed = 0;
  // More of them in the beginning, where a process comes to life.
  for (int i = 0; i < kPoints; ++i) {
    const auto first =
        static_cast<unsigned long>(std::ceil(static_cast<double>(calls) * (i + 0.5) * (i + 0.5) / (kPoints * kPoints)));
    const std::string run = "run" + std::to_string(i);
    const unsigned long last = GetParam().failing == 0 ? kNever : first + GetParam().failing - 1;
    const int exit = run_with(run, first, last);
    SCOPED_TRACE("call " + std::to_string(first) + " of " + std::to_string(calls) + ": exit " + std::to_string(exit) +
                 "\n" + said);
    if (exit == 0) {
      ++complete;
      EXPECT_TRUE(index(run) == index("whole"));
    } else if (exit == 2) {
      ++with_exceptions;
      // What is released was released before, and what is missing is behind an exception.
      EXPECT_EQ(test::run({"sqlite3", c.folder / (run + "/relevance.db"),
                           "ATTACH '" + (c.folder / "whole/relevance.db") +
                               "' AS w; SELECT count(*) FROM (SELECT locator, sha256 FROM item EXCEPT "
                               "SELECT locator, sha256 FROM w.item)"})
                    .out,
                "0\n");
      EXPECT_NE(c.query(run, "SELECT sum(objects) FROM exception"), "0");
      EXPECT_EQ(test::ambit({"verify", c.folder / run}).exit, 0);
    } else {
      ++resumed;
      EXPECT_TRUE(exit == 1 || exit == 3);
      EXPECT_FALSE(fs::exists(c.folder / (run + "/checkpoint.txt")));
      const Ran again = test::ambit(arguments(run));
      EXPECT_EQ(again.exit, 0) << again.err;
      EXPECT_TRUE(index(run) == index("whole"));
    }
    if (HasFailure()) return;
  }
  std::printf("%lu calls: %d complete, %d with exceptions, %d stopped and resumed\n", calls, complete, with_exceptions,
              resumed);
}

INSTANTIATE_TEST_SUITE_P(
    All, FaultMatrix,
    ::testing::Values(Fault{"descriptors_end", "open", false},
                      Fault{"descriptors_are_short_for_a_while", "open", false, 3},
                      Fault{"the_disk_dies", "read", false}, Fault{"the_disk_fails_once", "read", false, 1},
                      Fault{"the_run_directory_cannot_be_read", "read", true}, Fault{"the_disk_is_full", "write", true},
                      Fault{"the_disk_is_full_for_a_while", "write", true, 4}, Fault{"memory_ends", "memory", false},
                      Fault{"memory_is_short_once", "memory", false, 1}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace ambit::fault_matrix_test
