// RunWriter: the door to the run directory, for those who write it.
//
//   create(), resume()             DIR/work with a journal in it (journal.h); nothing that anybody could read
//   add(), from every worker       an object that is not caught is settled at once: a line of the ledger, a
//                                  commitment, a count. A caught one, and any that may have relatives, waits
//   checkpoint()                   what was added up to now survives a crash
//   close()                        from the journal: families and duplicates, then the ledger, the index, the roots,
//   the
//                                  counts, the checkpoint; all synced in DIR/work, then renamed into DIR,
//                                  checkpoint.txt last
//
// A directory without checkpoint.txt is not a finished run.
//
// Portions. What is added belongs to a portion of the run: an object with all that is taken out of it, a stripe of an
// image. A portion counts as a whole, once it was ended, or not at all: what was cut off in the midst of one is dead,
// and is done again. So a run that was resumed comes to the same as one that nothing disturbed; both are closed from
// the journal, in the same way.
//
// Threads. Each worker has its own State. What a State holds is added up in close(), where the order does not matter:
// the index is a function of the objects alone.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "pipeline/limits.h"
#include "stages/record/commitment.h"
#include "stages/record/counts.h"
#include "stages/record/journal.h"
#include "stages/record/ledger.h"
#include "stages/record/merkle.h"
#include "stages/record/relevance_index.h"
#include "stages/record/run_block.h"
#include "stages/record/settlement.h"
#include "stages/record/verdict.h"

namespace ambit::record {

// What the run came to.
struct Totals {
  std::array<DispositionTotal, kDispositions> dispositions{};
  std::uint64_t objects = 0, bytes = 0;
  std::uint64_t released_items = 0;
  std::uint64_t released_bytes = 0;  // of the relevant extents; those of duplicates count again
  std::uint64_t exception_objects = 0, exception_bytes = 0;
  std::vector<Coverage> coverage;  // by exhibit
  std::uint64_t index_leaves = 0, ledger_leaves = 0;
  Bytes32 index_root{}, ledger_root{};
};

// What counts as a whole or not at all. Several workers may add to one.
struct Portion {
  explicit Portion(std::uint64_t of) : number(of) {}
  const std::uint64_t number;
  std::atomic<std::uint64_t> entries{0};
};

// Told of what an earlier process of the same run has done.
class Replay {
 public:
  virtual ~Replay() = default;
  // A portion that was ended: its name, and what was noted in it. By order of ending.
  virtual void portion(std::string_view name, const std::vector<std::string>& notes) = 0;
};

class RunWriter {
 public:
  struct Setup {
    std::string directory;
    const Scope* scope = nullptr;
    const CaseKey* key = nullptr;            // both outlive the writer
    std::vector<std::string> exhibit_names;  // as in the locators; printable
    std::vector<std::string> exhibit_kinds;
    std::vector<std::string> exhibit_marks;        // by which each is known again; printable; may be empty
    std::vector<std::string> detector_categories;  // by DetectorId
    std::string detectors_sha256, tool_version;
    bool full_census = false;
    std::uint64_t memory = 64 * limits::MiB;        // for sorting; bytes
    std::atomic<std::uint64_t>* settled = nullptr;  // counts the objects as close() settles them, for who watches
    // Looks at the finished relevance index before anything is moved into place; an Error ends the run.
    std::function<Result<>(const std::string& file)> audit;
    WaitForSpace wait_for_space;  // empty: a full disk is an Error at once
  };

  // One worker's buffers and counts.
  class State {
   public:
    State(const State&) = delete;
    State& operator=(const State&) = delete;

   private:
    friend class RunWriter;
    explicit State(std::size_t exhibits) : counts(exhibits), total(exhibits) {}
    std::mutex mutex;  // the worker's, but for the moments of a checkpoint; guards all below
    Counts counts;     // of the portion at hand
    Counts total;      // of those before
    Compressor compressor;
    std::string entries;  // run_block.h
    std::string lines;    // of the ledger, in clear
    std::string record;   // of the object at hand
  };

  // Error: io for a directory that is not empty; key for recipients that age does not take; space.
  [[nodiscard]] static Result<std::unique_ptr<RunWriter>> create(Setup setup);
  // Goes on in a directory that holds an unfinished run. Error: io where it does not, where another process is at work
  // in it, or where the run is of something else, which is then said; key where it was begun with another.
  [[nodiscard]] static Result<std::unique_ptr<RunWriter>> resume(Setup setup, Replay& replay);
  // True where resume() has something to go on with.
  [[nodiscard]] static bool holds_unfinished(const std::string& directory);
  // Of a run that is finished: it may have been killed before it had tidied up.
  [[nodiscard]] static Result<> remove_leftovers(const std::string& directory);
  ~RunWriter();
  RunWriter(const RunWriter&) = delete;
  RunWriter& operator=(const RunWriter&) = delete;

