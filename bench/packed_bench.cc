// What is packed, against what unpacks it alone and against what unpacks it and looks: gzip and zstd, one archive and
// two, a zip of many members, a mailbox. As in whole_bench.cc the sides run in turn, and
// every answer is checked before its time counts.
//
//   AMBIT_BENCH_FOLDER   where the corpora lie (default: bench-data below the working folder)
#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "bench/corpus.h"
#include "bench/process.h"
#include "bench/triage_run.h"

namespace ambit::bench {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kTexts = 60'000;      // 1 to 16 KiB each
constexpr std::size_t kMembers = 100'000;   // of the zip; 2.5 KiB in the mean
constexpr std::size_t kMessages = 100'000;  // of the mailbox; 2 KiB
constexpr std::size_t kPlants = 280;

Cost shell(const std::string& script) { return run_process({"bash", "-euo", "pipefail", "-c", script}); }

// Every message has an address of nobody, and every so many one of the case.
void write_mailbox(const std::string& path, const std::vector<std::string>& names) {
  const std::string text = mixed_bytes(7, 4 << 20);
  std::ofstream out(path, std::ios::binary);
  for (std::size_t i = 0; i < kMessages; ++i) {
    const std::string number = std::to_string(i);
    out << "From sender@mailbox.example Mon Apr 18 09:00:00 2011\nFrom: customer" << number
        << "@mailbox.example\nTo: service@mailbox.example\nSubject: order " << number << "\nMessage-ID: <" << number
        << "@mailbox.example>\nDate: Mon, 18 Apr 2011 09:00:00 +0000\nMIME-Version: 1.0\n"
           "Content-Type: text/plain; charset=utf-8\n\n";
    for (std::size_t line = 0; line < 24; ++line) {
      std::string words = text.substr((i * 131 + line * 977) % (text.size() - 80), 72);
      for (char& c : words) c = c >= ' ' && c < 127 ? c : ' ';
      out << words << '\n';
    }
    if (i % (kMessages / kPlants) == 0) out << "greetings to " << names[i % names.size()] << '\n';
    out << '\n';
  }
}

struct Bed {
  std::string folder = bench_folder() + "/packed";
  std::string order = folder + "/order.toml", words = folder + "/words";
  std::string gzip = folder + "/texts.tar.gz", second = folder + "/second.tar.gz", zstd = folder + "/texts.tar.zst";
  std::string zip = folder + "/members.zip", mailbox = folder + "/mailbox", plain = folder + "/texts.tar";
  std::uint64_t plain_bytes = 0, second_bytes = 0, zip_bytes = 0;

