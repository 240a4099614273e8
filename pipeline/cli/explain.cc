// ambit explain DIR ITEM: why one item was released, down to the bytes.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/cli/command.h"
#include "pipeline/cli/cut.h"
#include "pipeline/cli/quantity.h"
#include "pipeline/cli/table.h"
#include "pipeline/facts.h"
#include "stages/record/item_json.h"
#include "stages/record/proof.h"
#include "stages/record/run_reader.h"

namespace ambit::cli {
namespace {

struct ExplainFlags {
  std::string directory, item;
  bool proof = false, json = false;
};

void print_item(const record::RunReader& run, const record::IndexItem& item) {
  write_out(fmt::format("Item {}\n  {}\n", item.id, item.locator));
  for (const std::string& link : item.links) write_out("  also at  " + link + "\n");
  write_out(fmt::format("  {}, {}, {} bytes\n", run.word("state", item.state), run.word("kind", item.kind),
                        grouped(item.size)));
  if (item.sha256) write_out(fmt::format("  SHA-256  {}\n", record::to_hex(*item.sha256)));
  if (item.inode) write_out(fmt::format("  inode    {}\n", *item.inode));
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
  write_out(fmt::format("  paragraph {} of order {}: \"{}\"\n", rule->paragraph, run.meta("order_id", "?"),
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

// A part of an extent; without an offset it is zeros that stand nowhere.
struct Piece {
  std::uint64_t start = 0, length = 0;
  std::optional<std::uint64_t> exhibit_offset;
};

// The extent from end to end; empty where nobody can say where its bytes stand.
std::vector<Piece> pieces_of(const record::IndexItem& item, const record::IndexExtent& extent) {
  if (extent.exhibit_offset) return {{extent.start, extent.length, extent.exhibit_offset}};
  std::vector<Piece> out;
  if (extent.view != static_cast<std::uint8_t>(View::raw)) return out;
  const std::uint64_t end = extent.start + extent.length;
  std::uint64_t at = extent.start;
  for (const record::IndexPlace& place : item.places) {
    if (place.start < at || place.start >= end || place.length > end - place.start) continue;
    if (place.start > at) out.push_back({at, place.start - at, std::nullopt});
    out.push_back({place.start, place.length, place.exhibit_offset});
    at = place.start + place.length;
  }
  if (!out.empty() && at < end) out.push_back({at, end - at, std::nullopt});
  return out;
}

std::string where_text(const std::vector<Piece>& pieces) {
  if (pieces.empty()) return "-";
  if (pieces.size() > 1) return fmt::format("{} pieces", pieces.size());
  return std::to_string(*pieces.front().exhibit_offset);
}

std::string commands_of(const Cut& cut, const std::vector<Piece>& pieces, const std::string& file) {
  if (pieces.size() == 1) { return "  " + cut.bytes(*pieces.front().exhibit_offset, pieces.front().length) + "\n"; }
  std::string out = "  {\n";
  for (const Piece& piece : pieces) {
    out += "    " + (piece.exhibit_offset ? cut.bytes(*piece.exhibit_offset, piece.length) : Cut::zeros(piece.length));
    out += "\n";
  }
  return out + "  } > " + file + "\n";
}

// Where the bytes of an extent stand in the exhibit, anyone can cut them out and look, without ambit.
void print_extents(const record::RunReader& run, const record::IndexItem& item) {
  if (item.extents.empty()) return;
  const Cut cut(run.exhibit_name(item.exhibit), run.exhibit_kind(item.exhibit));
  Table extents({{"view"}, {"start", Align::right}, {"length", Align::right}, {"offset in the exhibit", Align::right}});
  Table parts({{"extent", Align::right}, {"start", Align::right}, {"length", Align::right}, {"offset in the exhibit"}});
  std::string commands;
  std::size_t number = 0;
  for (const record::IndexExtent& extent : item.extents) {
    const std::vector<Piece> pieces = pieces_of(item, extent);
    extents.add({std::string(run.word("view", extent.view)), std::to_string(extent.start),
                 std::to_string(extent.length), where_text(pieces)});
    ++number;
    if (pieces.empty()) continue;
    commands += commands_of(cut, pieces, fmt::format("item-{}-extent-{}.bin", item.id, number));
    if (pieces.size() == 1) continue;
    for (const Piece& piece : pieces) {
      parts.add({std::to_string(number), std::to_string(piece.start), std::to_string(piece.length),
                 piece.exhibit_offset ? std::to_string(*piece.exhibit_offset) : "none: zeros"});
    }
  }
  write_out("\nRelevant extents\n" + extents.text());
  if (!parts.empty()) write_out("\nPieces of extents, in the order of the file\n" + parts.text());
  if (commands.empty()) return;
  write_out("\nThe same bytes without ambit (give the exhibit's path)\n");
  if (!cut.unpacking().empty()) {
    write_out("  The offsets count bytes of the image as it unpacks. Unpack it once:\n  " + cut.unpacking() + "\n");
  }
  write_out(commands);
}

void print_examination(const record::RunReader& run, const record::IndexItem& item) {
  write_out(fmt::format("\nExamined\n"));
  write_out(fmt::format("  sweep: its {} bytes, for {} identifiers in every form they have\n", grouped(item.size),
                        grouped(run.identifiers().size())));
  write_out(
      fmt::format("  scrutiny: the detectors of private data with SHA-256 {}\n", run.meta("detectors_sha256", "?")));
  write_out(fmt::format("  by ambit {}, under the order file with SHA-256 {}\n", run.meta("tool_version", "?"),
                        run.meta("order_sha256", "?")));
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
  for (const char* key : {"order_id", "order_sha256", "detectors_sha256", "tool_version"})
    text(key, run.meta(key, "?"));
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

Exit explain(const ExplainFlags& options) {
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

Action add_explain(Arguments arguments) {
  const auto options = std::make_shared<ExplainFlags>();
  arguments.add_option("DIR", options->directory, "Run directory").required();
  arguments.add_option("ITEM", options->item, "Id or locator of a released item, as `ambit list` shows them")
      .required();
  arguments.add_flag("--proof", options->proof, "Prove that the item is in the signed index");
  arguments.add_flag("--json", options->json, "As one JSON object");
  return [options](const Words&) { return explain(*options); };
}

}  // namespace ambit::cli
