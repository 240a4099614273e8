// A long run at work: its memory does not grow. AMBIT_SOAK_SECONDS=600 is the long form.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <thread>

#include "tests/evidence.h"

namespace ambit::soak_test {
namespace {

using test::Case;
using test::Ran;

constexpr double kPlainMiBEverySecond = 350;  // so much is swept in about a second
// The sanitizers keep books of their own: that it runs is all that can be seen.
constexpr double kSeconds = test::kSanitized ? 1 : 15;
constexpr double kBudgetMiB = 256, kBeyondBudgetMiB = 64;

// Archives of one kind after another: a log of 128 MiB in a gzip, ten thousand members in a zip, mail with attachments.
// What is caught, withheld and excluded waits for the end of the run, as of a night's.
constexpr std::string_view kExhibit = R"sh(
set -e
mkdir server
python3 - "$1" <<'PY'
import base64, gzip, io, random, shutil, sys, zipfile
random.seed(4)
words = [''.join(random.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(random.randint(2, 9))) for _ in range(900)]
def text(n): return ' '.join(random.choice(words) for _ in range(n))
page = (text(2600) + '\n').encode()[:16384]
with gzip.open('log.gz', 'wb', 6) as out:
    for i in range(8192): out.write(page if i % 512 else b'it was acme-payout-7731\n' + page)
with zipfile.ZipFile('members.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    for i in range(10000): z.writestr('folder %d/%d.txt' % (i % 100, i), ('acme-payout-7731 ' if i % 50 == 0 else '') + text(40))
with open('mailbox', 'w') as out:
    for i in range(2000):
        out.write('From a Mon Mar 02 10:00:00 2020\nFrom: office\nTo: all\nSubject: %d\nMIME-Version: 1.0\n'
                  'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n%s\n'
                  '--b\nContent-Type: application/gzip\nContent-Transfer-Encoding: base64\n\n%s--b--\n\n'
                  % (i, 'acme-payout-7731' if i % 20 == 0 else text(60),
                     base64.encodebytes(gzip.compress(text(300).encode(), mtime=0)).decode()))
for i in range(int(sys.argv[1])):
    for name in ('log.gz', 'members.zip', 'mailbox') if i % 8 == 0 else ('log.gz',):
        shutil.copy(name, 'server/%d-%s' % (i, name))
PY
rm log.gz members.zip mailbox
)sh";

double resident_mib(int process) {
  const std::string status = test::read_file("/proc/" + std::to_string(process) + "/status");
  const std::size_t at = status.find("VmRSS:");
  return at == std::string::npos ? 0 : std::strtod(status.c_str() + at + 6, nullptr) / 1024;
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         static_cast<double>(std::max<std::size_t>(values.size(), 1));
}

TEST(Soak, memory_stays_where_it_was) {
  const char* asked = std::getenv("AMBIT_SOAK_SECONDS");
  const double seconds = asked != nullptr ? std::atof(asked) : kSeconds;
  Case c;
  c.order(test::kPayoutOrder);
  const int archives = static_cast<int>(seconds * kPlainMiBEverySecond / 128) + 1;
  const Ran made = test::run(
      {"/bin/sh", "-c",
       "cd '" + c.folder.path().string() + "' && set -- " + std::to_string(archives) + "\n" + std::string(kExhibit)});
  ASSERT_EQ(made.exit, 0) << made.err;
  test::Started triage(c.folder / "err", {"triage", "--order", c.order_file(), "--out", c.folder / "run", "--memory",
                                          std::to_string(static_cast<int>(kBudgetMiB)) + "M", c.folder / "server"});
  std::vector<double> resident;
  const auto begin = std::chrono::steady_clock::now();
  while (!triage.is_over()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (const double now = resident_mib(triage.process()); now > 0) resident.push_back(now);
  }
  ASSERT_EQ(triage.wait(), 0) << triage.said();
  const double minutes = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / 60;
  ASSERT_GT(resident.size(), 40U);
  // What a run needs it has after a quarter of its time; its end, in which it writes the index, is another matter.
  const std::span<const double> all(resident);
  const std::size_t quarter = resident.size() / 4;
  const double early = mean(all.subspan(quarter, quarter)),
               late = mean(all.subspan(3 * quarter - quarter / 2, quarter));
  const double slope = (late - early) / (minutes * 3 / 8);
  std::printf("%.1f minutes, %d archives: %.0f MiB after a quarter, %.0f later, %+.1f MiB a minute, peak %.0f MiB\n",
              minutes, archives, early, late, slope, *std::max_element(resident.begin(), resident.end()));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep books of their own
  EXPECT_LT(late - early, 24);
  EXPECT_LT(*std::max_element(resident.begin(), resident.end()), kBudgetMiB + kBeyondBudgetMiB);
#endif
}

}  // namespace
}  // namespace ambit::soak_test