  Bed() {
    fs::create_directories(folder);
    const auto names = real_names(1'000);
    std::ofstream(order) << order_text(names, court_recipient(folder));
    std::ofstream list(words);
    for (const std::string& name : names) list << name << '\n';
    list.close();
    if (!fs::exists(gzip)) make_archives(names);
    if (!fs::exists(zip)) make_zip(names);
    if (!fs::exists(mailbox)) {
      write_mailbox(mailbox + ".making", names);
      fs::rename(mailbox + ".making", mailbox);
    }
    plain_bytes = fs::file_size(plain);
    second_bytes = size_of("igzip -dc '" + second + "'");
    zip_bytes = size_of("bsdtar -xOf '" + zip + "'");
  }
  void make_archives(const std::vector<std::string>& names) const {
    const std::string tree = folder + "/tree";
    make_real_tree(tree, kTexts, kPlants, names);
    // The second has the same files in another order, each with a line more: nobody may skip what was in the first.
    (void)shell("cd '" + folder +
                "'; tar -cf texts.tar tree; zstd -q -3 texts.tar; gzip -6 -c texts.tar > making; "
                "find tree -type f -exec sh -c 'for f; do echo again >> \"$f\"; done' - {} +; "
                "ls tree | sort -r | sed 's,^,tree/,' > list; tar -cf second.tar -T list; gzip -6 second.tar; "
                "mv making texts.tar.gz; rm -r tree list");
  }
  void make_zip(const std::vector<std::string>& names) const {
    make_real_tree(folder + "/members", kMembers, kPlants, names);
    (void)shell("cd '" + folder + "'; bsdtar --format zip -cf making members; mv making members.zip; rm -r members");
  }
  static std::uint64_t size_of(const std::string& command) { return std::stoull(shell(command + " | wc -c").out); }
};

const Bed& bed() {
  static const Bed made;
  return made;
}

// Triage of `exhibits` against a command, whose output nobody looks at but for its length.
void compare(benchmark::State& state, const std::vector<std::string>& exhibits, const std::string& peer,
             std::uint64_t bytes, std::int64_t threads = 2) {
  Side ours;
  Side theirs;
  for (const std::string& exhibit : exhibits) warm(exhibit);
  for (auto _ : state) {
    const Run run = ambit_run(exhibits, bed().order, threads);
    const Cost other = shell(peer);
    if (!run.is_done() || other.exit != 0) return state.SkipWithError("a run failed");
    if (run.hits < kPlants) return state.SkipWithError("planted identifiers were not found");
    ours.add(run);
    theirs.add(other);
    state.SetIterationTime(run.cost.seconds);
  }
  report(state, ours, theirs, static_cast<double>(bytes) / 1e6, "MB/s");
}

void tar_gz_against_igzip(benchmark::State& state) {
  compare(state, {bed().gzip}, "igzip -dc '" + bed().gzip + "' > /dev/null", bed().plain_bytes);
}
BENCHMARK(tar_gz_against_igzip)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

void tar_zst_against_zstd(benchmark::State& state) {
  compare(state, {bed().zstd}, "zstd -dcq '" + bed().zstd + "' > /dev/null", bed().plain_bytes);
}
BENCHMARK(tar_zst_against_zstd)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

// What is left when nothing is packed: the same tar as it is.
void plain_tar_against_ripgrep(benchmark::State& state) {
  compare(state, {"file:" + bed().plain}, "rg -a -F -i -f '" + bed().words + "' -o -b '" + bed().plain + "' | wc -l",
          bed().plain_bytes);
}
BENCHMARK(plain_tar_against_ripgrep)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

// Two archives on two workers, against one.
void two_archives_against_one(benchmark::State& state) {
  Side two;
  Side one;
  for (auto _ : state) {
    const Run both = ambit_run({bed().gzip, bed().second}, bed().order, 2);
    const Run single = ambit_run({bed().gzip}, bed().order, 2);
    if (!both.is_done() || !single.is_done()) return state.SkipWithError("a run failed");
    two.add(both);
    one.add(single);
    state.SetIterationTime(both.cost.seconds);
  }
  const double bytes = static_cast<double>(bed().plain_bytes + bed().second_bytes) / 1e6;
  report(state, two, one, bytes, "MB/s");
  // As rates: bytes of both by their time, against bytes of one by its.
  const double growth = bytes * 1e6 / static_cast<double>(bed().plain_bytes);
  state.counters["gain"] = growth * static_cast<double>(state.counters["best_ratio_sweep"]);
}
BENCHMARK(two_archives_against_one)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

void zip_against_bsdtar_and_ripgrep(benchmark::State& state) {
  compare(state, {bed().zip}, "bsdtar -xOf '" + bed().zip + "' | rg -a -F -i -f '" + bed().words + "' -o -b - | wc -l",
          bed().zip_bytes);
}
BENCHMARK(zip_against_bsdtar_and_ripgrep)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

void mailbox_against_ripgrep(benchmark::State& state) {
  compare(state, {bed().mailbox}, "rg -a -F -i -f '" + bed().words + "' -o -b '" + bed().mailbox + "' | wc -l",
          fs::file_size(bed().mailbox));
}
BENCHMARK(mailbox_against_ripgrep)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ambit::bench

BENCHMARK_MAIN();
