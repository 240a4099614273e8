// ambit detectors: what counts as private data; and the tests of a detector file.
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

Exit list_all(bool json) {
  Json all = Json::array();
  Table table({{"detector"}, {"category"}, {"validator"}, {"expressions", Align::right}, {"examples", Align::right}});
  for (const DetectorInfo& d : list_detectors()) {
    all.push_back({{"name", d.name},
                   {"category", d.category},
                   {"validator", d.validator},
                   {"expressions", d.expressions},
                   {"examples", d.examples}});
    table.add({d.name, d.category, d.validator.empty() ? "-" : d.validator, std::to_string(d.expressions),
               std::to_string(d.examples)});
  }
  write_out(json ? all.dump(2) + "\n" : table.text());
  return Exit::complete;
}

Exit test_files(const std::vector<std::string>& files) {
  Exit exit = Exit::complete;
  for (const std::string& file : files) {
    const auto complaints = test_detector_file(file);
    if (!complaints) {
      exit = fail(complaints.error());
      continue;
    }
    for (const std::string& line : *complaints) write_out(printable(file) + ": " + printable(line) + "\n");
    if (complaints->empty()) write_out(fmt::format("{}: every example comes out as it says\n", printable(file)));
    if (!complaints->empty()) exit = Exit::operator_must_act;
  }
  return exit;
}

}  // namespace

Action add_detectors(Arguments arguments) {
  struct Options {
    bool json = false;
    std::vector<std::string> files;
  };
  const auto options = std::make_shared<Options>();
  arguments.add_flag("--json", options->json, "As JSON");
  Arguments test = arguments.add_subcommand("test", "Run the examples of detector files");
  test.add_option("FILE", options->files, "Detector files (TOML)").required();
  return
      [options](const Words&) { return options->files.empty() ? list_all(options->json) : test_files(options->files); };
}

}  // namespace ambit::cli
