// Images with a file system, against the same bytes without one; E01 images against a bare loop that only inflates and
// scans, and against ewfexport piped into ripgrep; and an E01 image of eight terabytes. As in whole_bench.cc the sides
// run in turn, and every answer is checked before its time counts.
//
//   AMBIT_BENCH_FOLDER   where the corpora lie (default: bench-data below the working folder)
//   AMBIT_BENCH_GIB      size of the images (default 4)
#include <benchmark/benchmark.h>
#include <libdeflate.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/corpus.h"
#include "bench/process.h"
#include "bench/triage_run.h"

namespace ambit::bench {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kPlants = 280;
constexpr std::uint64_t kKiB = 1024, kMiB = 1024 * kKiB, kTiB = kMiB * kMiB;

// Cuts a file into files as a server has them: many small ones, few large ones, the bytes mostly in the large. What is
// looked for is planted in small ones: a file that is caught is read once more, and a large one would be most of the
// work.
void cut_into_files(const std::string& path, const std::string& tree, const std::vector<std::string>& names) {
  if (fs::exists(tree)) return;
  const std::string making = tree + ".making";
  std::ifstream in(path, std::ios::binary);
  std::vector<char> bytes(32 * kMiB);
  constexpr std::array<std::uint64_t, 8> kSizes = {3 * kKiB,  17 * kKiB, 5 * kKiB,   700 * kKiB,
                                                   40 * kKiB, 4 * kMiB,  130 * kKiB, 32 * kMiB};
  std::size_t plant = 0;
  for (std::size_t file = 0; in; ++file) {
    // The larger a size, the rarer.
    std::size_t rank = 0;
    while (rank + 1 < kSizes.size() && (file >> rank & 3U) == 3) ++rank;
    in.read(bytes.data(), static_cast<std::streamsize>(kSizes[rank]));
    if (in.gcount() == 0) break;
    if (rank == 0 && file % 32 == 0 && plant < kPlants && in.gcount() > 2'000) {
      const std::string what = planted(plant, names[plant * 7 % names.size()]);
      std::copy(what.begin(), what.end(), bytes.begin() + 1'000);
      ++plant;
    }
    const std::string folder = making + "/" + std::to_string(file / 300);
    if (file % 300 == 0) fs::create_directories(folder);
    std::ofstream(folder + "/" + std::to_string(file), std::ios::binary).write(bytes.data(), in.gcount());
  }
  fs::rename(making, tree);
}

// The same bytes, in which nothing tells that there is a file system: no superblock says what it is.
void copy_without_books(const std::string& image, const std::string& copy) {
  if (fs::exists(copy)) return;
  fs::copy_file(image, copy + ".making");
  std::fstream out(copy + ".making", std::ios::binary | std::ios::in | std::ios::out);
  const std::uint64_t blocks = fs::file_size(image) / 4096;
  for (std::uint64_t block = 0; block < blocks; block += 32'768) {  // each group may have a copy
    const std::uint64_t at = (block == 0 ? 1024 : block * 4096) + 0x38;
    std::array<char, 2> magic{};
    out.seekg(static_cast<std::streamoff>(at)).read(magic.data(), 2);
    if (std::memcmp(magic.data(), "\x53\xef", 2) == 0) out.seekp(static_cast<std::streamoff>(at)).write("??", 2);
  }
  out.close();
  fs::rename(copy + ".making", copy);
}

// One set of files as an ext4 image, as bytes without a file system, and as E01.
struct Ground {
  std::string order, words, ext4, plain, e01;
  std::uint64_t bytes = 0;
};

Ground make_ground(bool real) {
  const std::string folder = bench_folder() + (real ? "/images-real" : "/images-made");
  fs::create_directories(folder);
  Ground ground{folder + "/order.toml", folder + "/words",    folder + "/ext4.raw",
                folder + "/plain.raw",  folder + "/ext4.E01", bench_bytes()};
  const auto names = real ? real_names(1'000) : identifiers(1'000);
  std::ofstream(ground.order) << order_text(names, court_recipient(folder));
  std::ofstream words(ground.words);
  for (const std::string& name : names) words << name << '\n';
  if (!fs::exists(ground.ext4)) {
    const std::string whole = folder + "/whole", tree = folder + "/tree";
    const std::uint64_t content = bench_bytes() / 20 * 19;
    real ? make_real_image(whole, content, 0, names) : make_image(whole, content, 0, names);
    cut_into_files(whole, tree, names);
    fs::remove(whole);
    (void)run_process({"mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0", "-N", "100000", "-d", tree,
                       ground.ext4 + ".making", std::to_string(bench_bytes() / 4096)});
    fs::rename(ground.ext4 + ".making", ground.ext4);
    fs::remove_all(tree);
  }
  copy_without_books(ground.ext4, ground.plain);
  if (!fs::exists(ground.e01)) {
    (void)run_process({"ewfacquire", "-u", "-q", "-t", folder + "/ext4", "-f", "encase6", "-c", "deflate:fast", "-S",
                       "100GiB", ground.ext4});
  }
  for (const std::string& file : {ground.ext4, ground.plain, ground.e01}) warm(file);
  return ground;
}

const Ground& ground(std::int64_t real) {
  static const Ground made = make_ground(false);
  if (real == 0) return made;
  static const Ground own = make_ground(true);
  return own;
}

// range(0): 1 for real files
void ext4_against_the_same_bytes(benchmark::State& state) {
  const Ground& on = ground(state.range(0));
  Side ours;
  Side theirs;
  for (auto _ : state) {
    const Run run = ambit_run({on.ext4}, on.order, 2);
    const Run plain = ambit_run({"raw:" + on.plain}, on.order, 2);
    if (!run.is_done() || !plain.is_done()) return state.SkipWithError("a run failed");
    if (run.hits < kPlants || plain.hits < kPlants) return state.SkipWithError("planted identifiers were not found");
    ours.add(run);
    theirs.add(plain);
    state.SetIterationTime(run.cost.seconds);
  }
  report(state, ours, theirs, static_cast<double>(on.bytes) / 1e9, "GB/s");
}
BENCHMARK(ext4_against_the_same_bytes)->Arg(0)->Arg(1)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

// range(0): 1 for real files; range(1): threads
void e01_against_bare_loop(benchmark::State& state) {
  const Ground& on = ground(state.range(0));
  const std::int64_t threads = state.range(1);
  Side ours;
  Side theirs;
  for (auto _ : state) {
    const Run run = ambit_run({on.e01}, on.order, threads);
    const BareLoop bare = bare_loop(on.order, on.e01, threads);
    if (!run.is_done() || bare.cost.exit != 0) return state.SkipWithError("a run failed");
    if (run.hits < kPlants) return state.SkipWithError("planted identifiers were not found");
    if (bare.bytes != on.bytes || bare.matches < kPlants)
      return state.SkipWithError("the bare loop did not read the image");
    ours.add(run);
    theirs.add(bare.cost, bare.seconds);
    state.SetIterationTime(run.cost.seconds);
  }
  report(state, ours, theirs, static_cast<double>(on.bytes) / 1e9, "GB/s");
}
BENCHMARK(e01_against_bare_loop)
    ->ArgsProduct({{0, 1}, {1, 2}})
    ->Iterations(3)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

// range(0): 1 for real files
void e01_against_ewfexport_and_ripgrep(benchmark::State& state) {
  const Ground& on = ground(state.range(0));
  Side ours;
  Side theirs;
  const std::string pipe =
      "ewfexport -u -q -f raw -t - '" + on.e01 + "' 2>/dev/null | rg -a -F -i -f '" + on.words + "' -o -b - | wc -l";
  for (auto _ : state) {
    const Run run = ambit_run({on.e01}, on.order, 2);
    const Cost peer = run_process({"bash", "-c", pipe});
    if (!run.is_done() || peer.exit != 0) return state.SkipWithError("a run failed");
    if (run.hits < kPlants) return state.SkipWithError("planted identifiers were not found");
    if (std::stoul("0" + peer.out) < kPlants / 3) return state.SkipWithError("the peer found nothing");
    ours.add(run);
    theirs.add(peer);
    state.SetIterationTime(run.cost.seconds);
  }
  report(state, ours, theirs, static_cast<double>(on.bytes) / 1e9, "GB/s");
}
BENCHMARK(e01_against_ewfexport_and_ripgrep)
    ->Arg(0)
    ->Arg(1)
    ->Iterations(3)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

// --- an E01 image of eight terabytes -----------------------------------------------------------------------------

std::uint32_t sum_of(const void* bytes, std::size_t count) { return libdeflate_adler32(1, bytes, count); }

class EwfWriter {
 public:
  explicit EwfWriter(const std::string& path) : out_(path, std::ios::binary) {
    put("EVF\x09\x0d\x0a\xff\0\x01\x01\0\0\0", 13);
  }
  void section(const char* name, const std::string& body) {
    std::array<char, 76> head{};
    std::strncpy(head.data(), name, 16);
    const bool is_last = std::strcmp(name, "done") == 0;
    const std::uint64_t bytes = head.size() + body.size(), next = is_last ? at_ : at_ + bytes;
    std::memcpy(head.data() + 16, &next, 8);
    std::memcpy(head.data() + 24, &bytes, 8);
    const std::uint32_t sum = sum_of(head.data(), 72);
    std::memcpy(head.data() + 72, &sum, 4);
    put(head.data(), head.size());
    put(body.data(), body.size());
  }
  [[nodiscard]] std::uint64_t at() const { return at_; }

 private:
  void put(const char* bytes, std::size_t count) {
    out_.write(bytes, static_cast<std::streamsize>(count));
    at_ += count;
  }
  std::ofstream out_;
  std::uint64_t at_ = 0;
};

template <class T>
void set(std::string& body, std::size_t at, T value) {
  std::memcpy(body.data() + at, &value, sizeof value);
}
void add_sum(std::string& body, std::size_t at, std::size_t from, std::size_t count) {
  set<std::uint32_t>(body, at, sum_of(body.data() + from, count));
}

// A disk of zeros: all chunks are one chunk, to which all entries of all tables point.
void write_empty_disk(const std::string& path, std::uint64_t bytes) {
  constexpr std::uint64_t kChunk = 32 * kKiB, kEntries = 16'384;
  EwfWriter out(path + ".making");
  std::string volume(1052, '\0');
  set<std::uint8_t>(volume, 0, 1);
  set<std::uint32_t>(volume, 4, static_cast<std::uint32_t>(bytes / kChunk));
  set<std::uint32_t>(volume, 8, 64);
  set<std::uint32_t>(volume, 12, 512);
  set<std::uint64_t>(volume, 16, bytes / 512);
  add_sum(volume, 1048, 0, 1048);
  out.section("volume", volume);
  const std::string zeros(kChunk, '\0');
  std::string packed(1024, '\0');
  libdeflate_compressor* const compressor = libdeflate_alloc_compressor(6);
  packed.resize(libdeflate_zlib_compress(compressor, zeros.data(), zeros.size(), packed.data(), packed.size()));
  libdeflate_free_compressor(compressor);
  const std::uint64_t data_at = out.at() + 76;
  out.section("sectors", packed);
  std::string table(24 + kEntries * 4 + 4, '\0');
  set<std::uint32_t>(table, 0, kEntries);
  set<std::uint64_t>(table, 8, data_at);
  add_sum(table, 20, 0, 20);
  for (std::size_t i = 0; i < kEntries; ++i) set<std::uint32_t>(table, 24 + i * 4, 0x80000000U);
  add_sum(table, 24 + kEntries * 4, 24, kEntries * 4);
  for (std::uint64_t done = 0; done < bytes; done += kEntries * kChunk) {
    out.section("table", table);
    out.section("table2", table);
  }
  out.section("done", "");
  fs::rename(path + ".making", path);
}

// range(0): tebibytes
void large_e01(benchmark::State& state) {
  const std::string image = bench_folder() + "/empty-" + std::to_string(state.range(0)) + "T.E01";
  if (!fs::exists(image)) write_empty_disk(image, static_cast<std::uint64_t>(state.range(0)) * kTiB);
  double peak = 0;
  for (auto _ : state) {
    const Cost listing = run_process({AMBIT_PROGRAM, "ls", image});
    if (listing.exit != 0) return state.SkipWithError("the image was not opened");
    peak = std::max(peak, listing.peak_mib);
    state.SetIterationTime(listing.seconds);
  }
  state.counters["ambit_peak_MiB"] = peak;
  state.counters["tables_MiB"] = static_cast<double>(fs::file_size(image)) / static_cast<double>(kMiB);
}
BENCHMARK(large_e01)->Arg(8)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ambit::bench

BENCHMARK_MAIN();
