#include "pipeline/cli/metrics.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "pipeline/file.h"
#include "pipeline/limits.h"

namespace ambit::cli {
namespace {

constexpr double kSecondsBetweenWrites = 1;

class Text {
 public:
  void head(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
  }
  template <class Number>
  void sample(Number number) {
    out_ += fmt::format("{} {}\n", name_, number);
  }
  // The program's own words and numbers: nothing in them needs an escape.
  template <class Label, class Number>
  void sample(std::string_view label, const Label& value, Number number) {
    out_ += fmt::format("{}{{{}=\"{}\"}} {}\n", name_, label, value, number);
  }
  template <class Number>
  void single(std::string_view name, std::string_view type, std::string_view help, Number number) {
    head(name, type, help);
    sample(number);
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string_view name_;
  std::string out_;
};

void exhibits(Text& text, const Progress& p) {
  const std::size_t shown = std::min(p.exhibits.size(), limits::kMaxShownExhibits);
  text.head("ambit_exhibit_swept_bytes_total", "counter", "Bytes swept, by exhibit.");
  for (std::size_t i = 0; i < shown; ++i) text.sample("exhibit", i + 1, p.exhibits[i].done);
  text.head("ambit_exhibit_bytes", "gauge", "Size of each image; a folder has none.");
  for (std::size_t i = 0; i < shown; ++i) {
    if (p.exhibits[i].total > 0) text.sample("exhibit", i + 1, p.exhibits[i].total);
  }
}

}  // namespace

std::string metrics_text(const Progress& p, std::int64_t now, std::optional<Exit> exit) {
  Text text;
  text.single("ambit_swept_bytes_total", "counter", "Bytes swept, of all exhibits.", p.bytes_done);
  exhibits(text, p);
  text.single("ambit_objects_total", "counter", "Objects judged.", p.objects);
  text.single("ambit_hits_total", "counter", "Identifiers found.", p.hits);
  text.single("ambit_released_objects_total", "counter", "Objects that a rule of the order releases.", p.released);
  text.single("ambit_exception_objects_total", "counter", "Objects with an exception.", p.exceptions);
  text.head("ambit_exception_reason_objects_total", "counter", "Objects with an exception, by reason.");
  for (std::size_t i = 0; i < kExceptionReasons; ++i) {
    text.sample("reason", to_string(static_cast<ExceptionReason>(i)), p.exceptions_by_reason[i]);
  }
  text.single("ambit_settled_objects_total", "counter", "Objects settled after the sweep, of those that had to wait.",
              p.settled);
  text.head("ambit_work_seconds_total", "counter", "Time of all workers, by kind of work; waiting is one.");
  for (const WorkTotal& work : p.work) text.sample("work", work.name, work.seconds);
  text.single("ambit_workers", "gauge", "Workers.", p.workers);
  text.head("ambit_phase", "gauge", "1 for what the run does now.");
  for (const std::string_view phase : {"sweep", "record", "ended"}) {
    const std::string_view present = exit ? "ended" : p.phase;
    text.sample("phase", phase, phase == present ? 1 : 0);
  }
  text.single("ambit_run_seconds", "gauge", "Seconds since the sweep began.", p.seconds);
  text.single("ambit_still_seconds", "gauge", "Seconds since a byte was last read, unpacked or written.",
              p.still_seconds);
  text.single("ambit_memory_resident_bytes", "gauge", "Resident memory.", p.memory_bytes);
  text.single("ambit_memory_budget_bytes", "gauge", "What --memory allows.", p.memory_budget);
  text.single("ambit_disk_free_bytes", "gauge", "Room where the run directory is.", p.disk_free_bytes);
  text.single("ambit_written_seconds", "gauge", "When this was written, in seconds since 1970.", now);
  if (exit)
    text.single("ambit_exit_code", "gauge", "How the run ended: 0, 2 complete; 1, 3 not.", static_cast<int>(*exit));
  return text.take();
}

Result<MetricsFile> MetricsFile::open(const std::string& path) {
  MetricsFile file(path);
  if (path.empty()) return file;
  if (Result<> written = file.write(std::nullopt); !written) {
    Error error = std::move(written).error();
    error.remedy = "name a file in a folder that you may write to";
    return error;
  }
  return file;
}

void MetricsFile::progress(const Progress& progress) {
  if (path_.empty()) return;
  last_ = progress;
  if (progress.seconds < next_) return;
  next_ = progress.seconds + kSecondsBetweenWrites;
  static_cast<void>(write(std::nullopt));  // a disk without room costs the metrics, not the run
}

void MetricsFile::ended(Exit exit) {
  if (!path_.empty()) static_cast<void>(write(exit));
}

Result<> MetricsFile::write(std::optional<Exit> exit) const {
  // The collector is somebody else: it may read, as the umask of the program would not let it.
  const std::string fresh = path_ + ".new";
  File file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file.is_open() || ::fchmod(file.fd(), 0644) != 0) return system_error("the metrics cannot be written", path_);
  Result<> done = file.write(metrics_text(last_, std::time(nullptr), exit));
  if (done && std::rename(fresh.c_str(), path_.c_str()) == 0) return done;
  if (done) done = system_error("the metrics cannot be written", path_);
  ::unlink(fresh.c_str());
  return done;
}

}  // namespace ambit::cli
