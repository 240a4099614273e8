// Images of disks in archives, and file systems that are archives themselves: opened where they stand, or in memory,
// from outside, by the program that was built.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

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

// Nothing here makes disks of Bochs and cloop: their headers are written as qemu, which reads both, knows them.
TEST_F(PackedImages, of_other_virtual_machines_are_told) {
  make(R"sh(
qemu-img convert -O qed disk ../server/4711; qemu-img convert -O parallels disk ../server/4712
python3 - <<'PY'
import struct, zlib
word = b'acme-payout-7731'
head = struct.pack('<32s16s16s2I', b'Bochs Virtual HD Image', b'Redolog', b'Growing', 0x20000, 512)
head = (head + struct.pack('<4IQ', 1, 512, 4096, 0, 4096)).ljust(512, b'\0')
open('../server/4713', 'wb').write(head + b'\xff' * 4 + bytes(508) + word)
block = zlib.compress(word.ljust(65536, b'\0'))
head = (b'#!/bin/sh\n#V2.0 Format\nmodprobe cloop file=$0 && mount -r -t iso9660 /dev/cloop $1\n').ljust(128, b'\0') + struct.pack('>2I', 65536, 1)
open('../server/4714', 'wb').write(head + struct.pack('>2Q', 152, 152 + len(block)) + block + word)
open('../server/4715', 'wb').write(b'AFF10\r\n\0' + bytes(24) + word)
PY
qemu-img info ../server/4713 | grep -q 'file format: bochs'; qemu-img info ../server/4714 | grep -q 'file format: cloop'
)sh");
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(exceptions("run"), "unsupported|5");
  for (const std::string name : {"4713", "4714", "4715"}) {
    const Ran alone = c.triage("alone", {c.folder / ("server/" + name)});
    EXPECT_EQ(alone.exit, 1) << name;
    EXPECT_THAT(alone.err, testing::HasSubstr("convert")) << name;
  }
  EXPECT_EQ(items("run", "disposition = 'disclose'"), "");
}

