// The main job on images with file systems, from outside: real images made by mkfs and mount, every string found in
// the object that holds it, every byte accounted for.
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>
#include <set>

#include "tests/evidence.h"

namespace ambit::images_test {
namespace {

using test::Case;
using test::Ran;

constexpr std::string_view kOrder = R"(
[[identifier]]
name = "sign"
literals = ["heron-active", "heron-deleted", "heron-slack", "heron-free", "heron-gap", "heron-seam", "heron-cross",
  "heron-name", "heron-xattr", "heron-tiny", "heron-link", "heron-inner", "heron-hole"]
[[rule]]
name = "R1"
paragraph = "1"
when = 'sign'
unit = "record"
)";

void shell(const std::string& script) {
  const Ran ran = test::run({"bash", "-euo", "pipefail", "-c", script});
  ASSERT_EQ(ran.exit, 0) << script << "\n" << ran.out << ran.err;
}

// What the run says of one string: "locator|state|crossing", a line each.
std::string found(const Case& c, const std::string& run, const std::string& where) {
  return c.query(run,
                 "SELECT i.locator, s.word, h.crossing FROM item i JOIN hit h ON h.item = i.id JOIN word s ON "
                 "s.topic = 'state' AND s.number = i.state WHERE " +
                     where + " ORDER BY i.id");
}

void expect_every_byte(const Case& c, const std::string& run) {
  EXPECT_EQ(c.query(run,
                    "SELECT name FROM exhibit e WHERE bytes <> (SELECT sum(bytes) FROM coverage c WHERE c.exhibit = "
                    "e.id)"),
            "");
}

class Images : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "loop mounts need root";
    c.order(kOrder);
  }

  // An ext4 image of 32 MiB with one of everything. The file `seam` is cut between two fragments inside its string.
  void make_ext4(const std::string& image, const std::string& more = "") {
    const std::string tree = c.folder / "mnt";
    shell("mkdir -p " + tree + "; truncate -s 32M " + image + "; mke2fs -q -t ext4 -b 1024 -F -E lazy_itable_init=0 " +
          image + "; mount -o loop " + image + " " + tree + "; trap 'cd /; umount " + tree + "' EXIT; cd " + tree +
          "; mkdir -p srv/deep; echo 'heron-active is here' > srv/deep/note.txt"
          "; echo 'of no interest' > srv/deep/heron-name.txt"
          "; printf 'heron-tiny' > srv/tiny; ln -s heron-link srv/symbolic"
          "; echo plain > srv/marked; setfattr -n user.comment -v 'heron-xattr value' srv/marked"
          "; echo 'heron-active twice' > srv/one; ln srv/one srv/two"
          "; truncate -s 1M srv/sparse; printf heron-hole | dd of=srv/sparse bs=1 seek=700001 conv=notrunc status=none"
          "; head -c 300000 /dev/urandom | split -b 1500 -a 3 -d - srv/f; " +
          more);
  }

  Case c;
};

TEST_F(Images, finds_what_files_names_attributes_and_links_hold) {
  const std::string image = c.folder / "disk.dd";
  make_ext4(image);
  const Ran ran = c.triage("run", {image});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  expect_every_byte(c, "run");
  EXPECT_EQ(found(c, "run", "i.locator LIKE '%deep/note.txt'"), "disk.dd:/srv/deep/note.txt|active|0");
  EXPECT_EQ(c.query("run",
                    "SELECT w.word FROM hit h JOIN item i ON i.id = h.item JOIN word w ON w.topic = 'view' AND "
                    "w.number = h.view WHERE i.locator LIKE '%/heron-name.txt'"),
            "name");
  EXPECT_EQ(found(c, "run", "i.locator LIKE '%srv/tiny'"), "disk.dd:/srv/tiny|active|0");
  EXPECT_EQ(found(c, "run", "i.locator LIKE '%srv/symbolic'"), "disk.dd:/srv/symbolic|active|0");
  EXPECT_EQ(found(c, "run", "i.locator LIKE '%user.comment'"), "disk.dd:/srv/marked:user.comment|active|0");
  EXPECT_EQ(found(c, "run", "i.locator LIKE '%srv/one'"), "disk.dd:/srv/one|active|0");
  EXPECT_EQ(found(c, "run", "i.locator LIKE '%srv/two'"), "");
  EXPECT_EQ(c.query("run", "SELECT h.start FROM hit h JOIN item i ON i.id = h.item WHERE i.locator LIKE '%srv/sparse'"),
            "700001");
}

