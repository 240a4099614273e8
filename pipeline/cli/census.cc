// ambit census DIR: what the exhibits hold, in counts only.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pipeline/cli/census_table.h"
#include "pipeline/cli/command.h"
#include "pipeline/cli/quantity.h"
#include "pipeline/cli/table.h"
#include "pipeline/disposition.h"
#include "stages/record/run_reader.h"

namespace ambit::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Counts {
  std::vector<record::CensusRow> census;
  std::vector<record::CoverageRow> coverage;
  std::vector<record::ExceptionRow> exceptions;
  std::vector<record::PrivateRow> private_data;
};

Result<Counts> read_counts(const record::RunReader& run) {
  auto census = run.census();
  if (!census) return census.error();
  auto coverage = run.coverage();
  if (!coverage) return coverage.error();
  auto exceptions = run.exceptions();
  if (!exceptions) return exceptions.error();
  auto private_data = run.private_data();
  if (!private_data) return private_data.error();
  return Counts{std::move(census).value(), std::move(coverage).value(), std::move(exceptions).value(),
                std::move(private_data).value()};
}

void print_exhibit(const record::ExhibitRow& exhibit, const Counts& counts) {
  write_out(fmt::format("\nExhibit {} ({}, {} bytes{})\n\n", exhibit.name, exhibit.kind, grouped(exhibit.bytes),
                        exhibit.sha256.empty() ? "" : ", SHA-256 " + exhibit.sha256));
  Table objects({{"disposition"}, {"reason"}, {"kind"}, {"objects", Align::right}, {"bytes", Align::right}});
  std::uint64_t items = 0, bytes = 0;
  for (const auto& row : counts.census) {
    if (row.exhibit != exhibit.id) continue;
    objects.add({row.disposition, row.reason, row.kind, grouped(row.items), grouped(row.bytes)});
    items += row.items;
    bytes += row.bytes;
  }
  objects.rule();
  objects.add({"all", "", "", grouped(items), grouped(bytes)});
  write_out(objects.text());

  Table coverage({{"what became of the bytes"}, {"bytes", Align::right}});
  for (const auto& row : counts.coverage) {
    if (row.exhibit == exhibit.id) coverage.add({row.part, grouped(row.bytes)});
  }
  if (!coverage.empty()) write_out("\n" + coverage.text());

  Table exceptions({{"could not be examined"}, {"objects", Align::right}, {"bytes", Align::right}});
  for (const auto& row : counts.exceptions) {
    if (row.exhibit == exhibit.id) exceptions.add({row.reason, grouped(row.objects), grouped(row.bytes)});
  }
  if (!exceptions.empty()) write_out("\n" + exceptions.text());

  Table values({{"private data"}, {"values", Align::right}});
  for (const auto& row : counts.private_data) {
    if (row.exhibit == exhibit.id) values.add({row.category, row.found ? grouped(*row.found) : "fewer than 10"});
  }
  if (!values.empty()) write_out("\n" + values.text());
}

void print_text(const record::RunReader& run, const Counts& counts) {
  write_out(fmt::format("Order {}, SHA-256 {}\n\n", run.meta("order_id", ""), run.meta("order_sha256", "")));
  write_out(disposition_table(counts.census));
  for (const record::ExhibitRow& exhibit : run.exhibits()) print_exhibit(exhibit, counts);
  Table identifiers({{"identifier"}, {"strength"}, {"objects", Align::right}, {"hits", Align::right}});
  for (const auto& row : run.identifiers()) {
    identifiers.add({row.name, row.strength, grouped(row.objects), grouped(row.hits)});
  }
  write_out("\nIdentifiers of the order, over all objects\n\n" + identifiers.text());
}

Json json_of(const record::RunReader& run, const Counts& counts) {
  Json out = {{"order_id", run.meta("order_id", "")}, {"order_sha256", run.meta("order_sha256", "")}};
  for (const auto& e : run.exhibits()) {
    Json one = {{"name", e.name}, {"kind", e.kind}, {"bytes", e.bytes}};
    if (!e.sha256.empty()) one["sha256"] = e.sha256;
    for (const char* list : {"census", "coverage", "exceptions"}) one[list] = Json::array();
    for (const auto& row : counts.census) {
      if (row.exhibit != e.id) continue;
      one["census"].push_back({{"disposition", row.disposition},
                               {"reason", row.reason},
                               {"kind", row.kind},
                               {"items", row.items},
                               {"bytes", row.bytes}});
    }
    for (const auto& row : counts.coverage) {
      if (row.exhibit == e.id) one["coverage"].push_back({{"part", row.part}, {"bytes", row.bytes}});
    }
    for (const auto& row : counts.exceptions) {
      if (row.exhibit != e.id) continue;
      one["exceptions"].push_back({{"reason", row.reason}, {"objects", row.objects}, {"bytes", row.bytes}});
    }
    for (const auto& row : counts.private_data) {
      if (row.exhibit == e.id) one["private_data"][row.category] = row.found ? Json(*row.found) : Json(nullptr);
    }
    out["exhibits"].push_back(std::move(one));
  }
  for (const auto& row : run.identifiers()) {
    out["identifiers"].push_back(
        {{"name", row.name}, {"strength", row.strength}, {"objects", row.objects}, {"hits", row.hits}});
  }
  return out;
}

Exit census(const std::string& directory, bool json) {
  const auto run = record::RunReader::open(directory);
  if (!run) return fail(run.error());
  const auto counts = read_counts(*run);
  if (!counts) return fail(counts.error());
  if (json) {
    write_out(fmt::format("{}\n", json_of(*run, *counts).dump(2, ' ', false, Json::error_handler_t::replace)));
  } else {
    print_text(*run, *counts);
  }
  return Exit::complete;
}

}  // namespace

std::string disposition_table(const std::vector<record::CensusRow>& census) {
  struct Sum {
    std::string disposition;
    std::uint64_t items = 0, bytes = 0;
  };
  std::vector<Sum> sums;
  for (const std::string_view name : kDispositionNames) sums.push_back({std::string(name)});
  Sum all{"all"};
  for (const auto& row : census) {
    for (Sum& sum : sums) {
      if (sum.disposition != row.disposition) continue;
      sum.items += row.items;
      sum.bytes += row.bytes;
    }
    all.items += row.items;
    all.bytes += row.bytes;
  }
  Table table({{"disposition"}, {"objects", Align::right}, {"bytes", Align::right}});
  for (const Sum& sum : sums) {
    if (sum.items > 0) table.add({sum.disposition, grouped(sum.items), grouped(sum.bytes)});
  }
  table.rule();
  table.add({all.disposition, grouped(all.items), grouped(all.bytes)});
  return table.text();
}

Action add_census(Arguments arguments) {
  struct Options {
    std::string directory;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  arguments.add_option("DIR", options->directory, "Run directory").required();
  arguments.add_flag("--json", options->json, "As JSON");
  return [options](const Words&) { return census(options->directory, options->json); };
}

}  // namespace ambit::cli
