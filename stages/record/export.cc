#include "stages/record/export.h"

#include <array>

namespace ambit::record {

std::span<const ExportFormat> export_formats() {
  static constexpr std::array kFormats = {
      ExportFormat{"csv", "one row per item, for a spreadsheet (RFC 4180)", export_csv},
      ExportFormat{"jsonl", "one JSON object per item, with its hits and extents", export_jsonl},
  };
  return kFormats;
}

}  // namespace ambit::record