TEST_F(Images, finds_strings_in_slack_in_free_space_and_across_every_border) {
  const std::string image = c.folder / "disk.dd";
  make_ext4(image,
            "head -c 1000 /dev/zero | tr '\\0' a > srv/slacker; rm srv/f007; sync -f .; "
            "echo 'will be gone heron-deleted' > srv/gone; sync -f .; rm srv/gone");
  // Where one file ends and its slack begins; a free block; the end of one block and the beginning of the next.
  shell("debugfs -R 'blocks /srv/slacker' " + image + " 2>/dev/null > " + (c.folder / "block"));
  const std::uint64_t block = std::stoull(test::read_file(c.folder / "block"));
  test::overwrite(image, block * 1024 + 1003, "heron-slack");
  test::overwrite(image, block * 1024 + 995, "heron-cr");  // 995 … 1000 | 1000 …: see below
  test::overwrite(image, block * 1024 + 994, "heron-cross");
  const std::uint64_t free_block = 30 * 1024;  // of 32 MiB: nothing was written so far back
  test::overwrite(image, free_block * 1024 + 77, "heron-free");
  const Ran ran = c.triage("run", {image});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  expect_every_byte(c, "run");
  EXPECT_EQ(found(c, "run", "i.locator LIKE '%slacker'"), "disk.dd:/srv/slacker|active|1");
  EXPECT_EQ(c.query("run",
                    "SELECT count(*) FROM item i JOIN hit h ON h.item = i.id JOIN word k ON k.topic = 'kind' AND "
                    "k.number = i.kind WHERE k.word = 'unallocated'"),
            "2");  // heron-free, and heron-deleted, whose inode ext4 has emptied
  EXPECT_EQ(c.query("run",
                    "SELECT sum(items) > 0 FROM census JOIN word ON topic = 'kind' AND number = kind WHERE "
                    "word = 'metadata'"),
            "1");
}

// A file in many fragments, a string over each of its seams: found once, in the file, not crossing.
TEST_F(Images, finds_a_string_across_two_fragments_once) {
  const std::string image = c.folder / "disk.dd";
  make_ext4(image,
            "for i in $(seq 40); do head -c 1024 /dev/urandom >> srv/broken; head -c 1024 /dev/urandom >> srv/other; "
            "sync -f .; done; true");
  // The string is laid over the border of the file's first two fragments, wherever they are.
  shell("for i in $(seq 0 39); do debugfs -R \"bmap /srv/broken $i\" " + image + " 2>/dev/null; done > " +
        (c.folder / "blocks"));
  std::istringstream in(test::read_file(c.folder / "blocks"));
  std::vector<std::uint64_t> blocks;
  for (std::uint64_t block = 0; in >> block;) blocks.push_back(block);
  std::size_t cut = 0;
  while (cut + 1 < blocks.size() && blocks[cut + 1] == blocks[cut] + 1) ++cut;
  if (cut + 1 >= blocks.size()) GTEST_SKIP() << "this kernel did not fragment the file";
  test::overwrite(image, blocks[cut] * 1024 + 1020, "hero");
  test::overwrite(image, blocks[cut + 1] * 1024, "n-seam");
  const Ran ran = c.triage("run", {image});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  expect_every_byte(c, "run");
  EXPECT_EQ(found(c, "run", "i.locator LIKE '%broken'"), "disk.dd:/srv/broken|active|0");
  EXPECT_EQ(c.query("run", "SELECT h.start FROM hit h JOIN item i ON i.id = h.item WHERE i.locator LIKE '%broken'"),
            std::to_string(cut * 1024 + 1020));
}

