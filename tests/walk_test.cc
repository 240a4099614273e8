// Opening and walking: every entry of a folder, every byte of an image, and nothing else.
#include "stages/walk/walk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <set>

#include "pipeline/limits.h"
#include "stages/open/open_exhibit.h"
#include "tests/evidence.h"

namespace ambit::walk_test {
namespace {

using test::TemporaryFolder;

struct Found {
  std::string bytes;
  WalkTrouble trouble = WalkTrouble::none;
};

std::map<std::string, Found> walk_all(const std::string& path) {
  auto exhibit = open_exhibit(path, "x");
  EXPECT_TRUE(exhibit.ok());
  std::map<std::string, Found> out;
  const auto source = walk_exhibit(**exhibit, 0, [](const Content&) { return false; });
  while (auto object = source->next()) {
    Found found{"", object->trouble};
    if (object->content != nullptr) {
      const auto info = object->content->open();
      if (info.ok()) {
        found.bytes.resize(info->size);
        const auto got = object->content->read_at(0, std::as_writable_bytes(std::span(found.bytes)));
        EXPECT_TRUE(got.ok() && *got == info->size);
      }
    }
    EXPECT_TRUE(out.emplace(object->locator.steps.front().name, found).second) << "an entry came twice";
  }
  return out;
}

TEST(Walk, gives_each_entry_of_a_folder_once_as_find_sees_it) {
  TemporaryFolder folder;
  test::write_file(folder / "a.txt", "alpha");
  test::write_file(folder / "empty", "");
  test::write_file(folder / "sub/deeper/b.bin", std::string(100'000, 'b'));
  test::write_file(folder / "sub/\xff\xfe name\n.txt", "not UTF-8");
  std::filesystem::create_directories(folder.path() / "hollow");
  const auto found = walk_all(folder.path().string());
  const test::Ran listed = test::run({"find", folder.path().string(), "-type", "f", "-printf", "%P\\0"});
  std::set<std::string> names;
  for (std::size_t at = 0; at < listed.out.size();) {
    const std::size_t end = listed.out.find('\0', at);
    names.insert(listed.out.substr(at, end - at));
    at = end + 1;
  }
  EXPECT_EQ(names.size(), 4U);
  ASSERT_EQ(found.size(), names.size());
  for (const std::string& name : names) EXPECT_TRUE(found.contains(name));
  EXPECT_EQ(found.at("sub/deeper/b.bin").bytes.size(), 100'000U);
  EXPECT_EQ(found.at("sub/\xff\xfe name\n.txt").bytes, "not UTF-8");
}

TEST(Walk, does_not_follow_symbolic_links_but_reads_what_they_say) {
  TemporaryFolder folder;
  TemporaryFolder outside;
  test::write_file(outside / "secret", "outside the exhibit");
  std::filesystem::create_symlink(outside / "secret", folder.path() / "link");
  std::filesystem::create_directory_symlink(outside.path(), folder.path() / "folder-link");
  std::filesystem::create_symlink("link", folder.path() / "self");
  const auto found = walk_all(folder.path().string());
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found.at("link").bytes, outside / "secret");
  EXPECT_EQ(found.at("folder-link").bytes, outside.path().string());
  EXPECT_EQ(found.at("self").bytes, "link");
}

TEST(Walk, names_special_files_and_does_not_open_them) {
  TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);  // opening it for reading would hang
  test::write_file(folder / "plain", "x");
  const auto found = walk_all(folder.path().string());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found.at("pipe").trouble, WalkTrouble::special_file);
}

TEST(Walk, ends_at_a_folder_that_contains_itself) {
  TemporaryFolder folder;
  test::write_file(folder / "sub/file", "x");
  std::filesystem::create_directories(folder.path() / "sub/again");
  if (::mount(folder.path().c_str(), (folder / "sub/again").c_str(), nullptr, MS_BIND, nullptr) != 0) {
    GTEST_SKIP() << "needs the right to mount";
  }
  const auto found = walk_all(folder.path().string());
  ::umount((folder / "sub/again").c_str());
  EXPECT_EQ(found.at("sub/again").trouble, WalkTrouble::loop);
  EXPECT_EQ(found.size(), 2U);
}

TEST(Walk, bounds_the_depth_of_nested_folders) {
  TemporaryFolder folder;
  const int back = ::open(".", O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::chdir(folder.path().c_str()), 0);
  for (std::size_t i = 0; i < limits::kMaxPathDepth + 50; ++i) {
    ASSERT_EQ(::mkdir("d", 0700), 0);
    ASSERT_EQ(::chdir("d"), 0);
  }
  ASSERT_EQ(::fchdir(back), 0);
  ::close(back);
  rlimit files{4'096, 4'096};
  ::setrlimit(RLIMIT_NOFILE, &files);
  const auto found = walk_all(folder.path().string());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.begin()->second.trouble, WalkTrouble::too_deep);
  (void)test::run({"rm", "-rf", folder.path().string()});  // deeper than remove_all can go
}

TEST(Walk, walks_a_large_folder_in_slices) {
  TemporaryFolder folder;
  constexpr std::size_t kFiles = 70'000;  // more than one slice
  for (std::size_t i = 0; i < kFiles; ++i) {
    const int fd = ::open((folder / std::to_string(i)).c_str(), O_CREAT | O_WRONLY, 0600);
    ASSERT_GE(fd, 0);
    ::close(fd);
  }
  EXPECT_EQ(walk_all(folder.path().string()).size(), kFiles);
}

TEST(Open, tells_images_from_plain_files_by_their_bytes_or_name) {
  TemporaryFolder folder;
  std::string mbr(1'024, '\0');
  mbr[446] = '\x80';
  mbr[450] = '\x83';
  mbr.replace(510, 2, "\x55\xaa");
  test::write_file(folder / "disk", mbr);
  test::write_file(folder / "note.txt", "text");
  test::write_file(folder / "wiped.dd", std::string(1'024, '\0'));
  const auto kind = [&](const std::string& path) { return (*open_exhibit(path, "x"))->kind(); };
  EXPECT_EQ(kind(folder / "disk"), ExhibitKind::raw);
  EXPECT_EQ(kind(folder / "note.txt"), ExhibitKind::file);
  EXPECT_EQ(kind(folder / "wiped.dd"), ExhibitKind::raw);
  EXPECT_EQ(kind("file:" + (folder / "disk")), ExhibitKind::file);
  EXPECT_EQ(kind("raw:" + (folder / "note.txt")), ExhibitKind::raw);
  EXPECT_EQ(kind(folder.path().string()), ExhibitKind::folder);
}

TEST(Open, joins_the_parts_of_a_split_image) {
  TemporaryFolder folder;
  const std::string whole = test::noise(1, 250'000);
  for (const char* style : {"-d --suffix-length=3 --numeric-suffixes=1", "--suffix-length=2"}) {
    test::write_file(folder / "whole", whole);
    const std::string command =
        std::string("cd '") + folder.path().string() + "' && rm -f p.* && split -b 77777 " + style + " whole p.";
    ASSERT_EQ(test::run({"bash", "-c", command}).exit, 0);
    const std::string first = std::filesystem::exists(folder / "p.001") ? folder / "p.001" : folder / "p.aa";
    auto exhibit = open_exhibit(first, "x");
    ASSERT_TRUE(exhibit.ok());
    EXPECT_EQ((*exhibit)->kind(), ExhibitKind::split_raw);
    ASSERT_EQ((*exhibit)->size(), whole.size());
    std::string back(whole.size(), '\0');
    const auto got = (*exhibit)->read_at(0, std::as_writable_bytes(std::span(back)));
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(*got, whole.size());
    EXPECT_TRUE(back == whole);
    std::uint64_t at = 0;
    while (at < whole.size()) {
      const DataRun run = (*exhibit)->run_at(at);
      ASSERT_GT(run.length, 0U);
      at = run.offset + run.length;
    }
    EXPECT_EQ(at, whole.size());
  }
}

TEST(Open, refuses_a_split_image_with_a_part_missing) {
  TemporaryFolder folder;
  for (const char* part : {"i.001", "i.002", "i.004"}) test::write_file(folder / part, "part");
  const auto exhibit = open_exhibit(folder / "i.001", "x");
  ASSERT_FALSE(exhibit.ok());
  EXPECT_NE(exhibit.error().what.find("i.003"), std::string::npos);
}

TEST(Open, says_what_is_wrong_with_a_path) {
  const auto missing = open_exhibit("/nonexistent/image.dd", "x");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().remedy, "check the path");
}

TEST(Open, gives_exhibits_of_one_name_different_names) {
  EXPECT_EQ(exhibit_names({"/a/disk.dd", "/b/disk.dd", "raw:/c/disk.dd", "/d/folder/"}),
            (std::vector<std::string>{"disk.dd", "disk.dd#2", "disk.dd#3", "folder"}));
  EXPECT_EQ(exhibit_names({"/a/x", "/b/x#2", "/c/x"}), (std::vector<std::string>{"x", "x#2", "x#3"}));
}

}  // namespace
}  // namespace ambit::walk_test
