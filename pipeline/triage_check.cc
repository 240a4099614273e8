// What an order costs, measured: its identifiers one by one and all together over the same sample.
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <random>

#include "pipeline/limits.h"
#include "pipeline/scheduler.h"
#include "pipeline/triage.h"
#include "pipeline/triage_setup.h"
#include "stages/match/match.h"

namespace ambit {
namespace {

// Bytes that look like what servers hold: words, numbers, mark-up, and a part of noise as packed files have it.
// The same bytes every time.
std::vector<std::byte> sample(std::size_t bytes) {
  static constexpr std::array<std::string_view, 12> kWords = {"the ",       "server ", "2011-04-17 ", "GET /files/",
                                                              "<a href=\"", "\r\n",    "user",        "192.168.",
                                                              "payment ",   "@mail.",  "SELECT ",     "0x7f"};
  std::mt19937_64 random(20130314);
  std::vector<std::byte> out;
  out.reserve(bytes + 64);
  while (out.size() < bytes) {
    if (out.size() % (64 * limits::KiB) < 16 * limits::KiB) {
      const std::uint64_t noise = random();
      const auto* raw = reinterpret_cast<const std::byte*>(&noise);
      out.insert(out.end(), raw, raw + sizeof noise);
    } else {
      const std::string_view word = kWords[random() % kWords.size()];
      const auto* raw = reinterpret_cast<const std::byte*>(word.data());
      out.insert(out.end(), raw, raw + word.size());
      out.push_back(static_cast<std::byte>('a' + random() % 26));
    }
  }
  out.resize(bytes);
  return out;
}

// Nanoseconds a byte, the best of three: other work on the machine only ever adds.
double measure(const PatternSet& patterns, std::span<const std::byte> bytes) {
  const Match match(patterns, limits::kMaxHitsPerIdentifier);
  Match::State state = match.make_state();
  double best = HUGE_VAL;
  for (int round = 0; round < 3; ++round) {
    Facts facts;
    const Segment all{0, bytes.size()};
    const auto start = std::chrono::steady_clock::now();
    match.begin(state, {bytes.size(), 0, bytes.size()});
    match.look(state, Chunk(bytes, 0, bytes.size(), 0, {&all, 1}));
    match.finish(state, facts);
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    best = std::min(best, spent.count() / static_cast<double>(bytes.size()));
  }
  return best;
}

// Identifiers that are measured one by one; beyond that only the sum is worth the wait.
constexpr std::size_t kMeasuredAlone = 2'000;

}  // namespace

CheckReport check_order(const std::string& path) {
  CheckReport report;
  Scheduler scheduler(hardware_workers());
  CheckedOrder order = load_order(path, parallel_on(scheduler));
  report.problems = std::move(order.problems);
  if (!report.problems.empty()) return report;

  const Scope& scope = order.scope;
  report.rules = scope.rules.size();
  report.paragraphs = scope.paragraphs.size();
  report.patterns = order.patterns.patterns();
  report.database_bytes = order.patterns.database_bytes();
  report.compile_seconds = order.compile_seconds;
  report.bytes_per_second = 1e9 / measure(order.patterns, sample(16 * limits::MiB));
  const std::vector<std::byte> small = sample(1 * limits::MiB);
  for (IdentifierId id = 0; id < scope.identifiers.size(); ++id) {
    const Identifier& identifier = scope.identifiers[id];
    IdentifierCost cost{identifier.name, identifier.strength == Strength::strong ? "strong" : "weak", {}, 0, 0};
    for (const Form form : order.patterns.forms_of(id)) cost.forms.emplace_back(to_string(form));
    cost.patterns = order.patterns.patterns_of(id);
    std::vector<PatternProblem> none;
    if (id < kMeasuredAlone && cost.patterns > 0) {
      const Result<PatternSet> alone = PatternSet::build({&identifier, 1}, none);
      if (alone.ok()) cost.ns_per_byte = measure(*alone, small);
    }
    report.identifiers.push_back(std::move(cost));
  }
  return report;
}

}  // namespace ambit
