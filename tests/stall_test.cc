// A run in which nothing moves any more says who holds what.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "pipeline/triage_setup.h"
#include "pipeline/triage_watch.h"
#include "stages/record/pseudonym.h"
#include "tests/evidence.h"

namespace ambit::stall_test {
namespace {

using namespace std::chrono_literals;

// An exhibit on a disk that does not answer, until it does.
class Hanging final : public Exhibit {
 public:
  Hanging() : Exhibit("disk-3", "/evidence/customer-list.txt", ExhibitKind::file) {}
  std::uint64_t size() const override { return 100'000; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    std::unique_lock lock(mutex_);
    answers_.wait(lock, [this] { return answering_; });
    const std::size_t count = std::min<std::uint64_t>(into.size(), size() - std::min(offset, size()));
    std::fill_n(into.begin(), count, std::byte{'x'});
    return count;
  }
  DataRun run_at(std::uint64_t offset) const override { return {offset, size() - offset, false}; }
  void answer() {
    const std::lock_guard lock(mutex_);
    answering_ = true;
    answers_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable answers_;
  bool answering_ = false;
};

// Lets the disk answer once the stall was told.
class Listener final : public ProgressSink {
 public:
  explicit Listener(Hanging& disk) : disk_(disk) {}
  void on_progress(const Progress& progress) override {
    longest_still = std::max(longest_still, progress.still_seconds);
  }
  void on_note(std::string_view line) override {
    notes += std::string(line) + "\n";
    if (line.find("holds") != std::string_view::npos) disk_.answer();
  }
  bool stop_requested() override { return false; }
  std::string notes;
  double longest_still = 0;

 private:
  Hanging& disk_;
};

TEST(Stall, is_told_by_the_objects_id_and_the_stage_that_holds_it) {
  test::Case c;
  c.order(
      "[[identifier]]\nname = \"rewards\"\nliterals = [\"Rewards Gold\"]\n"
      "[[rule]]\nname = \"R1\"\nparagraph = \"1\"\nwhen = 'rewards'\n");
  Scheduler scheduler(1);
  CheckedOrder order = load_order(c.order_file(), parallel_on(scheduler));
  ASSERT_TRUE(order.problems.empty());
  const auto key = record::CaseKey::create(c.folder / "case.key");
  ASSERT_TRUE(key.ok());
  Engine engine;
  engine.scope = std::move(order.scope);
  engine.patterns = std::move(order.patterns);
  engine.detectors = std::move(order.detectors);
  auto disk = std::make_unique<Hanging>();
  Listener listener(*disk);
  engine.exhibits.push_back(std::move(disk));
  record::RunWriter::Setup setup;
  setup.directory = c.folder / "run";
  setup.scope = &engine.scope;
  setup.key = &*key;
  setup.exhibit_names = {"disk-3"};
  setup.exhibit_kinds = {"file"};
  for (const Detector& detector : engine.detectors.detectors()) setup.detector_categories.push_back(detector.category);
  auto writer = record::RunWriter::create(std::move(setup));
  ASSERT_TRUE(writer.ok());
  engine.writer = writer->get();
  engine.match.emplace(engine.patterns, static_cast<std::uint32_t>(engine.scope.max_hits_per_identifier));
  engine.census.emplace(engine.detectors, Grade::shape_only, false);
  engine.scrutinise.emplace(engine.detectors, engine.scope);
  engine.lookup.emplace(engine.scope);
  engine.fingerprints.emplace(Fingerprinter::Secret{});
  engine.seen = std::make_unique<Seen>(std::size_t{1} << 20);
  std::vector<std::unique_ptr<Worker>> workers;
  workers.push_back(std::make_unique<Worker>(engine, limits::kChunkBytes));
  Counters counters(1);
  Done done(1);
  Sweep sweep(engine, workers, scheduler, counters, done, c.folder / "run/work", limits::MiB);
  TriageOptions options;
  options.out = c.folder / "run";
  {
    Watch watch({sweep, counters, workers, engine, *key, options, listener, 0.5});
    ASSERT_TRUE(sweep.run().ok());
    std::this_thread::sleep_for(500ms);  // time to see that it goes on
  }
  const std::string id = record::object_id(*key, "disk-3:/customer-list.txt");
  EXPECT_EQ(listener.notes,
            "no byte for 0 seconds\n  worker 1 in read holds object " + id + " of exhibit 1\nbytes move again\n");
  EXPECT_GE(listener.longest_still, 0.5);
  EXPECT_EQ(counters.objects.load(), 1U);
}

}  // namespace
}  // namespace ambit::stall_test
