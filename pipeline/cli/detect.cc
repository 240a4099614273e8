// ambit detect: where private data stands in any file. For experts, and for tuning the detectors; it names places,
// never what is written there.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pipeline/cli/command.h"
#include "pipeline/cli/table.h"
#include "pipeline/locator.h"
#include "pipeline/triage.h"

namespace ambit::cli {
namespace {

using Json = nlohmann::ordered_json;

// One object a line, as they come: a file may hold more findings than memory.
class JsonLines final : public DetectSink {
 public:
  explicit JsonLines(bool name_file) : name_file_(name_file) {}
  bool on_finding(const std::string& file, const DetectedItem& item) override {
    Json line = Json::object();
    if (name_file_) line["file"] = printable(file);
    line["category"] = item.category;
    line["detector"] = item.detector;
    line["offset"] = item.offset;
    line["length"] = item.length;
    line["grade"] = item.grade;
    write_out(line.dump() + "\n");
    return !output_broken();
  }
  void on_error(const Error& error) override { exit = fail(error); }
  Exit exit = Exit::complete;

 private:
  bool name_file_;
};

// For people: tables of some hundred rows, each with its own widths, so that nothing has to be held.
class Tables final : public DetectSink {
 public:
  explicit Tables(bool name_file) : name_file_(name_file) { reset(); }
  bool on_finding(const std::string& file, const DetectedItem& item) override {
    std::vector<std::string> cells = {std::to_string(item.offset), std::to_string(item.length),
                                      std::string(item.category), std::string(item.detector), std::string(item.grade)};
    if (name_file_) cells.insert(cells.begin(), printable(file));
    table_.add(std::move(cells));
    if (++rows_ % kRows == 0) flush();
    return !output_broken();
  }
  void on_error(const Error& error) override {
    flush();
    exit = fail(error);
  }
  void flush() {
    if (!table_.empty()) write_out(table_.text());
    reset();
  }
  Exit exit = Exit::complete;

 private:
  static constexpr std::size_t kRows = 500;
  void reset() {
    std::vector<Column> columns = {
        {"offset", Align::right}, {"length", Align::right}, {"category"}, {"detector"}, {"grade"}};
    if (name_file_) columns.insert(columns.begin(), Column{"file"});
    table_ = Table(std::move(columns));
  }

  bool name_file_;
  std::size_t rows_ = 0;
  Table table_{{}};
};

Exit detect(const std::vector<std::string>& files, bool json) {
  if (json) {
    JsonLines lines(files.size() > 1);
    detect_in_files(files, lines);
    return lines.exit;
  }
  Tables tables(files.size() > 1);
  detect_in_files(files, tables);
  tables.flush();
  return tables.exit;
}

}  // namespace

Action add_detect(Arguments arguments) {
  struct Options {
    bool json = false;
    std::vector<std::string> files;
  };
  const auto options = std::make_shared<Options>();
  arguments.add_flag("--json", options->json, "As JSON, one finding a line");
  arguments.add_option("FILE", options->files, "Files, read as they stand: nothing is unpacked").required();
  return [options](const Words&) { return detect(options->files, options->json); };
}

}  // namespace ambit::cli
