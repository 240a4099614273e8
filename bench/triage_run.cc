#include "bench/triage_run.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace ambit::bench {
namespace {

std::string from_environment(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : fallback;
}

double least(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::min_element(values.begin(), values.end());
}

}  // namespace

std::string bench_folder() {
  const std::string folder = from_environment("AMBIT_BENCH_FOLDER", "bench-data");
  std::filesystem::create_directories(folder);
  return folder;
}

std::uint64_t bench_bytes() { return std::stoull(from_environment("AMBIT_BENCH_GIB", "4")) << 30; }

void warm(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<char> buffer(1U << 20);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()))) {}
}

std::string court_recipient(const std::string& folder) {
  if (!std::filesystem::exists(folder + "/court.key")) (void)run_process({"age-keygen", "-o", folder + "/court.key"});
  std::ifstream key(folder + "/court.key");
  std::string recipient;
  for (std::string line; std::getline(key, line);) {
    if (const std::size_t at = line.find("age1"); at != std::string::npos) recipient = line.substr(at);
  }
  return recipient;
}

Run ambit_run(const std::vector<std::string>& exhibits, const std::string& order, std::int64_t threads) {
  const std::string out = bench_folder() + "/run";
  std::filesystem::remove_all(out);
  std::vector<std::string> words = {AMBIT_PROGRAM, "triage", "--order",   order,
                                    "--out",       out,      "--threads", std::to_string(threads)};
  words.insert(words.end(), exhibits.begin(), exhibits.end());
  Run run;
  run.cost = run_process(words);
  if (!run.is_done()) return run;
  const auto json = nlohmann::json::parse(std::ifstream(out + "/run.json"));
  run.sweep_seconds = json["seconds"]["sweep"];
  run.compile_seconds = json["seconds"]["compile"];
  run.hits = json["hits"];
  return run;
}

BareLoop bare_loop(const std::string& order, const std::string& image, std::int64_t threads) {
  BareLoop bare;
  bare.cost = run_process({AMBIT_BARE_LOOP, order, image, std::to_string(threads)});
  std::istringstream told(bare.cost.out);
  told >> bare.bytes >> bare.matches >> bare.seconds;
  return bare;
}

void Side::add(const Cost& cost, double sweep) {
  seconds.push_back(cost.seconds);
  sweep_seconds.push_back(sweep);
  cpu_seconds.push_back(cost.cpu_seconds);
  peak_mib = std::max(peak_mib, cost.peak_mib);
}

void report(benchmark::State& state, const Side& ours, const Side& theirs, double amount, const char* unit) {
  std::vector<double> ratios;
  std::vector<double> sweep_ratios;
  for (std::size_t i = 0; i < ours.seconds.size(); ++i) {
    ratios.push_back(theirs.seconds[i] / ours.seconds[i]);
    sweep_ratios.push_back(theirs.sweep_seconds[i] / ours.sweep_seconds[i]);
  }
  state.counters[std::string("ambit_") + unit] = amount / median(ours.seconds);
  state.counters[std::string("peer_") + unit] = amount / median(theirs.seconds);
  state.counters["ratio"] = median(ratios);
  state.counters["ratio_sweep"] = median(sweep_ratios);
  state.counters["best_ratio"] = least(theirs.seconds) / least(ours.seconds);
  state.counters["best_ratio_sweep"] = least(theirs.sweep_seconds) / least(ours.sweep_seconds);
  state.counters[std::string("best_sweep_") + unit] = amount / least(ours.sweep_seconds);
  state.counters["ambit_cpu_s"] = least(ours.cpu_seconds);
  state.counters["peer_cpu_s"] = least(theirs.cpu_seconds);
  state.counters["cpu_ratio"] = least(theirs.cpu_seconds) / least(ours.cpu_seconds);
  state.counters["ambit_peak_MiB"] = ours.peak_mib;
  state.counters["peer_peak_MiB"] = theirs.peak_mib;
}

}  // namespace ambit::bench
