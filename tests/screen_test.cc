// What a run says of itself: on a screen of any size, in one line, and to Prometheus.
#include "pipeline/cli/screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <sstream>

#include "pipeline/cli/metrics.h"
#include "pipeline/cli/progress.h"
#include "pipeline/triage_speed.h"
#include "tests/evidence.h"

namespace ambit::cli::screen_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Progress midnight() {
  Progress p;
  p.bytes_done = 250'000'000'000ULL;
  p.bytes_total = 1'000'000'000'000ULL;
  p.objects = 12345;
  p.hits = 6;
  p.released = 2;
  p.exceptions = 124;
  p.seconds = 100;
  p.bytes_per_second = 2e9;
  p.mean_bytes_per_second = 2.5e9;
  p.phase = "sweep";
  p.exhibits = {{200'000'000'000ULL, 400'000'000'000ULL}, {50'000'000'000ULL, 600'000'000'000ULL}};
  for (const std::string_view name : kWorkNames) p.work.push_back({name, name == "match" ? 600.0 : 10.0, 0});
  p.work.back().seconds = 110;
  p.bottleneck = bottleneck(p.work);
  p.exceptions_by_reason[static_cast<std::size_t>(ExceptionReason::encrypted)] = 100;
  p.exceptions_by_reason[static_cast<std::size_t>(ExceptionReason::unreadable)] = 24;
  p.workers = 8;
  p.memory_bytes = 300'000'000;
  p.memory_budget = 469'762'048;
  p.disk_free_bytes = 120'000'000'000ULL;
  return p;
}

std::vector<std::string> texts(const std::vector<ScreenLine>& lines) {
  std::vector<std::string> out;
  for (const ScreenLine& line : lines) out.push_back(line.text);
  return out;
}

TEST(Screen, says_how_far_how_fast_how_long_who_works_on_what_and_what_could_not_be_read) {
  EXPECT_THAT(
      texts(screen(midnight(), {"srv7.E01", "disk\n3.raw"}, {100, 40})),
      ElementsAre(
          "sweep  25.0 %  250.0 GB of 1.0 TB", "  [" + std::string(24, '#') + std::string(72, '.') + "]",
          "  2.0 GB/s now, 2.5 GB/s mean", "  5:00 left, 1:40 gone",
          "  12,345 objects, 6 hits, 2 released, 124 exceptions",
          "  srv7.E01                  [##########..........]  50.0 %  200.0 GB of 400.0 GB",
          "  disk\\x0A3.raw             [#...................]   8.3 %  50.0 GB of 600.0 GB",
          "  8 workers: wait 14 %  match 76 %  walk 1 %  open 1 %  read 1 %  unpack 1 %  hash 1 %  decide 1 %  ",
          "  exceptions: encrypted 100  unreadable 24", "  memory 300.0 MB of 469.8 MB, disk 120.0 GB free"))
      << "at 100 columns";
}

TEST(Screen, no_line_is_wider_nor_are_there_more_than_the_terminal_has) {
  Progress p = midnight();
  p.still_seconds = 400;
  for (int i = 0; i < 40; ++i) p.exhibits.push_back({1, 2});
  for (std::size_t columns = 1; columns < 140; columns += 3) {
    for (std::size_t rows = 1; rows < 30; rows += 2) {
      const auto lines = screen(p, {}, {columns, rows});
      ASSERT_LE(lines.size(), rows);
      ASSERT_GE(lines.size(), 1U);
      for (const ScreenLine& line : lines) ASSERT_LE(line.text.size(), columns + 2) << line.text;  // "…" is three bytes
    }
  }
}

TEST(Screen, exhibits_that_are_done_give_way_to_those_at_work_and_those_that_wait) {
  Progress p = midnight();
  p.exhibits.clear();
  for (std::uint64_t i = 0; i < 30; ++i) p.exhibits.push_back({i == 20 ? 5U : i < 20 ? 10U : 0U, 10});
  const auto lines = texts(screen(p, {}, {100, 40}));
  EXPECT_THAT(lines, ::testing::Contains(HasSubstr("exhibit 21 ")));
  EXPECT_THAT(lines, ::testing::Contains(HasSubstr("exhibit 30 ")));
  EXPECT_THAT(lines, ::testing::Contains("  … and 19 more exhibits"));
  EXPECT_THAT(lines, Not(::testing::Contains(HasSubstr("exhibit 2 ")))) << "it is done";
}

TEST(Screen, a_stall_is_loud) {
  Progress p = midnight();
  p.still_seconds = 30;
  for (const ScreenLine& line : screen(p, {}, {})) EXPECT_FALSE(line.loud);
  p.still_seconds = 600;
  std::string loud;
  for (const ScreenLine& line : screen(p, {}, {})) loud += line.loud ? line.text : "";
  EXPECT_EQ(loud, "  no byte for 10:00");
}

// --- the canvas, on a terminal ----------------------------------------------------------------------------------

