// Images of disks in archives, and file systems that are archives themselves: opened where they stand, or in memory,
// from outside, by the program that was built.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evidence.h"

namespace ambit::packed_images_test {
namespace {

using test::Case;
using test::Ran;

// A disk of 24 MiB with a file system, in which the word stands once; as it comes out of virtual machines.
constexpr std::string_view kDisks = R"sh(
set -e
mkdir server w w/in; cd w
python3 - <<'PY'
import random
random.seed(7)
words = [''.join(random.choice('abcdefghijklmnop') for _ in range(random.randint(2, 9))) for _ in range(400)]
text = ' '.join(random.choice(words) for _ in range(3000))
open('in/a.txt', 'w').write(text + '\nacme-payout-7731\n' + text)
open('in/filler', 'wb').write(random.randbytes(6 << 20))
PY
truncate -s 24M disk; mke2fs -q -t ext4 -F -d in disk
qemu-img convert -f raw -O vmdk -o subformat=streamOptimized disk disk.vmdk
qemu-img convert -c -f raw -O qcow2 disk disk.qcow2
echo '<Envelope/>' > vm.ovf
)sh";

constexpr const char* kInside = "locator NOT LIKE '%.snap'";

class PackedImages : public testing::Test {
 protected:
  PackedImages() { c.order(test::kPayoutOrder); }
  void make(const std::string& script) {
    const Ran ran = test::run(
        {"/bin/sh", "-c", "cd '" + c.folder.path().string() + "' && " + std::string(kDisks) + "set -e\n" + script});
    ASSERT_EQ(ran.exit, 0) << ran.out << ran.err;
  }
  [[nodiscard]] std::string items(const std::string& run, const std::string& where = "true") const {
    return c.query(run, "SELECT locator || ' ' || hits FROM v_item WHERE " + where + " ORDER BY locator");
  }
  [[nodiscard]] std::string exceptions(const std::string& run) const {
    return c.query(run, "SELECT word, objects FROM exception JOIN word ON topic = 'reason' AND number = reason");
  }
  void expect_verified(const std::string& run, const std::string& exhibit) const {
    const Ran verified = test::ambit({"verify", c.folder / run, "--exhibit", exhibit});
    EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
  }
  Case c;
};

TEST_F(PackedImages, that_stand_in_an_archive_as_they_are_are_opened_there) {
  make(
      "tar cf ../server/vm.ova vm.ovf disk.vmdk; tar cf ../server/q.tar disk.qcow2; zip -q0 ../server/z.zip "
      "disk.qcow2; "
      "tar cf inner.tar disk.qcow2; tar cf ../server/twice.tar inner.tar vm.ovf");
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(items("run"),
            "server:/q.tar!/disk.qcow2:/a.txt 1\nserver:/twice.tar!/inner.tar!/disk.qcow2:/a.txt 1\n"
            "server:/vm.ova!/disk.vmdk:/a.txt 1\nserver:/z.zip!/disk.qcow2:/a.txt 1");
  expect_verified("run", c.folder / "server");
}

TEST_F(PackedImages, that_are_packed_are_opened_in_memory_as_far_as_that_goes) {
  make(
      "gzip -c disk.vmdk > ../server/disk.vmdk.gz; tar czf ../server/q.tar.gz disk.qcow2; "
      "(cat disk.vmdk; head -c 40000000 /dev/urandom) > large.vmdk; gzip -1 -c large.vmdk > ../server/large.vmdk.gz");
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(items("run"), "server:/disk.vmdk.gz!/disk.vmdk:/a.txt 1\nserver:/q.tar.gz!/q.tar!/disk.qcow2:/a.txt 1");
  EXPECT_EQ(c.query("run",
                    "SELECT sum(items) FROM census JOIN word ON topic = 'reason' AND number = reason WHERE "
                    "word = 'unsupported'"),
            "1");
  expect_verified("run", c.folder / "server");
}

TEST_F(PackedImages, in_an_image_are_found_and_verified) {
  make(
      "tar cf in/vm.ova vm.ovf disk.vmdk; cp disk.qcow2 in/plain.qcow2; rm in/a.txt in/filler; "
      "truncate -s 40M ../outer.dd; mke2fs -q -t ext4 -F -d in ../outer.dd");
  const Ran ran = c.triage("run", {c.folder / "outer.dd"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(items("run"), "outer.dd:/plain.qcow2:/a.txt 1\nouter.dd:/vm.ova!/disk.vmdk:/a.txt 1");
  expect_verified("run", c.folder / "outer.dd");
}

// A packed disk begins with a stream that could be a file of its own, and file hosts call what they hold by a number.
TEST_F(PackedImages, that_only_their_end_tells_are_opened_whatever_they_are_called) {
  make("make=" AMBIT_SOURCE_DIR
       "/tests/evidence/make_dmg.py\n"
       "python3 $make disk ../server/a.dmg bzip2; python3 $make disk ../server/4711 zlib; "
       "python3 $make disk ../server/b.dmg xz; python3 $make disk ../server/4712 mixed; "
       "qemu-img convert -O vpc -o subformat=fixed,force_size disk ../server/4713; "
       "qemu-img convert -O vdi disk ../server/4714");
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(items("run"),
            "server:/4711:/a.txt 1\nserver:/4712:/a.txt 1\nserver:/4713:/a.txt 1\nserver:/4714:/a.txt 1\n"
            "server:/a.dmg:/a.txt 1\nserver:/b.dmg:/a.txt 1");
  expect_verified("run", c.folder / "server");
}

// Disks of containers and of virtual machines are file systems without a partition table, and called anything.
TEST_F(PackedImages, of_a_file_system_alone_are_told_by_its_super_block) {
  make(
      "cp disk ../server/vm-100-disk-0.raw; cp disk ../server/rootfs; truncate -s 400M xfs; mkfs.xfs -q xfs;"
      " mkdir m; mount -o loop xfs m; cp in/a.txt m; umount m; cp --sparse=always xfs ../server/xfs");
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(items("run"), "server:/rootfs:/a.txt 1\nserver:/vm-100-disk-0.raw:/a.txt 1\nserver:/xfs:/a.txt 1");
  expect_verified("run", c.folder / "server");
}

// As plain files they would be released whole, with the files of everybody in them.
TEST_F(PackedImages, of_file_systems_that_are_not_read_are_no_ordinary_files) {
  make(R"sh(
truncate -s 120M ../server/guest-disk0; mkfs.btrfs -q -f -r in ../server/guest-disk0
tar cf ../server/b.tar -C ../server guest-disk0
python3 - <<'PY'
def disk(name, *marks):
    image = bytearray(300 << 10)
    for at, mark in marks: image[at:at + len(mark)] = mark
    image[200000:200016] = b'acme-payout-7731'
    open('../server/' + name, 'wb').write(image)
disk('f2fs', (1024, b'\x10\x20\xf5\xf2\1\0\x10\0\x09\0\0\0'))
disk('erofs', (1024, b'\xe2\xe1\xf5\xe0' + bytes(8) + b'\x0c\0\x24\0\7'))
disk('cramfs.bin', (0, b'\x45\x3d\xcd\x28'), (16, b'Compressed ROMFS'))
disk('jfs', (32768, b'JFS1\1\0\0\0' + bytes(8) + b'\0\x10\0\0'))
disk('reiserfs', (65588, b'ReIsEr2Fs'))
disk('zfs', (16404, b'\0\0\0\7version\0'), (131072, b'\x0c\xb1\xba\0\0\0\0\0'))
disk('udf', (32768, b'\0BEA01\1'), (34816, b'\0NSR03\1'), (36864, b'\0TEA01\1'))
disk('other')
PY
)sh");
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(items("run", "locator NOT LIKE '%@%'"), "server:/other 1");
  EXPECT_EQ(c.query("run",
                    "SELECT sum(items) FROM census JOIN word ON topic = 'reason' AND number = reason WHERE "
                    "word = 'unsupported'"),
            "9");
  for (const std::string name : {"f2fs", "erofs", "cramfs.bin", "jfs", "reiserfs", "zfs", "udf", "guest-disk0"}) {
    EXPECT_THAT(test::ambit({"ls", c.folder / ("server/" + name)}).out, testing::HasSubstr("not read")) << name;
  }
}

TEST_F(PackedImages, with_snapshots_in_them_are_read_as_they_are_and_the_rest_is_told) {
  make("qemu-img snapshot -c before disk.qcow2; cp disk.qcow2 ../server");
  for (const std::string exhibit : {"server", "server/disk.qcow2"}) {
    const Ran ran = c.triage("run-" + exhibit.substr(exhibit.find('/') + 1), {c.folder / exhibit});
    EXPECT_EQ(ran.exit, 2) << ran.err;
  }
  EXPECT_EQ(items("run-server"), "server:/disk.qcow2:/a.txt 1");
  EXPECT_EQ(items("run-disk.qcow2"), "disk.qcow2:/a.txt 1");
  EXPECT_EQ(exceptions("run-server"), "unsupported|1");
  EXPECT_THAT(test::ambit({"ls", c.folder / "server/disk.qcow2"}).out, testing::HasSubstr("snapshots"));
}

TEST_F(PackedImages, of_other_virtual_machines_are_told) {
  make("qemu-img convert -O qed disk ../server/4711; qemu-img convert -O parallels disk ../server/4712");
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(exceptions("run"), "unsupported|2");
  EXPECT_EQ(items("run", "disposition = 'disclose'"), "");
}

TEST_F(PackedImages, that_end_within_a_partition_are_told) {
  make(
      "(head -c 1M /dev/zero; cat disk) > cut.dd; printf 'label: dos\\n2048,49152,83\\n' | sfdisk -q cut.dd; "
      "truncate -s 20M cut.dd; mv cut.dd ..");
  const Ran ran = c.triage("run", {c.folder / "cut.dd"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(items("run"), "cut.dd:p1:/a.txt 1");
  EXPECT_THAT(test::ambit({"ls", c.folder / "cut.dd"}).out, testing::HasSubstr("damaged"));
}

TEST_F(PackedImages, that_were_taken_from_a_running_machine_say_that_their_journal_was_not_played_back) {
  make(
      "mke2fs -q -t ext4 -F -d in disk; cp disk ../clean.dd; debugfs -w -R 'feature needs_recovery' disk; mv disk "
      "../live.dd");
  EXPECT_THAT(test::ambit({"ls", c.folder / "live.dd"}).out, testing::HasSubstr("ext4 (journal not played back)"));
  EXPECT_THAT(test::ambit({"ls", c.folder / "clean.dd"}).out, testing::Not(testing::HasSubstr("journal")));
}

TEST_F(PackedImages, give_the_same_index_at_any_number_of_threads) {
  make(
      "tar cf ../server/vm.ova vm.ovf disk.vmdk; gzip -c disk.qcow2 > ../server/disk.qcow2.gz; "
      "mksquashfs in ../server/in.squashfs -quiet -no-progress");
  std::string first;
  for (const std::string threads : {"1", "2", "8"}) {
    const Ran ran = c.triage("run" + threads, {c.folder / "server"}, {"--threads", threads});
    ASSERT_EQ(ran.exit, 0) << ran.err;
    const std::string index = test::read_file(c.folder / ("run" + threads + "/relevance.db"));
    if (first.empty()) first = index;
    EXPECT_TRUE(index == first) << threads;
  }
}

TEST_F(PackedImages, in_an_archive_that_was_cut_are_told) {
  make("tar cf whole.tar disk.qcow2; head -c 5000000 whole.tar > ../server/cut.tar");
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_THAT(c.query("run", "SELECT word FROM census JOIN word ON topic = 'reason' AND number = reason GROUP BY word"),
              testing::HasSubstr("damaged"));
}

// Whoever gets an archive gets the images in it, which nobody scrutinised as a part of it.
TEST_F(PackedImages, are_not_released_with_the_archive_around_them) {
  make("tar cf ../server/acme-payout-7731.tar vm.ovf disk.qcow2; tar cf ../server/acme-payout-7731.clean.tar vm.ovf");
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(c.query("run", "SELECT locator FROM v_item WHERE locator LIKE '%.tar' AND disposition = 'disclose'"),
            "server:/acme-payout-7731.clean.tar");
}

TEST_F(PackedImages, of_a_disc_are_read_once) {
  make("genisoimage -quiet -R -o ../server/disc.iso in; gzip -nc ../server/disc.iso > ../server/packed.iso.gz");
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(items("run"), "server:/disc.iso:/a.txt 1\nserver:/packed.iso.gz!/packed.iso:/a.txt 1");
  expect_verified("run", c.folder / "server");
}

// What does not repeat a packer leaves as it is: there the bytes around it hit as well.
TEST_F(PackedImages, of_squashfs_are_taken_apart_in_folders_archives_and_images) {
  make(
      "setfattr -n user.note -v acme-payout-7731 in/filler; mksquashfs in a.snap -quiet -no-progress -comp lzo; "
      "cp a.snap ../server; tar cf ../server/s.tar a.snap; rm in/filler in/a.txt; mv a.snap in; "
      "truncate -s 40M ../outer.dd; mke2fs -q -t ext4 -F -d in ../outer.dd");
  Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(items("run", kInside),
            "server:/a.snap!/a.txt 1\nserver:/a.snap!/filler:user.note 1\nserver:/s.tar!/a.snap!/a.txt 1\n"
            "server:/s.tar!/a.snap!/filler:user.note 1");
  expect_verified("run", c.folder / "server");
  ran = c.triage("image", {c.folder / "outer.dd"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(items("image", kInside), "outer.dd:/a.snap!/a.txt 1\nouter.dd:/a.snap!/filler:user.note 1");
  expect_verified("image", c.folder / "outer.dd");
}

}  // namespace
}  // namespace ambit::packed_images_test
