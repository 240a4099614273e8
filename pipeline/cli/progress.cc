#include "pipeline/cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "pipeline/cli/command.h"
#include "pipeline/cli/table.h"
#include "pipeline/locator.h"

namespace ambit::cli {
namespace {

constexpr double kSecondsBetweenLines = 60;
constexpr std::string_view kToEndOfLine = "\x1b[K";
constexpr std::string_view kToEndOfScreen = "\x1b[J";
constexpr std::string_view kLoud = "\x1b[1;31m";
constexpr std::string_view kQuiet = "\x1b[0m";

// Written by the signal handler on whatever thread it comes, read by the thread that shows the progress. Lock-free, so
// a handler may touch it.
std::atomic<int> stop_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free);

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = [](int signal) { stop_signal.store(signal); };
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

ScreenSize terminal_size(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  // A line that fills its row would wrap on some terminals; the cursor needs a row of its own.
  return {static_cast<std::size_t>(std::max(size.ws_col - 1, 1)),
          static_cast<std::size_t>(std::max(size.ws_row - 1, 1))};
}

bool is_screen(int fd) {
  const char* const kind = std::getenv("TERM");
  return isatty(fd) == 1 && kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
}

Canvas::Colour colour_of(int fd) {
  return is_screen(fd) && !is_set("NO_COLOR") ? Canvas::Colour::ansi : Canvas::Colour::none;
}

// A terminal that has become narrower has wrapped what stood there.
std::string Canvas::back(std::size_t columns) const {
  std::size_t rows = 0;
  for (const std::size_t line : drawn_) rows += std::max<std::size_t>(1, (line + columns - 1) / columns);
  return rows == 0 ? "\r" : fmt::format("\r\x1b[{}A", rows);
}

std::string Canvas::draw(const std::vector<ScreenLine>& lines, std::size_t columns) {
  std::string out = back(std::max<std::size_t>(columns, 1));
  drawn_.clear();
  for (const ScreenLine& line : lines) {
    const bool loud = line.loud && colour_ == Colour::ansi;
    if (loud) out += kLoud;
    out += line.text;
    if (loud) out += kQuiet;
    out.append(kToEndOfLine) += '\n';
    drawn_.push_back(width(line.text));
  }
  return out.append(kToEndOfScreen);
}

std::string Canvas::clear(std::size_t columns) {
  if (drawn_.empty()) return "";
  std::string out = back(std::max<std::size_t>(columns, 1)).append(kToEndOfScreen);
  drawn_.clear();
  return out;
}

ProgressDisplay::ProgressDisplay(Watchers watchers, const std::vector<std::string>& exhibits)
    : watchers_(watchers), terminal_(is_screen(STDERR_FILENO)), canvas_(colour_of(STDERR_FILENO)) {
  for (const std::string& path : exhibits) {
    const std::filesystem::path whole = std::filesystem::path(path).lexically_normal();
    exhibit_names_.push_back(whole.has_filename() ? whole.filename() : whole.parent_path().filename());
  }
}

ProgressDisplay::~ProgressDisplay() { close(); }

void ProgressDisplay::on_progress(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  watchers_.log.progress(progress);
  watchers_.metrics.progress(progress);
  watchers_.service.progress(progress);
  if (terminal_) {
    const ScreenSize size = terminal_size(STDERR_FILENO);
    write_err(canvas_.draw(screen(progress, exhibit_names_, size), size.columns + 1));
  } else if (progress.seconds >= next_line_) {
    next_line_ = progress.seconds + kSecondsBetweenLines;
    write_err(progress_line(progress) + "\n");
  }
}

void ProgressDisplay::on_note(std::string_view line) {
  const std::lock_guard lock(mutex_);
  watchers_.log.note(line);
  clear();
  write_err(printable(line) + "\n");
}

bool ProgressDisplay::stop_requested() { return stop_signal.load() != 0; }

void ProgressDisplay::close() {
  const std::lock_guard lock(mutex_);
  clear();
}

void ProgressDisplay::clear() { write_err(canvas_.clear(terminal_size(STDERR_FILENO).columns + 1)); }

}  // namespace ambit::cli
