// The audit of a run: everything a party may read of it, read again by a detector of another make (stages/audit).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/result.h"
#include "pipeline/scope.h"

namespace ambit {

struct AuditOptions {
  std::string directory;
  std::string order;                  // the run's order file; empty: what the index tells of the order, and nothing
                                      // that is packed is looked at
  std::vector<std::string> exhibits;  // in the order of the run; empty: their bytes are not read
};

// A kind of third parties' values that stands where parties read.
struct AuditFinding {
  static constexpr std::size_t kMostItems = 100;  // named; enough to see what went wrong
  std::string kind;                               // "payment-card"
  std::string place;                              // "item_row.locator", "run.json", "extents", "packed"
  std::uint64_t values = 0;
  std::vector<std::uint64_t> items;  // ids of released items in which they stand, ascending; the first kMostItems
};

struct AuditReport {
  std::vector<AuditFinding> findings;  // by kind and place; empty: nothing was found
  std::uint64_t texts = 0, text_bytes = 0;
  std::uint64_t items = 0, extent_bytes = 0;  // read again from the exhibits
  std::uint64_t packed_bytes = 0;             // taken out of items that are released whole
  std::uint64_t hidden = 0;                   // items that only the ledger can locate: their names hold a pseudonym
  std::uint64_t unread = 0;                   // items that are not there, or could not be read to the end of an extent
  [[nodiscard]] bool holds() const { return findings.empty() && unread == 0; }
};

// Error: io, tampered, where the directory is no finished run or cannot be read; order, for an order file with
// mistakes; usage, where order or exhibits are not those of the run.
[[nodiscard]] Result<AuditReport> audit_run(const AuditOptions& options);

// A relevance index alone, as soon as it is written. `where` names the run directory in errors. Error: io, tampered.
[[nodiscard]] Result<AuditReport> audit_index(const std::string& file, const std::string& where, const Scope& scope);
// Nothing where the report holds; else an Error that says what stands where, fit to end the run with.
[[nodiscard]] Result<> audit_verdict(const AuditReport& report, const std::string& where);

}  // namespace ambit
