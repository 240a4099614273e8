// What the tests of image formats share: a disk to image, and images read in every way and compared with it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <memory>
#include <random>
#include <thread>

#include "stages/open/open_exhibit.h"
#include "tests/evidence.h"

namespace ambit::test {

// Zeros, text and noise in stretches, as on a disk.
inline std::string disk_bytes(std::uint64_t seed, std::size_t bytes) {
  std::mt19937_64 random(seed);
  std::string out;
  while (out.size() < bytes) {
    const std::size_t stretch = 1 + random() % 200'000;
    switch (random() % 3) {
      case 0:
        out.append(stretch, '\0');
        break;
      case 1:
        out += words(random(), stretch);
        break;
      default:
        out += noise(random(), stretch);
    }
  }
  out.resize(bytes);
  return out;
}

// A file in memory.
class MemoryBytes final : public ByteSource {
 public:
  explicit MemoryBytes(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::size_t take = std::min<std::uint64_t>(into.size(), bytes_.size() - offset);
    std::copy_n(reinterpret_cast<const std::byte*>(bytes_.data()) + offset, take, into.data());
    return take;
  }

 private:
  std::string bytes_;
};

struct ReadAll {
  std::string bytes;        // zeros where unreadable
  std::vector<bool> wrong;  // pieces that could not be read
  std::size_t errors = 0;
};

// Reads all of the image in pieces; a piece of which a byte cannot be read is left out.
inline ReadAll read_all(const ByteSource& image, std::size_t piece) {
  ReadAll all;
  all.bytes.assign(image.size(), '\0');
  for (std::uint64_t at = 0; at < image.size(); at += piece) {
    const std::size_t take = std::min<std::uint64_t>(piece, image.size() - at);
    std::size_t done = 0;
    while (done < take) {
      const std::span<char> into(all.bytes.data() + at + done, take - done);
      const auto got = image.read_at(at + done, std::as_writable_bytes(into));
      if (got.ok() && *got == 0) ADD_FAILURE() << "no byte and no error at " << at + done;
      if (!got.ok() || *got == 0) break;
      done += *got;
    }
    all.wrong.push_back(done < take);
    if (done < take) ++all.errors;
  }
  return all;
}

// Every read of whatever size and place, from several threads at once, gives the bytes of `raw`, padded with zeros to
// the size of the image.
inline void expect_same(const ByteSource& image, std::string raw, std::size_t rounds = 60) {
  ASSERT_GE(image.size(), raw.size());
  ASSERT_LE(image.size(), raw.size() + (1U << 20U));  // some formats round up
  raw.resize(image.size());
  const ReadAll all = read_all(image, 1U << 20U);
  EXPECT_EQ(all.errors, 0U);
  ASSERT_TRUE(all.bytes == raw);
  std::atomic<std::size_t> failures{0};
  std::vector<std::thread> threads;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937_64 random(seed);
      for (std::size_t round = 0; round < rounds; ++round) {
        const std::size_t at = random() % raw.size();
        std::string into(1 + random() % (round % 3 == 0 ? 700'000 : 5'000), '\0');
        const std::size_t expected = std::min(into.size(), raw.size() - at);
        const auto got = image.read_at(at, std::as_writable_bytes(std::span(into)));
        if (!got.ok() || *got != expected || raw.compare(at, expected, into, 0, expected) != 0) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0U);
  for (std::uint64_t at = 0; at < image.size();) {
    const DataRun run = image.run_at(at);
    ASSERT_EQ(run.offset, at);
    ASSERT_GT(run.length, 0U);
    ASSERT_LE(run.length, image.size() - at);
    if (run.hole) {
      ASSERT_EQ(std::string_view(raw).substr(at, run.length).find_first_not_of('\0'), std::string::npos);
    }
    at += run.length;
  }
}

inline std::uint64_t hole_bytes(const ByteSource& image) {
  std::uint64_t holes = 0;
  for (std::uint64_t at = 0; at < image.size();) {
    const DataRun run = image.run_at(at);
    if (run.length == 0) break;
    if (run.hole) holes += run.length;
    at += run.length;
  }
  return holes;
}

// With a cache that holds some of its blocks.
inline std::unique_ptr<Exhibit> opened(const std::string& path) {
  auto exhibit =
      open_exhibit(path, "x", std::chrono::seconds(limits::kReadSeconds), std::make_shared<BlockCache>(limits::MiB));
  if (exhibit.ok()) return std::move(exhibit).value();
  ADD_FAILURE() << path << ": " << exhibit.error().what << ": " << exhibit.error().where;
  return nullptr;
}

inline Error refused(const std::string& path) {
  auto exhibit = open_exhibit(path, "x");
  if (!exhibit.ok()) return exhibit.error();
  ADD_FAILURE() << path << " was opened";
  return {};
}

}  // namespace ambit::test
