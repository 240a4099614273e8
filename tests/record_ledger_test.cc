// The ledger opens with the court's key and stock tools, and not otherwise.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "stages/record/ledger.h"

namespace ambit::record::record_ledger_test {
namespace {

namespace fs = std::filesystem;

struct Shell {
  int code = 0;
  std::string out;
};
Shell shell(const std::string& command) {
  Shell result;
  FILE* pipe = ::popen(("bash -o pipefail -c '" + command + "' 2>/dev/null").c_str(), "r");
  char block[4096];
  while (const std::size_t got = std::fread(block, 1, sizeof block, pipe)) result.out.append(block, got);
  result.code = ::pclose(pipe);
  return result;
}

class SealedLedger : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "ledger-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    for (const char* who : {"court", "master", "stranger"}) {
      ASSERT_EQ(shell("age-keygen -o " + identity(who)).code, 0);
    }
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string identity(const std::string& who) const { return folder_ + "/" + who + ".key"; }
  [[nodiscard]] std::string recipient(const std::string& who) const {
    std::string text = shell("age-keygen -y " + identity(who)).out;
    return text.substr(0, text.find('\n'));
  }
  [[nodiscard]] Shell open(const std::string& segment, const std::string& who) const {
    return shell("age -d -i " + identity(who) + " " + folder_ + "/" + segment + " | zstd -dc");
  }
  std::string folder_;
};

TEST_F(SealedLedger, opens_for_each_recipient_with_age_and_zstd_and_for_nobody_else) {
  auto ledger = Ledger::create(folder_, {recipient("court"), recipient("master")});
  ASSERT_TRUE(ledger.ok()) << ledger.error().what;
  Compressor compressor;
  ASSERT_TRUE((*ledger)->write("{\"a\":1}\n", compressor).ok());
  ASSERT_TRUE((*ledger)->write("{\"b\":2}\n", compressor).ok());
  ASSERT_TRUE((*ledger)->close().ok());
  ASSERT_EQ((*ledger)->segments(), std::vector<std::string>{"0001.age"});
  for (const char* who : {"court", "master"}) {
    const Shell plain = open("0001.age", who);
    EXPECT_EQ(plain.code, 0);
    EXPECT_EQ(plain.out, "{\"a\":1}\n{\"b\":2}\n");
  }
  EXPECT_NE(open("0001.age", "stranger").code, 0);
  EXPECT_EQ(open("0001.age", "stranger").out, "");
}

TEST_F(SealedLedger, no_line_is_lost_or_torn_over_segments) {
  auto ledger = Ledger::create(folder_, {recipient("court")}, 20'000);
  ASSERT_TRUE(ledger.ok());
  const auto work = [&](int worker) {
    Compressor compressor;
    for (int i = 0; i < 50; ++i) {
      const std::string line = std::to_string(worker) + ":" + std::to_string(i) + " " + std::string(300, 'x') + "\n";
      ASSERT_TRUE((*ledger)->write(line + line, compressor).ok());
    }
  };
  work(1);
  work(2);
  ASSERT_TRUE((*ledger)->close().ok());
  EXPECT_GT((*ledger)->segments().size(), 2U);
  std::size_t lines = 0;
  for (const std::string& segment : (*ledger)->segments()) {
    std::istringstream in(open(segment, "court").out);
    for (std::string line; std::getline(in, line); ++lines) EXPECT_TRUE(line.ends_with(" " + std::string(300, 'x')));
  }
  EXPECT_EQ(lines, 200U);
}

TEST_F(SealedLedger, an_empty_one_still_opens) {
  auto ledger = Ledger::create(folder_, {recipient("court")});
  ASSERT_TRUE(ledger.ok());
  ASSERT_TRUE((*ledger)->close().ok());
  EXPECT_EQ(open("0001.age", "court").code, 0);
  EXPECT_EQ(open("0001.age", "court").out, "");
}

TEST_F(SealedLedger, a_recipient_that_age_does_not_take_is_refused_before_the_run) {
  for (const std::vector<std::string>& bad :
       {std::vector<std::string>{}, {"age1nonsense"}, {recipient("court"), "AGE-SECRET-KEY-1"}}) {
    const auto ledger = Ledger::create(folder_, bad);
    ASSERT_FALSE(ledger.ok());
    EXPECT_EQ(ledger.error().kind, ErrorKind::key);
    EXPECT_FALSE(ledger.error().what.empty());
    EXPECT_FALSE(fs::exists(folder_ + "/0001.age"));
  }
}

TEST_F(SealedLedger, a_missing_age_program_is_said_so) {
  const std::string path = ::getenv("PATH"), court = recipient("court");
  ::setenv("PATH", folder_.c_str(), 1);
  const auto ledger = Ledger::create(folder_, {court});
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(ledger.ok());
  EXPECT_NE(ledger.error().remedy.find("install age"), std::string::npos);
}

TEST_F(SealedLedger, an_age_that_dies_is_an_error_and_not_a_signal) {
  const std::string fake = folder_ + "/bin", court = recipient("court"), path = ::getenv("PATH");
  fs::create_directory(fake);
  // Takes the empty input of the check, and fails on the first byte of a segment.
  std::ofstream(fake + "/age") << "#!/bin/sh\n[ -z \"$(head -c1 | od -An)\" ] && exit 0\n"
                                  "echo 'age: error: write: no space left on device' >&2; exit 1\n";
  fs::permissions(fake + "/age", fs::perms::owner_all);
  ::setenv("PATH", (fake + ":" + path).c_str(), 1);
  auto ledger = Ledger::create(folder_, {court});
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_TRUE(ledger.ok()) << ledger.error().what;
  Compressor compressor;
  Result<> done;
  for (int i = 0; i < 10'000 && done; ++i) done = (*ledger)->write(std::to_string(i * 7919), compressor);
  if (done) done = (*ledger)->close();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::space);
  EXPECT_FALSE((*ledger)->write("more", compressor).ok());
}

}  // namespace
}  // namespace ambit::record::record_ledger_test