TEST_F(PackedImages, that_end_within_a_partition_are_told) {
  make(
      "(head -c 1M /dev/zero; cat disk) > cut.dd; printf 'label: dos\\n2048,49152,83\\n' | sfdisk -q cut.dd; "
      "truncate -s 20M cut.dd; mv cut.dd ..");
  const Ran ran = c.triage("run", {c.folder / "cut.dd"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(items("run"), "cut.dd:p1:/a.txt 1");
  // The partition has 24 MiB, of which 19 are there.
  EXPECT_THAT(test::ambit({"ls", c.folder / "cut.dd"}).out, testing::HasSubstr("5242880 bytes are missing"));
  EXPECT_EQ(c.query("run", "SELECT objects, bytes FROM exception"), "1|5242880");
  EXPECT_THAT(c.ledger("run"), testing::HasSubstr("cut.dd:p1:missing@19922944+5242880"));
}

// Nothing but the superblock says how large a file system without a partition table is.
TEST_F(PackedImages, of_a_file_system_alone_that_end_too_early_are_told) {
  make(R"sh(
rm in/filler; cp disk ext4; truncate -s 40M fat16 fat32 ntfs exfat; truncate -s 300M xfs
mkfs.xfs -q xfs; mkfs.fat -F 16 fat16 >/dev/null; mkfs.fat -F 32 -s 1 fat32 >/dev/null; mkntfs -F -Q -q ntfs
mkfs.exfat exfat >/dev/null; genisoimage -quiet -R -o iso in; makefs -t ffs -o version=2 -s 24m ufs in >/dev/null
mkdir cut
for name in ext4 xfs fat16 fat32 ntfs exfat iso ufs; do
  cp --sparse=always $name cut/$name.dd; truncate -s -8192 cut/$name.dd; cp --sparse=always $name ../whole-$name.dd
done
mv cut ..)sh");
  for (const std::string name : {"ext4", "xfs", "fat16", "fat32", "ntfs", "exfat", "iso", "ufs"}) {
    const Ran ran = c.triage(name, {c.folder / ("cut/" + name + ".dd")});
    EXPECT_EQ(ran.exit, 2) << name << ran.err;
    // NTFS leaves the last sector to the copy of its first.
    EXPECT_EQ(c.query(name, "SELECT min(bytes) FROM exception"), name == "ntfs" ? "7680" : "8192") << name;
    EXPECT_THAT(c.ledger(name), testing::HasSubstr(name + ".dd:missing@")) << name;
    EXPECT_THAT(test::ambit({"ls", c.folder / ("whole-" + name + ".dd")}).out,
                testing::Not(testing::HasSubstr("missing")))
        << name;
  }
}

// A key of the order opens a container that is a file, too.
TEST_F(PackedImages, that_are_encrypted_are_opened_by_a_key_of_the_order) {
  make(
      "qemu-img convert -f raw -O luks --object secret,id=k,data=sesame -o key-secret=k,iter-time=10 disk "
      "../server/box.luks; mkdir in2; cp ../server/box.luks in2/inner; truncate -s 40M ../server/outer.dd; "
      "mke2fs -q -t ext4 -F -d in2 ../server/outer.dd");
  EXPECT_EQ(c.triage("locked", {c.folder / "server"}).exit, 2);
  EXPECT_EQ(items("locked"), "");
  EXPECT_EQ(exceptions("locked"), "encrypted|2");
  c.order(std::string(test::kPayoutOrder) + "\n[volumes]\nkeys = [\"wrong\", \"sesame\"]\n");
  EXPECT_EQ(c.triage("open", {c.folder / "server"}).exit, 0);
  EXPECT_EQ(items("open"), "server:/box.luks:/a.txt 1\nserver:/outer.dd:/inner:/a.txt 1");
  c.order(std::string(test::kPayoutOrder) + "\n[volumes]\nkeys = [\"wrong\"]\n");
  EXPECT_EQ(c.triage("wrong", {c.folder / "server"}).exit, 2);
  EXPECT_EQ(exceptions("wrong"), "encrypted|2");
}

// Their marks stand behind the first mebibyte, which is empty.
TEST_F(PackedImages, of_esx_servers_are_no_ordinary_files) {
  make(R"sh(
python3 - <<'PY'
def disk(name, *marks):
    image = bytearray(3 << 20)
    for at, mark in marks: image[at:at + len(mark)] = mark
    image[2500000:2500016] = b'acme-payout-7731'
    open('../server/' + name, 'wb').write(image)
disk('vmfs5', (1 << 20, b'\x0d\xd0\x01\xc0\3\0\0\0'), (2 << 20, b'\x5e\xf1\xab\x2f\x0e\0\0\0'))
disk('fs', (2 << 20, b'\x5e\xf1\xab\x2f\x18\0\0\0'))
disk('other', (1 << 20, b'\x0d\xd0\x01\xc0\xff\xff\xff\xff'))
PY
tar cf ../server/v.tar -C ../server vmfs5
)sh");
  const Ran ran = c.triage("run", {c.folder / "server"});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_EQ(items("run", "locator NOT LIKE '%@%'"), "server:/other 1");
  EXPECT_EQ(exceptions("run"), "unsupported|3");
  EXPECT_THAT(test::ambit({"ls", c.folder / "server/vmfs5"}).out, testing::HasSubstr("VMFS is not read"));
}

TEST_F(PackedImages, that_were_taken_from_a_running_machine_say_that_their_journal_was_not_played_back) {
  make(
      "mke2fs -q -t ext4 -F -d in disk; cp disk ../clean.dd; debugfs -w -R 'feature needs_recovery' disk; mv disk "
      "../live.dd");
  EXPECT_THAT(test::ambit({"ls", c.folder / "live.dd"}).out, testing::HasSubstr("ext4 (journal not played back)"));
  EXPECT_THAT(test::ambit({"ls", c.folder / "clean.dd"}).out, testing::Not(testing::HasSubstr("journal")));
  // Files of which only the journal knows are found as bytes, not as files: whoever relies on the run has to know.
  EXPECT_EQ(c.triage("live", {c.folder / "live.dd"}).exit, 2);
  EXPECT_EQ(exceptions("live"), "unsupported|1");
  EXPECT_THAT(c.ledger("live"), testing::HasSubstr("live.dd:journal@0+0"));
  EXPECT_EQ(c.triage("clean", {c.folder / "clean.dd"}).exit, 0);
}

// The log of XFS, cut off in the midst of work and then closed, until it has gone round its ring more than once.
TEST_F(PackedImages, of_xfs_that_were_in_use_say_that_their_journal_was_not_played_back) {
  make(R"sh(
export TEST_DIR=m TEST_DEV=xfs QA_CHECK_FS=1  # mkfs.xfs then allows a log so small
truncate -s 100M xfs; mkfs.xfs -q -l size=8m xfs; cp --sparse=always xfs ../new.dd; mkdir m
mount -o loop xfs m 2>/dev/null || { touch ../cannot; exit 0; }; umount m
for round in 1 2 3 4 5 6; do
  mount -o loop xfs m
  for i in $(seq 2000); do echo $round > m/f$i; done; sync -f m
  for i in $(seq 2000); do mv m/f$i m/g$i; done
  xfs_io -x -c 'shutdown -f' m
  umount m; cp --sparse=always xfs ../live$round.dd
  mount -o loop xfs m; umount m; cp --sparse=always xfs ../closed$round.dd
done
)sh");
  if (std::filesystem::exists(c.folder / "cannot")) GTEST_SKIP() << "loop mounts of XFS need root and its module";
  const auto listed = [&](const std::string& name) { return test::ambit({"ls", c.folder / (name + ".dd")}).out; };
  EXPECT_THAT(listed("new"), testing::Not(testing::HasSubstr("journal")));
  for (int round = 1; round <= 6; ++round) {
    const std::string number = std::to_string(round);
    EXPECT_THAT(listed("live" + number), testing::HasSubstr("XFS (journal not played back)")) << round;
    EXPECT_THAT(listed("closed" + number), testing::Not(testing::HasSubstr("journal"))) << round;
  }
  EXPECT_EQ(c.triage("live", {c.folder / "live3.dd"}).exit, 2);
  EXPECT_EQ(exceptions("live"), "unsupported|1");
  EXPECT_EQ(c.triage("closed", {c.folder / "closed3.dd"}).exit, 0);
}

// ntfsfix marks a volume for the check by Windows. The pages of a log that Windows left open are written here.
TEST_F(PackedImages, of_ntfs_that_were_not_closed_say_that_their_journal_was_not_played_back) {
  make(R"sh(
truncate -s 24M ntfs; mkntfs -F -Q -q ntfs; cp ntfs ../clean.dd; cp ntfs ../marked.dd; ntfsfix ../marked.dd >/dev/null
istat ntfs 2 > runs
python3 - <<'PY'
import struct
image = open('ntfs', 'rb').read()
first = int(open('runs').read().split('$DATA (128-')[-1].split('\n')[1].split()[0]) * image[13] * 512
def page(lsn, in_use, flags):
    head = b'RSTR' + struct.pack('<HHQIIHHH', 30, 9, 0, 4096, 4096, 48, 1, 1)
    return (head.ljust(48, b'\0') + struct.pack('<QHHHH', lsn, 1, 0xffff, in_use, flags)).ljust(4096, b'\0')
def write(name, *pages):
    out = bytearray(image)
    out[first:first + 8192] = b''.join(pages)
    open('../' + name + '.dd', 'wb').write(out)
write('open', page(5, 0xffff, 0), page(7, 0, 0))
write('closed', page(9, 0, 2), page(7, 0, 0))
write('idle', page(5, 0, 0), page(7, 0xffff, 0))
PY
)sh");
  for (const std::string name : {"clean", "closed", "idle"}) {
    EXPECT_THAT(test::ambit({"ls", c.folder / (name + ".dd")}).out, testing::Not(testing::HasSubstr("journal")))
        << name;
  }
  for (const std::string name : {"marked", "open"}) {
    EXPECT_THAT(test::ambit({"ls", c.folder / (name + ".dd")}).out,
                testing::HasSubstr("NTFS (journal not played back)"))
        << name;
    EXPECT_EQ(c.triage(name, {c.folder / (name + ".dd")}).exit, 2);
    EXPECT_EQ(exceptions(name), "unsupported|1");
  }
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
