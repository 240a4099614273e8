// RunWriter: the door to the run directory, for those who write it.
//
//   create()                       DIR/work appears; nothing in it that anybody could read
//   add(), from every worker       an object that is not caught is settled at once: a line of the ledger, a
//                                  commitment, a count. A caught one, and any that may have relatives, waits
//   close()                        families and duplicates, then the index, the roots, the counts, the checkpoint;
//                                  everything synced in DIR/work, then renamed into DIR, checkpoint.txt last
//
// A directory without checkpoint.txt is not a finished run. A RunWriter that dies before close() is through takes
// with it whatever it has written.
//
// Threads. Each worker has its own State; add() takes a lock only to hand over a full buffer. What a State holds is
// added up in close(), where the order does not matter: the index is a function of the objects alone.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/sealed_sort.h"
#include "stages/record/commitment.h"
#include "stages/record/counts.h"
#include "stages/record/ledger.h"
#include "stages/record/merkle.h"
#include "stages/record/relevance_index.h"
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

class RunWriter {
 public:
  struct Setup {
    std::string directory;
    const Scope* scope = nullptr;
    const CaseKey* key = nullptr;            // both outlive the writer
    std::vector<std::string> exhibit_names;  // as in the locators; printable
    std::vector<std::string> exhibit_kinds;
    std::vector<std::string> detector_categories;  // by DetectorId
    std::string detectors_sha256, tool_version;
    std::uint64_t memory = 64 * limits::MiB;  // for sorting; bytes
  };

  // One worker's buffers and counts.
  class State {
   public:
    State(State&&) noexcept = default;
    State& operator=(State&&) noexcept = default;

   private:
    friend class RunWriter;
    explicit State(std::size_t exhibits) : counts(exhibits) {}
    Counts counts;
    Compressor compressor;
    std::string lines;        // of the ledger, in clear
    std::string commitments;  // 32 bytes each
    std::string waiting;      // <varint key bytes> <varint verdict bytes> <key> <verdict>
    std::string record;       // of the object at hand
  };

  // Error: io for a directory that is not empty; key for recipients that age does not take; space.
  [[nodiscard]] static Result<std::unique_ptr<RunWriter>> create(Setup setup);
  ~RunWriter();
  RunWriter(const RunWriter&) = delete;
  RunWriter& operator=(const RunWriter&) = delete;

  [[nodiscard]] State make_state() const { return State(setup_.exhibit_names.size()); }
  // From any worker, with its own State. After an Error the run is lost: abandon() it.
  [[nodiscard]] Result<> add(State& state, const Verdict& verdict);
  // Bytes of an image, counted where they lie; the facts of its objects have no coverage.
  void cover(State& state, std::uint32_t exhibit, const Coverage& coverage) const {
    state.counts.coverage[exhibit] += coverage;
  }
  // `run_json` gives the text of run.json. After an Error nothing is left that looks finished.
  [[nodiscard]] Result<Totals> close(std::vector<State> states, const std::vector<std::uint64_t>& exhibit_bytes,
                                     const std::vector<std::optional<Bytes32>>& exhibit_sha256,
                                     const std::function<std::string(const Totals&)>& run_json);
  // Removes everything that this writer made. Safe to call more than once.
  void abandon();

 private:
  struct Closing;
  explicit RunWriter(Setup setup);
  [[nodiscard]] Result<> open_directory();
  [[nodiscard]] std::string work() const { return setup_.directory + "/work"; }

  [[nodiscard]] FindingCounts count_findings(const std::vector<Finding>& findings) const;
  [[nodiscard]] Result<> exclude(State& state, std::string_view key, const Verdict& verdict,
                                 const FindingCounts& findings, std::string_view duplicate_of);
  [[nodiscard]] Result<> hand_over(State& state, std::size_t threshold);

  [[nodiscard]] Result<> settle(Closing& closing);
  [[nodiscard]] Result<> settle_one(Closing& closing, Settled& settled);
  [[nodiscard]] Result<> release(Closing& closing, Settled& settled, const Locator& locator);
  [[nodiscard]] Result<> write_commitments(Closing& closing);
  [[nodiscard]] Result<> write_index(Closing& closing);
  [[nodiscard]] Result<> write_checkpoint(Closing& closing);
  [[nodiscard]] Result<> move_into_place();

  const Setup setup_;
  const Committer committer_;
  std::vector<std::string> categories_;     // sorted, no duplicates
  std::vector<std::uint32_t> category_of_;  // by DetectorId: index into categories_
  std::unique_ptr<Ledger> ledger_;
  std::mutex mutex_;  // guards the two sorters
  Settlement settlement_;
  SealedSort commitments_;  // commitment -> nothing
  bool made_directory_ = false, made_work_ = false, closed_ = false;
};

}  // namespace ambit::record
