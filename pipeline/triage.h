// Triage: the main job, from an order file to a run directory. READ SECOND (after stage.h).
//
// What the command line may ask for. triage.cc is the list of stages; nothing else sees both the command line and
// the stages.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/facts.h"
#include "pipeline/order.h"
#include "pipeline/result.h"
#include "pipeline/stats.h"

namespace ambit {

struct TriageOptions {
  std::string order, out;
  std::string key;  // empty: the order's path with ".key" added, made on the first run
  std::vector<std::string> exhibits;
  std::size_t threads = 0;                // 0: as many as the machine has
  std::uint64_t memory = 0;               // bytes; 0: limits::kDefaultMemory
  std::size_t chunk_bytes = 0;            // 0: limits::kChunkBytes
  bool resume = false;                    // go on with the run in `out`, where there is one that is not finished
  std::size_t checkpoint_seconds = 5;     // how much work a crash may cost
  bool full_census = false;               // count private data of every kind over everything
  bool hash_exhibits = false;             // SHA-256 of every image, in a pass of its own after the sweep
  std::vector<std::string> command_line;  // for run.json
};

// A snapshot of a running triage. Numbers and the program's own words: nothing of the evidence.
struct Progress {
  std::uint64_t bytes_done = 0, bytes_total = 0;  // bytes_total 0: not known yet
  std::uint64_t objects = 0, hits = 0, released = 0, exceptions = 0;
  std::uint64_t settled = 0;         // objects that close() has settled, of those that had to wait for it
  double seconds = 0;                // since the sweep began
  double bytes_per_second = 0;       // over the last few seconds …
  double mean_bytes_per_second = 0;  // … and since this process began the sweep
  std::string_view bottleneck;       // the kind of work that took the most time so far
  std::string_view phase;            // "sweep", "record", "stopped"
  struct ExhibitBytes {
    std::uint64_t done = 0, total = 0;  // total 0: a folder, of which nobody knows
  };
  std::vector<ExhibitBytes> exhibits;                                      // in the order they were given
  std::vector<WorkTotal> work;                                             // seconds summed over the workers
  std::array<std::uint64_t, kExceptionReasons> exceptions_by_reason = {};  // objects, by ExceptionReason
  std::size_t workers = 0;
  std::uint64_t memory_bytes = 0, memory_budget = 0;  // resident now; --memory
  std::uint64_t disk_free_bytes = 0;                  // where the run directory is
  double still_seconds = 0;                           // since a byte was last read, unpacked or written
};

class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  // About ten times a second, from one thread.
  virtual void on_progress(const Progress& progress) = 0;
  // Something the operator should read; holds no evidence. From any thread, also while on_progress() runs.
  virtual void on_note(std::string_view line) = 0;
  // Asked as often; true ends the run (Error{stopped}).
  [[nodiscard]] virtual bool stop_requested() = 0;
};

// What a run says of itself in its directory, in work/status.json, once a second.
struct RunStatus {
  Progress progress;
  std::int64_t process = 0;         // its number …
  std::uint64_t process_start = 0;  // … and when it began, in ticks since the machine did: numbers come again
  std::string machine;              // the boot of the machine that this counts for
  std::int64_t written = 0;         // seconds since 1970, UTC
};
// Nothing where the directory holds no status: the run has finished, or never began. Error: io; tampered, for a file
// that no run writes.
[[nodiscard]] Result<std::optional<RunStatus>> read_status(const std::string& directory);
// As it stands in the file.
[[nodiscard]] std::string to_json(const RunStatus& status);
// Whether the process that wrote it still runs, as far as this machine can tell.
enum class Liveness : std::uint8_t { runs, dead, elsewhere };
[[nodiscard]] Liveness liveness(const RunStatus& status);

struct TriageOutcome {
  std::string directory;
  std::uint64_t objects = 0, bytes = 0, released = 0, exceptions = 0, hits = 0;
  double seconds = 0;
};

// A file or folder that a run writes, there or not; an empty path is none. `what`: "the run directory".
struct WrittenPlace {
  std::string what, path;
};
// Error: usage, where one of them lies in an exhibit, or is one.
[[nodiscard]] Result<> check_apart(const std::vector<std::string>& exhibits, const std::vector<WrittenPlace>& places);

// Runs the main job. When the order is bad, `problems` holds all its mistakes and the result is an Error too.
[[nodiscard]] Result<TriageOutcome> run_triage(const TriageOptions& options, ProgressSink& sink,
                                               std::vector<OrderProblem>& problems);

