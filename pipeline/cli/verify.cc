// ambit verify DIR: that a run directory is whole and unchanged; with the exhibits, the released bytes too.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pipeline/cli/command.h"
#include "pipeline/cli/quantity.h"
#include "pipeline/locator.h"
#include "pipeline/triage.h"
#include "stages/record/run_reader.h"
#include "stages/record/verify.h"

namespace ambit::cli {
namespace {

using Json = nlohmann::ordered_json;
using record::VerifyCheck;

struct Options {
  std::string directory, key;
  std::vector<std::string> exhibits;
  bool json = false;
};

Result<std::vector<ReleasedItem>> released_items(const record::RunReader& run) {
  std::vector<ReleasedItem> items;
  const Result<> read = run.leaves([&](const record::IndexItem& item) {
    const std::size_t exhibit = item.exhibit - 1;
    if (!item.sha256 || exhibit >= run.exhibits().size()) return true;
    items.push_back({item.exhibit - 1, run.exhibits()[exhibit].name, item.locator, item.size, *item.sha256});
    return true;
  });
  if (!read) return read.error();
  return items;
}

// Reads what was released again and compares its SHA-256.
Result<VerifyCheck> check_exhibits(const Options& options) {
  const auto run = record::RunReader::open(options.directory);
  if (!run) return run.error();
  if (run->exhibits().size() != options.exhibits.size()) {
    return Error{ErrorKind::usage,
                 fmt::format("the run has {} exhibits, not {}", run->exhibits().size(), options.exhibits.size()),
                 options.directory, "give every exhibit once, in the order of the run"};
  }
  const auto items = released_items(*run);
  if (!items) return items.error();
  const auto result = rehash_released(options.exhibits, *items);
  if (!result) return result.error();
  VerifyCheck check{"exhibits", result->failed.empty(),
                    fmt::format("{} released items read again", grouped(result->checked))};
  if (result->not_located > 0) {
    check.detail += fmt::format(", {} cannot be located without the ledger", grouped(result->not_located));
  }
  for (const std::string& locator : result->failed) check.detail += "; differs: " + printable(locator);
  return check;
}

void print_report(const record::VerifyReport& report, bool json) {
  if (json) {
    Json out = {{"holds", report.holds()}, {"checks", Json::array()}};
    for (const VerifyCheck& check : report.checks) {
      out["checks"].push_back({{"what", check.what}, {"holds", check.holds}, {"detail", check.detail}});
    }
    write_out(out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    return;
  }
  for (const VerifyCheck& check : report.checks) {
    write_out(fmt::format("{:<4}  {:<10} {}\n", check.holds ? "ok" : "FAIL", check.what, check.detail));
  }
}

Exit verify(const Options& options) {
  auto report = record::verify_run(options.directory, options.key);
  if (!report) return fail(report.error());
  if (!options.exhibits.empty() && report->holds()) {
    auto check = check_exhibits(options);
    if (!check) return fail(check.error());
    report->checks.push_back(std::move(check).value());
  }
  print_report(*report, options.json);
  if (report->holds()) return Exit::complete;
  return fail({ErrorKind::tampered, "the run directory does not verify", options.directory,
               "do not rely on it; fetch it again from whoever signed it"});
}

}  // namespace

Action add_verify(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("DIR", options->directory, "Run directory")->required();
  app.add_option("--key", options->key, "The case key that must have signed")->type_name("FILE");
  app.add_option("--exhibit", options->exhibits, "The exhibits in their order: what was released is read again")
      ->type_name("PATH");
  app.add_flag("--json", options->json, "As JSON");
  return [options](const Words&) { return verify(*options); };
}

}  // namespace ambit::cli
