// Archives in volumes: which files belong together, and that what is in them is found.
#include "pipeline/volume_sets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/evidence.h"

namespace ambit::volume_sets_test {
namespace {

using test::Case;
using test::Ran;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The sets among files, as their names in order.
std::vector<std::vector<std::string>> sets(const std::vector<std::string>& files) {
  std::vector<VolumeName> names;
  std::vector<std::string> volumes;
  for (const std::string& file : files) {
    if (auto name = volume_name(file)) {
      names.push_back(*name);
      volumes.push_back(file);
    }
  }
  std::vector<std::vector<std::string>> out;
  for (const auto& set : whole_sets(names)) {
    auto& one = out.emplace_back();
    for (const std::size_t index : set) one.push_back(volumes[index]);
  }
  return out;
}

TEST(VolumeSets, are_told_by_their_names) {
  using Set = std::vector<std::string>;
  EXPECT_THAT(sets({"b.7z.003", "b.7z.001", "b.7z.002", "other.txt", "c.7z.001"}),
              ElementsAre(Set{"b.7z.001", "b.7z.002", "b.7z.003"}));
  EXPECT_THAT(sets({"x.tar.gz.000", "x.tar.gz.001"}), ElementsAre(Set{"x.tar.gz.000", "x.tar.gz.001"}));
  EXPECT_THAT(sets({"x.tgz.ab", "x.tgz.aa"}), ElementsAre(Set{"x.tgz.aa", "x.tgz.ab"}));
  EXPECT_THAT(sets({"x.tar.xzab", "x.tar.xzaa"}), ElementsAre(Set{"x.tar.xzaa", "x.tar.xzab"}));
  EXPECT_THAT(sets({"F.Part2.RAR", "F.part1.rar"}), ElementsAre(Set{"F.part1.rar", "F.Part2.RAR"}));
  EXPECT_THAT(sets({"F.part02.rar", "F.part01.rar", "F.part10.rar"}), IsEmpty());
  EXPECT_THAT(sets({"f.r01", "f.rar", "f.r00"}), ElementsAre(Set{"f.rar", "f.r00", "f.r01"}));
  EXPECT_THAT(sets({"f.zip", "f.z01", "f.z02"}), ElementsAre(Set{"f.z01", "f.z02", "f.zip"}));
  EXPECT_THAT(sets({"d/f.zip", "e/f.z01"}), IsEmpty());
}

TEST(VolumeSets, are_whole_or_none) {
  EXPECT_THAT(sets({"b.7z.001", "b.7z.003"}), IsEmpty());
  EXPECT_THAT(sets({"b.7z.002", "b.7z.003"}), IsEmpty());
  EXPECT_THAT(sets({"f.rar", "f.r01"}), IsEmpty());
  EXPECT_THAT(sets({"f.r00", "f.r01"}), IsEmpty());
  EXPECT_THAT(sets({"f.z02", "f.zip"}), IsEmpty());
  EXPECT_THAT(sets({"f.zip"}), IsEmpty());
  EXPECT_THAT(sets({"B.7z.001", "b.7z.001", "b.7z.002"}), IsEmpty());  // which of the two?
}

TEST(VolumeSets, names_that_only_look_like_it_are_passed) {
  for (const char* name : {"report.001", "a.tar.1", "notes.zz", "libx.so.001", "f.z1", "f.w01", ".7z", "a.7z."}) {
    EXPECT_FALSE(volume_name(name).has_value()) << name;
  }
  EXPECT_FALSE(volume_name("a.tar.2010")->is_certain);
  EXPECT_EQ(joined_name("x/a.tar.gz.001"), "x/a.tar.gz");
  EXPECT_EQ(joined_name("x/a.tar.gz.aa"), "x/a.tar.gz");
  EXPECT_EQ(joined_name("x/a.rar"), "x/a.rar");
}

// --- from outside: the program that was built -------------------------------------------------------------------

constexpr std::string_view kVolumes = R"sh(
set -e
mkdir -p server/deep w; cd w
python3 - <<'PY'
import random
random.seed(5)
open('a.txt', 'w').write('\n'.join('%030x' % random.getrandbits(120) for _ in range(12000)) + '\nacme-payout-7731\n')
PY
7z a -bd -y -v64k ../server/1.7z a.txt >/dev/null
zip -q -s 64k ../server/2.zip a.txt
tar czf - a.txt | split -b 64k - ../server/deep/3.tar.gz.
tar cJf - a.txt | split -b 64k -d -a 3 - ../server/deep/4.tar.xz.
zip -q ../server/5.zip a.txt
7z a -bd -y -v64k ../server/6.7z a.txt >/dev/null; rm ../server/6.7z.002
)sh";

class Volumes : public ::testing::Test {
 protected:
  void SetUp() override {
    c.order(test::kPayoutOrder);
    const Ran ran = test::run({"bash", "-c", "cd '" + c.folder.path().string() + "'\n" + std::string(kVolumes)});
    ASSERT_EQ(ran.exit, 0) << ran.out << ran.err;
  }
  void expect_found(const std::string& run, const std::string& exhibit, const std::string& root) const {
    EXPECT_EQ(c.query(run, "SELECT replace(locator, '" + root + "', '') FROM v_item ORDER BY 1"),
              "1.7z.001:joined of 4!/a.txt\n2.z01:joined of 4!/a.txt\n5.zip!/a.txt\n"
              "deep/3.tar.gz.aa:joined of 4!/3.tar!/a.txt\ndeep/4.tar.xz.000:joined of 4!/4.tar!/a.txt");
    // What is whole is no exception; what is not, is.
    const std::string ledger = c.ledger(run);
    EXPECT_THAT(ledger, HasSubstr("6.7z.001"));
    EXPECT_EQ(c.query(run, "SELECT sum(objects) FROM exception"), "3") << ledger;
    const Ran verified = test::ambit({"verify", c.folder / run, "--exhibit", exhibit});
    EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
  }
  Case c;
};

TEST_F(Volumes, of_a_folder_are_read_as_one_archive) {
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  expect_found("run", c.folder / "server", "server:/");
}

TEST_F(Volumes, of_an_image_are_read_as_one_archive) {
  const Ran made = test::run(
      {"bash", "-ec",
       "cd '" + c.folder.path().string() + "'; truncate -s 64M disk.raw; mke2fs -q -t ext4 -d server disk.raw"});
  ASSERT_EQ(made.exit, 0) << made.err;
  const Ran ran = c.triage("run", {c.folder / "disk.raw"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  expect_found("run", c.folder / "disk.raw", "disk.raw:/");
}

// Archives that are only called like volumes are opened each by itself.
TEST_F(Volumes, that_are_archives_by_themselves_are_opened) {
  const Ran made = test::run({"bash", "-ec", "cd '" + c.folder.path().string() + R"('
mkdir odd; echo acme-payout-7731 > w/1.txt; echo acme-payout-7731 > w/2.txt; head -c 3000 /dev/zero >> w/1.txt
cd w; zip -q ../odd/x.zip.001 1.txt; zip -q ../odd/x.zip.002 2.txt; zip -q ../odd/b.r00 1.txt
printf 'Rar!\032\007\000' > ../odd/b.rar)"});
  ASSERT_EQ(made.exit, 0) << made.err;
  static_cast<void>(c.triage("run", {c.folder / "odd"}));
  EXPECT_EQ(c.query("run", "SELECT locator FROM v_item WHERE locator NOT LIKE '%joined%' ORDER BY 1"),
            "odd:/b.r00!/1.txt\nodd:/x.zip.001!/1.txt\nodd:/x.zip.002!/2.txt");
}

// A volume shows bytes of an archive that nobody can judge by it alone.
TEST_F(Volumes, are_not_released_for_what_their_bytes_show) {
  const Ran made = test::run({"bash", "-ec", "cd '" + c.folder.path().string() + R"('
mkdir stored; (cat w/a.txt; head -c 200000 w/a.txt | gzip) > w/b.bin
7z a -bd -y -mx0 -v64k stored/1.7z ./w/b.bin >/dev/null)"});
  ASSERT_EQ(made.exit, 0) << made.err;
  const Ran ran = c.triage("run", {c.folder / "stored"});
  EXPECT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  EXPECT_EQ(
      c.query(
          "run",
          "SELECT count(*) FROM v_item WHERE locator NOT LIKE '%joined%' AND disposition IN ('disclose', 'redact')"),
      "0");
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM v_item WHERE locator LIKE '%joined of %!%'"), "1");
}

// No free program makes rar: where AMBIT_RAR_VOLUMES names a folder of volumes, bsdtar is the judge.
TEST(Rar, in_volumes_is_read_as_one_archive) {
  const char* folder = std::getenv("AMBIT_RAR_VOLUMES");
  if (folder == nullptr) GTEST_SKIP() << "no volumes";
  Case c;
  c.order(R"(
[[identifier]]
name = "case.word"
literals = ["archive"]
[[rule]]
name = "R1"
paragraph = "1"
when = 'case'
)");
  const Ran ran = c.triage("run", {folder});
  EXPECT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  EXPECT_THAT(c.query("run", "SELECT locator FROM v_item"), HasSubstr(":joined of "));
}

}  // namespace
}  // namespace ambit::volume_sets_test
