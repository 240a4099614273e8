// ambit verify DIR: that a run directory is whole and unchanged; with the exhibits, the released bytes too, and the
// hashes that whoever acquired an image stored in it.
#include <fmt/format.h>

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

struct VerifyFlags {
  std::string directory, key, signer;
  std::vector<std::string> exhibits;
  bool json = false;
};

struct Released {
  std::vector<ReleasedItem> items;
  std::uint64_t with_pseudonym = 0;  // cannot be located in the exhibit by their locators
};

// True where a component of the locator is a pseudonym, as CaseKey::pseudonym() writes them.
bool has_replaced_name(std::string_view locator) {
  static constexpr std::string_view kStart = "/private-";
  for (std::size_t at = locator.find(kStart); at != std::string_view::npos; at = locator.find(kStart, at + 1)) {
    const std::string_view tail = locator.substr(at + kStart.size(), 12);
    if (tail.size() == 12 && tail.find_first_not_of("0123456789abcdef") == std::string_view::npos) return true;
  }
  return false;
}

Result<Released> released_items(const record::RunReader& run) {
  Released released;
  bool sound = true;
  const Result<> read = run.leaves([&](const record::IndexItem& item) {
    if (!item.sha256) return true;
    const std::string name(run.exhibit_name(item.exhibit));
    sound = item.exhibit >= 1 && item.exhibit <= run.exhibits().size() && item.locator.starts_with(name);
    released.items.push_back({item.exhibit - 1, name, item.locator, item.size, *item.sha256});
    if (has_replaced_name(item.locator)) ++released.with_pseudonym;
    return sound;
  });
  if (!read) return read.error();
  if (sound) return released;
  return Error{ErrorKind::tampered, "an item stands in no exhibit of the run", run.directory(), ""};
}

// One line per image that holds hashes of itself.
void add_acquisitions(const std::vector<AcquisitionCheck>& all, std::vector<VerifyCheck>& checks) {
  for (const AcquisitionCheck& check : all) {
    const bool matches = check.outcome == AcquisitionCheck::Outcome::matches;
    const bool unreadable = check.outcome == AcquisitionCheck::Outcome::unreadable;
    const std::string_view says = matches      ? "is that of its acquisition"
                                  : unreadable ? "cannot be computed: parts of the image are damaged"
                                               : "is NOT that of its acquisition";
    checks.push_back({"acquired", matches, fmt::format("{}: {} {}", check.exhibit_name, check.algorithm, says)});
  }
}

// Reads what was released again and compares its SHA-256; and images that hold hashes of themselves.
Result<> check_exhibits(const VerifyFlags& options, std::vector<VerifyCheck>& checks) {
  const auto run = record::RunReader::open(options.directory);
  if (!run) return run.error();
  if (run->exhibits().size() != options.exhibits.size()) {
    return Error{ErrorKind::usage,
                 fmt::format("the run has {} exhibits, not {}", run->exhibits().size(), options.exhibits.size()),
                 options.directory, "give every exhibit once, in the order of the run"};
  }
  const auto released = released_items(*run);
  if (!released) return released.error();
  const auto result = rehash_released(options.exhibits, released->items);
  if (!result) return result.error();
  // What no pseudonym hides and is not there is missing: this is not the exhibit, or it was changed.
  const bool missing = result->not_located > released->with_pseudonym;
  VerifyCheck check{"exhibits", result->failed.empty() && !missing,
                    fmt::format("{} released items read again and found the same", grouped(result->checked))};
  if (missing) {
    check.detail += fmt::format("; {} are not there", grouped(result->not_located - released->with_pseudonym));
  } else if (result->not_located > 0) {
    check.detail += fmt::format("; {} cannot be located without the ledger", grouped(result->not_located));
  }
  for (const std::string& locator : result->failed) check.detail += "; differs: " + printable(locator);
  checks.push_back(std::move(check));
  add_acquisitions(result->acquisitions, checks);
  return {};
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

Exit verify(const VerifyFlags& options) {
  auto report = record::verify_run(options.directory, {options.key, options.signer});
  if (!report) return fail(report.error());
  const bool whole = report->holds();
  if (!options.exhibits.empty() && whole) {
    if (const auto checked = check_exhibits(options, report->checks); !checked) return fail(checked.error());
  }
  print_report(*report, options.json);
  if (report->holds()) return Exit::complete;
  if (whole) {
    return fail({ErrorKind::evidence,
                 "what was released does not stand in these exhibits, or an image is not as it was acquired",
                 options.directory,
                 "give the exhibits of the run, each after its own --exhibit, in the order of the run"});
  }
  return fail({ErrorKind::tampered, "the run directory does not verify", options.directory,
               "do not rely on it; fetch it again from whoever signed it"});
}

}  // namespace

Action add_verify(Arguments arguments) {
  const auto options = std::make_shared<VerifyFlags>();
  arguments.add_option("DIR", options->directory, "Run directory").required();
  arguments.add_option("--key", options->key, "The case key that must have signed").type_name("FILE");
  arguments.add_option("--signer", options->signer, "The public key that must have signed, as the examiner gave it out")
      .type_name("HEX");
  arguments
      .add_option("--exhibit", options->exhibits,
                  "The exhibits in their order: released items and hashes of acquisition")
      .type_name("PATH");
  arguments.add_flag("--json", options->json, "As JSON");
  return [options](const Words&) { return verify(*options); };
}

}  // namespace ambit::cli
