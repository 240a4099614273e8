// ambit check ORDER: every mistake at once, or what each identifier will cost.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pipeline/cli/command.h"
#include "pipeline/cli/problems.h"
#include "pipeline/cli/quantity.h"
#include "pipeline/cli/table.h"
#include "pipeline/locator.h"
#include "pipeline/order_keys.h"
#include "pipeline/triage.h"

namespace ambit::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CheckFlags {
  std::string order;
  bool keys = false, json = false;
};

Exit print_keys() {
  std::string_view table;
  for (const OrderKey& key : order_keys()) {
    if (key.table != table) write_out(fmt::format("{}[{}]\n", table.empty() ? "" : "\n", key.table));
    table = key.table;
    write_out(
        fmt::format("  {:<16} {:<28} default: {}\n  {:<16} {}\n", key.name, key.type, key.fallback, "", key.help));
  }
  return Exit::complete;
}

void print_report(const CheckReport& report) {
  Table table({{"identifier"}, {"strength"}, {"patterns", Align::right}, {"ns/byte", Align::right}, {"forms"}});
  for (const IdentifierCost& cost : report.identifiers) {
    table.add({cost.name, cost.strength, grouped(cost.patterns), fmt::format("{:.3f}", cost.ns_per_byte),
               fmt::to_string(fmt::join(cost.forms, " "))});
  }
  write_out(table.text());
  write_out(fmt::format(
      "\n  {} paragraphs, {} rules, {} identifiers as {} patterns; the database takes {} and {:.1f} s to compile\n",
      report.paragraphs, report.rules, grouped(report.identifiers.size()), grouped(report.patterns),
      bytes_text(report.database_bytes), report.compile_seconds));
  write_out(fmt::format("  all together: {} on one core of this machine\n", rate_text(report.bytes_per_second)));
}

Json json_of(const CheckReport& report) {
  Json out = {{"problems", Json::array()}};
  for (const OrderProblem& p : report.problems) {
    out["problems"].push_back({{"line", p.line}, {"column", p.column}, {"what", p.what}, {"remedy", p.remedy}});
  }
  if (!report.problems.empty()) return out;
  for (const IdentifierCost& cost : report.identifiers) {
    out["identifiers"].push_back({{"name", cost.name},
                                  {"strength", cost.strength},
                                  {"forms", cost.forms},
                                  {"patterns", cost.patterns},
                                  {"ns_per_byte", cost.ns_per_byte}});
  }
  out["patterns"] = report.patterns;
  out["database_bytes"] = report.database_bytes;
  out["rules"] = report.rules;
  out["paragraphs"] = report.paragraphs;
  out["compile_seconds"] = report.compile_seconds;
  out["bytes_per_second"] = report.bytes_per_second;
  return out;
}

Exit check_order_file(const CheckFlags& options) {
  if (options.keys) return print_keys();
  if (options.order.empty()) {
    return fail({ErrorKind::usage, "which order file?", "", "ambit check ORDER, or ambit check --keys"});
  }
  const CheckReport report = check_order(options.order);
  if (options.json) {
    write_out(fmt::format("{}\n", json_of(report).dump(2, ' ', false, Json::error_handler_t::replace)));
  } else if (report.problems.empty()) {
    print_report(report);
  } else {
    write_err(problems_text(options.order, report.problems));
  }
  return report.problems.empty() ? Exit::complete : Exit::operator_must_act;
}

}  // namespace

std::string problems_text(const std::string& order, const std::vector<OrderProblem>& problems) {
  std::string out;
  for (const OrderProblem& problem : problems) {
    out += printable(order);
    if (problem.line > 0) out += fmt::format(":{}:{}", problem.line, problem.column);
    out += ": " + printable(problem.what) + "\n";
    if (!problem.remedy.empty()) out += "  remedy: " + printable(problem.remedy) + "\n";
  }
  return out + fmt::format("{} mistake{} in the order; nothing was written\n", problems.size(),
                           problems.size() == 1 ? "" : "s");
}

Action add_check(Arguments arguments) {
  const auto options = std::make_shared<CheckFlags>();
  arguments.add_option("ORDER", options->order, "Order file (TOML)");
  arguments.add_flag("--keys", options->keys, "Print every key that an order file may have");
  arguments.add_flag("--json", options->json, "As JSON");
  return [options](const Words&) { return check_order_file(*options); };
}

}  // namespace ambit::cli
