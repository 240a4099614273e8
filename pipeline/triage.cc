// The list of stages, and the order of a run: open, sweep (walk, hash, match, decide, scrutinise), record.
#include "pipeline/triage.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>
#include <utility>

#include "pipeline/limits.h"
#include "pipeline/memory_limit.h"
#include "pipeline/read_counter.h"
#include "pipeline/run_audit.h"
#include "pipeline/triage_change.h"
#include "pipeline/triage_report.h"
#include "pipeline/triage_setup.h"
#include "pipeline/triage_sweep.h"
#include "pipeline/triage_watch.h"
#include "stages/open/open_exhibit.h"
#include "stages/record/seal.h"
#include "stages/unpack/sandbox/process.h"
#include "stages/unpack/unpack.h"

namespace ambit {
namespace {

using Clock = std::chrono::steady_clock;

Result<record::CaseKey> open_key(const TriageOptions& options, bool resuming, ProgressSink& sink) {
  if (!options.key.empty()) return record::CaseKey::load(options.key);
  const std::string path = options.order + ".key";
  if (resuming || std::ifstream(path).good()) return record::CaseKey::load(path);
  Result<record::CaseKey> key = record::CaseKey::create(path);
  if (key.ok()) sink.on_note("made the case key " + path + "; keep it: a re-run needs it to give the same bytes");
  return key;
}

// The walk keeps a folder open for each level and each waiting object.
void allow_many_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Fingerprinter::Secret deduplication_secret(const record::CaseKey& key) {
  Fingerprinter::Secret secret{};
  for (std::size_t at = 0; at < secret.size(); at += 32) {
    const record::Bytes32 part = key.derive("deduplication/" + std::to_string(at / 32));
    std::copy(part.begin(), part.end(), secret.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return secret;
}

// How the memory budget is shared out. What Hyperscan and the libraries need is known before the sweep; the rest
// bounds the tables that may grow.
struct MemoryPlan {
  std::size_t chunk_bytes = 0;
  std::size_t seen_bytes = 0;
  std::uint64_t record_bytes = 0;
  std::uint64_t layout_bytes = 0;
};

Result<MemoryPlan> plan_memory(const TriageOptions& options, const Engine& engine, std::size_t workers) {
  const std::uint64_t budget = memory_budget(options);
  MemoryPlan plan;
  plan.chunk_bytes = options.chunk_bytes != 0 ? options.chunk_bytes : limits::kChunkBytes;
  const std::uint64_t worker_bytes = plan.chunk_bytes + 4 * engine.context_bytes() + limits::kWorkerBytes;
  const std::uint64_t fixed = limits::kProgramBytes + 2 * engine.patterns.database_bytes() + workers * worker_bytes;
  if (fixed + limits::kMinRecordBytes > budget) {
    return Error{ErrorKind::usage,
                 "the memory budget of " + std::to_string(budget / limits::MiB) + " MiB is too small for " +
                     std::to_string(workers) + " workers and this order",
                 "",
                 "give --memory " + std::to_string((fixed + limits::kMinRecordBytes) / limits::MiB + 1) +
                     "M or more, or fewer --threads"};
  }
  const std::uint64_t rest = budget - fixed;
  plan.seen_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(rest / 4, limits::kMaxSeenBytes));
  plan.record_bytes = rest / 4;
  plan.layout_bytes = rest / 4;
  return plan;
}

// A process that grows beyond what the system grants is killed, at any time of the night.
void warn_of_memory(const TriageOptions& options, ProgressSink& sink) {
  const std::uint64_t wanted = memory_budget(options) + limits::kMemoryBeyondBudget;
  const std::optional<std::uint64_t> granted = granted_memory();
  if (!granted || *granted >= wanted) return;
  sink.on_note("the system grants this process " + std::to_string(*granted / limits::MiB) +
               " MiB, and the budget needs " + std::to_string(wanted / limits::MiB) +
               ": it may be killed in the midst of the run; give a smaller --memory");
}

Result<> open_exhibits(const TriageOptions& options, Engine& engine, ProgressSink& sink) {
  const std::vector<std::string> names = exhibit_names(options.exhibits);
  engine.blocks = std::make_shared<BlockCache>(
      std::min<std::uint64_t>(limits::kBlockCacheBytes, memory_budget(options) / limits::kBlockCachePart));
  for (std::size_t i = 0; i < options.exhibits.size(); ++i) {
    Result<std::unique_ptr<Exhibit>> exhibit =
        open_exhibit(options.exhibits[i], names[i], std::chrono::seconds(engine.scope.read_seconds), engine.blocks);
    if (!exhibit.ok()) return std::move(exhibit).error();
    engine.exhibits.push_back(std::move(exhibit).value());
    const std::string warning = access_time_warning(options.exhibits[i]);
    if (!warning.empty()) sink.on_note("exhibit " + names[i] + " " + warning);
  }
  return {};
}

record::RunWriter::Setup writer_setup(const TriageOptions& options, const Engine& engine, const CheckedOrder& order,
                                      const std::vector<ExhibitCondition>& conditions, const record::CaseKey& key,
                                      std::uint64_t memory) {
  record::RunWriter::Setup setup;
  setup.directory = options.out;
  setup.scope = &engine.scope;
  setup.key = &key;
  for (const auto& exhibit : engine.exhibits) {
    setup.exhibit_names.push_back(exhibit->name());
    setup.exhibit_kinds.emplace_back(to_string(exhibit->kind()));
  }
  for (const ExhibitCondition& condition : conditions) setup.exhibit_marks.push_back(mark_of(condition));
  for (const Detector& detector : engine.detectors.detectors()) {
    setup.detector_categories.push_back(detector.category);
  }
  setup.full_census = options.full_census;
  setup.detectors_sha256 = order.detectors_sha256;
  setup.tool_version = AMBIT_VERSION;
  setup.memory = memory;
  setup.audit = [&engine, out = options.out](const std::string& file) -> Result<> {
    const Result<AuditReport> report = audit_index(file, out, engine.scope);
    if (!report.ok()) return report.error();
    return audit_verdict(*report, out);
  };
  return setup;
}

// Where the disk of the run directory is full: waits for room, until the operator stops the run.
class WaitingForSpace {
 public:
  explicit WaitingForSpace(ProgressSink& sink) : sink_(sink) {}
  bool operator()() {
    if (!std::exchange(told_, true)) {
      sink_.on_note("the disk of the run directory is full: the run waits, and goes on when there is room");
    }
    std::this_thread::sleep_for(limits::kWaitForSpace);
    return !sink_.stop_requested();
  }

 private:
  ProgressSink& sink_;
  bool told_ = false;
};

// Makes durable what was judged, every few seconds.
class Saver {
 public:
  Saver(record::RunWriter& writer, Sweep& sweep, std::chrono::seconds every)
      : writer_(writer), sweep_(sweep), every_(every) {}
  void look() {
    if (Clock::now() - last_ < every_) return;
    sweep_.check(writer_.checkpoint());
    last_ = Clock::now();
  }

 private:
  record::RunWriter& writer_;
  Sweep& sweep_;
  const std::chrono::seconds every_;
  Clock::time_point last_ = Clock::now();
};

// What ended the run, to the operator. Who stops a run that waits for room has stopped it like any other.
Error with_resume(Error error, ProgressSink& sink) {
  if (error.kind == ErrorKind::space && sink.stop_requested()) error.kind = ErrorKind::stopped;
  error.remedy += error.remedy.empty() ? "" : "; ";
  error.remedy += "what was done is kept: --resume goes on with it";
  return error;
}

void count_resumed(const record::Counts& resumed, Counters& counters) {
  for (std::uint32_t i = 0; i < resumed.coverage.size(); ++i) counters.sweep_bytes(i, resumed.coverage[i].total());
  for (const auto& [identifier, count] : resumed.identifiers) counters.hits += count.hits;
  counters.objects = resumed.seen;
  counters.exceptions = resumed.exception_objects;
  for (const auto& [key, count] : resumed.exceptions) {
    counters.exceptions_by_reason[static_cast<std::size_t>(key.reason)] += count.items;
  }
}

std::vector<std::uint64_t> image_bytes(const Engine& engine) {
  std::vector<std::uint64_t> bytes;
  for (const auto& exhibit : engine.exhibits) bytes.push_back(exhibit->size());
  return bytes;
}

}  // namespace

Result<TriageOutcome> run_triage(const TriageOptions& options, ProgressSink& sink,
                                 std::vector<OrderProblem>& problems) {
  const Clock::time_point start = Clock::now();
  // --- before anything is written: the order, the exhibits, the key, the budget ------------------------------
  Scheduler scheduler(options.threads != 0 ? options.threads : hardware_workers());
  if (Result<> granted = threads_for(scheduler.workers()); !granted.ok()) return std::move(granted).error();
  CheckedOrder order = load_order(options.order, parallel_on(scheduler));
  if (!order.problems.empty()) {
    problems = std::move(order.problems);
    return Error{ErrorKind::order, "the order cannot be used", options.order,
                 "correct it; ambit check tells all again"};
  }
  Engine engine;
  engine.scope = std::move(order.scope);
  engine.patterns = std::move(order.patterns);
  engine.detectors = std::move(order.detectors);
  if (Result<> there = find_converters(); !there.ok()) return std::move(there).error();
  if (Result<> opened = open_exhibits(options, engine, sink); !opened.ok()) return std::move(opened).error();
  allow_many_open_files();
  Result<MemoryPlan> plan = plan_memory(options, engine, scheduler.workers());
  if (!plan.ok()) return std::move(plan).error();
  warn_of_memory(options, sink);
  const std::vector<ExhibitCondition> conditions = conditions_of(engine);
  const bool resuming = options.resume && record::RunWriter::holds_unfinished(options.out);
  Result<record::CaseKey> key = open_key(options, resuming, sink);
  if (!key.ok()) return std::move(key).error();

  // --- the stages --------------------------------------------------------------------------------------------
  record::RunWriter::Setup setup = writer_setup(options, engine, order, conditions, *key, plan->record_bytes);
  setup.wait_for_space = WaitingForSpace(sink);
  Counters counters(engine.exhibits.size());
  setup.settled = &counters.settled;
  Done done(engine.exhibits.size());
  Result<std::unique_ptr<record::RunWriter>> writer =
      resuming ? record::RunWriter::resume(std::move(setup), done) : record::RunWriter::create(std::move(setup));
  if (!writer.ok() && resuming && writer.error().kind == ErrorKind::space) return with_resume(writer.error(), sink);
  if (!writer.ok()) return std::move(writer).error();
  engine.writer = writer->get();
  engine.match.emplace(engine.patterns, static_cast<std::uint32_t>(engine.scope.max_hits_per_identifier));
  engine.census.emplace(engine.detectors, engine.scope.privacy.least, options.full_census);
  engine.scrutinise.emplace(engine.detectors, engine.scope);
  engine.lookup.emplace(engine.scope);
  engine.fingerprints.emplace(deduplication_secret(*key));
  engine.seen = std::make_unique<Seen>(plan->seen_bytes);
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t i = 0; i < scheduler.workers(); ++i)
    workers.push_back(std::make_unique<Worker>(engine, plan->chunk_bytes));

