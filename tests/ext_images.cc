#include "tests/ext_images.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace ambit::walk {

using test::run;
using test::TemporaryFolder;

FileSource::FileSource(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat info {};
  if (::fstat(fd_, &info) == 0) size_ = static_cast<std::uint64_t>(info.st_size);
}

FileSource::~FileSource() { ::close(fd_); }

Result<std::size_t> FileSource::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  const ssize_t got = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
  if (got < 0) return Error{ErrorKind::io, "refused", "", ""};
  bytes_read_ += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

std::string bytes_of(const ByteSource& volume, const FileEntry& entry, std::uint64_t begin, std::uint64_t length) {
  std::string bytes(length, '\0');
  const auto all = std::as_writable_bytes(std::span(bytes));
  if (entry.content != nullptr) {
    const auto info = entry.content->open();
    EXPECT_TRUE(info.ok() && info->size == entry.size);
    EXPECT_TRUE(entry.content->read_at(begin, all).ok());
  }
  for (const Run& part : entry.runs) {
    const std::uint64_t first = std::max(part.start, begin), end = std::min(part.end(), begin + length);
    if (first >= end) continue;
    const auto into = all.subspan(first - begin, end - first);
    EXPECT_TRUE(read_fully(volume, part.place + (first - part.start), into).ok());
  }
  return bytes;
}
std::string bytes_of(const ByteSource& volume, const FileEntry& entry) {
  return bytes_of(volume, entry, 0, entry.size);
}

void expect_inside(const ByteSource& volume, const Listed& found) {
  const auto inside = [&](std::uint64_t offset, std::uint64_t length) {
    return offset <= volume.size() && length <= volume.size() - offset;
  };
  for (const Area& area : found.areas) EXPECT_TRUE(inside(area.offset, area.length) && area.length > 0);
  for (const FileEntry& entry : found.entries) {
    std::uint64_t end = 0;
    for (const Run& part : entry.runs) {
      EXPECT_TRUE(part.length > 0 && part.start >= end && part.end() <= entry.size);
      EXPECT_TRUE(inside(part.place, part.length));
      end = part.end();
    }
    if (entry.slack > 0) {
      ASSERT_FALSE(entry.runs.empty());
      EXPECT_TRUE(inside(entry.runs.back().place_end(), entry.slack));
    }
    EXPECT_TRUE(entry.trouble == WalkTrouble::none || entry.runs.empty());
  }
}

Walked walk_image(const std::string& image) {
  Walked walked;
  walked.volume = std::make_unique<FileSource>(image);
  auto opened = open_ext(*walked.volume);
  EXPECT_TRUE(opened.ok()) << opened.error().what;
  if (!opened.ok() || *opened == nullptr) return walked;
  walked.system = std::move(*opened);
  const Result<> result = walked.system->walk(walked.found);
  walked.complete = result.ok();
  expect_inside(*walked.volume, walked.found);
  return walked;
}

void shell(const std::string& command) {
  const test::Ran ran = run({"sh", "-ec", command});
  ASSERT_EQ(ran.exit, 0) << command << "\n" << ran.out << ran.err;
}

Mounted::Mounted(const std::string& image, const std::string& options) : folder_(scope_ / "at") {
  std::filesystem::create_directory(folder_);
  const test::Ran ran = run({"mount", "-o", "loop," + options, image, folder_});
  good_ = ran.exit == 0;
  EXPECT_TRUE(good_) << ran.err;
}

Mounted::~Mounted() {
  if (good_) (void)run({"umount", folder_});
}

void write_at(const std::string& path, std::uint64_t offset, std::string_view bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)), static_cast<ssize_t>(bytes.size()));
  ::close(fd);
}

