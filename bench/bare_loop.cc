// The bare loop: the least that any program of this sort must do. Threads that share nothing but an offset read
// 1 MiB, fingerprint it and let Hyperscan scan it for the same strings. No context at the cuts, no objects, no
// decision, no record: it finds less than ambit and is the ceiling that ambit is measured against.
//
//   ambit_bare_loop ORDER IMAGE THREADS      prints: bytes, raw matches, seconds of the loop, seconds with compiling
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "pipeline/scanner.h"
#include "pipeline/triage_setup.h"
#include "stages/match/cores.h"

namespace {

constexpr std::size_t kRead = 1U << 20;

struct Tally {
  std::uint64_t matches = 0;
  std::uint64_t mix = 0;  // of the fingerprints, so that they are worked out
};

void loop(int fd, std::atomic<std::uint64_t>& next, const ambit::ScanDatabase& database, Tally& tally) {
  ambit::Scanner scanner(database);
  const auto buffer = std::make_unique<std::byte[]>(kRead);
  for (;;) {
    const std::uint64_t at = next.fetch_add(kRead);
    const ssize_t got = ::pread(fd, buffer.get(), kRead, static_cast<off_t>(at));
    if (got <= 0) return;
    const auto bytes = static_cast<std::size_t>(got);
    tally.mix ^= XXH3_128bits(buffer.get(), bytes).low64;
    scanner.scan(
        {buffer.get(), bytes},
        [](void* t, std::uint32_t, std::uint64_t, std::uint64_t) { ++static_cast<Tally*>(t)->matches; }, &tally);
  }
}

// The strings that ambit looks for, compiled by Hyperscan alone.
ambit::Result<ambit::ScanDatabase> compile(const ambit::Scope& scope) {
  using namespace ambit::match;
  Program program;
  Familiar familiar;
  Variants variants;
  CoreList cores;
  const auto text_of = [](const std::string& literal) { return to_nfc(decode_utf8(literal).value_or(Codes())); };
  for (const ambit::Identifier& identifier : scope.identifiers) {
    for (const std::string& literal : identifier.literals) familiar.note(plain_text(text_of(literal), true));
  }
  std::uint32_t subject = 0;
  std::vector<FoundCore> found;
  for (const ambit::Identifier& identifier : scope.identifiers) {
    for (const std::string& bytes : identifier.literals) {
      const Codes text = text_of(bytes);
      const Literal literal{0, identifier.ignore_case, false, plain_text(text, identifier.ignore_case), 0};
      found.clear();
      static_cast<void>(find_cores(literal, text, identifier.forms, familiar, variants, found));
      for (FoundCore& core : found) {
        core.entry.subject = subject;
        cores.add(std::move(core));
      }
      ++subject;
    }
  }
  return ambit::ScanDatabase::compile_by_hyperscan(cores.finish(program));
}

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 1;
  const auto start = std::chrono::steady_clock::now();
  const ambit::CheckedOrder order = ambit::load_order(argv[1], ambit::one_after_another());
  const int fd = ::open(argv[2], O_RDONLY | O_CLOEXEC);
  if (!order.problems.empty() || fd < 0) return 1;
  const ambit::Result<ambit::ScanDatabase> database = compile(order.scope);
  if (!database) return 1;
  const auto loop_start = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> next{0};
  std::vector<Tally> tallies(static_cast<std::size_t>(std::atoi(argv[3])));
  {
    std::vector<std::jthread> threads;
    for (Tally& tally : tallies) threads.emplace_back([&] { loop(fd, next, *database, tally); });
  }
  struct stat info {};
  ::fstat(fd, &info);
  std::uint64_t matches = 0;
  std::uint64_t mix = 0;
  for (const Tally& tally : tallies) {
    matches += tally.matches;
    mix ^= tally.mix;
  }
  std::printf("%llu %llu %.6f %.6f %llx\n", static_cast<unsigned long long>(info.st_size),
              static_cast<unsigned long long>(matches), since(loop_start), since(start),
              static_cast<unsigned long long>(mix));
  return 0;
}
