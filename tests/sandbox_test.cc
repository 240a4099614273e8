// The sandbox of the decoders, against a decoder that was taken over (tests/hostile/decoder.cc).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "stages/unpack/sandbox/isolated.h"
#include "stages/unpack/sandbox/sandbox.h"
#include "tests/unpacked.h"

namespace ambit::sandbox_test {
namespace {

using unpack::open_isolated;

struct Said {
  std::vector<std::string> lines;  // "deed: what came of it"
  std::optional<ErrorKind> ended;  // by an error
};

Said tell(Sandboxes& sandboxes, const std::string& deeds) {
  test::MemoryContent content(deeds);
  const std::unique_ptr<ByteStream> stream = test::stream_of(deeds);
  Packed packed;
  packed.stream = stream.get();
  packed.content = &content;
  packed.size = deeds.size();
  packed.sandboxes = &sandboxes;
  Said said;
  const Result<std::unique_ptr<Unpacker>> opened = open_isolated(Format::zip, packed);
  if (!opened.ok()) said.ended = opened.error().kind;
  while (opened.ok()) {
    const Result<std::optional<Part>> part = (*opened)->next();
    if (!part.ok()) said.ended = part.error().kind;
    if (!part.ok() || !*part) break;
    std::array<std::byte, 1000> bytes{};
    const Result<std::size_t> got = (*opened)->read(bytes);
    if (!got.ok()) said.ended = got.error().kind;
    if (!got.ok()) break;
    said.lines.push_back((*part)->name + ": " + std::string(reinterpret_cast<const char*>(bytes.data()), *got));
  }
  return said;
}

class Sandboxed : public testing::Test {
 protected:
  Sandboxes sandboxes{AMBIT_HOSTILE_DECODER};
};

TEST_F(Sandboxed, decoder_reads_its_object_and_gives_its_parts) {
  const Said said = tell(sandboxes, "one\ntwo");
  EXPECT_THAT(said.lines, testing::ElementsAre("one: one", "two: two"));
  EXPECT_FALSE(said.ended);
}

class Refused : public Sandboxed, public testing::WithParamInterface<const char*> {};

TEST_P(Refused, to_a_decoder_which_goes_on) {
  const Said said = tell(sandboxes, std::string(GetParam()) + "\nafter");
  EXPECT_THAT(said.lines, testing::ElementsAre(std::string(GetParam()) + ": refused", "after: after"));
  EXPECT_FALSE(std::filesystem::exists("/tmp/ambit-was-here"));
}

INSTANTIATE_TEST_SUITE_P(Deeds, Refused,
                         testing::Values("open a file", "write a file", "make a folder", "list processes", "connect",
                                         "fork", "execute", "trace its warden", "kill its warden",
                                         "read its warden's memory", "make memory executable"));

class Fatal : public Sandboxed, public testing::WithParamInterface<const char*> {};

TEST_P(Fatal, to_its_object_and_to_no_other) {
  EXPECT_EQ(tell(sandboxes, "first\n" + std::string(GetParam()) + "\nafter").ended, ErrorKind::crashed);
  const Said next = tell(sandboxes, "next");
  EXPECT_THAT(next.lines, testing::ElementsAre("next: next"));
}

INSTANTIATE_TEST_SUITE_P(Deeds, Fatal,
                         testing::Values("crash", "abort", "leave", "speak for its warden", "talk nonsense",
                                         "give nothing for ever", "give for ever"));

TEST_F(Sandboxed, memory_is_bounded) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  // Under a sanitizer there is no bound on memory: malloc() says so by itself, or the time is up before there is none.
  Sandboxes impatient(AMBIT_HOSTILE_DECODER, 5);
  const Said said = tell(impatient, "take all memory\nafter");
  const bool ended = said.ended == ErrorKind::crashed || said.ended == ErrorKind::timeout;
#else
  const Said said = tell(sandboxes, "take all memory\nafter");
  const bool ended = said.ended == ErrorKind::crashed;
#endif
  EXPECT_TRUE(ended || (!said.lines.empty() && said.lines.front() == "take all memory: refused"));
}

TEST_F(Sandboxed, decoder_that_spins_takes_no_more_than_its_time) {
  Sandboxes impatient(AMBIT_HOSTILE_DECODER, 0.5);
  EXPECT_EQ(tell(impatient, "first\nspin\nafter").ended, ErrorKind::timeout);
  EXPECT_THAT(tell(impatient, "next").lines, testing::ElementsAre("next: next"));
}

TEST_F(Sandboxed, objects_are_decoded_at_once_each_in_its_own) {
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const std::string name = "object " + std::to_string(t * 100 + i);
        const Said said = tell(sandboxes, i % 5 == 0 ? "crash" : name);
        if (i % 5 == 0 ? said.ended == ErrorKind::crashed : said.lines == std::vector{name + ": " + name}) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 100);
}

// The warden may say that a decoder has begun when its object is long over: it was taken for free until then, and the
// next object met the decoder of the one before.
TEST_F(Sandboxed, object_that_is_over_at_once_leaves_nothing_to_the_next) {
  std::vector<std::thread> threads;
  std::atomic<int> bad = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        const std::string name = "object " + std::to_string(i);
        if (tell(sandboxes, i % 2 == 0 ? "" : name).ended) ++bad;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(bad, 0);
}

TEST_F(Sandboxed, bytes_come_through_whole_and_in_any_amount) {
  const std::string long_name(60'000, 'n');
  EXPECT_THAT(tell(sandboxes, long_name).lines, testing::ElementsAre(long_name + ": " + long_name.substr(0, 1000)));
}

// Parts of some turns each, read whole, in part or not at all; what came of one is never taken for the next.
TEST_F(Sandboxed, parts_that_are_left_early_leave_nothing_to_the_next) {
  std::string deeds;
  constexpr std::size_t kParts = 30;
  const auto name_of = [](std::size_t i) {
    return std::string(1 + i * 7'000 % 60'000, static_cast<char>('a' + i % 26));
  };
  for (std::size_t i = 0; i < kParts; ++i) deeds += name_of(i) + "\n";
  test::MemoryContent content(deeds);
  const std::unique_ptr<ByteStream> stream = test::stream_of(deeds);
  const Packed packed{stream.get(), &content, deeds.size(), "", &sandboxes};
  const Result<std::unique_ptr<Unpacker>> opened = open_isolated(Format::zip, packed);
  ASSERT_TRUE(opened.ok());
  for (std::size_t i = 0; i < kParts; ++i) {
    const Result<std::optional<Part>> part = (*opened)->next();
    ASSERT_TRUE(part.ok() && part->has_value());
    const std::string name = name_of(i);
    EXPECT_EQ((*part)->name, name);
    std::string all;
    std::vector<std::byte> bytes(i % 3 == 0 ? 999 : 100'000);
    for (int reads = i % 4 == 0 ? 0 : i % 4 == 1 ? 1 : 1'000; reads > 0; --reads) {
      const Result<std::size_t> got = (*opened)->read(bytes);
      ASSERT_TRUE(got.ok());
      if (*got == 0) break;
      all.append(reinterpret_cast<const char*>(bytes.data()), *got);
    }
    EXPECT_TRUE(name.starts_with(all));
    EXPECT_TRUE(i % 4 <= 1 || all.size() == name.size());
  }
}

TEST(Sandboxes, that_cannot_be_started_are_an_error_of_the_object) {
  Sandboxes none("/nowhere/ambit");
  EXPECT_EQ(tell(none, "x").ended, ErrorKind::crashed);
}

}  // namespace
}  // namespace ambit::sandbox_test