// As much of a terminal as the canvas needs; whatever else it is sent makes the test fail.
class Terminal {
 public:
  explicit Terminal(std::size_t columns) : columns_(columns) { rows_.emplace_back(); }
  void show(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      if (bytes[at] == '\r') {
        column_ = 0;
      } else if (bytes[at] == '\n') {
        column_ = 0;
        if (++row_ == rows_.size()) rows_.emplace_back();
      } else if (bytes[at] == '\x1b') {
        at = escape(bytes, at + 1);
      } else {
        put(bytes[at]);
      }
    }
  }
  [[nodiscard]] std::vector<std::string> rows() const {
    std::vector<std::string> out = rows_;
    while (!out.empty() && out.back().empty()) out.pop_back();
    return out;
  }
  std::set<std::string> styles;

 private:
  std::size_t escape(std::string_view bytes, std::size_t at) {
    EXPECT_EQ(bytes[at], '[');
    const std::size_t end = bytes.find_first_not_of("0123456789;", at + 1);
    const std::string number(bytes.substr(at + 1, end - at - 1));
    switch (bytes[end]) {
      case 'A':
        row_ -= std::min<std::size_t>(row_, std::stoul(number));
        break;
      case 'K':
        rows_[row_].resize(std::min(rows_[row_].size(), column_));
        break;
      case 'J':
        rows_[row_].resize(std::min(rows_[row_].size(), column_));
        rows_.resize(row_ + 1);
        break;
      case 'm':
        styles.insert(number);
        break;
      default:
        ADD_FAILURE() << "the terminal does not know ESC [ " << number << bytes[end];
    }
    return end;
  }
  void put(char c) {
    if (column_ == columns_) show("\n");
    std::string& row = rows_[row_];
    if (row.size() <= column_) row.resize(column_ + 1, ' ');
    row[column_++] = c;
  }
  std::size_t columns_, row_ = 0, column_ = 0;
  std::vector<std::string> rows_;
};

std::vector<ScreenLine> some_lines(std::mt19937& chance, std::size_t columns) {
  std::vector<ScreenLine> out(chance() % 6 + 1);
  for (ScreenLine& line : out) {
    line.text.assign(chance() % (columns + 1), static_cast<char>('a' + chance() % 26));
    line.loud = chance() % 4 == 0;
  }
  return out;
}

TEST(Canvas, shows_what_was_drawn_last_and_leaves_what_stood_above) {
  std::mt19937 chance(1);
  Canvas canvas(Canvas::Colour::ansi);
  Terminal terminal(31);
  terminal.show("$ ambit triage\n");
  for (int i = 0; i < 200; ++i) {
    const auto lines = some_lines(chance, 30);
    terminal.show(canvas.draw(lines, 31));
    std::vector<std::string> expected = {"$ ambit triage"};
    for (const ScreenLine& line : lines) expected.push_back(line.text);
    while (expected.back().empty()) expected.pop_back();
    ASSERT_EQ(terminal.rows(), expected) << i;
  }
  terminal.show(canvas.clear(31));
  terminal.show("done\n");
  EXPECT_THAT(terminal.rows(), ElementsAre("$ ambit triage", "done"));
}

TEST(Canvas, without_colour_there_is_none) {
  Terminal terminal(80);
  terminal.show(Canvas(Canvas::Colour::none).draw({{"all is well"}, {"no byte for 10:00", true}}, 80));
  EXPECT_THAT(terminal.styles, ElementsAre());
  terminal.show(Canvas(Canvas::Colour::ansi).draw({{"all is well"}, {"no byte for 10:00", true}}, 80));
  EXPECT_THAT(terminal.styles, ElementsAre("0", "1;31"));
}

TEST(Canvas, never_clears_what_it_draws_over) {
  Canvas canvas(Canvas::Colour::none);
  static_cast<void>(canvas.draw({{"one"}, {"two"}}, 80));
  const std::string again = canvas.draw({{"one"}, {"TWO"}}, 80);
  EXPECT_LT(again.find("TWO"), again.find("\x1b[J")) << "the rest of the screen is cleared when all is drawn";
  EXPECT_EQ(again.find("\x1b[2J"), std::string::npos);
}

// --- one line -----------------------------------------------------------------------------------------------------

