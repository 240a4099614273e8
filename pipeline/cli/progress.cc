#include "pipeline/cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>

#include "pipeline/cli/command.h"
#include "pipeline/cli/quantity.h"
#include "pipeline/locator.h"

namespace ambit::cli {
namespace {

constexpr double kWindowSeconds = 10;  // long enough to be steady on a disk that seeks, short enough to say "now"
constexpr double kSecondsBetweenLines = 60;
constexpr std::string_view kClearLine = "\r\x1b[K";

// Written by the signal handler on whatever thread it comes, read by the thread that shows the progress. Lock-free, so
// a handler may touch it.
std::atomic<int> stop_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free);

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = [](int signal) { stop_signal.store(signal); };
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void Speedometer::add(double seconds, std::uint64_t bytes) {
  window_.push_back({seconds, bytes});
  while (window_.size() > 2 && window_[1].seconds < seconds - kWindowSeconds) window_.pop_front();
}

double Speedometer::now() const {
  const double seconds = window_.back().seconds - window_.front().seconds;
  return seconds > 0 ? static_cast<double>(window_.back().bytes - window_.front().bytes) / seconds : 0;
}

double Speedometer::mean() const {
  const Sample& last = window_.back();
  return last.seconds > 0 ? static_cast<double>(last.bytes) / last.seconds : 0;
}

std::string progress_line(const Progress& p, const Speedometer& speed, std::size_t columns) {
  std::string line = p.phase.empty() ? "" : std::string(p.phase) + "  ";
  if (p.bytes_total > 0) {
    const double share = static_cast<double>(p.bytes_done) / static_cast<double>(p.bytes_total);
    line += fmt::format("{:.1f} %  {} of {}", 100 * std::min(share, 1.0), bytes_text(p.bytes_done),
                        bytes_text(p.bytes_total));
  } else {
    line += bytes_text(p.bytes_done);
  }
  line += fmt::format("  {} now, {} mean", rate_text(speed.now()), rate_text(speed.mean()));
  if (p.bytes_total > p.bytes_done && speed.mean() > 0) {
    line += "  " + duration_text(static_cast<double>(p.bytes_total - p.bytes_done) / speed.mean()) + " left";
  } else {
    line += "  " + duration_text(p.seconds);
  }
  line += fmt::format("  {} objects, {} hits, {} released, {} exceptions", grouped(p.objects), grouped(p.hits),
                      grouped(p.released), grouped(p.exceptions));
  if (!p.bottleneck.empty()) line += "  most time: " + std::string(p.bottleneck);
  if (columns > 0 && line.size() > columns) line.resize(columns);
  return line;
}

ProgressDisplay::ProgressDisplay(Log& log) : log_(log), terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressDisplay::~ProgressDisplay() { close(); }

void ProgressDisplay::on_progress(const Progress& progress) {
  speed_.add(progress.seconds, progress.bytes_done);
  log_.progress(progress);
  if (terminal_) {
    write_err(std::string(kClearLine) + progress_line(progress, speed_, terminal_columns() - 1));
    drawn_ = true;
  } else if (progress.seconds >= next_line_) {
    next_line_ = progress.seconds + kSecondsBetweenLines;
    write_err(progress_line(progress, speed_, 0) + "\n");
  }
}

void ProgressDisplay::on_note(std::string_view line) {
  log_.note(line);
  close();
  write_err(printable(line) + "\n");
}

bool ProgressDisplay::stop_requested() { return stop_signal.load() != 0; }

void ProgressDisplay::close() {
  if (drawn_) write_err(kClearLine);
  drawn_ = false;
}

}  // namespace ambit::cli
