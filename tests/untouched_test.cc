// Evidence is the same after a run as before it: to the byte, and to the second at which it was last read.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <sstream>

#include "tests/evidence.h"

namespace ambit::untouched_test {
namespace {

namespace fs = std::filesystem;
using test::Case;
using test::Ran;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr timespec kRead{1'000'000'000, 5}, kWritten{1'100'000'000, 7};

void make_old(const std::string& path) {
  const timespec times[] = {kRead, kWritten};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0) << path;
}

std::string state_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  std::ostringstream out;
  out << info.st_ino << " mode " << info.st_mode << " size " << info.st_size << " links " << info.st_nlink << " read "
      << info.st_atim.tv_sec << "." << info.st_atim.tv_nsec << " written " << info.st_mtim.tv_sec << "."
      << info.st_mtim.tv_nsec << " changed " << info.st_ctim.tv_sec << "." << info.st_ctim.tv_nsec;
  return out.str();
}

// True where the file system notes that a file was read.
bool notes_reads(const std::string& folder) {
  const std::string path = folder + "/control";
  test::write_file(path, "x");
  make_old(path);
  const std::string before = state_of(path);
  EXPECT_EQ(test::read_file(path), "x");
  return state_of(path) != before;
}

class Untouched : public ::testing::Test {
 protected:
  void SetUp() override {
    c.order(test::kRewardsOrder);
    if (!notes_reads(c.folder / ".")) GTEST_SKIP() << "this file system does not note when a file was read";
    for (int i = 0; i < 40; ++i) {
      const std::string text =
          (i % 3 == 0 ? "Rewards Gold " : "nothing ") + test::words(static_cast<unsigned>(i), 5000);
      add("server/a/f" + std::to_string(i), text);
    }
    const Ran packed = test::run({"tar", "-C", c.folder / "server", "-cf", c.folder / "server/all.tar", "a"});
    ASSERT_EQ(packed.exit, 0) << packed.err;
    paths.push_back(c.folder / "server/all.tar");
    fs::create_symlink("a/f1", c.folder / "server/link");
    paths.insert(paths.end(), {c.folder / "server/link", c.folder / "server/a", c.folder / "server"});
    add("disk.raw", test::noise(1, 3'000'000) + "Rewards Gold");
    add("parts.001", test::noise(2, 1'000'000));
    add("parts.002", test::noise(3, 1'000'000));
    for (const std::string& path : paths) contents[path] = fs::is_regular_file(path) ? test::read_file(path) : "";
    for (const std::string& path : paths) make_old(path);
  }
  void add(const std::string& name, const std::string& bytes) {
    test::write_file(c.folder / name, bytes);
    paths.push_back(c.folder / name);
  }
  [[nodiscard]] std::map<std::string, std::string> states() const {
    std::map<std::string, std::string> out;
    for (const std::string& path : paths) out[path] = state_of(path);
    return out;
  }
  [[nodiscard]] std::vector<std::string> exhibits() const {
    return {c.folder / "server", c.folder / "disk.raw", c.folder / "parts.001"};
  }

  Case c;
  std::vector<std::string> paths;
  std::map<std::string, std::string> contents;
};

TEST_F(Untouched, by_a_sweep_a_list_and_a_verification) {
  const auto before = states();
  const Ran ran = c.triage("run", exhibits());
  ASSERT_EQ(ran.exit, 0) << ran.err;
  std::vector<std::string> verify = {"verify", c.folder / "run"}, ls = {"ls"};
  for (const std::string& exhibit : exhibits()) {
    verify.insert(verify.end(), {"--exhibit", exhibit});
    ls.push_back(exhibit);
  }
  EXPECT_EQ(test::ambit(verify).exit, 0);
  EXPECT_EQ(test::ambit(ls).exit, 0);
  auto after = states();
  if (ran.err.find("when its symbolic links were last read") != std::string::npos) {
    // Only who may mount can keep that from a link; then nothing was promised.
    after.erase(c.folder / "server/link");
    EXPECT_NE(::geteuid(), 0U) << "root may mount, but in a container";
  }
  for (const auto& [path, state] : after) EXPECT_EQ(state, before.at(path)) << path;
  for (const auto& [path, bytes] : contents) {
    if (!bytes.empty()) { EXPECT_EQ(test::read_file(path), bytes) << path; }
  }
}

// Who neither owns the files nor may mount cannot read them without its being noted: the run says so before it begins.
TEST_F(Untouched, or_a_note_says_before_that_it_will_not_be) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  const std::string home = c.folder / "home";
  fs::create_directory(home);
  fs::copy_file(c.order_file(), home + "/order.toml");
  ASSERT_EQ(::chown(home.c_str(), 65'534, 65'534), 0);
  ASSERT_EQ(::chmod(std::string(c.folder / ".").c_str(), 0755), 0);
  const auto as_somebody = [&](const std::string& out, const std::string& exhibit) {
    return test::run({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", AMBIT_PROGRAM, "triage", "--order",
                      home + "/order.toml", "--out", home + "/" + out, exhibit});
  };
  for (const std::string& exhibit : exhibits()) {
    const Ran ran = as_somebody("run" + std::to_string(exhibit.size()), exhibit);
    ASSERT_EQ(ran.exit, 0) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("changes as it is read: when its files were last read")) << exhibit;
  }
  const std::string own = home + "/own.raw";
  fs::copy_file(c.folder / "disk.raw", own);
  ASSERT_EQ(::chown(own.c_str(), 65'534, 65'534), 0);
  make_old(own);
  const std::string before = state_of(own);
  EXPECT_THAT(as_somebody("run-own", own).err, Not(HasSubstr("last read")));
  EXPECT_EQ(state_of(own), before);
}

}  // namespace
}  // namespace ambit::untouched_test
