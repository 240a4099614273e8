// The sweep: every object of every exhibit once, and the second look at what it caught.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/exhausted.h"
#include "pipeline/scheduler.h"
#include "pipeline/triage_bundles.h"
#include "pipeline/triage_done.h"
#include "pipeline/triage_engine.h"
#include "stages/unpack/kind/kind.h"

namespace ambit {

class ImageSweep;
class ReadCounter;

[[nodiscard]] ExceptionReason exception_of(WalkTrouble trouble);
// The last component of an object's path; a named stream does not change it.
[[nodiscard]] std::string_view file_name_of(const Locator& locator);

// Whether the bytes of an object count in the coverage of its exhibit. Those of an image do not: there every byte is
// counted where it lies, once.
enum class Covers : std::uint8_t { own_bytes, nothing };

// What a read beside the sweep's leaves out: the sweep may have had these bytes, and what was to be learned from them
// is missing all the same. Nothing where all were read.
[[nodiscard]] std::optional<Exception> lost_bytes(const Result<std::size_t>& got, std::uint64_t from,
                                                  std::uint64_t wanted);
// In the order that Facts promises, each once.
void sort_exceptions(std::vector<Exception>& exceptions);
// Hits and exceptions that several tasks found of one object, as one task would have.
void settle(Facts& facts, const Engine& engine);
// Takes the marks of what is packed amid other bytes (stages/unpack/embedded/embedded.h) out of the hits: where they
// stand in the bytes.
std::vector<std::uint64_t> take_marks(std::vector<Hit>& hits, const Engine& engine);
// What the object is, by its first bytes.
[[nodiscard]] KindGuess guess_object_kind(const Object& object, std::span<const std::byte> first);
// Whether what that guess takes for any bytes is a disk, by marks that stand behind those it looks at.
[[nodiscard]] bool begins_as_disk(Kind guessed, std::span<const std::byte> first);
void note_kind(const Object& object, std::span<const std::byte> first, Facts& facts);
inline void set_kind(const KindGuess& guess, Facts& facts) {
  facts.kind = guess.kind;
  facts.is_text = guess.is_text;
  facts.format = guess.format;
}

class Sweep {
 public:
  // `engine` and `workers` outlive the sweep; there is one worker per worker of the scheduler. `folder` and `memory`
  // are for the sorts of what images hold. What is `done` is left out.
  Sweep(const Engine& engine, std::vector<std::unique_ptr<Worker>>& workers, Scheduler& scheduler, Counters& counters,
        Done& done, const std::string& folder, std::uint64_t memory);
  ~Sweep();

  // Runs to the end, or until stop() or until a verdict cannot be written (then the Error says why).
  [[nodiscard]] Result<> run();
  // From any thread.
  void stop();
  // How the images were read; by image.
  [[nodiscard]] const std::vector<std::unique_ptr<ReadCounter>>& reads() const { return reads_; }
  [[nodiscard]] bool stopped() const { return stopped_.load(std::memory_order_relaxed); }

