// ext2, ext3, ext4: what the kernel leaves behind, what was deleted, and what is broken; held against icat and the
// kernel.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/falloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <set>

#include "stages/walk/ext/ext.h"
#include "tests/ext_images.h"

namespace ambit::walk::walk_ext_damage_test {
namespace {

using test::run;
using test::TemporaryFolder;

void make_image(const std::string& options, const std::string& image, const std::string& size = "64M") {
  shell("mke2fs -q -F " + options + " " + image + " " + size);
}

void debugfs(const std::string& image, const std::string& commands) {
  test::write_file(image + ".commands", commands);
  ASSERT_EQ(run({"debugfs", "-w", "-f", image + ".commands", image}).exit, 0);
}

// Files that grow in turns, so that none lies in one piece.
void write_in_turns(const std::string& folder, int files, int turns) {
  for (int turn = 0; turn < turns; ++turn) {
    for (int file = 0; file < files; ++file) {
      const std::string path = folder + "/turns-" + std::to_string(file);
      const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
      const std::string bytes = test::noise(static_cast<std::uint64_t>(turn * 1000 + file), 5'000);
      ASSERT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
      ::fsync(fd);
      ::close(fd);
    }
  }
}

void preallocate(const std::string& path, int mode, std::uint64_t offset, std::uint64_t length) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(::fallocate(fd, mode, static_cast<off_t>(offset), static_cast<off_t>(length)), 0);
  ::close(fd);
}

class ExtKernel : public testing::TestWithParam<const char*> {};

TEST_P(ExtKernel, writes_what_is_found_again) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounts";
  const TemporaryFolder folder;
  const std::string image = folder / "image";
  make_image(GetParam(), image, "256M");
  const bool extents = std::string(GetParam()).find("ext4") != std::string::npos;
  {
    const Mounted mounted(image, "rw");
    ASSERT_TRUE(mounted.good());
    const std::string& at = mounted.at();
    write_in_turns(at, 12, 10);
    if (extents) {
      preallocate(at + "/reserved-behind", FALLOC_FL_KEEP_SIZE, 0, 300'000);
      write_at(at + "/reserved-behind", 0, "ten bytes.");
      preallocate(at + "/reserved-inside", 0, 0, 300'000);
      write_at(at + "/reserved-inside", 150'000, "in the middle");
      test::write_file(at + "/punched", test::noise(5, 400'000));
      preallocate(at + "/punched", FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 50'000, 100'000);
      preallocate(at + "/only-reserved", FALLOC_FL_KEEP_SIZE, 0, 100'000);
    }
    std::filesystem::create_directory(at + "/big");
    for (int i = 0; i < 20'000; ++i) {
      const int fd = ::open((at + "/big/a file of number " + std::to_string(i)).c_str(), O_CREAT | O_CLOEXEC, 0600);
      ASSERT_GE(fd, 0);
      ::close(fd);
    }
    for (int i = 0; i < 20'000; i += 3) ::unlink((at + "/big/a file of number " + std::to_string(i)).c_str());
    std::filesystem::rename(at + "/big/a file of number 1", at + "/renamed");
    const std::string value = test::noise(9, 800);
    for (int i = 0; i < 20; ++i) {
      const std::string path = at + "/big/a file of number " + std::to_string(3 * i + 4);
      EXPECT_EQ(::setxattr(path.c_str(), "user.note", value.data(), value.size(), 0), 0);
    }
  }
  const Walked walked = walk_image(image);
  ASSERT_NE(walked.system, nullptr);
  EXPECT_TRUE(walked.complete);
  expect_every_used_block_claimed(walked, image);
  EXPECT_EQ(std::count_if(walked.found.entries.begin(), walked.found.entries.end(),
                          [](const FileEntry& e) { return e.stream == "user.note" && e.size == 800; }),
            20);
  const FileEntry* in_turns = walked.found.find("turns-5");
  ASSERT_NE(in_turns, nullptr);
  EXPECT_GT(in_turns->runs.size(), 3U);
  const Mounted mounted(image, "ro");
  expect_same_files(walked, mounted.at(), Inodes::compare);
  if (!extents) return;
  EXPECT_GT(walked.found.find("reserved-behind")->slack, 250'000U);
  EXPECT_GE(std::count_if(walked.found.areas.begin(), walked.found.areas.end(),
                          [](const Area& area) { return area.kind == Kind::slack; }),
            2);  // around the middle
}

INSTANTIATE_TEST_SUITE_P(All, ExtKernel,
                         testing::Values("-t ext2 -b 1024 -N 30000", "-t ext3 -b 1024 -N 30000",
                                         "-t ext4 -b 1024 -N 30000", "-t ext4 -b 4096 -N 30000",
                                         "-t ext4 -b 4096 -N 30000 -O inline_data",
                                         "-t ext4 -b 4096 -N 30000 -O ea_inode,large_dir",
                                         "-t ext4 -b 4096 -N 30000 -O bigalloc -C 16384"));

// --- deleted ----------------------------------------------------------------------------------------------

std::vector<const FileEntry*> deleted_in(const Walked& walked) {
  std::vector<const FileEntry*> all;
  for (const FileEntry& entry : walked.found.entries) {
    if (entry.state == ObjectState::deleted) all.push_back(&entry);
  }
  return all;
}

TEST(ExtDeleted, files_come_back_as_icat_sees_them_unless_their_blocks_went_to_others) {
  const TemporaryFolder folder;
  const std::string image = folder / "image";
  make_image("-t ext2 -b 1024 -N 2000 -d " + tree_of_everything(), image);
  std::map<std::uint64_t, std::string> gone;  // by inode
  std::string commands;
  const Walked before = walk_image(image);
  for (const std::size_t bytes : {1UL, 1024UL, 12'289UL, 49'153UL, 300'000UL, 5'000'000UL}) {
    const std::string path = "sizes/" + std::to_string(bytes);
    gone[before.found.find(path)->inode] = test::read_file(tree_of_everything() + "/" + path);
    commands += "rm /" + path + "\n";
  }
  debugfs(image, commands);
  const Walked walked = walk_image(image);
  EXPECT_EQ(deleted_in(walked).size(), gone.size());
  for (const FileEntry* entry : deleted_in(walked)) {
    EXPECT_TRUE(bytes_of(*walked.volume, *entry) == gone[entry->inode]) << entry->path;
    EXPECT_TRUE(run({"icat", "-r", image, std::to_string(entry->inode)}).out == gone[entry->inode]) << entry->path;
  }
  test::write_file(image + ".new", test::noise(99, 700'000));
  debugfs(image, "write " + image + ".new /new\nwrite " + image + ".new /newer\n");
  const Walked later = walk_image(image);
  EXPECT_LT(deleted_in(later).size(), gone.size());
  for (const FileEntry* entry : deleted_in(later)) {
    EXPECT_TRUE(bytes_of(*later.volume, *entry) == gone[entry->inode]) << "not whole, and yet an entry";
  }
}

TEST(ExtDeleted, names_come_from_the_gaps_of_folders) {
  for (const std::string options : {"-t ext2 -b 1024", "-t ext3 -b 4096", "-t ext4 -b 4096"}) {
    const TemporaryFolder folder;
    const std::string image = folder / "image";
    make_image(options + " -d " + tree_of_everything(), image, "128M");
    debugfs(image, "rm /sizes/300000\nrm /sizes/4097\nrm /b/first\n");  // the last one keeps two names
    const Walked walked = walk_image(image);
    const FileEntry* found = walked.found.find("sizes/300000", "", ObjectState::deleted);
    ASSERT_NE(found, nullptr) << options;
    EXPECT_EQ(bytes_of(*walked.volume, *found), test::read_file(tree_of_everything() + "/sizes/300000"));
    EXPECT_NE(walked.found.find("sizes/4097", "", ObjectState::deleted), nullptr);
    EXPECT_EQ(deleted_in(walked).size(), 2U);
    EXPECT_EQ(walked.found.find("a/third")->links, std::vector<std::string>{"b/second"});
  }
}

TEST(ExtDeleted, a_file_that_was_still_open_comes_back) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounts";
  const TemporaryFolder folder;
  const std::string image = folder / "image", taken = folder / "taken";
  make_image("-t ext4 -b 4096", image);
  const std::string bytes = test::noise(3, 100'000);
  {
    const Mounted mounted(image, "rw");
    test::write_file(mounted.at() + "/open", bytes);
    const int fd = ::open((mounted.at() + "/open").c_str(), O_RDONLY | O_CLOEXEC);
    ::unlink((mounted.at() + "/open").c_str());
    shell("fsfreeze -f " + mounted.at() + "; cp " + image + " " + taken + "; fsfreeze -u " + mounted.at());
    ::close(fd);
  }
  const Walked walked = walk_image(taken);
  const auto deleted = deleted_in(walked);
  ASSERT_EQ(deleted.size(), 1U);
  EXPECT_TRUE(bytes_of(*walked.volume, *deleted.front()) == bytes);
  EXPECT_TRUE(deleted.front()->path.starts_with("$OrphanFiles/inode-"));
}

// --- trees that are none ----------------------------------------------------------------------------------

TEST(ExtTree, orphans_keep_the_rest_of_their_paths) {
  const TemporaryFolder folder;
  const std::string image = folder / "image";
  make_image("-t ext4 -b 1024 -d " + tree_of_everything(), image, "128M");
  debugfs(image, "unlink /sizes/4096\nunlink /deep/level-0\nmkdir /$OrphanFiles\n");
  const Walked walked = walk_image(image);
  std::size_t orphans = 0;
  for (const FileEntry& entry : walked.found.entries) {
    if (!entry.path.starts_with("$OrphanFiles$/inode-") || !entry.stream.empty()) continue;
    ++orphans;
    EXPECT_EQ(entry.state, ObjectState::active);
    const bool deep = entry.path.ends_with("/level-1/level-2/level-3/level-4") ||
                      entry.path.find("/level-1/level-2/") != std::string::npos;
    EXPECT_EQ(bytes_of(*walked.volume, entry),
              deep ? "at the bottom" : test::read_file(tree_of_everything() + "/sizes/4096"));
  }
  EXPECT_EQ(orphans, 2U);
}

TEST(ExtTree, a_folder_inside_itself_is_a_loop_once) {
  const TemporaryFolder folder;
  const std::string image = folder / "image";
  make_image("-t ext4 -b 1024", image);
  test::write_file(image + ".file", "content");
  debugfs(image, "mkdir /a\nmkdir /a/b\nwrite " + image + ".file /a/b/file\nln /a /a/b/back\nln / /a/root\n");
  const Walked walked = walk_image(image);
  ASSERT_NE(walked.found.find("a/b/file"), nullptr);
  ASSERT_NE(walked.found.find("a/b/back"), nullptr);
  EXPECT_EQ(walked.found.find("a/b/back")->trouble, WalkTrouble::loop);
  EXPECT_EQ(walked.found.find("a/root")->trouble, WalkTrouble::loop);
  EXPECT_EQ(walked.found.entries.size(), 3U);
  debugfs(image, "unlink /a\n");  // now a ring that nothing leads to: a in b in a
  const Walked ring = walk_image(image);
  EXPECT_EQ(std::count_if(ring.found.entries.begin(), ring.found.entries.end(),
                          [](const FileEntry& e) { return e.size == 7 && e.path.ends_with("/file"); }),
            1);
}

TEST(ExtTree, what_is_deeper_than_the_limit_hangs_below_the_orphans) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounts";
  const TemporaryFolder folder;
  const std::string image = folder / "image";
  make_image("-t ext4 -b 1024 -N 5000", image);
  {
    const Mounted mounted(image, "rw");
    int at = ::open(mounted.at().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 1100; ++i) {
      ASSERT_EQ(::mkdirat(at, "d", 0700), 0);
      const int below = ::openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      ::close(at);
      at = below;
    }
    const int file = ::openat(at, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    EXPECT_EQ(::write(file, "deep\n", 5), 5);
    ::close(file);
    ::close(at);
  }
  const Walked walked = walk_image(image);
  ASSERT_EQ(walked.found.entries.size(), 2U);
  for (const FileEntry& entry : walked.found.entries) {
    if (entry.trouble == WalkTrouble::none) {
      EXPECT_TRUE(entry.path.starts_with("$OrphanFiles/inode-") && entry.path.ends_with("/d/file"));
      EXPECT_EQ(bytes_of(*walked.volume, entry), "deep\n");
    } else {
      EXPECT_EQ(entry.trouble, WalkTrouble::too_deep);
    }
  }
}

TEST(ExtTree, what_is_encrypted_or_compressed_says_so) {
  const TemporaryFolder folder;
  const std::string image = folder / "image";
  make_image("-t ext4 -b 1024 -O ^metadata_csum -d " + tree_of_everything(), image, "128M");
  debugfs(image, "sif /sizes/4096 flags 0x80800\nsif /sizes/5000000 flags 0x80004\nsif /sizes/1024 mode 0170644\n");
  const Walked walked = walk_image(image);
  EXPECT_EQ(walked.found.find("sizes/4096")->trouble, WalkTrouble::encrypted);
  EXPECT_EQ(walked.found.find("sizes/5000000")->trouble, WalkTrouble::unsupported);
  EXPECT_EQ(walked.found.find("sizes/1024")->trouble, WalkTrouble::damaged);
}

// --- damage -----------------------------------------------------------------------------------------------

std::multiset<std::string> names_of(const Walked& walked) {
  std::multiset<std::string> names;
  for (const FileEntry& entry : walked.found.entries) {
    if (entry.trouble == WalkTrouble::none) names.insert(entry.path + ":" + entry.stream);
  }
  return names;
}

TEST(ExtDamage, a_copy_stands_in_for_superblock_and_descriptors) {
  for (const std::string options :
       {"-t ext2 -b 1024", "-t ext4 -b 1024", "-t ext4 -b 4096", "-t ext4 -b 1024 -O meta_bg,^resize_inode",
        "-t ext4 -b 4096 -O bigalloc -C 65536"}) {
    const TemporaryFolder folder;
    const std::string image = folder / "image";
    const bool clusters = options.find("bigalloc") != std::string::npos;
    make_image(options + " -d " + tree_of_everything(), image, clusters ? "4G" : "256M");
    const auto before = names_of(walk_image(image));
    EXPECT_GT(before.size(), 900U);
    test::overwrite(image, 1024, std::string(1024, '\0'));
    EXPECT_EQ(names_of(walk_image(image)), before) << options << ", no superblock";
    test::overwrite(image, 1024, test::noise(1, 4096));
    EXPECT_EQ(names_of(walk_image(image)), before) << options << ", neither superblock nor descriptors";
  }
}

TEST(ExtDamage, another_file_system_over_an_old_one_is_not_taken_for_it) {
  const TemporaryFolder folder;
  const std::string image = folder / "image";
  make_image("-t ext4 -b 4096", image, "256M");
  test::overwrite(image, 0, "XFSB" + std::string(4092, '\0'));
  const FileSource volume(image);
  const auto opened = open_ext(volume);
  EXPECT_TRUE(opened.ok() && *opened == nullptr);
  EXPECT_FALSE(ext_inodes_in_use(volume).has_value());
}

TEST(ExtDamage, what_is_not_known_is_refused) {
  const TemporaryFolder folder;
  const std::string image = folder / "image";
  make_image("-t ext2 -b 1024", image, "4M");
  EXPECT_EQ(ext_inodes_in_use(FileSource(image)), 11U);
  test::overwrite(image, 1024 + 0x63, "\x40");
  const FileSource volume(image);
  const auto opened = open_ext(volume);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::evidence);
  EXPECT_NE(opened.error().what.find("unsupported"), std::string::npos);
}

TEST(ExtDamage, a_volume_that_was_cut_off_still_gives_what_it_has) {
  const TemporaryFolder folder;
  for (const std::string options : {"-t ext2 -b 1024", "-t ext4 -b 4096 -O inline_data"}) {
    const std::string image = folder / "image";
    std::filesystem::remove(image);
    make_image(options + " -d " + tree_of_everything(), image, "64M");
    const std::uint64_t size = std::filesystem::file_size(image);
    for (std::uint64_t part = 15; part >= 1; --part) {
      std::filesystem::resize_file(image, size * part / 16 + part);
      const Walked walked = walk_image(image);  // looks at every run and area
      ASSERT_NE(walked.system, nullptr);
      EXPECT_LE(walked.system->size(), walked.volume->size());
      EXPECT_GT(walked.found.entries.size(), 0U);
    }
  }
}

TEST(ExtDamage, never_crashes_never_hangs_never_leaves_the_volume) {
  const TemporaryFolder folder;
  const char* more = std::getenv("AMBIT_TEST_DAMAGES");
  const std::uint64_t damages = more != nullptr ? std::stoull(more) : 25;
  for (const std::string options :
       {"-t ext2 -b 1024", "-t ext3 -b 1024", "-t ext4 -b 1024 -O ^metadata_csum,inline_data",
        "-t ext4 -b 4096 -O inline_data,ea_inode"}) {
    const std::string fresh = folder / "fresh", image = folder / "image";
    std::filesystem::remove(fresh);
    make_image(options + " -d " + tree_of_everything(), fresh, "24M");
    const std::uint64_t size = std::filesystem::file_size(fresh);
    for (std::uint64_t seed = 0; seed < damages; ++seed) {
      std::filesystem::copy_file(fresh, image, std::filesystem::copy_options::overwrite_existing);
      std::mt19937_64 random(seed);
      for (int i = 0; i < 12; ++i) {
        // Half of them where the books are.
        const std::uint64_t place = random() % (i % 2 == 0 ? size : size / 16) / 512 * 512;
        test::overwrite(image, std::min(place, size - 4096), test::noise(random(), 4096));
      }
      const FileSource volume(image);
      const auto opened = open_ext(volume);
      if (!opened.ok() || *opened == nullptr) continue;
      Listed found;
      (void)(*opened)->walk(found);
      expect_inside(volume, found);
    }
  }
}

std::uint64_t number_in(const std::string& bytes, std::size_t at) {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof(number));
  return number;
}

// Single fields, turned to what an attacker would choose.
TEST(ExtDamage, hostile_numbers_in_superblock_and_inodes_do_no_harm) {
  const TemporaryFolder folder;
  const std::string fresh = folder / "fresh", image = folder / "image";
  make_image("-t ext2 -b 1024 -N 1100 -d " + tree_of_everything() + "/many", fresh, "8M");
  const std::string all = test::read_file(fresh);
  const std::vector<std::string> values = {std::string(4, '\xff'), std::string(4, '\0'), std::string("\1\0\0\0", 4),
                                           std::string("\0\0\0\x80", 4)};
  std::filesystem::copy_file(fresh, image);
  const FileSource volume(image);
  const auto walk_with = [&](std::uint64_t at, const std::string& value) {
    test::overwrite(image, at, value);
    const auto opened = open_ext(volume);
    Listed found;
    if (opened.ok() && *opened != nullptr) (void)(*opened)->walk(found);
    expect_inside(volume, found);
    test::overwrite(image, at, all.substr(at, value.size()));
  };
  for (std::uint64_t at = 0; at < 0x300; at += 4) walk_with(1024 + at, values[at / 4 % values.size()]);
  for (std::uint64_t at = 0; at < 0x60; at += 4) {  // what says how large everything is
    for (const std::string& value : values) walk_with(1024 + at, value);
  }
  for (std::uint64_t at = 0; at < 64; at += 2) walk_with(2048 + at, values[at / 2 % values.size()].substr(0, 2));
  const std::uint64_t table = number_in(all, 2048 + 8) * 1024;
  for (std::uint64_t at = 256; at < 512; at += 4) walk_with(table + at, values[at / 4 % values.size()]);  // the root
}

TEST(ExtWalk, stops_when_asked_and_says_the_same_twice) {
  const TemporaryFolder folder;
  const std::string image = folder / "image";
  make_image("-t ext4 -b 4096 -d " + tree_of_everything(), image, "64M");
  const FileSource volume(image);
  const auto opened = open_ext(volume);
  ASSERT_TRUE(opened.ok() && *opened != nullptr);
  EXPECT_EQ((*opened)->type(), "ext4");
  Listed few;
  few.stop_after = 7;
  EXPECT_TRUE((*opened)->walk(few).ok());
  EXPECT_EQ(few.entries.size(), 7U);
  Listed first, second;
  ASSERT_TRUE((*opened)->walk(first).ok());
  ASSERT_TRUE((*opened)->walk(second).ok());
  ASSERT_EQ(first.entries.size(), second.entries.size());
  for (std::size_t i = 0; i < first.entries.size(); ++i) {
    EXPECT_EQ(first.entries[i].path, second.entries[i].path);
    EXPECT_EQ(first.entries[i].runs, second.entries[i].runs);
  }
}

TEST(ExtWalk, reads_a_huge_folder_and_the_tables_a_few_times_at_most) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounts";
  const TemporaryFolder folder;
  const std::string image = folder / "image";
  make_image("-t ext4 -b 4096 -N 60000", image);
  {
    const Mounted mounted(image, "rw");
    std::filesystem::create_directory(mounted.at() + "/huge");
    for (int i = 1; i <= 50'000; ++i) {
      const std::string name = std::to_string(i);
      const std::string path = mounted.at() + "/huge/message " + std::string(6 - name.size(), '0') + name;
      ASSERT_EQ(::mknod(path.c_str(), S_IFREG | 0600, 0), 0);
    }
  }
  const Walked walked = walk_image(image);
  EXPECT_EQ(walked.found.entries.size(), 50'000U);
  EXPECT_NE(walked.found.find("huge/message 050000"), nullptr);
  const std::uint64_t books = 50'000 * (256 + 24);
  EXPECT_LT(walked.volume->bytes_read(), 3 * books);
}

}  // namespace
}  // namespace ambit::walk::walk_ext_damage_test