  // Valid as long as the writer. From one thread.
  [[nodiscard]] State& make_state();
  // The number of a new portion. From any thread.
  [[nodiscard]] std::uint64_t next_portion() { return next_portion_.fetch_add(1, std::memory_order_relaxed); }

  // From any worker, with its own State. After an Error the process cannot go on with the run; another one may.
  [[nodiscard]] Result<> add(State& state, Portion& portion, const Verdict& verdict);
  // Bytes of an image, counted where they lie; the facts of its objects have no coverage.
  void cover(State& state, std::uint32_t exhibit, const Coverage& coverage) const;
  // Values that the full census found, by DetectorId.
  void count_private(State& state, std::uint32_t exhibit, const std::vector<std::uint64_t>& found) const;
  // Anything that is to be known again when the run is resumed.
  [[nodiscard]] Result<> note(State& state, Portion& portion, std::string_view text);
  // This worker turns to another portion.
  [[nodiscard]] Result<> leave(State& state, Portion& portion);
  // All is in that belongs to it, and all workers have left it.
  [[nodiscard]] Result<> end(State& state, Portion& portion, std::string_view name);

  // What has been added becomes durable. From a thread of its own, while workers add.
  [[nodiscard]] Result<> checkpoint();
  // The sweep is through: a process that resumes goes straight to close().
  [[nodiscard]] Result<> mark_swept();
  [[nodiscard]] bool is_swept() const { return swept_; }
  // From now on the directory is left as it is, for a process that resumes.
  void keep() { keep_ = true; }
  // What earlier processes of this run counted.
  [[nodiscard]] const Counts& resumed() const { return resumed_; }
  [[nodiscard]] std::uint64_t resumptions() const { return resumptions_; }

  // When all workers are through. `run_json` gives the text of run.json. After an Error nothing is left that looks
  // finished.
  [[nodiscard]] Result<Totals> close(const std::vector<std::uint64_t>& exhibit_bytes,
                                     const std::vector<std::optional<Bytes32>>& exhibit_sha256,
                                     const std::function<std::string(const Totals&)>& run_json);

 private:
  struct Closing;
  struct Reading;
  struct Whole;
  explicit RunWriter(Setup setup);
  [[nodiscard]] Result<> make_directory();
  [[nodiscard]] std::string work() const { return setup_.directory + "/work"; }
  [[nodiscard]] std::string identity() const;
  void abandon();
  void remove_unfinished() const;
  void remove_stillborn() const;

  [[nodiscard]] FindingCounts count_findings(const std::vector<Finding>& findings) const;
  // Appends the line of an object that is not released, without its end of line, and gives its commitment.
  [[nodiscard]] Commitment seal(std::string& line, std::string& record, std::string_view key, const Verdict& verdict,
                                const FindingCounts& findings, std::string_view duplicate_of) const;
  static void append_whole(State& state, const Entry& entry);
  [[nodiscard]] Result<> hand_over(State& state, std::size_t threshold);
  [[nodiscard]] Result<> read_journal(Replay& replay);
  [[nodiscard]] Result<> read_entry(Reading& reading, const Entry& entry, Replay& replay);

  [[nodiscard]] Result<> take_journal(Closing& closing);
  [[nodiscard]] Result<> take_lines(Closing& closing, std::string_view block);
  [[nodiscard]] Result<> settle(Closing& closing);
  [[nodiscard]] Result<> settle_one(Closing& closing, Settled& settled);
  [[nodiscard]] Result<> exclude(Closing& closing, std::string_view key, const Verdict& verdict,
                                 const FindingCounts& findings, std::string_view duplicate_of);
  [[nodiscard]] Result<> release(Closing& closing, Settled& settled, const Locator& locator);
  [[nodiscard]] Result<> write_commitments(Closing& closing);
  [[nodiscard]] Result<> write_index(Closing& closing);
  [[nodiscard]] Result<> write_checkpoint(Closing& closing);
  [[nodiscard]] Result<> move_into_place();

  const Setup setup_;
  const Committer committer_;
  std::vector<std::string> categories_;     // sorted, no duplicates
  std::vector<std::uint32_t> category_of_;  // by DetectorId: index into categories_
  std::unique_ptr<Journal> journal_;
  std::vector<std::unique_ptr<State>> states_;
  std::atomic<std::uint64_t> next_portion_{1};
  std::unordered_set<std::uint64_t> dead_;  // portions
  Counts resumed_;
  std::uint64_t resumptions_ = 0;
  bool swept_ = false, keep_ = false;
  bool made_directory_ = false, made_work_ = false, closed_ = false;
};

}  // namespace ambit::record
