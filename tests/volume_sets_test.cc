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

TEST(VolumeSets, of_images_are_told_by_their_names_and_wait_for_their_bytes) {
  using Set = std::vector<std::string>;
  EXPECT_THAT(sets({"d.002", "d.001", "e.001"}), ElementsAre(Set{"d.001", "d.002"}));
  EXPECT_THAT(sets({"d.00001", "d.00000"}), ElementsAre(Set{"d.00000", "d.00001"}));
  EXPECT_THAT(sets({"d.dd.ab", "d.dd.aa"}), ElementsAre(Set{"d.dd.aa", "d.dd.ab"}));
  EXPECT_THAT(sets({"s.E02", "s.E01", "s.E04"}), IsEmpty());
  EXPECT_THAT(sets({"s.S02", "s.s01"}), ElementsAre(Set{"s.s01", "s.S02"}));
  EXPECT_THAT(sets({"v-s002.vmdk", "v-s001.vmdk", "v.vmdk"}), ElementsAre(Set{"v.vmdk", "v-s001.vmdk", "v-s002.vmdk"}));
  EXPECT_THAT(sets({"v-flat.vmdk", "v.vmdk"}), ElementsAre(Set{"v.vmdk", "v-flat.vmdk"}));
  EXPECT_THAT(sets({"v-s001.vmdk", "v-s002.vmdk"}), IsEmpty());  // without the text
  Set segments;
  for (int i = 1; i < 100; ++i) segments.push_back("s.E" + std::string(i < 10 ? "0" : "") + std::to_string(i));
  for (const char* more : {"s.EAA", "s.EAB"}) segments.emplace_back(more);
  EXPECT_THAT(sets(segments), ElementsAre(segments));
  for (const char* name : {"d.001", "d.aa", "s.E01", "s.EAB", "v.vmdk", "v-f001.vmdk"}) {
    EXPECT_TRUE(volume_name(name)->is_image) << name;
  }
  EXPECT_FALSE(volume_name("a.7z.001")->is_image);
}

