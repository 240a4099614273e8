// ambit canary plant, ambit canary check: an exhibit of invented items, and what a run made of them.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pipeline/cli/command.h"
#include "pipeline/cli/problems.h"
#include "pipeline/cli/quantity.h"
#include "pipeline/locator.h"
#include "pipeline/run_canary.h"

namespace ambit::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CanaryFlags {
  PlantOptions plant;
  std::string directory, registry;
  bool json = false;
};

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + printable(word);
  return out;
}

Exit plant(const CanaryFlags& options) {
  std::vector<OrderProblem> problems;
  const Result<PlantOutcome> planted = plant_canaries(options.plant, problems);
  if (!problems.empty()) write_err(problems_text(options.plant.order, problems));
  if (!planted.ok()) return fail(planted.error());
  write_out(fmt::format("{} relevant and {} private items in {} files, {}\n", grouped(planted->relevant),
                        grouped(planted->private_items), grouped(planted->files), bytes_text(planted->bytes)));
  if (!planted->rules.empty()) write_out(fmt::format("rules: {}\n", joined(planted->rules)));
  if (!planted->skipped.empty()) {
    write_out(fmt::format("not planted, for no text alone satisfies them: {}\n", joined(planted->skipped)));
  }
  write_out(fmt::format("Give {} to triage as one more exhibit; then: ambit canary check DIR --registry {}\n",
                        shell_quoted(options.plant.out), shell_quoted(planted->registry)));
  return Exit::complete;
}

Json as_json(const CanaryShare& share) {
  return {{"planted", share.planted}, {"seen", share.seen}, {"least", share.least}, {"most", share.most}};
}

Json as_json(const CanaryReport& report) {
  Json missed = Json::array(), leaks = Json::array();
  for (const CanaryReport::Row& row : report.missed) {
    missed.push_back({{"file", row.file}, {"packing", row.packing}, {"rule", row.rule}});
  }
  for (const CanaryReport::Row& row : report.leaks) {
    leaks.push_back({{"file", row.file}, {"packing", row.packing}, {"seen_in", row.place}});
  }
  return {{"holds", report.holds()},
          {"confidence", 0.95},
          {"relevant", as_json(report.found)},
          {"private", as_json(report.leaked)},
          {"missed", missed},
          {"leaks", leaks},
          {"bytes_searched", report.bytes_searched}};
}

void print(const CanaryReport& report) {
  for (const CanaryReport::Row& row : report.missed) {
    write_out(
        fmt::format("MISSED  {} ({}, rule {})\n", printable(row.file), printable(row.packing), printable(row.rule)));
  }
  for (const CanaryReport::Row& row : report.leaks) {
    write_out(
        fmt::format("LEAKED  {} ({}) into {}\n", printable(row.file), printable(row.packing), printable(row.place)));
  }
  write_out(fmt::format(
      "relevant  {} of {} found; with 95 % confidence the share found of all lies between {:.2f} and "
      "{:.2f} % (Clopper-Pearson)\n",
      grouped(report.found.seen), grouped(report.found.planted), 100 * report.found.least, 100 * report.found.most));
  write_out(
      fmt::format("private   {} of {} leaked; the share that leaks lies between {:.2f} and {:.2f} %; {} searched: "
                  "plain, hexadecimal, base64, UTF-16\n",
                  grouped(report.leaked.seen), grouped(report.leaked.planted), 100 * report.leaked.least,
                  100 * report.leaked.most, bytes_text(report.bytes_searched)));
}

Exit check(const CanaryFlags& options) {
  const Result<CanaryReport> report = check_canaries(options.directory, options.registry);
  if (!report.ok()) return fail(report.error());
  if (options.json) {
    write_out(as_json(*report).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  } else {
    print(*report);
  }
  if (!report->leaks.empty()) {
    return fail({ErrorKind::tampered, "private canaries stand in what the run lets people read", options.directory,
                 "do not hand it on; this is a mistake of the program"});
  }
  if (!report->missed.empty()) {
    return fail({ErrorKind::evidence, "relevant canaries were not found", options.directory,
                 "was the exhibit of the canaries given to triage? The ledger says what became of each"});
  }
  return Exit::complete;
}

}  // namespace

Action add_canary(Arguments arguments) {
  const auto options = std::make_shared<CanaryFlags>();
  constexpr std::uint64_t kMostItems = 100'000;
  arguments.require_subcommand();
  Arguments plant_app = arguments.add_subcommand("plant", "Make an exhibit of invented relevant and private items");
  options->plant.relevant = options->plant.private_items = 300;
  plant_app.add_option("--order", options->plant.order, "The order").required().type_name("FILE");
  plant_app.add_option("--out", options->plant.out, "The exhibit: a new folder").required().type_name("FOLDER");
  plant_app.add_option("--registry", options->plant.registry, "What stands where (default: FOLDER.registry.json)")
      .type_name("FILE");
  plant_app.add_option("--relevant", options->plant.relevant, "Items that the order reaches")
      .shows_default()
      .range(0, kMostItems)
      .type_name("N");
  plant_app.add_option("--private", options->plant.private_items, "Items of people who do not exist")
      .shows_default()
      .range(0, kMostItems)
      .type_name("M");
  plant_app.add_option("--seed", options->plant.seed, "The same seed gives the same bytes").type_name("S");
  Arguments check_app = arguments.add_subcommand("check", "What a run found of them, and whether it let any out");
  check_app.add_option("DIR", options->directory, "Run directory").required();
  check_app.add_option("--registry", options->registry, "What `canary plant` wrote").required().type_name("FILE");
  check_app.add_flag("--json", options->json, "As JSON");
  return [options, plant_app](const Words&) { return plant_app.parsed() ? plant(*options) : check(*options); };
}

}  // namespace ambit::cli