TEST_F(Images, finds_the_gap_between_two_partitions_and_the_files_in_both) {
  const std::string image = c.folder / "server.dd", one = c.folder / "one", two = c.folder / "two";
  make_ext4(one);
  make_ext4(two);
  shell("truncate -s 70M " + image +
        "; printf 'label: gpt\\nstart=2048,size=65536\\nstart=71680,size=65536\\n' | "
        "sfdisk -q " +
        image + "; dd if=" + one + " of=" + image + " bs=512 seek=2048 conv=notrunc status=none; dd if=" + two +
        " of=" + image + " bs=512 seek=71680 conv=notrunc status=none");
  test::overwrite(image, 69'000 * 512, "heron-gap");
  const Ran ran = c.triage("run", {image});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  expect_every_byte(c, "run");
  // The same content twice: the second is a duplicate with a locator of its own.
  EXPECT_EQ(c.query("run", "SELECT locator FROM item WHERE locator LIKE '%deep/note.txt' ORDER BY id"),
            "server.dd:p1:/srv/deep/note.txt\nserver.dd:p2:/srv/deep/note.txt");
  EXPECT_EQ(c.query("run",
                    "SELECT i.locator FROM item i JOIN word k ON k.topic = 'kind' AND k.number = i.kind WHERE "
                    "k.word = 'gap'"),
            "server.dd:@35323904+65536");
}

// What a published test of keyword search asks for: strings that cross from a file into its slack, from slack into a
// file, from a file into the physically next one, and from one fragment to the next. Raw tools miss the last kind,
// tools that go by files miss the others.
TEST_F(Images, finds_all_that_raw_tools_and_file_tools_find_only_together) {
  const std::string image = c.folder / "fat.dd", in = c.folder / "in";
  const auto file = [&](const std::string& name, char letter, std::size_t bytes) {
    test::write_file(in + "/" + name, std::string(bytes, letter));
    return "mcopy -i " + image + " " + in + "/" + name + " ::/" + name + "; ";
  };
  shell("truncate -s 9M " + image + "; mkfs.fat -F 16 -s 1 " + image + " >/dev/null; mkdir -p " + in);
  shell(file("A.TXT", 'A', 700) + file("B.TXT", 'B', 1024) + file("C.TXT", 'C', 512) + file("X.TXT", 'X', 512) +
        file("Y.TXT", 'Y', 512) + "mdel -i " + image + " ::/X.TXT; " + file("F.TXT", 'F', 1024) +
        file("G.TXT", 'G', 512) + file("D.TXT", 'D', 512) + "mdel -i " + image + " ::/D.TXT");
  const std::string bytes = test::read_file(image);
  const auto first = [&](char letter) { return bytes.find(std::string(400, letter)); };
  const std::uint64_t a = first('A'), b = first('B'), y = first('Y'), f = first('F'), d = first('D');
  const std::uint64_t f_again = bytes.find(std::string(400, 'F'), y);
  ASSERT_EQ(f + 512, y) << "the file is not in two fragments";
  ASSERT_NE(f_again, std::string::npos);
  ASSERT_EQ(b, a + 1024) << "the files do not follow each other";
  test::overwrite(image, a + 100, "heron-active");      // 1: in a file
  test::overwrite(image, a + 700 - 4, "heron-cross");   // 2: from a file into its slack
  test::overwrite(image, a + 800, "heron-slack");       // 3: in slack
  test::overwrite(image, b - 5, "heron-cross");         // 4: from slack into the next file
  test::overwrite(image, b + 1024 - 3, "heron-cross");  // 5: from a file into the next
  test::overwrite(image, f + 512 - 6, "heron-");        // 6: from one fragment …
  test::overwrite(image, f_again, "seam");              //    … to the next
  test::overwrite(image, d + 40, "heron-deleted");      // 7: in a deleted file
  test::overwrite(image, 8'000'000, "heron-free");      // 8: where nothing was ever
  const Ran ran = c.triage("run", {image});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  expect_every_byte(c, "run");
  EXPECT_EQ(c.query("run",
                    "SELECT substr(i.locator, instr(i.locator, ':')), h.start, h.length, h.crossing FROM item i "
                    "JOIN hit h ON h.item = i.id WHERE i.locator LIKE '%TXT' ORDER BY i.locator, h.start"),
            ":/A.TXT|100|12|0\n:/A.TXT|696|11|1\n:/B.TXT|1021|11|1\n:/F.TXT|506|10|0\n:/_.TXT|40|13|0");
  // The deleted file has lost its first letter. In slack and in free space: three more, each once; what crosses from
  // slack belongs to the slack.
  EXPECT_EQ(c.query("run", "SELECT sum(hits) FROM identifier"), "8");
  EXPECT_EQ(c.query("run", "SELECT count(*) FROM hit h JOIN item i ON i.id = h.item WHERE i.locator LIKE '%:@%'"), "3");
}

// Small files in the table, named streams, what is compressed, sparse, gone, slack and free: a word in each, found once
// and where it stands. What ntfs-3g cannot do is laid over its volume.
TEST_F(Images, finds_what_ntfs_keeps_in_its_table_in_streams_and_packed) {
  const std::string image = c.folder / "ntfs.dd", tree = c.folder / "mnt";
  const Ran mounted = test::run({"bash", "-euc",
                                 "mkdir " + tree + "; truncate -s 48M " + image + "; mkntfs -F -Q -q " + image +
                                     "; ntfs-3g -o streams_interface=windows,compression " + image + " " + tree});
  if (mounted.exit != 0) GTEST_SKIP() << "no FUSE here: " << mounted.err;
  shell("cd " + tree + "; trap 'cd /; umount " + tree + R"(' EXIT
echo 'resident heron-tiny' > resident.txt; ln resident.txt also.txt; echo main > ads.txt
echo 'heron-xattr' > ads.txt:small; (head -c 90000 /dev/zero | tr '\0' a | fold; echo; echo heron-xattr) > ads.txt:large
echo nothing > heron-name.txt; mkdir pressed; setfattr -h -n system.ntfs_attrib -v 0x00080000 pressed
(for i in $(seq 20000); do echo "line $i again and again"; done; echo heron-active) > pressed/words.txt
truncate -s 3M sparse.bin; printf heron-hole | dd of=sparse.bin bs=1 seek=2000000 conv=notrunc status=none
head -c 5000 /dev/zero | tr '\0' s > slack.bin
(head -c 60000 /dev/zero | tr '\0' g; echo heron-deleted) > gone.bin; echo heron-deleted > gone.txt
sync; rm gone.bin gone.txt)");
  const std::uint64_t slack = test::read_file(image).rfind(std::string(900, 's')) + 900;
  test::overwrite(image, slack + 50, "heron-slack");
  test::overwrite(image, 47'000'000, "heron-free");
  const Ran ran = c.triage("run", {image});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  expect_every_byte(c, "run");
  EXPECT_EQ(found(c, "run", "i.locator NOT LIKE '%@%'"),
            "ntfs.dd:/ads.txt:large|active|0\nntfs.dd:/ads.txt:small|active|0\nntfs.dd:/also.txt|active|0\n"
            "ntfs.dd:/gone.bin|deleted|0\nntfs.dd:/gone.txt|deleted|0\nntfs.dd:/heron-name.txt|active|0\n"
            "ntfs.dd:/pressed/words.txt|active|0\nntfs.dd:/sparse.bin|active|0");
  const auto residue = [&](const std::string& kind, std::uint64_t place) {
    return c.query("run",
                   "SELECT count(*) FROM item i JOIN hit h ON h.item = i.id JOIN word k ON k.topic = 'kind' AND "
                   "k.number = i.kind WHERE k.word = '" +
                       kind +
                       "' AND i.locator LIKE 'ntfs.dd:@%' AND "
                       "CAST(substr(i.locator, 10) AS INTEGER) + h.start = " +
                       std::to_string(place));
  };
  EXPECT_EQ(residue("slack", slack + 50), "1");
  EXPECT_EQ(residue("unallocated", 47'000'000), "1");
}

// A logical volume of which one half lies on each of two disks.
TEST_F(Images, reads_a_logical_volume_over_two_disks) {
  const std::string one = c.folder / "one.dd", two = c.folder / "two.dd", inner = c.folder / "inner";
  make_ext4(inner);
  const std::string tree = c.folder / "lvm";
  const Ran made = test::run(
      {"bash", "-euo", "pipefail", "-c",
       "truncate -s 24M " + one + " " + two + "; a=$(losetup -f --show " + one + "); b=$(losetup -f --show " + two +
           "); trap 'losetup -d $a $b' EXIT; settings=\"devices{use_devicesfile=0 "
           "obtain_device_list_from_udev=0 filter=['a|^$a$|','a|^$b$|','r|.*|']} activation{udev_sync=0 udev_rules=0} "
           "backup{backup=0 archive=0}\"; export LVM_SUPPRESS_FD_WARNINGS=1 LVM_SYSTEM_DIR=" +
           (c.folder / "etc") +
           "; lvm() { local command=$1; shift; command $command --driverloaded n --config \"$settings\" \"$@\" -q; }; "
           "lvm pvcreate $a $b; lvm vgcreate -s 1M vgtest $a $b; lvm lvcreate -an --zero n -Wn -l 32 -n data vgtest; "
           "true"});
  if (made.exit != 0) GTEST_SKIP() << "no volume group can be made here: " << made.err;
  // One extent is a mebibyte and the data begin behind one: the first 23 on the first disk, the rest on the second.
  shell("dd if=" + inner + " of=" + one + " bs=1M seek=1 count=23 conv=notrunc status=none; dd if=" + inner +
        " of=" + two + " bs=1M skip=23 seek=1 count=9 conv=notrunc status=none");
  const Ran ran = c.triage("run", {one, two});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  expect_every_byte(c, "run");
  EXPECT_EQ(found(c, "run", "i.locator LIKE '%deep/note.txt'"), "one.dd:vgtest/data:/srv/deep/note.txt|active|0");
}

TEST_F(Images, recomputes_the_hashes_of_an_acquisition) {
  const std::string image = c.folder / "disk.raw";
  make_ext4(image);
  shell("cd " + c.folder.path().string() +
        "; ewfacquire -u -q -d sha1 -t disk -f encase6 -c deflate:fast disk.raw >/dev/null");
  ASSERT_NE(c.triage("run", {c.folder / "disk.E01"}).exit, 1);
  const Ran good = test::ambit({"verify", c.folder / "run", "--exhibit", c.folder / "disk.E01"});
  EXPECT_EQ(good.exit, 0) << good.out << good.err;
  EXPECT_NE(good.out.find("acquired"), std::string::npos) << good.out;
  std::string bytes = test::read_file(c.folder / "disk.E01");
  test::overwrite(c.folder / "disk.E01", bytes.size() / 2, test::noise(1, 50));
  EXPECT_EQ(test::ambit({"verify", c.folder / "run", "--exhibit", c.folder / "disk.E01"}).exit, 1);
}

// The same disk as raw, in parts, as E01 and as qcow2: the same index but for the name and the kind of the exhibit.
TEST_F(Images, gives_the_same_items_for_raw_split_ewf_and_qcow2) {
  const std::string image = c.folder / "disk.raw";
  make_ext4(image);
  shell("cd " + c.folder.path().string() +
        "; mkdir raw split ewf qcow; cp disk.raw raw/disk.raw; "
        "split -b 5000000 -d -a 3 --numeric-suffixes=1 disk.raw split/disk.; "
        "ewfacquire -u -q -t ewf/disk -f encase6 -c deflate:fast -S 4MiB disk.raw >/dev/null; "
        "qemu-img convert -q -f raw -O qcow2 -c disk.raw qcow/disk");
  std::set<std::string> seen;
  for (const char* path : {"raw/disk.raw", "split/disk.001", "ewf/disk.E01", "qcow/disk"}) {
    const std::string name = "run-" + std::string(path).substr(0, 3);
    const Ran ran = c.triage(name, {c.folder / path});
    ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
    expect_every_byte(c, name);
    std::string answer;
    for (const char* sql :
         {"SELECT id, parent, substr(locator, instr(locator, ':')), state, kind, size, hex(sha256), modified, "
          "disposition, rule FROM item",
          "SELECT * FROM extent", "SELECT * FROM hit", "SELECT * FROM census", "SELECT * FROM coverage"}) {
      answer += c.query(name, sql) + "\n--\n";
    }
    seen.insert(answer);
  }
  EXPECT_EQ(seen.size(), 1U);
}

TEST_F(Images, gives_the_same_index_at_any_number_of_threads_and_any_chunk_size) {
  const std::string image = c.folder / "disk.dd";
  make_ext4(image);
  std::set<std::string> seen;
  for (const char* threads : {"1", "2", "8"}) {
    for (const char* chunk : {"64K", "1M", "100003"}) {
      const std::string name = std::string("run-") + threads + "-" + chunk;
      const Ran ran = c.triage(name, {image}, {"--threads", threads, "--chunk-size", chunk});
      ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
      seen.insert(test::read_file(c.folder / (name + "/relevance.db")));
    }
  }
  EXPECT_EQ(seen.size(), 1U);
}

// An image in an image: its files are found inside it, and not in the raw bytes of the file that it is.
TEST_F(Images, opens_an_image_that_is_a_file_of_another) {
  const std::string inner = c.folder / "inner", image = c.folder / "disk.dd";
  shell("truncate -s 3M " + inner + "; mkdir " + (c.folder / "t") + "; echo heron-inner > " + (c.folder / "t/in.txt") +
        "; mke2fs -q -t ext2 -F -d " + (c.folder / "t") + " " + inner);
  make_ext4(image, "cp " + inner + " srv/vm.img");
  const Ran ran = c.triage("run", {image});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  expect_every_byte(c, "run");
  EXPECT_EQ(found(c, "run", "i.locator LIKE '%vm.img%'"), "disk.dd:/srv/vm.img:/in.txt|active|0");
}

TEST_F(Images, verifies_the_run_and_the_items_in_the_image) {
  const std::string image = c.folder / "disk.dd";
  make_ext4(image);
  const Ran ran = c.triage("run", {image});
  ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
  const Ran good = test::ambit({"verify", c.folder / "run", "--exhibit", image});
  EXPECT_EQ(good.exit, 0) << good.out << good.err;
}

// Damage anywhere: the run ends, every byte is accounted for.
TEST_F(Images, accounts_for_every_byte_of_a_damaged_image) {
  const std::string image = c.folder / "disk.dd";
  make_ext4(image);
  const std::string whole = test::read_file(image);
  for (std::size_t i = 1; i < 16; ++i) {
    const std::string name = "cut" + std::to_string(i);
    test::write_file(c.folder / (name + ".dd"), std::string_view(whole).substr(0, whole.size() * i / 16 + 7));
    const Ran ran = c.triage(name, {c.folder / (name + ".dd")});
    ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << ran.err;
    expect_every_byte(c, name);
  }
  for (std::uint64_t seed = 1; seed <= test::damage_seeds(6); ++seed) {
    std::mt19937_64 random(seed);
    const std::string name = "hurt" + std::to_string(seed), path = c.folder / (name + ".dd");
    test::write_file(path, whole);
    for (int i = 0; i < 12; ++i) {
      test::overwrite(path, random() % (whole.size() / 4096 / (i % 2 == 0 ? 1 : 16)) * 4096,
                      test::noise(random(), 4096));
    }
    const Ran ran = c.triage(name, {path});
    ASSERT_TRUE(ran.exit == 0 || ran.exit == 2) << "seed " << seed << ": " << ran.err;
    expect_every_byte(c, name);
  }
}

TEST_F(Images, are_listed_without_a_sweep) {
  const std::string image = c.folder / "disk.dd";
  make_ext4(image);
  const Ran ran = test::ambit({"ls", image, "--json"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_NE(ran.out.find("\"file_system\": \"ext4\""), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find("note.txt"), std::string::npos);
}

}  // namespace
}  // namespace ambit::images_test
