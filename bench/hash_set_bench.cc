// Sets of known files: how fast one is built, and how long one look-up takes. range(0): SHA-256 in the set.
//
// The digests are pseudo-random, as digests are. The set lies in AMBIT_BENCH_FOLDER (build/bench-data without it):
// 4 GB for a hundred million.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/hash_set.h"
#include "pipeline/hash_set_writer.h"
#include "pipeline/limits.h"

namespace ambit::bench {
namespace {

std::string folder() {
  const char* given = std::getenv("AMBIT_BENCH_FOLDER");
  const std::string path = given != nullptr ? given : "build/bench-data";
  std::filesystem::create_directories(path);
  return path;
}

// The digest of file `number`, which has a size that many have.
HashValue digest(std::uint64_t number) {
  HashValue out{DigestKind::sha256, {}, number % 1'000'003};
  for (std::size_t word = 0; word < 4; ++word) {
    std::uint64_t mixed = number * 4 + word + 0x9e3779b97f4a7c15ULL;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    mixed ^= mixed >> 31;
    std::memcpy(out.bytes.data() + 8 * word, &mixed, sizeof mixed);
  }
  return out;
}

bool write_set(const std::string& path, std::uint64_t count) {
  std::filesystem::remove(path);
  HashSetWriter writer(folder(), limits::kHashSetBuildBytes);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!writer.add(digest(i))) return false;
  }
  Result<File> file = File::create(path, 0600);
  return file.ok() && writer.write(*file).ok();
}

void hash_set_build(benchmark::State& state) {
  const std::string path = folder() + "/built.ambitset";
  const auto count = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    if (!write_set(path, count)) return state.SkipWithError("the set is not built");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes"] = static_cast<double>(std::filesystem::file_size(path));
  std::filesystem::remove(path);
}
BENCHMARK(hash_set_build)->Arg(1'000'000)->Arg(10'000'000)->Unit(benchmark::kMillisecond)->Iterations(1);

// Built once for each size; removed when the program ends.
struct OpenSet {
  std::string path;
  std::shared_ptr<const HashSet> set;
  double build_seconds = 0;
  ~OpenSet() { std::filesystem::remove(path); }
};

const OpenSet* set_of(std::uint64_t count) {
  static std::map<std::uint64_t, OpenSet> sets;
  OpenSet& one = sets[count];
  if (one.set != nullptr) return &one;
  one.path = folder() + "/" + std::to_string(count) + ".ambitset";
  const auto start = std::chrono::steady_clock::now();
  if (!write_set(one.path, count)) return nullptr;
  one.build_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  Result<File> file = File::open(one.path);
  Result<std::shared_ptr<const HashSet>> set = HashSet::open(std::move(*file), one.path);
  if (!set) return nullptr;
  one.set = std::move(*set);
  return &one;
}

// What the machine asks for one byte anywhere in the file of such a set, when each place follows from the byte before:
// the measure of the look-up beside it.
void memory_access(benchmark::State& state) {
  const OpenSet* opened = set_of(static_cast<std::uint64_t>(state.range(0)));
  if (opened == nullptr) return state.SkipWithError("the set is not built");
  const auto bytes = static_cast<std::uint64_t>(std::filesystem::file_size(opened->path));
  const int fd = ::open(opened->path.c_str(), O_RDONLY);
  void* const mapping = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
  ::close(fd);
  if (mapping == MAP_FAILED) return state.SkipWithError("the set is not mapped");
  const auto* const base = static_cast<const unsigned char*>(mapping);
  std::uint64_t place = 1;
  for (auto _ : state) place = (place * 6364136223846793005ULL + base[place % bytes] + 1442695040888963407ULL) >> 1;
  benchmark::DoNotOptimize(place);
  ::munmap(mapping, bytes);
}
BENCHMARK(memory_access)->Arg(1'000'000)->Arg(100'000'000);

// Half of the questions are in the set. First that every answer is right, then the mean over all, then the median of
// single ones, each with the clock around it (some 30 ns).
void hash_set_lookup(benchmark::State& state) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  const OpenSet* opened = set_of(count);
  if (opened == nullptr) return state.SkipWithError("the set is not built");
  const HashSet& set = *opened->set;
  constexpr std::size_t kQuestions = 4'000'000;
  std::vector<HashValue> questions;
  questions.reserve(kQuestions);
  for (std::uint64_t i = 0; i < kQuestions; ++i) questions.push_back(digest(i * 0x9e3779b97f4a7c15ULL % (2 * count)));
  const auto ask = [&](const HashValue& value) { return set.holds(DigestKind::sha256, value.bytes, *value.size); };
  for (std::uint64_t i = 0; i < kQuestions; ++i) {
    if (ask(questions[i]) != (i * 0x9e3779b97f4a7c15ULL % (2 * count) < count)) {
      return state.SkipWithError("a wrong answer");
    }
  }
  std::size_t next = 0, found = 0;
  for (auto _ : state) {
    found += ask(questions[next]);
    next = next + 1 == kQuestions ? 0 : next + 1;
  }
  benchmark::DoNotOptimize(found);
  // The best of forty stretches: other work on the machine only ever adds.
  constexpr std::size_t kStretch = 100'000, kStretches = 40;
  std::int64_t median = INT64_MAX, late = INT64_MAX;
  std::vector<std::int64_t> single(kStretch);
  for (std::size_t stretch = 0; stretch < kStretches; ++stretch) {
    for (std::size_t i = 0; i < kStretch; ++i) {
      const auto start = std::chrono::steady_clock::now();
      benchmark::DoNotOptimize(ask(questions[stretch * kStretch + i]));
      single[i] = (std::chrono::steady_clock::now() - start).count();
    }
    std::sort(single.begin(), single.end());
    median = std::min(median, single[kStretch / 2]);
    late = std::min(late, single[kStretch / 100 * 99]);
  }
  state.counters["median_ns"] = static_cast<double>(median);
  state.counters["p99_ns"] = static_cast<double>(late);
  state.counters["build_seconds"] = opened->build_seconds;
}
BENCHMARK(hash_set_lookup)->Arg(1'000'000)->Arg(100'000'000);

}  // namespace
}  // namespace ambit::bench

BENCHMARK_MAIN();