namespace {

std::string target_of(const std::string& path) {
  std::string target(65'536, '\0');
  const ssize_t got = ::readlink(path.c_str(), target.data(), target.size());
  target.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return target;
}

// What is compared of a file: all of it, or of a huge (sparse) one beginning and end.
constexpr std::uint64_t kCompared = 6'000'000, kComparedEnd = 60'000;

void expect_same_bytes(const Walked& walked, const FileEntry& entry, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const auto expect_same = [&](std::uint64_t begin, std::uint64_t length) {
    std::string bytes(length, '\0');
    in.seekg(static_cast<std::streamoff>(begin));
    in.read(bytes.data(), static_cast<std::streamsize>(length));
    EXPECT_TRUE(bytes_of(*walked.volume, entry, begin, length) == bytes) << path;
  };
  expect_same(0, std::min(entry.size, kCompared));
  if (entry.size > kCompared) expect_same(entry.size - kComparedEnd, kComparedEnd);
}

}  // namespace

void expect_same_files(const Walked& walked, const std::string& folder, Inodes inodes) {
  std::map<std::uint64_t, std::set<std::string>> paths;  // by inode
  for (const auto& item : std::filesystem::recursive_directory_iterator(folder)) {
    if (!item.is_symlink() && item.is_directory()) continue;
    struct stat info {};
    ASSERT_EQ(::lstat(item.path().c_str(), &info), 0);
    paths[info.st_ino].insert(item.path().string().substr(folder.size() + 1));
  }
  std::map<std::string, const FileEntry*> entries;
  for (const FileEntry& entry : walked.found.entries) {
    if (entry.stream.empty() && entry.state == ObjectState::active) {
      EXPECT_TRUE(entries.emplace(entry.path, &entry).second) << entry.path;
    }
  }
  EXPECT_EQ(entries.size(), paths.size());
  for (const auto& [inode, names] : paths) {
    const std::string& first = *names.begin();
    const std::string full = folder + "/" + first;
    struct stat info {};
    ASSERT_EQ(::lstat(full.c_str(), &info), 0);
    const auto found = entries.find(first);
    ASSERT_NE(found, entries.end()) << first;
    const FileEntry& entry = *found->second;
    EXPECT_EQ(entry.links, std::vector<std::string>(std::next(names.begin()), names.end()));
    EXPECT_EQ(entry.modified, info.st_mtim.tv_sec) << first;
    EXPECT_TRUE(inodes == Inodes::differ || entry.inode == inode) << first;
    if (S_ISREG(info.st_mode)) {
      EXPECT_EQ(entry.trouble, WalkTrouble::none) << first;
      ASSERT_EQ(entry.size, static_cast<std::uint64_t>(info.st_size)) << first;
      expect_same_bytes(walked, entry, full);
    } else if (S_ISLNK(info.st_mode)) {
      EXPECT_EQ(bytes_of(*walked.volume, entry), target_of(full));
    } else {
      EXPECT_EQ(entry.trouble, WalkTrouble::special_file) << first;
    }
  }
}

namespace {

// Blocks that are free by the block bitmap, as dumpe2fs prints it.
std::vector<bool> free_blocks(const std::string& image, std::uint64_t blocks, std::uint64_t block_bytes) {
  std::vector<bool> free(blocks, false);
  std::uint64_t cluster = 1;  // of the last free one it prints the first block only
  std::istringstream lines(run({"dumpe2fs", image}).out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Cluster size:")) cluster = std::stoull(line.substr(13)) / block_bytes;
    if (!line.starts_with("  Free blocks: ")) continue;
    std::istringstream ranges(line.substr(15));
    for (std::string range; std::getline(ranges, range, ',');) {
      if (range.find_first_of("0123456789") == std::string::npos) continue;
      const std::size_t dash = range.find('-');
      const std::uint64_t first = std::stoull(range);
      const std::uint64_t last =
          (dash == std::string::npos ? first : std::stoull(range.substr(dash + 1))) / cluster * cluster + cluster - 1;
      for (std::uint64_t block = first; block <= last && block < blocks; ++block) free[block] = true;
    }
  }
  return free;
}

}  // namespace

void expect_every_used_block_claimed(const Walked& walked, const std::string& image) {
  const std::uint64_t size = walked.system->block_bytes();
  const std::uint64_t blocks = walked.system->size() / size;
  const std::vector<bool> free = free_blocks(image, blocks, size);
  std::vector<int> claimed(blocks, 0);
  std::uint64_t twice = 0;
  const auto claim = [&](std::uint64_t offset, std::uint64_t length) {
    for (std::uint64_t block = offset / size; block < (offset + length + size - 1) / size; ++block) {
      if (++claimed[block] > 1) ++twice;
    }
  };
  for (const Area& area : walked.found.areas) claim(area.offset, area.length);
  for (const FileEntry& entry : walked.found.entries) {
    if (entry.state != ObjectState::active || entry.runs.empty()) continue;
    for (const Run& part : entry.runs) {
      const bool last = &part == &entry.runs.back();
      claim(part.place, part.length + (last ? entry.slack : 0));
    }
  }
  std::uint64_t lost = 0, wrong = 0;
  for (std::uint64_t block = 0; block < blocks; ++block) {
    if (!free[block] && claimed[block] == 0) ++lost;
    if (free[block] && claimed[block] != 0) ++wrong;
  }
  EXPECT_EQ(lost, 0U) << "blocks in use that nobody claims";
  EXPECT_EQ(wrong, 0U) << "free blocks that somebody claims";
  EXPECT_EQ(twice, 0U) << "blocks that are claimed twice";
}

namespace {

void make_tree(const std::string& root) {
  std::uint64_t seed = 1;
  for (const std::size_t bytes :
       {0UL,    1UL,    59UL,   60UL,   61UL,   120UL,    150UL,    160UL,    161UL,    700UL,     1023UL,
        1024UL, 1025UL, 4095UL, 4096UL, 4097UL, 12'288UL, 12'289UL, 49'152UL, 49'153UL, 300'000UL, 5'000'000UL}) {
    test::write_file(root + "/sizes/" + std::to_string(bytes), test::noise(++seed, bytes));
  }
  write_at(root + "/sparse-front", 70'000'000, "behind a hole of seventy megabytes");
  write_at(root + "/sparse-far", 3'000'000'000, "behind a hole of three gigabytes");
  write_at(root + "/sparse-holes", 100'000, test::noise(90, 5'000));
  write_at(root + "/sparse-holes", 200'000, test::noise(91, 5'000));
  ASSERT_EQ(::truncate((root + "/sparse-holes").c_str(), 500'001), 0);
  write_at(root + "/sparse-all", 0, "");
  ASSERT_EQ(::truncate((root + "/sparse-all").c_str(), 1'000'000), 0);
  test::write_file(root + "/b/first", "one inode, three names");
  std::filesystem::create_directories(root + "/a");
  std::filesystem::create_directories(root + "/hollow/hollow");
  std::filesystem::create_hard_link(root + "/b/first", root + "/b/second");
  std::filesystem::create_hard_link(root + "/b/first", root + "/a/third");
  for (const std::size_t bytes : {1UL, 59UL, 60UL, 61UL, 150UL, 1000UL}) {
    std::filesystem::create_symlink(std::string(bytes, 'x'), root + "/link-" + std::to_string(bytes));
  }
  test::write_file(root + "/\xff\xfe not UTF-8\n", "bytes are bytes");
  test::write_file(root + "/" + std::string(255, 'n'), "the longest name");
  std::string deep = root + "/deep";
  for (int i = 0; i < 60; ++i) deep += "/level-" + std::to_string(i);
  test::write_file(deep + "/file", "at the bottom");
  for (int i = 0; i < 900; ++i) test::write_file(root + "/many/name of file " + std::to_string(i), std::to_string(i));
  ASSERT_EQ(::mkfifo((root + "/fifo").c_str(), 0600), 0);
  EXPECT_TRUE(::geteuid() != 0 || ::mknod((root + "/device").c_str(), S_IFCHR | 0600, 0x0102) == 0);
  const auto set = [&](const std::string& path, const char* name, const std::string& value) {
    ASSERT_EQ(::setxattr(path.c_str(), name, value.data(), value.size(), 0), 0) << name;
  };
  set(root + "/sizes/150", "user.comment", "a remark");
  set(root + "/sizes/4096", "user.comment", "another remark");
  set(root + "/sizes/4096", "user.empty", "");
  set(root + "/sizes/4097", "user.long", test::noise(7, 700));
  set(root + "/many", "user.folder", "a remark on a folder");
}

}  // namespace

const std::string& tree_of_everything() {
  static const TemporaryFolder folder;
  static const std::string root = folder / "tree";
  if (!std::filesystem::exists(root)) make_tree(root);
  return root;
}

}  // namespace ambit::walk