TEST(VolumeSets, names_that_only_look_like_it_are_passed) {
  for (const char* name : {"a.tar.1", "f.z1", "f.w01", ".7z", "a.7z.", "a.exe1", "notes.e1"}) {
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

// Images in parts, as tools write them; each holds one file with the word. And what only looks like one.
constexpr std::string_view kImageParts = R"sh(
set -e
mkdir images in w; cd w
python3 - <<'PY'
import random
random.seed(7)
text = ' '.join('%06x' % random.getrandbits(24) for _ in range(9000))
open('../in/a.txt', 'w').write(text + '\nacme-payout-7731\n' + text)
open('../in/noise', 'wb').write(random.randbytes(5 << 20))
PY
truncate -s 12M fs; mke2fs -q -t ext4 -F -d ../in fs
(head -c 1M /dev/zero; cat fs) > disk.dd; truncate -s 14M disk.dd; printf 'label: dos\n2048,24576,83\n' | sfdisk -q disk.dd
to=../images
split -b 5M -d -a 3 --numeric-suffixes=1 disk.dd $to/1.
split -b 5M disk.dd $to/2.dd.
ewfacquire -u -q -t $to/3 -f encase6 -c deflate:fast -S 1MiB disk.dd >/dev/null
ewfacquire -u -q -t $to/4 -f smart -c deflate:fast -S 1MiB disk.dd >/dev/null
qemu-img convert -O vmdk -o subformat=twoGbMaxExtentSparse disk.dd $to/5.vmdk
qemu-img convert -O vmdk -o subformat=monolithicFlat disk.dd $to/6.vmdk
qemu-img convert -O qcow2 disk.dd q; split -b 1M -d -a 3 q $to/7.qcow2.
cp fs $to/8.001; cp fs $to/8.002
echo acme-payout-7731 > $to/9.001; echo acme-payout-7731 > $to/9.002
)sh";

class ImageParts : public ::testing::Test {
 protected:
  void SetUp() override {
    c.order(test::kPayoutOrder);
    const Ran made = test::run({"bash", "-c", "cd '" + c.folder.path().string() + "'\n" + std::string(kImageParts)});
    ASSERT_EQ(made.exit, 0) << made.out << made.err;
  }
  // The numbers of parts that ewfacquire makes are its own.
  [[nodiscard]] std::string found(const std::string& run, const std::string& root) const {
    const Ran ran = test::run(
        {"bash", "-ec",
         "cat <<'END' | sed -E 's/(E01|s01|000):joined of [0-9]+/\\1:joined of N/'\n" +
             c.query(run, "SELECT replace(locator, '" + root + "', '') || ' ' || hits FROM v_item ORDER BY 1") +
             "\nEND\n"});
    return ran.out;
  }
  void expect_found_in_parts(const std::string& run, const std::string& exhibit, const std::string& root) const {
    EXPECT_EQ(found(run, root),
              "1.001:joined of 3:p1:/a.txt 1\n2.dd.aa:joined of 3:p1:/a.txt 1\n3.E01:joined of N:p1:/a.txt 1\n"
              "4.s01:joined of N:p1:/a.txt 1\n5.vmdk:joined of 2:p1:/a.txt 1\n6.vmdk:joined of 2:p1:/a.txt 1\n"
              "7.qcow2.000:joined of N:p1:/a.txt 1\n8.001:/a.txt 1\n8.002:/a.txt 1\n9.001 1\n9.002 1\n");
    EXPECT_EQ(c.query(run, "SELECT count(*) FROM exception"), "0");
    EXPECT_EQ(c.query(run, "SELECT sum(hits) FROM identifier"), "11") << "no hit of the parts beside";
    EXPECT_EQ(c.query(run,
                      "SELECT name FROM exhibit e WHERE bytes <> (SELECT sum(bytes) FROM coverage c WHERE "
                      "c.exhibit = e.id)"),
              "");
    const Ran verified = test::ambit({"verify", c.folder / run, "--exhibit", exhibit});
    EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
  }
  Case c;
};

TEST_F(ImageParts, of_a_folder_are_opened_as_one_image) {
  const Ran ran = c.triage("run", {c.folder / "images"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  expect_found_in_parts("run", c.folder / "images", "images:/");
}

TEST_F(ImageParts, of_an_image_are_opened_as_one_image) {
  const Ran made = test::run(
      {"bash", "-ec",
       "cd '" + c.folder.path().string() + "'; truncate -s 200M outer.dd; mke2fs -q -t ext4 -d images outer.dd"});
  ASSERT_EQ(made.exit, 0) << made.err;
  std::string first;
  for (const std::string threads : {"1", "2", "5"}) {
    const Ran ran = c.triage("run" + threads, {c.folder / "outer.dd"}, {"--threads", threads});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    const std::string index = test::read_file(c.folder / ("run" + threads + "/relevance.db"));
    if (first.empty()) first = index;
    EXPECT_TRUE(index == first) << threads;
  }
  expect_found_in_parts("run1", c.folder / "outer.dd", "outer.dd:/");
}

TEST_F(ImageParts, of_which_one_is_missing_are_told) {
  const Ran made = test::run(
      {"bash", "-ec",
       "cd '" + c.folder.path().string() + "/images'; rm 1.002 2.* 3.E02 4.* 5-s001.vmdk 6-flat.vmdk 7.* 8.* 9.*"});
  ASSERT_EQ(made.exit, 0) << made.err;
  const Ran ran = c.triage("run", {c.folder / "images"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  // The disk and its file system end too early; what of an EWF is not the first; chunks of the others; two texts.
  const std::string ledger = c.ledger("run");
  for (const char* name : {"1.001:p1:missing", "3.E03", "5.vmdk", "6.vmdk"}) EXPECT_THAT(ledger, HasSubstr(name));
  EXPECT_THAT(c.query("run", "SELECT word FROM exception JOIN word ON topic = 'reason' AND number = reason"),
              testing::AllOf(HasSubstr("damaged"), HasSubstr("unsupported")));
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
