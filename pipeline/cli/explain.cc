// ambit explain DIR ITEM: why one item was released, down to the bytes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "pipeline/cli/command.h"
#include "pipeline/cli/quantity.h"
#include "pipeline/cli/table.h"
#include "stages/record/item_json.h"
#include "stages/record/proof.h"
#include "stages/record/run_reader.h"

namespace ambit::cli {
namespace {

struct Options {
  std::string directory, item;
  bool proof = false, json = false;
};

std::string meta(const record::RunReader& run, const std::string& key) {
  const auto at = run.meta().find(key);
  return at == run.meta().end() ? "?" : at->second;
}

void print_item(const record::RunReader& run, const record::IndexItem& item) {
  write_out(fmt::format("Item {}\n  {}\n", item.id, item.locator));
  write_out(fmt::format("  {}, {}, {} bytes\n", run.word("state", item.state), run.word("kind", item.kind),
                        grouped(item.size)));
  if (item.sha256) write_out(fmt::format("  SHA-256  {}\n", record::to_hex(*item.sha256)));
  if (item.modified) write_out(fmt::format("  modified {}\n", record::utc_text(*item.modified)));
  if (item.parent) write_out(fmt::format("  inside item {}\n", *item.parent));
  if (item.duplicate_of)
    write_out(fmt::format("  the same content as item {}, whose fate it shares\n", *item.duplicate_of));
}

void print_reason(const record::RunReader& run, const record::IndexItem& item) {
  write_out(fmt::format("\nDisposition: {}\n", run.word("disposition", item.disposition)));
  const record::RuleRow* const rule = run.rule(item.rule);
  if (rule == nullptr) return;
  write_out(fmt::format("  rule {}: {} -> {}\n", rule->name, rule->expression, rule->decision));
  const record::ParagraphRow* const paragraph = run.paragraph(rule->paragraph);
  write_out(fmt::format("  paragraph {} of order {}: \"{}\"\n", rule->paragraph, meta(run, "order_id"),
                        paragraph == nullptr ? "?" : paragraph->text));
}

void print_hits(const record::RunReader& run, const record::IndexItem& item) {
  if (item.hits.empty()) return;
  Table table({{"identifier"}, {"view"}, {"form"}, {"offset", Align::right}, {"length", Align::right}, {""}});
  for (const record::IndexHit& hit : item.hits) {
    table.add({std::string(run.identifier_name(hit.identifier)), std::string(run.word("view", hit.view)),
               std::string(run.word("form", hit.form)), std::to_string(hit.start), std::to_string(hit.length),
               hit.crossing ? "runs over the object's border" : ""});
  }
  write_out("\nHits\n" + table.text());
}

// Where an extent maps straight into the exhibit, anyone can cut it out and look, without ambit.
void print_extents(const record::RunReader& run, const record::IndexItem& item) {
  if (item.extents.empty()) return;
  Table table({{"view"}, {"start", Align::right}, {"length", Align::right}, {"offset in the exhibit", Align::right}});
  std::string commands;
  for (const record::IndexExtent& extent : item.extents) {
    table.add({std::string(run.word("view", extent.view)), std::to_string(extent.start), std::to_string(extent.length),
               extent.exhibit_offset ? std::to_string(*extent.exhibit_offset) : "-"});
    if (!extent.exhibit_offset) continue;
    commands += fmt::format("  dd if={} bs=1M iflag=skip_bytes,count_bytes skip={} count={} status=none\n",
                            shell_quoted(run.exhibit_name(item.exhibit)), *extent.exhibit_offset, extent.length);
  }
  write_out("\nRelevant extents\n" + table.text());
  if (!commands.empty()) write_out("\nThe same bytes without ambit (give the exhibit's path)\n" + commands);
}

void print_examination(const record::RunReader& run, const record::IndexItem& item) {
  write_out(fmt::format("\nExamined\n"));
  write_out(fmt::format("  sweep: its {} bytes, for {} identifiers in every form they have\n", grouped(item.size),
                        grouped(run.identifiers().size())));
  write_out(fmt::format("  scrutiny: the detectors of private data with SHA-256 {}\n", meta(run, "detectors_sha256")));
  write_out(fmt::format("  by ambit {}, under the order file with SHA-256 {}\n", meta(run, "tool_version"),
                        meta(run, "order_sha256")));
}

void print_proof(const record::IndexProof& proof) {
  write_out(fmt::format("\nProof that the item is in the index (Merkle tree of RFC 9162, lowest sibling first)\n"));
  write_out(fmt::format("  leaf {} of {}\n  leaf hash  {}\n", proof.index, proof.leaves, record::to_hex(proof.leaf)));
  for (const record::Bytes32& hash : proof.path) write_out(fmt::format("  sibling    {}\n", record::to_hex(hash)));
  write_out(
      fmt::format("  index_root {}\n  {}\n", record::to_hex(proof.root), proof.holds ? "verifies" : "DOES NOT VERIFY"));
}

std::string json_of(const record::RunReader& run, const record::IndexItem& item, const record::IndexProof* proof) {
  std::string out = item_json(run, item, record::ItemDetail::full);
  out.pop_back();
  const auto text = [&](std::string_view key, std::string_view value) {
    record::append_json_string(out += ',', key);
    record::append_json_string(out += ':', value);
  };
  if (const record::RuleRow* rule = run.rule(item.rule)) {
    text("expression", rule->expression);
    if (const auto* paragraph = run.paragraph(rule->paragraph)) text("paragraph_text", paragraph->text);
  }
  for (const char* key : {"order_id", "order_sha256", "detectors_sha256", "tool_version"}) text(key, meta(run, key));
  if (proof != nullptr) {
    out +=
        fmt::format(R"(,"proof":{{"index":{},"leaves":{},"leaf":"{}","root":"{}","verifies":{},"path":[)", proof->index,
                    proof->leaves, record::to_hex(proof->leaf), record::to_hex(proof->root), proof->holds);
    const char* comma = "";
    for (const record::Bytes32& hash : proof->path) {
      out += fmt::format("{}\"{}\"", comma, record::to_hex(hash));
      comma = ",";
    }
    out += "]}";
  }
  return out + "}\n";
}

Exit explain(const Options& options) {
  const auto run = record::RunReader::open(options.directory);
  if (!run) return fail(run.error());
  const auto item = run->item(options.item);
  if (!item) return fail(item.error());
  std::optional<record::IndexProof> proof;
  if (options.proof) {
    auto made = record::prove_item(*run, item->id);
    if (!made) return fail(made.error());
    proof = std::move(made).value();
  }
  if (options.json) {
    write_out(json_of(*run, *item, proof ? &*proof : nullptr));
  } else {
    print_item(*run, *item);
    print_reason(*run, *item);
    print_hits(*run, *item);
    print_extents(*run, *item);
    print_examination(*run, *item);
    if (proof) print_proof(*proof);
  }
  return proof && !proof->holds ? Exit::operator_must_act : Exit::complete;
}

}  // namespace

Action add_explain(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("DIR", options->directory, "Run directory")->required();
  app.add_option("ITEM", options->item, "Id or locator of a released item, as `ambit list` shows them")->required();
  app.add_flag("--proof", options->proof, "Prove that the item is in the signed index");
  app.add_flag("--json", options->json, "As one JSON object");
  return [options](const Words&) { return explain(*options); };
}

}  // namespace ambit::cli
