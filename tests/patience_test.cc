// Calls that do not come back: what a worker waits for, what it leaves behind, and what it gets when the other side is
// there again. A pipe into which nobody writes stands for a server that does not answer.
#include "pipeline/patience.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "pipeline/evidence_file.h"
#include "pipeline/limits.h"
#include "tests/evidence.h"

namespace ambit::patience_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class Pipe {
 public:
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    out_ = std::make_shared<const FileDescriptor>(ends[0]);
    in_ = FileDescriptor(ends[1]);
  }
  // Comes back when there is a byte; gives it.
  [[nodiscard]] std::function<char()> wait() const {
    return [out = out_] {
      char byte = 0;
      return ::read(out->get(), &byte, 1) == 1 ? byte : '!';
    };
  }
  void say(char byte) const { EXPECT_EQ(::write(in_.get(), &byte, 1), 1); }

 private:
  std::shared_ptr<const FileDescriptor> out_;
  FileDescriptor in_;
};

TEST(Patience, hands_on_what_a_call_returns) {
  Patience patience(10s);
  const Pipe pipe;
  pipe.say('a');
  EXPECT_EQ(patience.ask<char>(pipe.wait()), 'a');
  EXPECT_EQ(patience.ask<int>([] { return 7; }), 7);
}

TEST(Patience, goes_on_without_a_call_that_does_not_come_back) {
  Patience patience(50ms);
  const Pipe pipe;
  const auto start = Clock::now();
  EXPECT_FALSE(patience.ask<char>(pipe.wait()));
  EXPECT_GE(Clock::now() - start, 50ms);
  EXPECT_EQ(patience.ask<int>([] { return 7; }), 7);  // others are served
  pipe.say('x');                                      // so that the thread ends
}

TEST(Patience, gives_up_once_so_many_are_left_behind_and_goes_on_when_one_comes_back) {
  Patience patience(10ms);
  const Pipe pipe;
  for (std::size_t i = 0; i < limits::kMaxCallsLeftBehind; ++i) EXPECT_FALSE(patience.ask<char>(pipe.wait()));
  bool was_called = false;
  const auto start = Clock::now();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(patience.ask<bool>([&] { return was_called = true; }));
  EXPECT_LT(Clock::now() - start, 1s);  // nobody waited
  EXPECT_FALSE(was_called);
  pipe.say('x');
  std::optional<int> answer;
  for (int i = 0; i < 500 && !answer; ++i) {
    answer = patience.ask<int>([] { return 7; });
    if (!answer) std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(answer, 7);
  for (std::size_t i = 1; i < limits::kMaxCallsLeftBehind; ++i) pipe.say('x');
}

TEST(Patience, may_go_while_a_call_is_out) {
  const Pipe pipe;
  {
    Patience patience(10ms);
    EXPECT_FALSE(patience.ask<char>(pipe.wait()));
  }
  pipe.say('x');
}

TEST(Patience, reads_what_a_plain_read_gives) {
  const test::TemporaryFolder folder;
  const std::string bytes = test::noise(3, 1'000'003);
  test::write_file(folder / "file", bytes);
  const auto file = std::make_shared<const FileDescriptor>(::open((folder / "file").c_str(), O_RDONLY | O_CLOEXEC));
  Patience patience(10s);
  for (const std::uint64_t offset : {0ULL, 1ULL, 131'072ULL, 999'999ULL, 1'000'003ULL, 2'000'000ULL}) {
    for (const std::size_t count : {std::size_t{1}, std::size_t{4096}, std::size_t{1} << 20U}) {
      std::string plain(count, '?'), patient(count, '?');
      const auto one = read_file(file->get(), offset, std::as_writable_bytes(std::span(plain)));
      const auto other = patience.read(file, offset, std::as_writable_bytes(std::span(patient)));
      ASSERT_TRUE(one.ok() && other.ok());
      EXPECT_EQ(*one, *other);
      EXPECT_EQ(plain, patient);
    }
  }
}

TEST(Patience, says_what_the_system_says) {
  const test::TemporaryFolder folder;
  const auto file = std::make_shared<const FileDescriptor>(::open(folder.path().c_str(), O_RDONLY | O_CLOEXEC));
  Patience patience(10s);
  std::array<std::byte, 16> room{};
  const auto got = patience.read(file, 0, room);
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().kind, ErrorKind::io);
  EXPECT_EQ(got.error().what, read_file(file->get(), 0, room).error().what);
}

TEST(EvidenceFile, notices_that_somebody_wrote) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "file", "before");
  auto file = EvidenceFile::open(nullptr, folder / "file", EvidenceFile::Links::refuse, nullptr);
  ASSERT_TRUE(file.ok());
  EXPECT_FALSE(file->has_changed());
  std::this_thread::sleep_for(20ms);  // a tick of the kernel's clock
  test::overwrite(folder / "file", 0, "BEFORE");
  EXPECT_TRUE(file->has_changed());
}

TEST(EvidenceFile, follows_a_link_only_where_it_may) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "file", "bytes");
  ASSERT_EQ(::symlink("file", (folder / "link").c_str()), 0);
  EXPECT_TRUE(EvidenceFile::open(nullptr, folder / "link", EvidenceFile::Links::follow, nullptr).ok());
  EXPECT_FALSE(EvidenceFile::open(nullptr, folder / "link", EvidenceFile::Links::refuse, nullptr).ok());
}

}  // namespace
}  // namespace ambit::patience_test
