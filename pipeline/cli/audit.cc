// ambit audit DIR: reads again what a run lets parties read, with a detector of another make, and says whether private
// data of third parties stands in it: what kind and in which item, never the value.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "pipeline/cli/command.h"
#include "pipeline/cli/quantity.h"
#include "pipeline/run_audit.h"

namespace ambit::cli {
namespace {

using Json = nlohmann::ordered_json;

struct AuditFlags {
  AuditOptions audit;
  bool json = false;
};

Json as_json(const AuditReport& report) {
  Json findings = Json::array();
  for (const AuditFinding& finding : report.findings) {
    findings.push_back(
        {{"kind", finding.kind}, {"place", finding.place}, {"values", finding.values}, {"items", finding.items}});
  }
  return {{"holds", report.holds()},         {"findings", findings},    {"texts", report.texts},
          {"text_bytes", report.text_bytes}, {"items", report.items},   {"extent_bytes", report.extent_bytes},
          {"hidden", report.hidden},         {"unread", report.unread}, {"packed_bytes", report.packed_bytes}};
}

std::string items_of(const AuditFinding& finding) {
  constexpr std::size_t kMostShown = 10;
  std::string out;
  for (std::size_t i = 0; i < finding.items.size() && i < kMostShown; ++i) {
    out += (i == 0 ? "; items " : ", ") + std::to_string(finding.items[i]);
  }
  return finding.items.size() > kMostShown ? out + " …" : out;
}

void print(const AuditReport& report, bool exhibits) {
  for (const AuditFinding& finding : report.findings) {
    write_out(fmt::format("FAIL  {:<16} {} in {}{}\n", finding.kind, grouped(finding.values), finding.place,
                          items_of(finding)));
  }
  if (report.unread > 0) {
    write_out(fmt::format("FAIL  {} released items are not there or cannot be read\n", grouped(report.unread)));
  }
  const std::string_view word = report.holds() ? "ok    " : "      ";
  write_out(fmt::format("{}{} texts of the index and the run, {} bytes\n", word, grouped(report.texts),
                        grouped(report.text_bytes)));
  if (!exhibits) return;
  write_out(fmt::format("{}{} released items, {} bytes of their extents\n", word, grouped(report.items),
                        grouped(report.extent_bytes)));
  if (report.packed_bytes > 0) {
    write_out(fmt::format("{}{} bytes that are packed in them\n", word, grouped(report.packed_bytes)));
  }
  if (report.hidden > 0) {
    write_out(fmt::format("      {} items cannot be located without the ledger: their names hold pseudonyms\n",
                          grouped(report.hidden)));
  }
}

Exit audit(const AuditFlags& options) {
  const Result<AuditReport> report = audit_run(options.audit);
  if (!report.ok()) return fail(report.error());
  if (options.json) {
    write_out(as_json(*report).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  } else {
    print(*report, !options.audit.exhibits.empty());
  }
  const Result<> verdict = audit_verdict(*report, options.audit.directory);
  return verdict.ok() ? Exit::complete : fail(verdict.error());
}

}  // namespace

Action add_audit(Arguments arguments) {
  const auto options = std::make_shared<AuditFlags>();
  arguments.add_option("DIR", options->audit.directory, "Run directory").required();
  arguments
      .add_option("--order", options->audit.order,
                  "The order: what it names is not a third party's. Without it, what the index tells of the order")
      .type_name("FILE");
  arguments.add_option("--exhibit", options->audit.exhibits, "The exhibits in their order: the released bytes too")
      .type_name("PATH");
  arguments.add_flag("--json", options->json, "As JSON");
  return [options](const Words&) { return audit(*options); };
}

}  // namespace ambit::cli
