// Export: the released items in a format that other people's programs read. One file per format, one row in the
// list; nothing is exported that does not stand in relevance.db.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "pipeline/result.h"
#include "stages/record/run_reader.h"

namespace ambit::record {

// Takes the next piece of the output; false once it takes no more (a closed pipe, a full disk).
using Write = std::function<bool(std::string_view)>;

struct ExportFormat {
  std::string_view name;
  std::string_view help;
  Result<> (*write)(const RunReader&, const Write&);
};

[[nodiscard]] std::span<const ExportFormat> export_formats();

[[nodiscard]] Result<> export_csv(const RunReader& run, const Write& write);
[[nodiscard]] Result<> export_jsonl(const RunReader& run, const Write& write);

// One cell of RFC 4180, quoted where needed. A cell that a spreadsheet would run as a formula gets an apostrophe
// before it, which spreadsheets show as text: a file's name is chosen by whoever owned the server.
[[nodiscard]] std::string csv_cell(std::string_view text);

}  // namespace ambit::record
