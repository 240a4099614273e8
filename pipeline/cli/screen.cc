#include "pipeline/cli/screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "pipeline/cli/quantity.h"
#include "pipeline/cli/table.h"
#include "pipeline/limits.h"
#include "pipeline/locator.h"

namespace ambit::cli {
namespace {

constexpr std::size_t kNarrow = 40;        // columns below which a bar says nothing
constexpr double kStillIsWorthALine = 60;  // seconds
constexpr std::size_t kMostExhibitLines = 12;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::string bar(double share, std::size_t columns) {
  const auto full = static_cast<std::size_t>(share * static_cast<double>(columns));
  return "[" + std::string(full, '#') + std::string(columns - full, '.') + "]";
}

std::string amount_text(const Progress& p) {
  if (p.phase == "record" && p.settled > 0) { return grouped(p.settled) + " objects settled"; }
  if (p.bytes_total == 0) return bytes_text(p.bytes_done);
  return fmt::format("{}  {} of {}", percent(share_of(p.bytes_done, p.bytes_total)), bytes_text(p.bytes_done),
                     bytes_text(p.bytes_total));
}

// By the mean of this process: what one before it had swept until a crash says nothing of the speed.
std::string time_text(const Progress& p) {
  const double speed = p.mean_bytes_per_second;
  std::string out = duration_text(p.seconds) + " gone";
  if (p.phase != "sweep" || p.bytes_total <= p.bytes_done || speed <= 0) return out;
  return duration_text(static_cast<double>(p.bytes_total - p.bytes_done) / speed) + " left, " + out;
}

std::string counts_text(const Progress& p) {
  return fmt::format("{} objects, {} hits, {} released, {} exceptions", grouped(p.objects), grouped(p.hits),
                     grouped(p.released), grouped(p.exceptions));
}

// The kinds of work by their share of all the workers' time: waiting, then the most first.
std::string work_text(const Progress& p) {
  double all = 0;
  for (const WorkTotal& work : p.work) all += work.seconds;
  if (all <= 0) return "";
  std::vector<WorkTotal> sorted = p.work;
  const std::string_view wait = kWorkNames[static_cast<std::size_t>(Work::wait)];
  std::stable_sort(sorted.begin(), sorted.end(), [&](const WorkTotal& a, const WorkTotal& b) {
    return std::pair(a.name == wait, a.seconds) > std::pair(b.name == wait, b.seconds);
  });
  std::string out;
  for (const WorkTotal& work : sorted) {
    const double share = work.seconds / all;
    if (share < 0.005 && work.name != wait) continue;
    out += fmt::format("{}{} {:.0f} %", out.empty() ? "" : "  ", work.name, 100 * share);
  }
  return out;
}

std::string reasons_text(const Progress& p) {
  std::vector<std::pair<std::uint64_t, std::string_view>> reasons;
  for (std::size_t i = 0; i < kExceptionReasons; ++i) {
    if (p.exceptions_by_reason[i] == 0) continue;
    reasons.emplace_back(p.exceptions_by_reason[i], to_string(static_cast<ExceptionReason>(i)));
  }
  std::stable_sort(reasons.begin(), reasons.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string out;
  for (const auto& [objects, reason] : reasons) {
    out += fmt::format("{}{} {}", out.empty() ? "" : "  ", reason, grouped(objects));
  }
  return out;
}

std::string exhibit_line(const Progress& p, std::size_t number, const std::vector<std::string>& names,
                         std::size_t columns) {
  const Progress::ExhibitBytes& exhibit = p.exhibits[number];
  const std::size_t name_columns = std::clamp<std::size_t>(columns / 4, 8, 32);
  std::string name = number < names.size() ? printable(names[number]) : fmt::format("exhibit {}", number + 1);
  name = cut_text(name, name_columns);
  std::string line = "  " + name + std::string(name_columns - width(name) + 1, ' ');
  if (exhibit.total == 0) return line + bytes_text(exhibit.done);
  const double share = share_of(exhibit.done, exhibit.total);
  if (columns >= 2 * kNarrow) line += bar(share, 20) + " ";
  return line + fmt::format("{:>7}  {} of {}", percent(share), bytes_text(exhibit.done), bytes_text(exhibit.total));
}

void add_exhibits(std::vector<ScreenLine>& lines, const Progress& p, const std::vector<std::string>& names,
                  std::size_t columns, std::size_t most) {
  if (p.exhibits.size() < 2 || most == 0) return;
  // Those that are at work first, then those that wait; what is done needs no watching.
  std::vector<std::size_t> order;
  const auto is_done = [&](std::size_t i) {
    return p.exhibits[i].total > 0 && p.exhibits[i].done >= p.exhibits[i].total;
  };
  for (std::size_t i = 0; i < p.exhibits.size(); ++i) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(is_done(a), p.exhibits[a].done == 0) < std::pair(is_done(b), p.exhibits[b].done == 0);
  });
  const bool all = order.size() <= most;
  order.resize(std::min(order.size(), all ? most : most - 1));
  std::sort(order.begin(), order.end());
  for (const std::size_t i : order) lines.push_back({exhibit_line(p, i, names, columns)});
  if (!all) lines.push_back({fmt::format("  … and {} more exhibits", p.exhibits.size() - order.size())});
}

}  // namespace