TEST(Progress, speaks_of_now_and_of_the_mean) {
  Speedometer speed;
  EXPECT_EQ(speed.now(), 0);
  EXPECT_EQ(speed.mean(), 0);
  for (int second = 0; second <= 100; ++second) speed.add(second, 1'000'000'000ULL * static_cast<unsigned>(second));
  for (int second = 101; second <= 120; ++second) speed.add(second, 100'000'000'000ULL);
  EXPECT_EQ(speed.now(), 0);
  EXPECT_NEAR(speed.mean(), 1e11 / 120, 1);
}

TEST(Progress, what_an_earlier_process_swept_is_not_this_ones_speed) {
  Speedometer speed;
  speed.add(0, 900'000'000'000ULL);
  speed.add(10, 910'000'000'000ULL);
  EXPECT_NEAR(speed.mean(), 1e9, 1);
}

TEST(Progress, a_line_says_how_far_how_fast_how_long) {
  EXPECT_EQ(progress_line(midnight()),
            "sweep  25.0 %  250.0 GB of 1.0 TB  2.0 GB/s now, 2.5 GB/s mean  5:00 left, 1:40 gone  12,345 objects, "
            "6 hits, 2 released, 124 exceptions  most time: match");
  Progress recording = midnight();
  recording.phase = "record";
  recording.settled = 1000;
  EXPECT_EQ(progress_line(recording),
            "record  1,000 objects settled  1:40 gone  12,345 objects, 6 hits, 2 released, 124 exceptions  "
            "most time: match");
  EXPECT_THAT(progress_line({}), HasSubstr("0 B  0 B/s now"));
}

TEST(Progress, a_text_is_cut_between_characters) {
  EXPECT_EQ(cut_text("Ståhl", 3), "Stå");
  EXPECT_EQ(cut_text("a\x1b[2Jb", 10), "a?[2Jb");
  EXPECT_EQ(cut_text("abc", 0), "");
}

// --- Prometheus ---------------------------------------------------------------------------------------------------

// The text exposition format, as strictly as it is written down: samples stand below the help and the type of their
// metric, each metric in one place, no sample twice, counters end in _total. Sample by name with labels -> value.
std::map<std::string, double> parse_metrics(const std::string& text) {
  static const std::regex kHelp("# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) [^\\\\]+");
  static const std::regex kType("# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge)");
  static const std::regex kSample(
      "([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{[a-zA-Z_][a-zA-Z0-9_]*=\"[^\"\\\\]*\"\\})? ([0-9.e+-]+)");
  std::map<std::string, double> samples;
  std::set<std::string> metrics;
  std::string metric, type;
  EXPECT_TRUE(text.ends_with("\n"));
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::smatch found;
    if (std::regex_match(line, found, kHelp)) {
      metric = found[1];
      EXPECT_TRUE(metrics.insert(metric).second) << metric << " in two places";
      type.clear();
    } else if (std::regex_match(line, found, kType)) {
      EXPECT_EQ(found[1], metric);
      type = found[2];
      EXPECT_EQ(type == "counter", metric.ends_with("_total")) << metric;
    } else if (std::regex_match(line, found, kSample)) {
      EXPECT_EQ(found[1], metric) << "a sample under another metric";
      EXPECT_NE(type, "") << "a sample without a type";
      EXPECT_TRUE(samples.emplace(found[1].str() + found[2].str(), std::stod(found[3])).second) << line;
    } else {
      ADD_FAILURE() << "no line of the format: " << line;
    }
  }
  return samples;
}

TEST(Metrics, are_in_the_format_of_prometheus_and_say_what_the_screen_says) {
  const auto samples = parse_metrics(metrics_text(midnight(), 1'700'000'000, std::nullopt));
  EXPECT_EQ(samples.at("ambit_swept_bytes_total"), 250e9);
  EXPECT_EQ(samples.at("ambit_exhibit_swept_bytes_total{exhibit=\"2\"}"), 50e9);
  EXPECT_EQ(samples.at("ambit_exhibit_bytes{exhibit=\"1\"}"), 400e9);
  EXPECT_EQ(samples.at("ambit_exception_reason_objects_total{reason=\"encrypted\"}"), 100);
  EXPECT_EQ(samples.at("ambit_work_seconds_total{work=\"match\"}"), 600);
  EXPECT_EQ(samples.at("ambit_phase{phase=\"sweep\"}"), 1);
  EXPECT_EQ(samples.at("ambit_phase{phase=\"ended\"}"), 0);
  EXPECT_EQ(samples.at("ambit_written_seconds"), 1'700'000'000);
  EXPECT_FALSE(samples.contains("ambit_exit_code"));
}

TEST(Metrics, say_how_the_run_ended) {
  const auto samples = parse_metrics(metrics_text(midnight(), 1'700'000'000, Exit::with_exceptions));
  EXPECT_EQ(samples.at("ambit_exit_code"), 2);
  EXPECT_EQ(samples.at("ambit_phase{phase=\"ended\"}"), 1);
  EXPECT_EQ(samples.at("ambit_phase{phase=\"sweep\"}"), 0);
}

TEST(Metrics, prometheus_own_reader_takes_them) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "ambit.prom", metrics_text(midnight(), 1'700'000'000, Exit::complete));
  const test::Ran read =
      test::run({"/usr/bin/python3", "-c",  // Debian's modules, whatever python comes first
                 "import sys\nfrom prometheus_client.parser import text_string_to_metric_families as parse\n"
                 "print(sum(len(f.samples) for f in parse(open(sys.argv[1]).read())), all(f.documentation for f in "
                 "parse(open(sys.argv[1]).read())))",
                 folder / "ambit.prom"});
  ASSERT_EQ(read.exit, 0) << read.err;
  const std::size_t samples = parse_metrics(metrics_text(midnight(), 1, Exit::complete)).size();
  EXPECT_EQ(read.out, std::to_string(samples) + " True\n");
}

}  // namespace
}  // namespace ambit::cli::screen_test
