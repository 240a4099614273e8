// A whole triage as a process, and two ways of doing the same side by side.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bench/process.h"

namespace ambit::bench {

// Where the corpora lie: AMBIT_BENCH_FOLDER, or bench-data below the working folder. Made if it is not there.
[[nodiscard]] std::string bench_folder();
// AMBIT_BENCH_GIB, or 4.
[[nodiscard]] std::uint64_t bench_bytes();
// Reads a file to its end: it is measured in the page cache.
void warm(const std::string& path);
// The recipient of the orders, made once in `folder`.
[[nodiscard]] std::string court_recipient(const std::string& folder);

struct Run {
  Cost cost;
  double sweep_seconds = 0, compile_seconds = 0;
  std::uint64_t hits = 0;
  [[nodiscard]] bool is_done() const { return cost.exit == 0 || cost.exit == 2; }
};
// Triage of one exhibit or several by `threads` workers; the run directory is thrown away.
[[nodiscard]] Run ambit_run(const std::vector<std::string>& exhibits, const std::string& order, std::int64_t threads);

// The same bytes by nothing but the matcher (bare_loop.cc).
struct BareLoop {
  Cost cost;
  std::uint64_t bytes = 0, matches = 0;
  double seconds = 0;  // of the loop alone
};
[[nodiscard]] BareLoop bare_loop(const std::string& order, const std::string& image, std::int64_t threads);

// What one side of a comparison came to.
struct Side {
  std::vector<double> seconds, sweep_seconds, cpu_seconds;
  double peak_mib = 0;
  // `sweep`: of its seconds those without preparations.
  void add(const Cost& cost, double sweep);
  void add(const Cost& cost) { add(cost, cost.seconds); }
  void add(const Run& run) { add(run.cost, run.sweep_seconds); }
};

// Medians of both, and of their ratios pair by pair. For machines on which something else runs: `best_ratio` holds the
// best of one against the best of the other, `cpu_ratio` the least processor time of one against that of the other.
void report(benchmark::State& state, const Side& ours, const Side& theirs, double amount, const char* unit);

}  // namespace ambit::bench
