// XFS as mkfs.xfs and the kernel make it, read by us and held against find on the mounted image and against libfsxfs;
// then damaged.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <libfsxfs.h>
#include <linux/falloc.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <random>
#include <set>

#include "pipeline/limits.h"
#include "stages/walk/file_system.h"
#include "tests/evidence.h"

namespace ambit::walk_xfs_test {
namespace {

using test::TemporaryFolder;
namespace fs = std::filesystem;

// An image file, with a lid of damage on it.
class ImageBytes final : public ByteSource {
 public:
  explicit ImageBytes(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info {};
    ::fstat(fd_, &info);
    size_ = static_cast<std::uint64_t>(info.st_size);
  }
  ~ImageBytes() override { ::close(fd_); }
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= size_) return std::size_t{0};
    const std::size_t count = std::min<std::uint64_t>(into.size(), size_ - offset);
    const ssize_t got = ::pread(fd_, into.data(), count, static_cast<off_t>(offset));
    if (got < 0) return Error{ErrorKind::io, "read", "", ""};
    for (const auto& [at, bytes] : patches_) {
      const std::uint64_t begin = std::max(at, offset), end = std::min(at + bytes.size(), offset + count);
      if (begin < end) std::memcpy(into.data() + (begin - offset), bytes.data() + (begin - at), end - begin);
    }
    return count;
  }
  void truncate(std::uint64_t size) { size_ = size; }
  void patch(std::uint64_t at, std::string bytes) { patches_[at] = std::move(bytes); }
  void restore() { patches_.clear(); }

 private:
  int fd_;
  std::uint64_t size_ = 0;
  std::map<std::uint64_t, std::string> patches_;
};

struct Area {
  Kind kind;
  std::uint64_t offset, length;
};

// Keeps what it is given, and checks what must hold of any entry.
class Collector final : public walk::EntrySink {
 public:
  explicit Collector(const walk::FileSystem& system) : size_(system.size()) {}
  bool entry(walk::FileEntry&& e) override {
    std::uint64_t next = 0;
    for (const Run& run : e.runs) {
      EXPECT_GT(run.length, 0U);
      EXPECT_GE(run.start, next);
      EXPECT_LE(run.end(), e.size);
      EXPECT_TRUE(run.place < size_ && run.length <= size_ - run.place);
      next = run.end();
    }
    if (e.slack > 0) {
      EXPECT_FALSE(e.runs.empty());
      if (!e.runs.empty()) { EXPECT_LE(e.slack, size_ - e.runs.back().place_end()); }
    }
    EXPECT_TRUE(e.trouble == WalkTrouble::none || (e.runs.empty() && e.content == nullptr && e.slack == 0));
    EXPECT_FALSE(e.path.empty() || e.path.front() == '/');
    EXPECT_LE(e.path.size(), limits::kMaxPathBytes);
    EXPECT_TRUE(std::is_sorted(e.links.begin(), e.links.end()));
    EXPECT_TRUE(e.links.empty() || e.path <= e.links.front());
    entries.push_back(std::move(e));
    return entries.size() < stop_after;
  }
  void area(Kind kind, std::uint64_t offset, std::uint64_t length) override {
    EXPECT_GT(length, 0U);
    EXPECT_TRUE(offset < size_ && length <= size_ - offset);
    areas.push_back({kind, offset, length});
  }
  std::vector<walk::FileEntry> entries;
  std::vector<Area> areas;
  std::size_t stop_after = SIZE_MAX;

 private:
  std::uint64_t size_;
};

struct Walked {
  std::unique_ptr<walk::FileSystem> system;
  std::unique_ptr<Collector> found;
  bool whole = false;
};

Walked walk_xfs(const ByteSource& volume) {
  Walked walked;
  auto opened = walk::open_xfs(volume);
  if (!opened.ok() || *opened == nullptr) return walked;
  walked.system = std::move(*opened);
  walked.found = std::make_unique<Collector>(*walked.system);
  walked.whole = walked.system->walk(*walked.found).ok();
  return walked;
}

std::string file_bytes(const ByteSource& volume, const walk::FileEntry& entry) {
  std::string bytes(entry.size, '\0');
  if (entry.content != nullptr) {
    const auto info = entry.content->open();
    EXPECT_TRUE(info.ok() && info->size == entry.size);
    const auto got = entry.content->read_at(0, std::as_writable_bytes(std::span(bytes)));
    EXPECT_TRUE(got.ok() && *got == entry.size);
    return bytes;
  }
  for (const Run& run : entry.runs) {
    EXPECT_TRUE(
        walk::read_fully(volume, run.place, std::as_writable_bytes(std::span(bytes).subspan(run.start, run.length)))
            .ok());
  }
  return bytes;
}

const walk::FileEntry* find_entry(const Walked& walked, std::string_view path, std::string_view stream = "") {
  for (const auto& entry : walked.found->entries) {
    if (entry.path == path && entry.stream == stream) return &entry;
  }
  return nullptr;
}

// --- making images ---------------------------------------------------------------------------------------------

class Mounted {
 public:
  Mounted(const std::string& image, const std::string& at, const std::string& options) : at_(at) {
    fs::create_directories(at);
    const test::Ran ran = test::run({"mount", "-t", "xfs", "-o", "loop," + options, image, at});
    mounted_ = ran.exit == 0;
  }
  ~Mounted() { unmount(); }
  [[nodiscard]] bool ok() const { return mounted_; }
  void unmount() {
    if (mounted_) { EXPECT_EQ(test::run({"umount", at_}).exit, 0); }
    mounted_ = false;
  }

 private:
  std::string at_;
  bool mounted_ = false;
};