  // --- for the sweep of an image (triage_image.h), from a task --------------------------------------------------
  [[nodiscard]] Worker& worker(std::size_t index) { return *workers_[index]; }
  // Sweeps an object that is read through its content, and judges it.
  void sweep_object(Worker& worker, Object object, Covers covers, const KindGuess& told = {});
  // An object whose bytes are swept as others': takes it apart and judges it, without hits of its own. `told`: its
  // kind, where that is known.
  void take_apart(Worker& worker, Object object, const KindGuess& told = {});
  // Opens the object and sweeps it; neither counts nor judges it.
  void examine(Worker& worker, Object& object, Facts& facts);
  // Digests, where a set of hashes asks for them; reads the object again.
  void look_up(Worker& worker, Object& object, Facts& facts);
  // Where the object is itself an image: opens it and has it swept; its own raw hits give way to those inside.
  void open_inside(Worker& worker, const Object& object, Facts& facts);
  // The image in an object that an earlier process was through with, but perhaps not with the image.
  void open_inside_again(Object& object);
  [[nodiscard]] Done& done() { return done_; }
  // Takes the object apart, where it is of a format that can be, and has its parts swept.
  void unpack(Worker& worker, Object& object, Facts& facts);
  // Matches the name, decides, takes the second look where that is due, records.
  void judge(Worker& worker, Object& object, Facts& facts);
  // Part of an object that is being unpacked, `bytes` long: for another worker, or at once by this one where enough
  // waits already.
  void share_part(Worker& worker, std::uint64_t bytes, std::function<void(Worker&)> sweep);
  // Small parts of an object that is being unpacked, `bytes` long; `bundles` are the object's.
  void share_bundle(Worker& worker, std::uint64_t bytes, Bundle bundle, const std::shared_ptr<Bundles>& bundles);
  // Nothing more will come of this run.
  [[nodiscard]] bool is_ending() const { return scheduler_.is_stopped(); }
  // Whether there is another worker at all.
  [[nodiscard]] bool shares_parts() const { return scheduler_.workers() > 1; }
  // What the census found in the part of an exhibit that the worker was shown last.
  void count_private(Worker& worker, std::uint32_t exhibit);
  void count_bytes(std::uint32_t exhibit, std::uint64_t bytes) { counters_.sweep_bytes(exhibit, bytes); }
  // The process cannot go on: the first Error is what run() returns.
  void fail(Error error);
  // Likewise; to be called where memory may be gone.
  void run_out(Resource of) noexcept;
  void check(Result<> done) {
    if (!done.ok()) fail(std::move(done).error());
  }
  [[nodiscard]] record::RunWriter& writer() const { return *engine_.writer; }

 private:
  struct Huge;  // an object that several workers share, span by span

  struct Batch;

  [[nodiscard]] Scheduler::Task next_task(std::size_t worker);
  // Fills the batch from the walks of the folders. Error: io, where an exhibit is not what it was.
  [[nodiscard]] Result<> take_objects(Batch& batch);
  void sweep_batch(Worker& worker, Batch& batch);
  struct InsideImage;
  [[nodiscard]] Result<std::optional<InsideImage>> look_inside(const Object& object, std::uint64_t size) const;
  void sweep_inside(const Object& object, const InsideImage& image, const std::shared_ptr<SweptPortion>& outer,
                    Worker* alone);
  static void open_object(Worker& worker, Object& object, Facts& facts);
  void sweep_opened(Worker& worker, Object& object, Facts& facts);
  void sweep_whole(Worker& worker, Object& object, Facts& facts);
  void share(Worker& worker, Object object, const Facts& facts, Covers covers);
  void sweep_span(Worker& worker, Huge& huge, std::uint64_t begin, std::uint64_t end);
  void end_span(Worker& worker, Huge& huge, std::uint64_t bytes, Facts& span);
  void sweep_bundle(Worker& worker, Bundle& bundle, Expansion* expansion);
  void match_names(Worker& worker, const Object& object, Facts& facts);
  void scrutinise(Worker& worker, Object& object, Facts& facts);
  // Whether there is anything packed in it.
  bool scrutinise_packed(Worker& worker, Object& object, Facts& facts);
  [[nodiscard]] bool withhold_packed(Object& object, Facts& facts);
  void count(const Facts& facts, Disposition disposition);

  const Engine& engine_;
  std::vector<std::unique_ptr<Worker>>& workers_;
  Scheduler& scheduler_;
  Counters& counters_;
  Done& done_;
  std::vector<std::unique_ptr<ReadCounter>> reads_;
  std::vector<std::shared_ptr<ImageSweep>> images_;
  const std::string folder_;
  std::uint64_t image_memory_ = 0;               // for the sort of one image
  std::size_t next_image_ = 0;                   // touched by next_task() alone
  std::size_t next_exhibit_ = 0;                 // likewise
  std::unique_ptr<ObjectSource> source_;         // likewise
  std::string source_root_;                      // of the exhibit that source_ walks; likewise
  Done::Root source_done_;                       // of what it gives; likewise
  std::uint64_t source_number_ = 0;              // of its next object; likewise
  std::vector<std::shared_ptr<Batch>> batches_;  // that still have objects for whoever is free; likewise
  std::atomic<std::uint64_t> queued_{0};         // bytes of parts that wait
  std::atomic<bool> stopped_{false};
  std::mutex failure_mutex_;
  std::optional<Error> failure_;  // the first one
  std::atomic<Resource> gone_{Resource::none};
};

}  // namespace ambit
