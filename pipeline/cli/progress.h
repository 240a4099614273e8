// Progress of a triage: on a terminal one line that is rewritten, otherwise one line a minute.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "pipeline/cli/log.h"
#include "pipeline/triage.h"

namespace ambit::cli {

// Bytes a second over the last few seconds and over the whole run.
class Speedometer {
 public:
  void add(double seconds, std::uint64_t bytes);  // both since the start, never falling
  [[nodiscard]] double now() const;
  [[nodiscard]] double mean() const;

 private:
  struct Sample {
    double seconds;
    std::uint64_t bytes;
  };
  std::deque<Sample> window_ = {{0, 0}};
};

// "sweep  42.1 %  210.3 GB of 500.0 GB  1.9 GB/s now, 2.0 GB/s mean  2:31 left  …"; cut to `columns` (0: not cut).
[[nodiscard]] std::string progress_line(const Progress& progress, const Speedometer& speed, std::size_t columns);

// SIGINT and SIGTERM ask a run to stop in good order; the second one kills.
void catch_stop_signals();

class ProgressDisplay : public ProgressSink {
 public:
  explicit ProgressDisplay(Log& log);
  ~ProgressDisplay() override;
  void on_progress(const Progress& progress) override;
  void on_note(std::string_view line) override;
  [[nodiscard]] bool stop_requested() override;
  void close();  // leaves the terminal clean for what is printed next

 private:
  Log& log_;
  Speedometer speed_;
  bool terminal_;
  bool drawn_ = false;
  double next_line_ = 60;  // seconds of the run
};

}  // namespace ambit::cli
