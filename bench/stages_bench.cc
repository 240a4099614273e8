// Speed of each stage by itself, over bytes in memory.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "bench/corpus.h"
#include "pipeline/detector_file.h"
#include "pipeline/limits.h"
#include "pipeline/triage_setup.h"
#include "stages/decide/decide.h"
#include "stages/hash/digest.h"
#include "stages/hash/seen.h"
#include "stages/match/match.h"
#include "stages/open/open_exhibit.h"
#include "stages/scrutinise/records.h"
#include "stages/scrutinise/scrutinise.h"
#include "stages/walk/walk.h"

namespace ambit::bench {
namespace {

constexpr std::size_t kBytes = 64U << 20;

const std::string& sample() {
  static const std::string bytes = mixed_bytes(1, kBytes);
  return bytes;
}

// The sample as an object in memory.
class SampleContent final : public Content {
 public:
  Result<ContentInfo> open() override { return ContentInfo{sample().size(), std::nullopt, 0}; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= sample().size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(into.size(), sample().size() - offset);
    std::memcpy(into.data(), sample().data() + offset, count);
    return count;
  }
};

template <class Look>
void over_sample(benchmark::State& state, std::size_t context, Look&& look) {
  SampleContent content;
  ChunkBuffer buffer(limits::kChunkBytes, context, Zeros::skip);
  for (auto _ : state) {
    Facts facts;
    ChunkReader reader(content, sample().size(), 0, sample().size(), buffer, facts);
    while (reader.next()) look(reader.chunk());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(sample().size()));
}

// ChunkReader alone: copying, looking for zeros, accounting.
void read_chunks(benchmark::State& state) {
  over_sample(state, 512, [](const Chunk& chunk) { benchmark::DoNotOptimize(chunk.body().data()); });
}
BENCHMARK(read_chunks);

void read_file(benchmark::State& state) {
  const std::string path = "/tmp/ambit-bench-read";
  std::ofstream(path, std::ios::binary) << sample();
  const auto exhibit = open_exhibit("raw:" + path, "x");
  const auto bytes = static_cast<std::size_t>(state.range(0));
  const auto buffer = std::make_unique<std::byte[]>(bytes);
  for (auto _ : state) {
    for (std::uint64_t at = 0; at < (*exhibit)->size(); at += bytes) {
      benchmark::DoNotOptimize((*exhibit)->read_at(at, {buffer.get(), bytes}));
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(sample().size()));
  ::unlink(path.c_str());
}
BENCHMARK(read_file)->Arg(64 << 10)->Arg(1 << 20)->Arg(4 << 20);

void fingerprint(benchmark::State& state) {
  const Fingerprinter fingerprinter(Fingerprinter::Secret{1, 2, 3});
  over_sample(state, 0, [&](const Chunk& chunk) { benchmark::DoNotOptimize(fingerprinter.of(chunk.body())); });
}
BENCHMARK(fingerprint);

void digest(benchmark::State& state) {
  const Digest stage;
  Digest::State own = stage.make_state();
  own.want({state.range(0) == 0, state.range(0) == 1, state.range(0) == 2});
  state.SetLabel(state.range(0) == 0 ? "MD5" : state.range(0) == 1 ? "SHA-1" : "SHA-256");
  stage.begin(own, {sample().size(), 0, sample().size()});
  over_sample(state, 0, [&](const Chunk& chunk) { stage.look(own, chunk); });
}
BENCHMARK(digest)->Arg(0)->Arg(1)->Arg(2);

std::vector<Identifier> as_identifiers(std::size_t count, FormSet forms) {
  std::vector<Identifier> out;
  for (const std::string& name : identifiers(count)) {
    Identifier identifier;
    identifier.name = name;
    identifier.literals = {name};
    identifier.forms = forms;
    out.push_back(std::move(identifier));
  }
  return out;
}

FormSet forms_of(std::int64_t which) {
  if (which == 2) return FormSet::text();
  FormSet set;
  set.add(Form::utf8);
  if (which == 1) set.add(Form::utf16le);
  return set;
}

// range(0): identifiers; range(1): forms (0 UTF-8, 1 UTF-8 and UTF-16LE, 2 all)
void match(benchmark::State& state) {
  std::vector<PatternProblem> problems;
  const auto set =
      PatternSet::build(as_identifiers(static_cast<std::size_t>(state.range(0)), forms_of(state.range(1))), problems);
  if (!set.ok()) return state.SkipWithError("the patterns do not build");
  const Match stage(*set, limits::kMaxHitsPerIdentifier);
  Match::State own = stage.make_state();
  stage.begin(own, {sample().size(), 0, sample().size()});
  over_sample(state, set->context_bytes(), [&](const Chunk& chunk) { stage.look(own, chunk); });
  state.counters["patterns"] = static_cast<double>(set->patterns());
}
BENCHMARK(match)->ArgsProduct({{100, 1'000, 10'000}, {0, 1, 2}});

void compile(benchmark::State& state) {
  const auto wanted = as_identifiers(static_cast<std::size_t>(state.range(0)), FormSet::text());
  for (auto _ : state) {
    std::vector<PatternProblem> problems;
    benchmark::DoNotOptimize(PatternSet::build(wanted, problems));
  }
}
BENCHMARK(compile)->Arg(100)->Arg(1'000)->Unit(benchmark::kMillisecond);

void scrutiny(benchmark::State& state) {
  const auto detectors = read_embedded_detectors();
  const auto set = DetectorSet::build(*detectors);
  const Scope scope;
  const Scrutinise stage(*set, scope);
  Scrutinise::State own = stage.make_state();
  const Facts none;
  stage.prepare(own, none);
  stage.begin(own, {sample().size(), 0, sample().size()});
  over_sample(state, set->context_bytes(), [&](const Chunk& chunk) { stage.look(own, chunk); });
}
BENCHMARK(scrutiny);

// A dump in one line, every row of which was hit; range(0): 0 SQL, 1 JSON.
void records(benchmark::State& state) {
  const bool is_sql = state.range(0) == 0;
  const std::string filler(70, 'x');
  std::string text = is_sql ? "INSERT INTO `c` VALUES " : "[";
  std::vector<Hit> hits;
  while (text.size() < kBytes) {
    text += hits.empty() ? "" : ",";
    text += is_sql ? "(1,'" : "{\"id\":1,\"name\":\"";
    hits.push_back({text.size(), 15, 0, View::raw, Form::utf8, false});
    text += is_sql ? "kim@example.com','" + filler + "',NULL,'2012-01-01 10:00:00')"
                   : "kim@example.com\",\"note\":\"" + filler + "\",\"day\":null}";
  }
  for (auto _ : state) {
    scrutiny::Records own;
    own.prepare(hits, is_sql ? Kind::sql_dump : Kind::markup, true, text.size());
    for (std::size_t at = 0; at < text.size(); at += limits::kChunkBytes) {
      const std::size_t end = std::min(text.size(), at + limits::kChunkBytes);
      own.look(Chunk(std::as_bytes(std::span(text)).subspan(at, end - at), 0, end - at, at, {}));
    }
    benchmark::DoNotOptimize(own.finish());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
  state.counters["hits"] = static_cast<double>(hits.size());
}
BENCHMARK(records)->Arg(0)->Arg(1);

Scope scope_of_rules(std::size_t rules) {
  Scope scope;
  scope.identifiers.resize(1'000);
  scope.paragraphs.push_back({"1", "p"});
  for (std::size_t i = 0; i < rules; ++i) {
    Rule rule;
    rule.name = "R" + std::to_string(i);
    Condition one{Op::any_of, {}, {static_cast<IdentifierId>(i)}, {}, 0, "", Kind::unknown};
    Condition two{Op::any_of, {}, {static_cast<IdentifierId>(i + 500)}, {}, 0, "", Kind::unknown};
    Condition both{Op::all, {0, 1}, {}, {}, 0, "", Kind::unknown};
    rule.conditions = {one, two, both};
    scope.rules.push_back(rule);
  }
  return scope;
}

void decide_clean(benchmark::State& state) {
  const Scope scope = scope_of_rules(static_cast<std::size_t>(state.range(0)));
  const Facts facts;
  const Locator locator{0, {{StepKind::path, "srv/u/42/file.txt", 0, 0}}};
  for (auto _ : state) benchmark::DoNotOptimize(decide(facts, locator, scope));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decide_clean)->Arg(1)->Arg(100);

void decide_hit(benchmark::State& state) {
  const Scope scope = scope_of_rules(static_cast<std::size_t>(state.range(0)));
  Facts facts;
  facts.hits = {{10, 5, 3, View::raw, Form::utf8, false}, {30, 5, 503, View::raw, Form::utf8, false}};
  const Locator locator{0, {{StepKind::path, "srv/u/42/file.txt", 0, 0}}};
  for (auto _ : state) benchmark::DoNotOptimize(decide(facts, locator, scope));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decide_hit)->Arg(1)->Arg(100);

}  // namespace
}  // namespace ambit::bench

BENCHMARK_MAIN();