// Where the program was started as one of its own sandboxes (see stages/unpack/sandbox/sandbox.h): the value for
// exit(), after a life as one. Nothing otherwise.
[[nodiscard]] std::optional<int> life_in_sandbox(int argc, const char* const* argv);

// What an identifier costs.
struct IdentifierCost {
  std::string name;
  std::string strength;
  std::vector<std::string> forms;
  std::size_t patterns = 0;
  double ns_per_byte = 0;  // measured alone, over a sample of mixed bytes
};
struct CheckReport {
  std::vector<OrderProblem> problems;  // not empty: the rest means nothing
  std::vector<IdentifierCost> identifiers;
  std::size_t patterns = 0, database_bytes = 0, rules = 0, paragraphs = 0;
  double compile_seconds = 0, bytes_per_second = 0;  // all identifiers together, one core
};
[[nodiscard]] CheckReport check_order(const std::string& path);

// One detector of the set that this program carries.
struct DetectorInfo {
  std::string name, category, validator;
  std::size_t expressions = 0, examples = 0;
};
[[nodiscard]] std::vector<DetectorInfo> list_detectors();
// Runs the examples of a detector file. One line per example that does not come out as it says; none: all well.
[[nodiscard]] Result<std::vector<std::string>> test_detector_file(const std::string& path);

// Where private data stands in a file, never what it is.
struct DetectedItem {
  std::string_view detector, category, grade;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
};
class DetectSink {
 public:
  virtual ~DetectSink() = default;
  // In the order in which the findings end. False: no more of any file.
  [[nodiscard]] virtual bool on_finding(const std::string& file, const DetectedItem& item) = 0;
  virtual void on_error(const Error& error) = 0;  // of one file; the others go on
};
// Runs the built-in detectors over the bytes of files as they stand; nothing is unpacked.
void detect_in_files(const std::vector<std::string>& files, DetectSink& sink);

// What exhibits hold, without a sweep.
struct ListedVolume {
  std::string locator;      // "disk-3.raw:p2"; a folder: the exhibit's name
  std::string description;  // type names only: "Linux filesystem", "LVM2 logical volume"
  std::string file_system;  // "ext4"; why it is not read; empty where there is none
  std::string trouble;      // "encrypted", "damaged" …; empty: none
  std::uint64_t bytes = 0, block_bytes = 0;
  std::uint64_t active = 0, deleted = 0;  // objects
  std::uint64_t troubled = 0;             // objects that cannot be read
  std::uint64_t missing = 0;              // bytes that the volume should have, and the image ends before
};
struct Listing {
  struct Exhibit {
    std::string name, kind;
    std::uint64_t bytes = 0;
  };
  std::vector<Exhibit> exhibits;
  std::vector<ListedVolume> volumes;
};
// Several exhibits at once, because a logical volume may lie on several disks. Error: io, for an exhibit that does not
// open.
[[nodiscard]] Result<Listing> list_exhibits(const std::vector<std::string>& paths);

// A released item, to be found again in its exhibit.
struct ReleasedItem {
  std::uint32_t exhibit = 0;  // index into the run's exhibits
  std::string exhibit_name;   // as the run calls it
  std::string locator;        // text form; begins with the exhibit's name
  std::uint64_t size = 0;
  std::array<std::uint8_t, 32> sha256{};
};
// A hash that an image holds of itself, against the image as it is.
struct AcquisitionCheck {
  enum class Outcome : std::uint8_t { matches, differs, unreadable };  // unreadable: parts of the image are damaged
  std::string exhibit_name, algorithm;
  Outcome outcome = Outcome::matches;
};
struct ExhibitCheck {
  std::uint64_t checked = 0;                   // read again, same size and SHA-256
  std::uint64_t not_located = 0;               // its locator holds a pseudonym: only the ledger tells where it is
  std::vector<std::string> failed;             // locators (released ones, so they may be shown)
  std::vector<AcquisitionCheck> acquisitions;  // for each exhibit whose image holds hashes
};
// Reads the released items again from the exhibits, given in the order of the run, and images with hashes in them
// whole.
[[nodiscard]] Result<ExhibitCheck> rehash_released(const std::vector<std::string>& exhibits,
                                                   const std::vector<ReleasedItem>& items);

}  // namespace ambit
