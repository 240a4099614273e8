// Whole runs, as processes, against what they are measured by: the bare loop and ripgrep. Each iteration runs the
// two in turn (A B A B …), so that a machine whose speed drifts does not favour one; what is reported is the median
// and the median of the ratios. Every run's answer is checked before its time counts.
//
//   AMBIT_BENCH_FOLDER   where the corpora lie (default: bench-data below the working folder)
//   AMBIT_BENCH_GIB      size of the image (default 4)
#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>

#include "bench/corpus.h"
#include "bench/process.h"
#include "bench/triage_run.h"

namespace ambit::bench {
namespace {

constexpr std::size_t kPlants = 280;
constexpr std::size_t kFiles = 60'000;

struct Bed {
  std::string folder = bench_folder();
  std::uint64_t image_bytes = bench_bytes();
  std::string image = folder + "/image.raw";
  std::string tree = folder + "/tree";
  std::string real_image = folder + "/real-image.raw";
  std::string real_tree = folder + "/real-tree";
  std::uint64_t tree_bytes = 0;
  std::string recipient;

  Bed() {
    const auto names = identifiers(1'000);
    make_image(image, image_bytes, kPlants, names);
    tree_bytes = make_tree(tree, kFiles, kPlants, names);
    recipient = court_recipient(folder);
    for (const std::size_t count : {100UL, 1'000UL, 10'000UL}) {
      const auto some = identifiers(count);
      std::ofstream(order(count)) << order_text(some, recipient);
      std::ofstream words(folder + "/words-" + std::to_string(count));
      for (const std::string& name : some) words << name << '\n';
    }
    const auto real = real_names(1'000);
    std::ofstream(folder + "/order-real.toml") << order_text(real, recipient);
    std::ofstream words(folder + "/words-real");
    for (const std::string& name : real) words << name << '\n';
    make_real_image(real_image, image_bytes, kPlants, real);
    make_real_tree(real_tree, kFiles, kPlants, real);
    warm(image);
    warm(real_image);
  }
  [[nodiscard]] std::string order(std::size_t identifiers_count) const {
    return folder + "/order-" + std::to_string(identifiers_count) + ".toml";
  }
};

const Bed& bed() {
  static const Bed made;
  return made;
}

Run made_run(const std::string& exhibit, std::size_t identifiers_count, std::int64_t threads) {
  return ambit_run({exhibit}, bed().order(identifiers_count), threads);
}

// range(0): threads
void image_against_bare_loop(benchmark::State& state) {
  const std::int64_t threads = state.range(0);
  Side ours;
  Side theirs;
  for (auto _ : state) {
    const Run run = made_run(bed().image, 1'000, threads);
    const BareLoop bare = bare_loop(bed().order(1'000), bed().image, threads);
    if (!run.is_done() || bare.cost.exit != 0) return state.SkipWithError("a run failed");
    if (run.hits < kPlants) return state.SkipWithError("planted identifiers were not found");
    if (bare.bytes != bed().image_bytes) return state.SkipWithError("the bare loop did not read the image");
    ours.add(run);
    theirs.add(bare.cost, bare.seconds);
    state.SetIterationTime(run.cost.seconds);
  }
  report(state, ours, theirs, static_cast<double>(bed().image_bytes) / 1e9, "GB/s");
}
BENCHMARK(image_against_bare_loop)->Arg(1)->Arg(2)->Iterations(7)->UseManualTime()->Unit(benchmark::kMillisecond);

// The made corpus and made identifiers, or real files and names.
struct Ground {
  std::string image, tree, order, words;
};
Ground ground(std::int64_t real) {
  const Bed& b = bed();
  if (real != 0) return {b.real_image, b.real_tree, b.folder + "/order-real.toml", b.folder + "/words-real"};
  return {b.image, b.tree, b.order(1'000), b.folder + "/words-1000"};
}

// range(0): 1 for real files
void image_against_ripgrep(benchmark::State& state) {
  const Ground on = ground(state.range(0));
  Side ours;
  Side theirs;
  for (auto _ : state) {
    const Run run = ambit_run({on.image}, on.order, 2);
    const Cost rg = run_process({"rg", "-a", "-F", "-i", "-f", on.words, "-o", "-b", on.image});
    if (!run.is_done() || rg.exit != 0) return state.SkipWithError("a run failed");
    if (run.hits < kPlants) return state.SkipWithError("planted identifiers were not found");
    ours.add(run);
    theirs.add(rg);
    state.SetIterationTime(run.cost.seconds);
  }
  report(state, ours, theirs, static_cast<double>(bed().image_bytes) / 1e9, "GB/s");
}
BENCHMARK(image_against_ripgrep)->Arg(0)->Arg(1)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

// range(0): 1 for real files
void tree_against_ripgrep(benchmark::State& state) {
  const Ground on = ground(state.range(0));
  Side ours;
  Side theirs;
  for (auto _ : state) {
    const Run run = ambit_run({on.tree}, on.order, 2);
    const Cost rg = run_process({"rg", "-F", "-i", "-f", on.words, "-uuu", "-a", "-c", on.tree});
    if (!run.is_done() || rg.exit != 0) return state.SkipWithError("a run failed");
    if (run.hits < kPlants) return state.SkipWithError("planted identifiers were not found");
    ours.add(run);
    theirs.add(rg);
    state.SetIterationTime(run.cost.seconds);
  }
  report(state, ours, theirs, static_cast<double>(kFiles), "files/s");
}
BENCHMARK(tree_against_ripgrep)->Arg(0)->Arg(1)->Iterations(7)->UseManualTime()->Unit(benchmark::kMillisecond);

// Ten thousand identifiers against a hundred, over the same image: here the peer is ambit itself.
void growth_in_identifiers(benchmark::State& state) {
  Side many;
  Side few;
  for (auto _ : state) {
    const Run large = made_run(bed().image, 10'000, 2);
    const Run small = made_run(bed().image, 100, 2);
    if (!large.is_done() || !small.is_done()) return state.SkipWithError("a run failed");
    many.add(large);
    few.add(small);
    state.SetIterationTime(large.cost.seconds);
  }
  report(state, many, few, static_cast<double>(bed().image_bytes) / 1e9, "GB/s");
  state.counters["cost_whole"] = 1 / state.counters["ratio"];
  state.counters["cost_sweep"] = 1 / state.counters["ratio_sweep"];
}
BENCHMARK(growth_in_identifiers)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

// Memory does not grow with the exhibit: a sparse image of 200 GiB.
void sparse_image(benchmark::State& state) {
  const std::string image = bed().folder + "/sparse.raw";
  std::ofstream(image, std::ios::binary) << "";
  std::filesystem::resize_file(image, 200ULL << 30);
  double peak = 0;
  for (auto _ : state) {
    const Run run = made_run(image, 1'000, 2);
    if (!run.is_done()) return state.SkipWithError("the run failed");
    peak = std::max(peak, run.cost.peak_mib);
    state.SetIterationTime(run.cost.seconds);
  }
  state.counters["ambit_peak_MiB"] = peak;
  std::filesystem::remove(image);
}
BENCHMARK(sparse_image)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ambit::bench

BENCHMARK_MAIN();