std::vector<std::string> split(const std::string& words) {
  std::vector<std::string> out;
  std::istringstream in(words);
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

bool make_xfs(const std::string& image, const std::string& options, std::uint64_t mebibytes = 320) {
  test::make_sparse(image, mebibytes << 20);
  std::vector<std::string> arguments{"mkfs.xfs", "-q", "-f"};
  for (std::string& word : split(options)) arguments.push_back(std::move(word));
  arguments.push_back(image);
  const test::Ran ran = test::run(arguments);
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return ran.exit == 0;
}

// A descriptor for things that need more than a stream.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {}
  ~OpenFile() { ::close(fd_); }
  OpenFile& write(std::uint64_t at, const std::string& bytes) {
    EXPECT_EQ(::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at)), static_cast<ssize_t>(bytes.size()));
    return *this;
  }
  OpenFile& allocate(int mode, std::uint64_t at, std::uint64_t length) {
    EXPECT_EQ(::fallocate(fd_, mode, static_cast<off_t>(at), static_cast<off_t>(length)), 0);
    return *this;
  }
  OpenFile& sync() {
    ::fsync(fd_);
    return *this;
  }
  OpenFile& grow(std::uint64_t size) {
    EXPECT_EQ(::ftruncate(fd_, static_cast<off_t>(size)), 0);
    return *this;
  }
  OpenFile& attribute(const std::string& name, const std::string& value) {
    EXPECT_EQ(::fsetxattr(fd_, name.c_str(), value.data(), value.size(), 0), 0) << name;
    return *this;
  }

 private:
  int fd_;
};

void make_files(const std::string& root) {
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 100'000U, 3'000'000U}) {
    test::write_file(root + "/sizes/" + std::to_string(size), test::noise(size, size));
  }
  test::write_file(root + "/names/\xff\xfe not UTF-8\n", "bytes");
  test::write_file(root + "/names/\xc3\xa5\xc3\xa4\xc3\xb6", "letters");
  test::write_file(root + "/names/" + std::string(255, 'n'), "long");
  test::write_file(root + "/links/b", "linked");
  fs::create_hard_link(root + "/links/b", root + "/links/c");
  fs::create_hard_link(root + "/links/b", root + "/links/a");
  fs::create_hard_link(root + "/links/b", root + "/names/linked");
  fs::create_symlink("target", root + "/links/short");
  fs::create_symlink(std::string(1023, 't'), root + "/links/long");
  fs::create_symlink("/nowhere/" + std::string(300, 'u'), root + "/links/middle");
  EXPECT_EQ(::mkfifo((root + "/special-fifo").c_str(), 0600), 0);
  EXPECT_EQ(::mknod((root + "/special-null").c_str(), S_IFCHR | 0600, makedev(1, 3)), 0);
  EXPECT_EQ(::mknod((root + "/special-loop").c_str(), S_IFBLK | 0600, makedev(7, 200)), 0);
}