  // --- the sweep ---------------------------------------------------------------------------------------------
  const Clock::time_point swept_from = Clock::now();
  count_resumed((*writer)->resumed(), counters);
  Sweep sweep(engine, workers, scheduler, counters, done, options.out + "/work", plan->layout_bytes);
  (*writer)->keep();
  Watch watch({sweep, counters, workers, engine, *key, options, sink});
  if (!(*writer)->is_swept()) {
    Saver saver(**writer, sweep, std::chrono::seconds(options.checkpoint_seconds));
    const Ticker saving([&saver] { saver.look(); });
    if (Result<> swept = sweep.run(); !swept.ok()) return with_resume(std::move(swept).error(), sink);
  }
  watch.sweep_ended();
  if (sweep.stopped()) {
    if (Result<> saved = (*writer)->checkpoint(); !saved.ok()) return with_resume(std::move(saved).error(), sink);
    return Error{ErrorKind::stopped, "stopped on request, with a checkpoint", options.out, "--resume goes on"};
  }
  const Clock::time_point swept_to = Clock::now();

  // --- beyond this point the facts are frozen ----------------------------------------------------------------
  Account account = done.account();
  std::vector<const Stopwatch*> watches;
  for (auto& worker : workers) {
    account.add(worker->accounted);
    watches.push_back(&worker->watch);
  }
  if (Result<> closes = account.check(image_bytes(engine)); !closes.ok()) return std::move(closes).error();
  if (Result<> marked = (*writer)->mark_swept(); !marked.ok()) return with_resume(std::move(marked).error(), sink);
  std::vector<std::uint64_t> bytes;
  for (const Account::Exhibit& exhibit : account.exhibits()) bytes.push_back(exhibit.owed_bytes);
  const auto hashes = options.hash_exhibits ? hash_images(engine, scheduler)
                                            : std::vector<std::optional<record::Bytes32>>(bytes.size());
  const std::vector<ExhibitChange> changes = changes_since(conditions, engine, counters, sink);
  RunReport report{options, engine.patterns, total_work(watches), scheduler.workers(), bytes};
  report.exhibit_changes = changes;
  report.compile_seconds = order.compile_seconds;
  report.resumptions = (*writer)->resumptions();
  report.sweep_seconds = std::chrono::duration<double>(swept_to - swept_from).count();
  for (const auto& reads : sweep.reads()) {
    report.reading.bytes += reads->bytes();
    report.reading.walk_bytes += reads->walk_bytes();
    report.reading.seeks += reads->seeks();
  }
  for (const auto& worker : workers) report.reading.again_bytes += worker->reread_bytes;
  const auto run_json = [&](const record::Totals&) {
    watch.end();
    report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    report.objects = counters.objects.load();
    report.hits = counters.hits.load();
    return to_json(report);
  };
  Result<record::Totals> totals = (*writer)->close(bytes, hashes, run_json);
  if (!totals.ok()) return with_resume(std::move(totals).error(), sink);

  TriageOutcome outcome;
  outcome.directory = options.out;
  outcome.objects = counters.objects.load();
  outcome.hits = counters.hits.load();
  outcome.exceptions = counters.exceptions.load();
  outcome.released = totals->released_items;
  for (const std::uint64_t count : bytes) outcome.bytes += count;
  outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return outcome;
}

std::optional<int> life_in_sandbox(int argc, const char* const* argv) {
  if (argc != 2 || std::string_view(argv[1]) != unpack::kSandboxArgument) return std::nullopt;
  return unpack::serve_sandbox(open_unpacker);
}

}  // namespace ambit
