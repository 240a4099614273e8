// ambit list DIR: the released items, one line each; or the privilege log.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "pipeline/cli/command.h"
#include "pipeline/cli/quantity.h"
#include "pipeline/cli/table.h"
#include "stages/record/item_json.h"
#include "stages/record/run_reader.h"

namespace ambit::cli {
namespace {

struct ListFlags {
  std::string directory;
  record::ItemFilter filter;
  bool json = false;
};

std::string privilege_json(const record::PrivilegeEntry& entry) {
  std::string out = fmt::format(R"({{"id":{})", entry.id);
  const auto text = [&](std::string_view key, std::string_view value) {
    record::append_json_string(out += ',', key);
    record::append_json_string(out += ':', value);
  };
  if (entry.date) text("date", record::utc_text(*entry.date));
  text("kind", entry.kind);
  text("rule", entry.rule);
  text("basis", entry.basis);
  return out + "}";
}

// The privilege log has rows without a locator: what is privileged is not released, only that it exists.
Exit list_privileged(const record::RunReader& run, bool json) {
  const auto log = run.privilege_log();
  if (!log) return fail(log.error());
  for (const auto& row : *log) {
    if (json) write_out(privilege_json(row) + "\n");
  }
  if (json) return Exit::complete;
  Table table({{"id", Align::right}, {"date"}, {"kind"}, {"rule"}, {"basis"}});
  for (const auto& row : *log) {
    table.add({std::to_string(row.id), row.date ? record::utc_text(*row.date) : "", row.kind, row.rule, row.basis});
  }
  write_out(table.text());
  return Exit::complete;
}

// Columns of fixed width, since the items are streamed; the locator stands last and is never cut.
std::string line_of(const record::RunReader& run, const record::IndexItem& item) {
  const record::RuleRow* const rule = run.rule(item.rule);
  std::string names;
  for (const std::string& name : run.identifiers_of(item)) names += (names.empty() ? "" : ",") + name;
  const std::string others = item.links.empty()       ? ""
                             : item.links.size() == 1 ? "  and 1 other path"
                                                      : fmt::format("  and {} other paths", item.links.size());
  return fmt::format("{:>7}  {:<11}  {:<8}  {:<10}  {:>10}  {:<8}  {}{}  [{}]\n", item.id,
                     run.word("disposition", item.disposition), run.word("state", item.state),
                     run.word("kind", item.kind), bytes_text(item.size), rule == nullptr ? "-" : rule->name,
                     item.locator, others, names);
}

Exit list(const ListFlags& options) {
  const auto run = record::RunReader::open(options.directory);
  if (!run) return fail(run.error());
  if (options.filter.disposition == to_string(Disposition::privileged)) return list_privileged(*run, options.json);
  if (!options.json) {
    write_out(fmt::format("{:>7}  {:<11}  {:<8}  {:<10}  {:>10}  {:<8}  {}\n", "id", "disposition", "state", "kind",
                          "size", "rule", "locator  [identifiers]"));
  }
  std::uint64_t shown = 0;
  const auto visited = run->items(options.filter, [&](const record::IndexItem& item) {
    ++shown;
    write_out(options.json ? item_json(*run, item, record::ItemDetail::summary) + "\n" : line_of(*run, item));
    return !output_broken();
  });
  if (!visited) return fail(visited.error());
  if (shown == 0 && !options.json) {
    write_out(fmt::format("No released item. `ambit census {}` counts what was not released.\n",
                          shell_quoted(options.directory)));
  }
  return Exit::complete;
}

}  // namespace

Action add_list(Arguments arguments) {
  const auto options = std::make_shared<ListFlags>();
  arguments.add_option("DIR", options->directory, "Run directory").required();
  arguments.add_option("--disposition", options->filter.disposition,
                       "Only these: disclose, redact; privileged shows that log");
  arguments.add_option("--identifier", options->filter.identifier, "Only items hit by this identifier or dotted group");
  arguments.add_flag("--json", options->json, "One JSON object a line");
  return [options](const Words&) { return list(*options); };
}

}  // namespace ambit::cli