void make_extents(const std::string& root) {
  OpenFile(root + "/sparse").write(0, "begin").write(6'000'000, "middle").grow(9'000'000);
  OpenFile holes(root + "/holes");
  holes.write(0, test::noise(7, 1024 * 8192)).sync();
  for (std::uint64_t i = 0; i < 1024; i += 2) {
    holes.allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, i * 8192, 8192);
  }
  OpenFile one(root + "/woven-1"), two(root + "/woven-2");
  for (std::uint64_t i = 0; i < 40; ++i) {
    one.write(i * 16384, test::noise(i, 9000)).sync();
    two.write(i * 16384, test::noise(i + 1000, 16384)).sync();
  }
  OpenFile(root + "/unwritten").allocate(0, 0, 1'000'000).write(500'000, "in the middle");
  OpenFile(root + "/beyond").write(0, "short").sync().allocate(FALLOC_FL_KEEP_SIZE, 0, 1'000'000);
  OpenFile(root + "/empty-but-allocated").allocate(FALLOC_FL_KEEP_SIZE, 0, 100'000);
}

void make_attributes(const std::string& root) {
  OpenFile few(root + "/attributes-few");
  few.attribute("user.comment", "a comment").attribute("user.empty", "").attribute("trusted.hidden", "not a user's");
  OpenFile large(root + "/attributes-large");
  large.write(0, "x").attribute("user.large", test::noise(1, 60'000)).attribute("user.middle", test::noise(2, 900));
  OpenFile many(root + "/attributes-many");
  for (int i = 0; i < 300; ++i)
    many.attribute("user.n" + std::to_string(i), test::words(static_cast<unsigned>(i), 100));
}

void make_folders(const std::string& root, int largest) {
  for (const int count : {3, 40, 300, largest}) {
    const std::string folder = root + "/folder-" + std::to_string(count);
    fs::create_directories(folder);
    for (int i = 0; i < count; ++i) {
      OpenFile(folder + "/entry number " + std::to_string(i) + (i % 2 == 0 ? "" : std::string(20, 'x')));
    }
    for (int i = 10; i < count; i += 3) {
      fs::remove(folder + "/entry number " + std::to_string(i) + (i % 2 == 0 ? "" : std::string(20, 'x')));
    }
  }
  std::string deep = root;
  for (int i = 0; i < 60; ++i) deep += "/level";
  test::write_file(deep + "/bottom", "deep");
}

// --- what find and the kernel say ------------------------------------------------------------------------------

struct Seen {
  char type = 0;
  std::uint64_t inode = 0, size = 0;
  std::int64_t modified = 0;
};

std::map<std::string, Seen> find_all(const std::string& root) {
  const test::Ran ran = test::run({"find", root, "-mindepth", "1", "-printf", "%y %i %s %T@ %P\\0"});
  std::map<std::string, Seen> all;
  for (std::size_t at = 0; at < ran.out.size();) {
    const std::size_t end = ran.out.find('\0', at);
    std::istringstream in(ran.out.substr(at, end - at));
    Seen seen;
    double modified = 0;
    in >> seen.type >> seen.inode >> seen.size >> modified;
    seen.modified = static_cast<std::int64_t>(modified);
    in.get();
    all[std::string(std::istreambuf_iterator<char>(in), {})] = seen;
    at = end + 1;
  }
  return all;
}

void expect_same_file(const ByteSource& volume, const walk::FileEntry& entry, const std::string& path,
                      const Seen& seen) {
  EXPECT_EQ(entry.inode, seen.inode);
  EXPECT_EQ(entry.state, ObjectState::active);
  if (seen.type == 'f') {
    EXPECT_EQ(entry.trouble, WalkTrouble::none);
    EXPECT_EQ(entry.size, seen.size);
    EXPECT_EQ(entry.modified, seen.modified);
    std::string theirs(seen.size, '\0');
    EXPECT_TRUE(walk::read_fully(ImageBytes(path), 0, std::as_writable_bytes(std::span(theirs))).ok());
    EXPECT_TRUE(file_bytes(volume, entry) == theirs) << "content of a file of " << seen.size << " bytes";
  } else if (seen.type == 'l') {
    EXPECT_EQ(file_bytes(volume, entry), fs::read_symlink(path).string());
  } else {
    EXPECT_EQ(entry.trouble, WalkTrouble::special_file);
  }
}

void expect_same_attributes(const ByteSource& volume, const Walked& walked, const std::string& root) {
  std::map<std::pair<std::string, std::string>, std::string> ours, theirs;
  std::set<std::string> paths;
  for (const auto& entry : walked.found->entries) {
    if (entry.stream.empty()) {
      paths.insert(entry.path);
    } else {
      EXPECT_EQ(entry.trouble, WalkTrouble::none) << entry.path;
      ours[{entry.path, entry.stream}] = file_bytes(volume, entry);
    }
  }
  for (const std::string& path : paths) {
    std::string list(65536, '\0'), value(65536, '\0');
    const ssize_t bytes = ::llistxattr((root + "/" + path).c_str(), list.data(), list.size());
    for (ssize_t at = 0; at < bytes;) {
      const std::string name = list.c_str() + at;
      at += static_cast<ssize_t>(name.size()) + 1;
      if (!name.starts_with("user.")) continue;
      const ssize_t length = ::lgetxattr((root + "/" + path).c_str(), name.c_str(), value.data(), value.size());
      if (length > 0) theirs[{path, name}] = value.substr(0, static_cast<std::size_t>(length));
    }
  }
  EXPECT_EQ(ours.size(), theirs.size());
  EXPECT_TRUE(ours == theirs);
}

// Every file that find lists is one of ours, with the same bytes, and the other way round.
void expect_same(const ByteSource& volume, const Walked& walked, const std::string& root) {
  const auto seen = find_all(root);
  std::map<std::string, const walk::FileEntry*> ours;
  for (const auto& entry : walked.found->entries) {
    if (!entry.stream.empty() || entry.state == ObjectState::deleted) continue;
    EXPECT_TRUE(ours.emplace(entry.path, &entry).second) << "twice";
    for (const std::string& link : entry.links) EXPECT_TRUE(ours.emplace(link, &entry).second) << "twice";
  }
  std::size_t files = 0;
  for (const auto& [path, what] : seen) {
    if (what.type == 'd') continue;
    ++files;
    const auto found = ours.find(path);
    ASSERT_NE(found, ours.end()) << path;
    expect_same_file(volume, *found->second, root + "/" + path, what);
  }
  EXPECT_EQ(ours.size(), files);
  expect_same_attributes(volume, walked, root);
}

// Nothing is claimed twice: files (none of them shared), areas, slack.
void expect_no_overlap(const Walked& walked) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
  for (const Area& area : walked.found->areas) all.emplace_back(area.offset, area.offset + area.length);
  for (const auto& entry : walked.found->entries) {
    if (entry.state == ObjectState::deleted) continue;
    for (const Run& run : entry.runs) all.emplace_back(run.place, run.place_end());
    if (entry.slack > 0) all.emplace_back(entry.runs.back().place_end(), entry.runs.back().place_end() + entry.slack);
  }
  std::sort(all.begin(), all.end());
  for (std::size_t i = 1; i < all.size(); ++i) ASSERT_LE(all[i - 1].second, all[i].first);
}

// Blocks that neither a file nor an area claims are those that the file system counts as free, and few more: the
// reserve of each group (AGFL).
void expect_rest_is_free(const Walked& walked, const std::string& root) {
  std::uint64_t claimed = 0;
  for (const Area& area : walked.found->areas) claimed += area.length;
  for (const auto& entry : walked.found->entries) {
    if (entry.state == ObjectState::deleted) continue;
    for (const Run& run : entry.runs) claimed += run.length;
    claimed += entry.slack;
  }
  const test::Ran ran = test::run({"xfs_db", "-r", "-c", "sb 0", "-c", "print fdblocks", root});
  const std::uint64_t free = std::stoull(ran.out.substr(ran.out.find('=') + 1)) * walked.system->block_bytes();
  EXPECT_GT(claimed, 0U);
  // fdblocks counts the reserve as free, and the headers of a group are less than their block.
  const std::uint64_t tolerance = 64 * walked.system->block_bytes();
  EXPECT_LE(claimed + free, walked.system->size() + tolerance);
  EXPECT_GE(claimed + free + tolerance, walked.system->size());
}

class XfsVariants : public ::testing::TestWithParam<const char*> {};

TEST_P(XfsVariants, shows_what_find_shows_with_the_same_bytes) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  TemporaryFolder folder;
  const std::string image = folder / "image", at = folder / "mounted";
  ASSERT_TRUE(make_xfs(image, GetParam()));
  {
    Mounted mounted(image, at, "rw");
    if (!mounted.ok()) GTEST_SKIP() << "this kernel does not mount it";
    make_files(at);
    make_extents(at);
    make_attributes(at);
    make_folders(at, 1500);
  }
  const ImageBytes volume(image);
  const Walked walked = walk_xfs(volume);
  ASSERT_NE(walked.system, nullptr);
  EXPECT_TRUE(walked.whole);
  EXPECT_EQ(walked.system->type(), "XFS");
  Mounted mounted(image, at, "ro,norecovery");
  ASSERT_TRUE(mounted.ok());
  expect_same(volume, walked, at);
  expect_no_overlap(walked);
  expect_rest_is_free(walked, image);
}

INSTANTIATE_TEST_SUITE_P(
    Geometries, XfsVariants,
    ::testing::Values("-m crc=1", "-m crc=1,rmapbt=1,reflink=1,bigtime=1,inobtcount=1 -i nrext64=1,sparse=1",
                      "-m reflink=0,finobt=0,bigtime=0,inobtcount=0 -i sparse=0,nrext64=0", "-b size=1024 -n size=8192",
                      "-b size=2048 -i size=1024 -n size=4096 -d agcount=2", "-i size=2048 -n size=65536",
                      "-b size=16384", "-b size=65536 -d agcount=2"));

// --- single features --------------------------------------------------------------------

TEST(XfsWalk, shares_the_runs_of_reflinked_files) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  TemporaryFolder folder;
  const std::string image = folder / "image", at = folder / "mounted";
  ASSERT_TRUE(make_xfs(image, "-m reflink=1,rmapbt=1"));
  {
    Mounted mounted(image, at, "rw");
    ASSERT_TRUE(mounted.ok());
    test::write_file(at + "/one", test::noise(1, 1'000'000));
    ASSERT_EQ(test::run({"cp", "--reflink=always", at + "/one", at + "/two"}).exit, 0);
    ASSERT_EQ(test::run({"cp", "--reflink=always", at + "/one", at + "/three"}).exit, 0);
    OpenFile(at + "/three").write(500'000, "changed");
  }
  const ImageBytes volume(image);
  const Walked walked = walk_xfs(volume);
  const auto *one = find_entry(walked, "one"), *two = find_entry(walked, "two");
  ASSERT_TRUE(one != nullptr && two != nullptr);
  EXPECT_EQ(one->runs, two->runs);
  Mounted mounted(image, at, "ro,norecovery");
  ASSERT_TRUE(mounted.ok());
  expect_same(volume, walked, at);
}

TEST(XfsWalk, reads_a_folder_of_fifty_thousand) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  TemporaryFolder folder;
  const std::string image = folder / "image", at = folder / "mounted";
  ASSERT_TRUE(make_xfs(image, ""));
  {
    Mounted mounted(image, at, "rw");
    ASSERT_TRUE(mounted.ok());
    make_folders(at, 50'000);
  }
  const ImageBytes volume(image);
  const Walked walked = walk_xfs(volume);
  EXPECT_TRUE(walked.whole);
  Mounted mounted(image, at, "ro,norecovery");
  ASSERT_TRUE(mounted.ok());
  std::set<std::string> theirs, ours;
  for (const auto& [path, what] : find_all(at)) {
    if (what.type != 'd') theirs.insert(path);
  }
  for (const auto& entry : walked.found->entries) {
    if (entry.state == ObjectState::active) ours.insert(entry.path);
  }
  EXPECT_GT(ours.size(), 33'000U);
  EXPECT_TRUE(ours == theirs);
}

TEST(XfsWalk, knows_slack_holes_and_blocks_never_written) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  TemporaryFolder folder;
  const std::string image = folder / "image", at = folder / "mounted";
  ASSERT_TRUE(make_xfs(image, ""));
  {
    Mounted mounted(image, at, "rw");
    ASSERT_TRUE(mounted.ok());
    make_extents(at);
  }
  const ImageBytes volume(image);
  const Walked walked = walk_xfs(volume);
  const auto* beyond = find_entry(walked, "beyond");
  ASSERT_NE(beyond, nullptr);
  ASSERT_EQ(beyond->runs.size(), 1U);
  EXPECT_EQ(beyond->runs[0].length, 5U);
  EXPECT_GE(beyond->slack, 4096U - 5);
  const auto* unwritten = find_entry(walked, "unwritten");
  ASSERT_NE(unwritten, nullptr);
  ASSERT_EQ(unwritten->runs.size(), 1U);
  EXPECT_EQ(unwritten->runs[0].length, 4096U);
  const auto* empty = find_entry(walked, "empty-but-allocated");
  ASSERT_NE(empty, nullptr);
  EXPECT_TRUE(empty->runs.empty() && empty->size == 0 && empty->slack == 0);
  std::uint64_t slack = 0;
  for (const Area& area : walked.found->areas) slack += area.kind == Kind::slack ? area.length : 0;
  EXPECT_GE(slack, 1'000'000U - 8192 + 100'000U);
  const auto* holes = find_entry(walked, "holes");
  ASSERT_NE(holes, nullptr);
  EXPECT_EQ(holes->runs.size(), 512U);
}

TEST(XfsWalk, brings_back_deleted_files_of_which_every_block_is_free) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  TemporaryFolder folder;
  const std::string image = folder / "image", at = folder / "mounted";
  ASSERT_TRUE(make_xfs(image, ""));
  std::map<std::uint64_t, std::string> deleted;
  {
    Mounted mounted(image, at, "rw");
    ASSERT_TRUE(mounted.ok());
    for (int i = 0; i < 40; ++i)
      test::write_file(at + "/f" + std::to_string(i), test::noise(static_cast<unsigned>(i), 50'000));
    ::sync();
    mounted.unmount();  // so that the inodes are where they belong
    Mounted again(image, at, "rw");
    for (int i = 0; i < 40; i += 3) {
      const std::string path = at + "/f" + std::to_string(i);
      struct stat info {};
      ASSERT_EQ(::stat(path.c_str(), &info), 0);
      deleted[info.st_ino] = test::read_file(path);
      fs::remove(path);
    }
  }
  const ImageBytes volume(image);
  const Walked walked = walk_xfs(volume);
  std::size_t back = 0;
  for (const auto& entry : walked.found->entries) {
    if (entry.state != ObjectState::deleted) continue;
    ASSERT_TRUE(deleted.contains(entry.inode));
    EXPECT_EQ(entry.path, "$OrphanFiles/inode-" + std::to_string(entry.inode));
    const std::string& was = deleted[entry.inode];
    EXPECT_EQ(entry.size, (was.size() + 4095) / 4096 * 4096);
    EXPECT_EQ(file_bytes(volume, entry).substr(0, was.size()), was);
    ++back;
  }
  EXPECT_EQ(back, deleted.size());
  Mounted mounted(image, at, "ro,norecovery");
  ASSERT_TRUE(mounted.ok());
  expect_same(volume, walked, at);
}

TEST(XfsWalk, cuts_a_chain_of_folders_that_is_too_deep_and_keeps_its_files) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  TemporaryFolder folder;
  const std::string image = folder / "image", at = folder / "mounted";
  ASSERT_TRUE(make_xfs(image, ""));
  {
    Mounted mounted(image, at, "rw");
    ASSERT_TRUE(mounted.ok());
    int fd = ::open(at.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 1500; ++i) {
      ASSERT_EQ(::mkdirat(fd, "d", 0755), 0);
      const int next = ::openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      ::close(fd);
      fd = next;
    }
    const int file = ::openat(fd, "bottom", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    EXPECT_EQ(::write(file, "deep", 4), 4);
    ::close(file);
    ::close(fd);
  }
  const ImageBytes volume(image);
  const Walked walked = walk_xfs(volume);
  EXPECT_TRUE(walked.whole);
  ASSERT_EQ(walked.found->entries.size(), 2U);
  EXPECT_EQ(walked.found->entries[0].trouble, WalkTrouble::too_deep);
  EXPECT_TRUE(walked.found->entries[1].path.starts_with("$OrphanFiles/inode-"));
  EXPECT_TRUE(walked.found->entries[1].path.ends_with("/d/bottom"));
  EXPECT_EQ(file_bytes(volume, walked.found->entries[1]), "deep");
}

// --- version 4, which kernels of today do not mount: made by mkfs.xfs from a list, read by libfsxfs --------------

void list_with_libfsxfs(libfsxfs_file_entry_t* entry, const std::string& path,
                        std::map<std::string, std::string>& all) {
  std::uint16_t mode = 0;
  ASSERT_EQ(libfsxfs_file_entry_get_file_mode(entry, &mode, nullptr), 1);
  if ((mode & S_IFMT) == S_IFDIR) {
    int count = 0;
    ASSERT_EQ(libfsxfs_file_entry_get_number_of_sub_file_entries(entry, &count, nullptr), 1);
    for (int i = 0; i < count; ++i) {
      libfsxfs_file_entry_t* sub = nullptr;
      std::string name(1024, '\0');
      size_t bytes = 0;
      ASSERT_EQ(libfsxfs_file_entry_get_sub_file_entry_by_index(entry, i, &sub, nullptr), 1);
      ASSERT_EQ(libfsxfs_file_entry_get_utf8_name_size(sub, &bytes, nullptr), 1);
      ASSERT_EQ(libfsxfs_file_entry_get_utf8_name(sub, reinterpret_cast<std::uint8_t*>(name.data()), bytes, nullptr),
                1);
      name.resize(bytes - 1);
      list_with_libfsxfs(sub, path.empty() ? name : path + "/" + name, all);
      libfsxfs_file_entry_free(&sub, nullptr);
    }
    return;
  }
  std::string& found = all[path];
  size64_t size = 0;
  if ((mode & S_IFMT) == S_IFLNK) {
    size_t bytes = 0;
    ASSERT_EQ(libfsxfs_file_entry_get_utf8_symbolic_link_target_size(entry, &bytes, nullptr), 1);
    found.resize(bytes);
    ASSERT_EQ(libfsxfs_file_entry_get_utf8_symbolic_link_target(entry, reinterpret_cast<std::uint8_t*>(found.data()),
                                                                bytes, nullptr),
              1);
    found.resize(bytes - 1);
  } else if ((mode & S_IFMT) == S_IFREG) {
    ASSERT_EQ(libfsxfs_file_entry_get_size(entry, &size, nullptr), 1);
    found.resize(size);
    for (std::size_t at = 0; at < size;) {
      const ssize_t got = libfsxfs_file_entry_read_buffer_at_offset(entry, found.data() + at, size - at,
                                                                    static_cast<off64_t>(at), nullptr);
      ASSERT_GT(got, 0);
      at += static_cast<std::size_t>(got);
    }
  }
}

std::map<std::string, std::string> libfsxfs_says(const std::string& image) {
  std::map<std::string, std::string> all;
  libfsxfs_volume_t* volume = nullptr;
  libfsxfs_file_entry_t* root = nullptr;
  EXPECT_EQ(libfsxfs_volume_initialize(&volume, nullptr), 1);
  EXPECT_EQ(libfsxfs_volume_open(volume, image.c_str(), LIBFSXFS_OPEN_READ, nullptr), 1);
  EXPECT_EQ(libfsxfs_volume_get_root_directory(volume, &root, nullptr), 1);
  list_with_libfsxfs(root, "", all);
  libfsxfs_file_entry_free(&root, nullptr);
  libfsxfs_volume_free(&volume, nullptr);
  return all;
}

// What mkfs.xfs fills an image with, and what must come out.
struct Prototype {
  std::string text;
  std::map<std::string, std::string> files;
};

Prototype prototype(const TemporaryFolder& folder, int count) {
  Prototype made;
  made.text = "/boot\n0 0\nd--755 0 0\n";
  for (const std::size_t size : {0U, 1U, 4096U, 100'000U, 3'000'000U}) {
    const std::string name = "size-" + std::to_string(size);
    const std::string from = folder / ("from/" + std::to_string(size));
    test::write_file(from, made.files[name] = test::noise(size, size));
    made.text += name + " ---644 0 0 " + from + "\n";
  }
  made.files["short"] = "target";
  made.files["long"] = std::string(1000, 't');
  made.text += "short l--777 0 0 target\nlong l--777 0 0 " + made.files["long"] + "\n";
  made.text += "fifo p--644 0 0\nnull c--644 0 0 1 3\ndisk b--644 0 0 7 200\n";
  for (const char* special : {"fifo", "null", "disk"}) made.files[special] = "";
  for (const int many : {3, 40, 300, count}) {
    const std::string inside = "folder-" + std::to_string(many);
    made.text += inside + " d--755 0 0\n";
    for (int i = 0; i < many; ++i) {
      const std::string name = "entry-number-" + std::to_string(i);
      made.text += name + " ---644 0 0 " + folder / "from/1" + "\n";
      made.files[inside + "/" + name] = made.files["size-1"];
    }
    made.text += "$\n";
  }
  made.text += "$\n";
  return made;
}

void make_xfs_from(const Prototype& from, const TemporaryFolder& folder, const std::string& options) {
  test::write_file(folder / "prototype", from.text);
  ASSERT_TRUE(make_xfs(folder / "image", options + " -p " + folder / "prototype"));
}

std::map<std::string, std::string> active_files(const ByteSource& volume, const Walked& walked) {
  std::map<std::string, std::string> all;
  for (const auto& entry : walked.found->entries) {
    if (!entry.stream.empty() || entry.state != ObjectState::active) continue;
    all[entry.path] = file_bytes(volume, entry);
    for (const std::string& link : entry.links) all[link] = all[entry.path];
  }
  return all;
}

struct Variant {
  const char* options;
  bool peer;  // libfsxfs can read it: not folders of large or small blocks
};

class XfsPrototypes : public ::testing::TestWithParam<Variant> {};

TEST_P(XfsPrototypes, come_out_as_they_went_in_and_as_libfsxfs_sees_them) {
  TemporaryFolder folder;
  const Prototype made = prototype(folder, 3000);
  make_xfs_from(made, folder, GetParam().options);
  if (HasFatalFailure()) return;
  const ImageBytes volume(folder / "image");
  const Walked walked = walk_xfs(volume);
  ASSERT_NE(walked.system, nullptr);
  EXPECT_TRUE(walked.whole);
  auto ours = active_files(volume, walked);
  auto wanted = made.files;
  if (std::string_view(GetParam().options) == "-m crc=1") {
    // mkfs.xfs 6.1 writes the target of a long link without the header of version 5, and the kernel refuses it too.
    EXPECT_EQ(find_entry(walked, "long")->trouble, WalkTrouble::damaged);
    ours.erase("long");
    wanted.erase("long");
  }
  EXPECT_TRUE(ours == wanted);
  expect_no_overlap(walked);
  expect_rest_is_free(walked, folder / "image");
  if (!GetParam().peer) return;
  auto theirs = libfsxfs_says(folder / "image");
  if (!ours.contains("long")) theirs.erase("long");
  EXPECT_TRUE(ours == theirs);
}

INSTANTIATE_TEST_SUITE_P(Geometries, XfsPrototypes,
                         ::testing::Values(Variant{"-m crc=0", true}, Variant{"-m crc=0 -n ftype=1", true},
                                           Variant{"-m crc=0 -i size=256 -b size=512", false},
                                           Variant{"-m crc=0 -i size=1024 -n size=16384 -d agcount=3", false},
                                           Variant{"-m crc=0 -s size=4096 -i size=2048", true},
                                           Variant{"-m crc=1", true}));

std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += i < 8 ? static_cast<char>(value >> (8 * i)) : '\0';
  return out;
}

// xfs_db 6.1 crashes where it should set an attribute in version 4, so a fork is made by hand; xfs_db must read it.
TEST(XfsWalk, reads_attributes_of_version_4) {
  TemporaryFolder folder;
  make_xfs_from(prototype(folder, 3), folder, "-m crc=0 -i size=512");
  if (HasFatalFailure()) return;
  const std::string image = folder / "image";
  const Walked before = walk_xfs(ImageBytes(image));
  const auto *in_inode = find_entry(before, "size-0"), *in_blocks = find_entry(before, "size-1");
  ASSERT_TRUE(in_inode != nullptr && in_blocks != nullptr && in_inode->inode < 1000 && in_blocks->inode < 1000);
  const std::uint64_t first = in_inode->inode * 512, second = in_blocks->inode * 512;  // both in group 0
  test::overwrite(image, first + 82, big_endian(20, 1) + big_endian(1, 1));
  test::overwrite(image, first + 100 + 160,
                  big_endian(4 + 3 + 1 + 5, 2) + big_endian(1, 1) + '\0' + "\1\5" + '\0' + "avalue");
  // One extent of ten blocks far from everything: a leaf, then a value of 30,000 bytes.
  constexpr std::uint64_t kBlock = 15'000;
  test::overwrite(image, second + 80, big_endian(1, 2) + big_endian(20, 1) + big_endian(2, 1));
  test::overwrite(image, second + 100 + 160, big_endian(0, 8) + big_endian(kBlock << 21 | 10, 8));
  const std::string remote = big_endian(1, 4) + big_endian(30'000, 4) + big_endian(5, 1) + "large";
  const std::string local = big_endian(6, 2) + big_endian(5, 1) + "small" + "a word";
  std::string leaf = big_endian(0, 8) + big_endian(0xFBEE, 2) + big_endian(0, 2);
  leaf += big_endian(2, 2) + big_endian(32, 2) + big_endian(4064, 2) + big_endian(0, 14);
  leaf += big_endian(1, 4) + big_endian(4064, 2) + big_endian(0, 2) + big_endian(2, 4) + big_endian(4080, 2) + "\1";
  leaf.resize(4064, '\0');
  leaf += remote;
  leaf.resize(4080, '\0');
  leaf += local;
  leaf.resize(4096, '\0');
  const std::string value = test::noise(5, 30'000);
  test::overwrite(image, kBlock * 4096, leaf + value);
  const test::Ran peer = test::run(
      {"xfs_db", "-r", "-c", "inode " + std::to_string(in_blocks->inode), "-c", "ablock 0", "-c", "print", image});
  EXPECT_NE(peer.out.find("name = \"large\""), std::string::npos) << peer.out;
  EXPECT_NE(peer.out.find("value = \"a word\""), std::string::npos) << peer.out;

  const ImageBytes volume(image);
  const Walked walked = walk_xfs(volume);
  const auto *short_form = find_entry(walked, "size-0", "user.a"), *small = find_entry(walked, "size-1", "user.small"),
             *large = find_entry(walked, "size-1", "user.large");
  ASSERT_TRUE(short_form != nullptr && small != nullptr && large != nullptr);
  EXPECT_EQ(file_bytes(volume, *short_form), "value");
  EXPECT_EQ(file_bytes(volume, *small), "a word");
  EXPECT_TRUE(file_bytes(volume, *large) == value);
}

// Folders a and a/b with files, all short enough to lie in their inodes; version 4 minds no checksum.
class XfsRings : public ::testing::Test {
 protected:
  void SetUp() override {
    test::write_file(folder_ / "from", "bytes");
    Prototype made;
    made.text = "/boot\n0 0\nd--755 0 0\naaaa d--755 0 0\nbbbb d--755 0 0\nfile ---644 0 0 " + folder_ / "from" +
                "\nturn ---644 0 0 " + folder_ / "from" + "\n$\n$\nrest ---644 0 0 " + folder_ / "from" + "\n$\n";
    make_xfs_from(made, folder_, "-m crc=0 -n ftype=0 -i size=512");
    if (HasFatalFailure()) return;
    image_ = folder_ / "image";
    const auto walked = walk_xfs(ImageBytes(image_));
    ASSERT_EQ(walked.found->entries.size(), 3U);
    for (const Area& area : walked.found->areas) {  // mkfs.xfs puts folders into different groups
      std::string bytes(std::min<std::uint64_t>(area.length, 1 << 20), '\0');
      ASSERT_TRUE(walk::read_fully(ImageBytes(image_), area.offset, std::as_writable_bytes(std::span(bytes))).ok());
      for (const char* name : {"aaaa", "bbbb", "file", "turn", "rest"}) {
        const std::size_t at = bytes.find(name);
        if (at == std::string::npos) continue;
        places_[name] = area.offset + at + 4;  // length:1 offset:2 name inode:4
        inodes_[name] = bytes.substr(at + 4, 4);
      }
    }
    ASSERT_EQ(places_.size(), 5U);
  }
  void point(const char* name, const char* at) { test::overwrite(image_, places_[name], inodes_[at]); }
  TemporaryFolder folder_;
  std::string image_;
  std::map<std::string, std::uint64_t> places_;
  std::map<std::string, std::string> inodes_;
};

TEST_F(XfsRings, a_folder_inside_itself_is_a_loop_and_keeps_its_place) {
  point("turn", "aaaa");
  const ImageBytes volume(image_);
  const Walked walked = walk_xfs(volume);
  const auto* loop = find_entry(walked, "aaaa/bbbb/turn");
  ASSERT_NE(loop, nullptr);
  EXPECT_EQ(loop->trouble, WalkTrouble::loop);
  EXPECT_NE(find_entry(walked, "aaaa/bbbb/file"), nullptr);
  EXPECT_NE(find_entry(walked, "rest"), nullptr);
  ASSERT_EQ(walked.found->entries.size(), 4U);  // and the file that lost its name
}

TEST_F(XfsRings, a_ring_that_hangs_on_nothing_becomes_an_orphan) {
  point("turn", "aaaa");
  point("aaaa", "rest");  // a second name for a file, and none from the root into the ring
  const ImageBytes volume(image_);
  const Walked walked = walk_xfs(volume);
  std::size_t loops = 0, files = 0, linked = 0;
  for (const auto& entry : walked.found->entries) {
    loops += entry.trouble == WalkTrouble::loop ? 1U : 0U;
    files += entry.path.starts_with("$OrphanFiles/inode-") && entry.path.ends_with("bbbb/file") ? 1U : 0U;
    linked += entry.path == "aaaa" && entry.links == std::vector<std::string>{"rest"} ? 1U : 0U;
  }
  EXPECT_EQ(loops, 1U);
  EXPECT_EQ(files, 1U);
  EXPECT_EQ(linked, 1U);
}

TEST_F(XfsRings, names_of_nothing_are_damaged) {
  const std::string free = big_endian(inodes_.empty() ? 0 : 190, 4);
  test::overwrite(image_, places_["turn"], free);
  test::overwrite(image_, places_["file"], "\x7f\xff\xff\xff");
  const ImageBytes volume(image_);
  const Walked walked = walk_xfs(volume);
  const auto *turn = find_entry(walked, "aaaa/bbbb/turn"), *folder = find_entry(walked, "aaaa/bbbb");
  ASSERT_TRUE(turn != nullptr && folder != nullptr);
  EXPECT_EQ(turn->trouble, WalkTrouble::damaged);
  EXPECT_EQ(folder->trouble, WalkTrouble::damaged);
}

// --- damage ------------------------------------------------------------------------------------------------------

// One image for all damage: version 5 by the kernel where it may, else version 4 by mkfs.xfs alone.
class XfsDamage : public ::testing::TestWithParam<int> {
 protected:
  void make(int version) {
    image_ = folder_ / "image";
    if (version == 4) { return make_xfs_from(prototype(folder_, 2000), folder_, "-m crc=0"); }
    if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
    ASSERT_TRUE(make_xfs(image_, "-m rmapbt=1,reflink=1"));
    Mounted mounted(image_, folder_ / "mounted", "rw");
    ASSERT_TRUE(mounted.ok());
    make_files(folder_ / "mounted");
    make_extents(folder_ / "mounted");
    make_attributes(folder_ / "mounted");
    make_folders(folder_ / "mounted", 2500);
  }
  TemporaryFolder folder_;
  std::string image_;
};

TEST_P(XfsDamage, truncation_loses_files_and_nothing_else) {
  make(GetParam());
  if (IsSkipped() || HasFatalFailure()) return;
  ImageBytes volume(image_);
  const std::uint64_t size = volume.size();
  const std::size_t all = walk_xfs(volume).found->entries.size();
  for (std::uint64_t i = 1; i < 16; ++i) {
    volume.truncate(size * i / 16 + (i % 3) * 1000);
    const Walked walked = walk_xfs(volume);
    ASSERT_NE(walked.system, nullptr);
    EXPECT_GT(walked.system->declared_size(), volume.size());
    EXPECT_GT(walked.found->entries.size(), i < 4 ? 0 : all / 100);
  }
  for (const std::uint64_t bytes : {0U, 1U, 511U, 512U, 1000U, 4096U, 100'000U}) {
    volume.truncate(bytes);
    (void)walk_xfs(volume);
  }
}

TEST_P(XfsDamage, overwritten_blocks_do_not_lead_it_astray) {
  make(GetParam());
  if (IsSkipped() || HasFatalFailure()) return;
  ImageBytes volume(image_);
  const Walked clean = walk_xfs(volume);
  const char* const more = std::getenv("AMBIT_XFS_DAMAGE");
  const unsigned rounds = more != nullptr ? static_cast<unsigned>(std::atoi(more)) : 50;
  for (unsigned seed = 0; seed < rounds; ++seed) {
    std::mt19937_64 random(seed);
    volume.restore();
    // Where it hurts: in metadata, in blocks of 4 KiB; every fifth time anywhere; sometimes a few bytes only.
    for (unsigned i = 0; i <= seed % 4; ++i) {
      const Area& area = clean.found->areas[random() % clean.found->areas.size()];
      const std::uint64_t at = seed % 5 == 4 ? random() % volume.size() : area.offset + random() % area.length;
      const bool fine = seed % 3 == 1;
      volume.patch(fine ? at : at & ~std::uint64_t{4095}, test::noise(random(), fine ? 1 + random() % 8 : 4096));
    }
    const Walked walked = walk_xfs(volume);
    if (walked.found == nullptr) continue;
    for (const auto& entry : walked.found->entries) {
      if (entry.size < 100'000) (void)file_bytes(volume, entry);
    }
  }
}

TEST_P(XfsDamage, a_copy_of_the_superblock_is_used) {
  make(GetParam());
  if (IsSkipped() || HasFatalFailure()) return;
  ImageBytes volume(image_);
  const Walked clean = walk_xfs(volume);
  for (const std::size_t bytes : {4U, 8U, 100U, 512U}) {
    volume.restore();
    volume.patch(0, std::string(bytes, '\0'));
    const Walked walked = walk_xfs(volume);
    ASSERT_NE(walked.found, nullptr) << bytes;
    EXPECT_EQ(walked.found->entries.size(), clean.found->entries.size());
    EXPECT_EQ(walked.found->entries.back().path, clean.found->entries.back().path);
  }
  // The headers of group 0 are gone: its inodes have no index, the others are found.
  volume.restore();
  volume.patch(0, std::string(4096, '\0'));
  const Walked walked = walk_xfs(volume);
  ASSERT_NE(walked.found, nullptr);
  EXPECT_FALSE(walked.whole);
}

INSTANTIATE_TEST_SUITE_P(Versions, XfsDamage, ::testing::Values(4, 5));

TEST(XfsWalk, takes_nothing_else_for_xfs) {
  TemporaryFolder folder;
  test::write_file(folder / "zeros", std::string(1 << 20, '\0'));
  test::write_file(folder / "noise", test::noise(3, 1 << 20));
  test::write_file(folder / "empty", "");
  test::write_file(folder / "claims", "XFSB" + test::noise(3, 1 << 20));
  for (const char* name : {"zeros", "noise", "empty"}) {
    const ImageBytes volume(folder / name);
    const auto opened = walk::open_xfs(volume);
    ASSERT_TRUE(opened.ok()) << name;
    EXPECT_EQ(*opened, nullptr) << name;
  }
  const ImageBytes claims(folder / "claims");
  EXPECT_FALSE(walk::open_xfs(claims).ok());
}

TEST(XfsWalk, gives_the_same_twice_and_stops_when_told) {
  TemporaryFolder folder;
  const std::string image = folder / "image";
  make_xfs_from(prototype(folder, 100), folder, "-m crc=0");
  if (HasFatalFailure()) return;
  const ImageBytes volume(image);
  const Walked one = walk_xfs(volume), two = walk_xfs(volume);
  ASSERT_EQ(one.found->entries.size(), two.found->entries.size());
  for (std::size_t i = 0; i < one.found->entries.size(); ++i) {
    EXPECT_EQ(one.found->entries[i].path, two.found->entries[i].path);
    EXPECT_EQ(one.found->entries[i].runs, two.found->entries[i].runs);
  }
  Collector few(*one.system);
  few.stop_after = 5;
  EXPECT_TRUE(one.system->walk(few).ok());
  EXPECT_EQ(few.entries.size(), 5U);
}

}  // namespace
}  // namespace ambit::walk_xfs_test
