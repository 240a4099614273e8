// Comma-separated values as in RFC 4180: a header, CR LF, quotes doubled.
//
//   extents   view:start+length, parted by "; ", with @offset where the bytes stand straight in the exhibit
//   hits      a number; where they are is in the jsonl export
//   links     locators of the other paths of the same file, parted by "; "
//   places    start+length@offset, parted by "; ": the straight pieces of extents that are not straight
//
// No byte order mark: Excel is told UTF-8 in its import dialogue, and everything else would stumble on it.
#include <algorithm>
#include <array>

#include "stages/record/export.h"
#include "stages/record/item_json.h"

namespace ambit::record {
namespace {

constexpr std::string_view kHeader =
    "id,exhibit,locator,state,kind,size,sha256,modified,disposition,paragraph,rule,identifiers,hits,extents,"
    "duplicate_of,inode,links,places\r\n";

std::string extents_text(const RunReader& run, const IndexItem& item) {
  std::string out;
  for (const IndexExtent& extent : item.extents) {
    if (!out.empty()) out += "; ";
    out.append(run.word("view", extent.view)).append(":");
    out += std::to_string(extent.start) + "+" + std::to_string(extent.length);
    if (extent.exhibit_offset) out += "@" + std::to_string(*extent.exhibit_offset);
  }
  return out;
}

std::string places_text(const IndexItem& item) {
  std::string out;
  for (const IndexPlace& place : item.places) {
    if (!out.empty()) out += "; ";
    out +=
        std::to_string(place.start) + "+" + std::to_string(place.length) + "@" + std::to_string(place.exhibit_offset);
  }
  return out;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : "; ") + text;
  return out;
}

// The last four are the full-width forms, which some spreadsheets take for the ASCII ones.
bool runs_as_formula(std::string_view text) {
  static constexpr std::array<std::string_view, 11> kStarts = {"=",  "+",      "-",      "@",      "\t",    "\r",
                                                               "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"};
  return std::any_of(kStarts.begin(), kStarts.end(), [&](std::string_view start) { return text.starts_with(start); });
}

}  // namespace

std::string csv_cell(std::string_view text) {
  std::string cell(runs_as_formula(text) ? "'" : "");
  cell += text;
  // Beyond what the format asks for, other separators too: a program that splits at them must not find a new cell.
  if (cell.find_first_of(",;|\t\"\r\n") == std::string::npos) return cell;
  std::string out = "\"";
  for (const char c : cell) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

Result<> export_csv(const RunReader& run, const Write& write) {
  if (!write(kHeader)) return Ok{};
  return run.items({}, [&](const IndexItem& item) {
    const RuleRow* const rule = run.rule(item.rule);
    const std::array<std::string, 18> cells = {
        std::to_string(item.id),
        std::string(run.exhibit_name(item.exhibit)),
        item.locator,
        std::string(run.word("state", item.state)),
        std::string(run.word("kind", item.kind)),
        std::to_string(item.size),
        item.sha256 ? to_hex(*item.sha256) : "",
        item.modified ? utc_text(*item.modified) : "",
        std::string(run.word("disposition", item.disposition)),
        rule == nullptr ? "" : rule->paragraph,
        rule == nullptr ? "" : rule->name,
        joined(run.identifiers_of(item)),
        std::to_string(item.hits.size()),
        extents_text(run, item),
        item.duplicate_of ? std::to_string(*item.duplicate_of) : "",
        item.inode ? std::to_string(*item.inode) : "",
        joined(item.links),
        places_text(item),
    };
    std::string row;
    for (const std::string& cell : cells) row += (row.empty() ? "" : ",") + csv_cell(cell);
    return write(row + "\r\n");
  });
}

}  // namespace ambit::record
