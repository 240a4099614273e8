// RunReader: a finished run directory, as every command that reads one sees it.
//
// The dictionaries (exhibits, rules, identifiers, words) are read once at the door; items are streamed, since there
// may be more of them than fit in memory. Nothing here checks that the directory is unchanged: that is verify.h.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/result.h"
#include "stages/record/commitment.h"
#include "stages/record/query.h"

namespace ambit::record {

// Rows as they stand in relevance.db; sizes in bytes.
struct ExhibitRow {
  std::uint32_t id = 0;
  std::string name, kind;
  std::uint64_t bytes = 0;
  std::string sha256;  // hex; empty: not asked for
};
struct ParagraphRow {
  std::string id, text;
};
struct IdentifierRow {
  std::uint32_t id = 0;
  std::string name, strength;
  std::uint64_t objects = 0, hits = 0;
};
struct RuleRow {
  std::uint32_t id = 0;
  std::string name, paragraph, expression, decision;
};
struct CensusRow {
  std::uint32_t exhibit = 0;
  std::string disposition, reason, kind;
  std::uint64_t items = 0, bytes = 0;
};
struct CoverageRow {
  std::uint32_t exhibit = 0;
  std::string part;
  std::uint64_t bytes = 0;
};
struct ExceptionRow {
  std::uint32_t exhibit = 0;
  std::string reason;
  std::uint64_t objects = 0, bytes = 0;
};
struct PrivateRow {
  std::uint32_t exhibit = 0;
  std::string category;
  std::optional<std::uint64_t> found;  // values; none: fewer than are told
};
struct PrivilegeEntry {
  std::uint64_t id = 0;
  std::optional<std::int64_t> date;  // seconds since 1970, UTC
  std::string kind, basis, rule;
};

struct ItemFilter {
  std::string disposition;  // empty: all
  std::string identifier;   // a name, or a dotted group that stands for all below it; empty: all
};

class RunReader {
 public:
  // Error: io, when the directory is no finished run or was written by another version; tampered.
  [[nodiscard]] static Result<RunReader> open(const std::string& directory);

  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] const std::map<std::string, std::string>& meta() const { return meta_; }
  // The value of the key; `otherwise` if it has none.
  [[nodiscard]] std::string meta(const std::string& key, std::string otherwise) const {
    const auto at = meta_.find(key);
    return at == meta_.end() ? std::move(otherwise) : at->second;
  }
  [[nodiscard]] const std::vector<ExhibitRow>& exhibits() const { return exhibits_; }
  [[nodiscard]] const std::vector<ParagraphRow>& paragraphs() const { return paragraphs_; }
  [[nodiscard]] const std::vector<IdentifierRow>& identifiers() const { return identifiers_; }
  [[nodiscard]] const std::vector<RuleRow>& rules() const { return rules_; }

  // The names behind numbers; "?" where the file does not say.
  [[nodiscard]] std::string_view word(std::string_view topic, std::uint64_t number) const;
  [[nodiscard]] std::string_view exhibit_name(std::uint32_t id) const;
  [[nodiscard]] std::string_view exhibit_kind(std::uint32_t id) const;
  [[nodiscard]] std::string_view identifier_name(std::uint32_t id) const;
  [[nodiscard]] const RuleRow* rule(std::optional<std::uint32_t> id) const;  // null: none
  [[nodiscard]] const ParagraphRow* paragraph(std::string_view id) const;
  // Names of the identifiers that hit the item, each once, in the order of the order file.
  [[nodiscard]] std::vector<std::string> identifiers_of(const IndexItem& item) const;

  [[nodiscard]] Result<std::vector<CensusRow>> census() const;
  [[nodiscard]] Result<std::vector<CoverageRow>> coverage() const;
  [[nodiscard]] Result<std::vector<PrivateRow>> private_data() const;
  [[nodiscard]] Result<std::vector<ExceptionRow>> exceptions() const;
  [[nodiscard]] Result<std::vector<PrivilegeEntry>> privilege_log() const;

  // Every item that passes the filter, in the order of locators, until `visit` returns false. A duplicate has the
  // hits and extents of its original (but for their places in the exhibit, where only the original stands).
  // Error: usage, when the filter names what the run does not know.
  using Visit = std::function<bool(const IndexItem&)>;
  [[nodiscard]] Result<> items(const ItemFilter& filter, const Visit& visit) const;
  // One item by its id or by the text of its locator or of another of its paths, likewise. Error: usage, when there is
  // none.
  [[nodiscard]] Result<IndexItem> item(const std::string& id_or_locator) const;
  // Every item as it is recorded, a duplicate without hits and extents: the leaves of the index tree, in order.
  [[nodiscard]] Result<> leaves(const Visit& visit) const;

  // SQLite's own check of the file's structure. Error: tampered.
  [[nodiscard]] Result<> check_integrity() const;

 private:
  RunReader() = default;
  [[nodiscard]] Result<> read_version() const;
  [[nodiscard]] Result<> read_dictionaries();
  [[nodiscard]] Result<std::int64_t> disposition_number(const std::string& name) const;
  enum class Duplicates { as_recorded, as_original };
  [[nodiscard]] Result<> visit_rows(Query& rows, Duplicates duplicates, const Visit& visit) const;
  [[nodiscard]] Result<> known_identifier(const std::string& name) const;
  template <class Row>
  [[nodiscard]] Result<std::vector<Row>> collect(const char* sql, Row (*make)(const RunReader&, const Query&)) const;

  std::string directory_;
  ReadOnlyDatabase database_;
  std::map<std::string, std::string> meta_;
  std::map<std::string, std::map<std::uint64_t, std::string>, std::less<>> words_;  // by topic, by number
  std::vector<ExhibitRow> exhibits_;                                                // by id
  std::vector<ParagraphRow> paragraphs_;                                            // by id
  std::vector<IdentifierRow> identifiers_;
  std::vector<RuleRow> rules_;
};

}  // namespace ambit::record