std::string cut_text(std::string_view text, std::size_t columns) {
  std::string out;
  std::size_t used = 0;
  for (const char c : text) {
    if (!continues(c) && used++ == columns) break;
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return out;
}

std::string progress_line(const Progress& p) {
  std::string line = p.phase.empty() ? "" : std::string(p.phase) + "  ";
  line += amount_text(p);
  if (p.phase != "record") {
    line += fmt::format("  {} now, {} mean", rate_text(p.bytes_per_second), rate_text(p.mean_bytes_per_second));
  }
  line += "  " + time_text(p) + "  " + counts_text(p);
  if (!p.bottleneck.empty()) line += "  most time: " + std::string(p.bottleneck);
  return line;
}

std::vector<ScreenLine> screen(const Progress& p, const std::vector<std::string>& exhibit_names, ScreenSize size) {
  std::vector<ScreenLine> head, tail;
  head.push_back({fmt::format("{}  {}", p.phase, amount_text(p))});
  if (p.bytes_total > 0 && size.columns >= kNarrow) {
    head.push_back({"  " + bar(share_of(p.bytes_done, p.bytes_total), size.columns - 4)});
  }
  if (p.phase != "record") {
    head.push_back(
        {fmt::format("  {} now, {} mean", rate_text(p.bytes_per_second), rate_text(p.mean_bytes_per_second))});
  }
  head.push_back({"  " + time_text(p)});
  head.push_back({"  " + counts_text(p)});
  if (p.still_seconds >= kStillIsWorthALine) {
    head.push_back({"  no byte for " + duration_text(p.still_seconds), true});
  }
  if (const std::string work = work_text(p); !work.empty()) {
    tail.push_back({fmt::format("  {} workers: {}", p.workers, work)});
  }
  if (const std::string reasons = reasons_text(p); !reasons.empty()) { tail.push_back({"  exceptions: " + reasons}); }
  const bool tight = p.disk_free_bytes < limits::GiB;
  tail.push_back({fmt::format("  memory {} of {}, disk {} free", bytes_text(p.memory_bytes),
                              bytes_text(p.memory_budget), bytes_text(p.disk_free_bytes)),
                  tight});
  const std::size_t left = size.rows - std::min(size.rows, head.size() + tail.size());
  add_exhibits(head, p, exhibit_names, size.columns, std::min(left, kMostExhibitLines));
  std::move(tail.begin(), tail.end(), std::back_inserter(head));
  head.resize(std::min(head.size(), size.rows));
  for (ScreenLine& line : head) line.text = cut_text(line.text, size.columns);
  return head;
}

}  // namespace ambit::cli
