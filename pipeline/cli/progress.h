// Progress of a triage: on a terminal one screen that is rewritten in place, otherwise one line a minute.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/cli/log.h"
#include "pipeline/cli/metrics.h"
#include "pipeline/cli/screen.h"
#include "pipeline/cli/service.h"
#include "pipeline/triage.h"

namespace ambit::cli {

// SIGINT and SIGTERM ask a run to stop in good order; the second one kills.
void catch_stop_signals();

// Draws lines over those that it drew before, in one write: nothing flickers. The cursor stays below them.
class Canvas {
 public:
  enum class Colour { none, ansi };
  explicit Canvas(Colour colour) : colour_(colour) {}
  // The bytes that bring a terminal of `columns` from what it shows to these lines, none wider than it.
  [[nodiscard]] std::string draw(const std::vector<ScreenLine>& lines, std::size_t columns);
  // … to nothing: what is written next stands where the lines stood.
  [[nodiscard]] std::string clear(std::size_t columns);

 private:
  [[nodiscard]] std::string back(std::size_t columns) const;
  Colour colour_;
  std::vector<std::size_t> drawn_;  // widths of the lines that are there
};

// Notes may come from any thread while another shows the progress: one mutex, held while something is written.
class ProgressDisplay : public ProgressSink {
 public:
  struct Watchers {
    Log& log;
    MetricsFile& metrics;
    Service& service;
  };
  // `exhibits`: as the operator typed them. The watchers outlive the display.
  ProgressDisplay(Watchers watchers, const std::vector<std::string>& exhibits);
  ~ProgressDisplay() override;
  void on_progress(const Progress& progress) override;
  void on_note(std::string_view line) override;
  [[nodiscard]] bool stop_requested() override;
  void close();  // leaves the terminal clean for what is printed next

 private:
  void clear();

  std::mutex mutex_;  // guards all below
  Watchers watchers_;
  std::vector<std::string> exhibit_names_;
  bool terminal_;
  Canvas canvas_;
  double next_line_ = 60;  // seconds of the run
};

// What standard error, or a terminal that it is not, can show.
[[nodiscard]] ScreenSize terminal_size(int fd);
// A terminal on which a cursor can be moved.
[[nodiscard]] bool is_screen(int fd);
[[nodiscard]] Canvas::Colour colour_of(int fd);  // NO_COLOR asks for none

}  // namespace ambit::cli
