#include "stages/record/run_reader.h"

#include <algorithm>
#include <filesystem>

#include "stages/record/schema.h"

namespace ambit::record {
namespace {

constexpr const char* kNoRun = "only `ambit triage` makes one; a run that was broken off has no checkpoint.txt";

std::uint32_t small(std::uint64_t number) { return static_cast<std::uint32_t>(number); }
std::uint8_t tiny(std::uint64_t number) { return static_cast<std::uint8_t>(number); }

std::string hex_of(const std::string& blob) {
  return to_hex({reinterpret_cast<const std::uint8_t*>(blob.data()), blob.size()});
}

std::optional<Bytes32> digest_of(const std::string& blob) {
  Bytes32 digest{};
  if (blob.size() != digest.size()) return std::nullopt;
  std::copy(blob.begin(), blob.end(), digest.begin());
  return digest;
}

constexpr const char* kItemSelect =
    "SELECT id, exhibit, parent, locator, state, kind, size, sha256, modified, disposition, rule, duplicate_of, "
    "inode FROM item ";

IndexItem item_of(const Query& row) {
  IndexItem item;
  item.id = row.number(0);
  item.exhibit = small(row.number(1));
  item.parent = row.maybe_number(2);
  item.locator = row.text(3);
  item.state = tiny(row.number(4));
  item.kind = tiny(row.number(5));
  item.size = row.number(6);
  item.sha256 = digest_of(row.text(7));
  if (!row.null(8)) item.modified = row.signed_number(8);
  item.disposition = tiny(row.number(9));
  if (!row.null(10)) item.rule = small(row.number(10));
  item.duplicate_of = row.maybe_number(11);
  item.inode = row.maybe_number(12);
  return item;
}

// The rows under an item; prepared once for a whole listing.
class Details {
 public:
  Details(sqlite3* database, const std::string& where)
      : links_(database, "SELECT locator FROM link WHERE item = ?1", where),
        extents_(database, "SELECT view, start, length, exhibit_offset FROM extent WHERE item = ?1", where),
        places_(database, "SELECT start, length, exhibit_offset FROM place WHERE item = ?1", where),
        hits_(database, "SELECT start, identifier, view, form, length, crossing FROM hit WHERE item = ?1", where) {}

  // The item's own paths; the other rows of item `from`.
  Result<> fill(IndexItem& item, std::uint64_t from) {
    links_.restart().bind(1, static_cast<std::int64_t>(item.id));
    while (links_.next()) item.links.push_back(links_.text(0));
    const auto id = static_cast<std::int64_t>(from);
    places_.restart().bind(1, id);
    while (places_.next()) item.places.push_back({places_.number(0), places_.number(1), places_.number(2)});
    extents_.restart().bind(1, id);
    while (extents_.next()) {
      item.extents.push_back(
          {tiny(extents_.number(0)), extents_.number(1), extents_.number(2), extents_.maybe_number(3)});
    }
    hits_.restart().bind(1, id);
    while (hits_.next()) {
      item.hits.push_back({hits_.number(0), small(hits_.number(1)), tiny(hits_.number(2)), tiny(hits_.number(3)),
                           hits_.number(4), hits_.number(5) != 0});
    }
    std::sort(item.links.begin(), item.links.end());
    std::sort(item.extents.begin(), item.extents.end());
    std::sort(item.places.begin(), item.places.end());
    std::sort(item.hits.begin(), item.hits.end());
    for (const Query* query : {&links_, &extents_, &places_, &hits_}) {
      if (Result<> status = query->status(); !status) return status;
    }
    return Ok{};
  }

 private:
  Query links_, extents_, places_, hits_;
};

// Of a duplicate: the places are the original's.
void hide_places(IndexItem& item) {
  item.places.clear();
  for (IndexExtent& extent : item.extents) extent.exhibit_offset.reset();
}

template <class Rows, class Id>
auto find_id(const Rows& rows, const Id& id) {
  const auto at =
      std::lower_bound(rows.begin(), rows.end(), id, [](const auto& row, const Id& i) { return row.id < i; });
  return at != rows.end() && at->id == id ? &*at : nullptr;
}

}  // namespace

Result<RunReader> RunReader::open(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path root(directory);
  if (!fs::is_directory(root, ignored))
    return Error{ErrorKind::io, "there is no such run directory", directory, kNoRun};
  if (!fs::is_regular_file(root / "checkpoint.txt", ignored)) {
    return Error{ErrorKind::io, "this is not a finished run", directory, kNoRun};
  }
  RunReader reader;
  reader.directory_ = directory;
  auto database = ReadOnlyDatabase::open(root / "relevance.db", directory);
  if (!database) return std::move(database).error();
  reader.database_ = std::move(database).value();
  if (Result<> version = reader.read_version(); !version) return version.error();
  if (Result<> read = reader.read_dictionaries(); !read) return read.error();
  return reader;
}

Result<> RunReader::read_version() const {
  Query application(database_.handle(), "PRAGMA application_id", directory_);
  Query version(database_.handle(), "PRAGMA user_version", directory_);
  const bool ours = application.next() && application.signed_number(0) == kApplicationId;
  if (Result<> status = application.status(); !status) return status;
  if (!ours) return Error{ErrorKind::tampered, "relevance.db is not a relevance index", directory_, ""};
  if (!version.next() || version.signed_number(0) != kSchemaVersion) {
    return Error{ErrorKind::io, "relevance.db was written by another version of ambit", directory_,
                 "read it with the version that checkpoint.txt names"};
  }
  return Ok{};
}

template <class Row>
Result<std::vector<Row>> RunReader::collect(const char* sql, Row (*make)(const RunReader&, const Query&)) const {
  std::vector<Row> rows;
  Query query(database_.handle(), sql, directory_);
  while (query.next()) rows.push_back(make(*this, query));
  if (Result<> status = query.status(); !status) return status.error();
  return rows;
}

Result<> RunReader::read_dictionaries() {
  Query meta(database_.handle(), "SELECT key, value FROM meta", directory_);
  while (meta.next()) meta_[meta.text(0)] = meta.text(1);
  if (Result<> status = meta.status(); !status) return status;
  Query words(database_.handle(), "SELECT topic, number, word FROM word", directory_);
  while (words.next()) words_[words.text(0)][words.number(1)] = words.text(2);
  if (Result<> status = words.status(); !status) return status;

  auto exhibits = collect<ExhibitRow>(
      "SELECT id, name, kind, bytes, sha256 FROM exhibit ORDER BY id", [](const RunReader&, const Query& q) {
        return ExhibitRow{small(q.number(0)), q.text(1), q.text(2), q.number(3), hex_of(q.text(4))};
      });
  if (!exhibits) return exhibits.error();
  auto paragraphs =
      collect<ParagraphRow>("SELECT id, text FROM paragraph ORDER BY id", [](const RunReader&, const Query& q) {
        return ParagraphRow{q.text(0), q.text(1)};
      });
  if (!paragraphs) return paragraphs.error();
  auto identifiers = collect<IdentifierRow>(
      "SELECT id, name, strength, objects, hits FROM identifier ORDER BY id", [](const RunReader&, const Query& q) {
        return IdentifierRow{small(q.number(0)), q.text(1), q.text(2), q.number(3), q.number(4)};
      });
  if (!identifiers) return identifiers.error();
  auto rules = collect<RuleRow>("SELECT id, name, paragraph, expression, decision FROM rule ORDER BY id",
                                [](const RunReader&, const Query& q) {
                                  return RuleRow{small(q.number(0)), q.text(1), q.text(2), q.text(3), q.text(4)};
                                });
  if (!rules) return rules.error();
  exhibits_ = std::move(exhibits).value();
  paragraphs_ = std::move(paragraphs).value();
  identifiers_ = std::move(identifiers).value();
  rules_ = std::move(rules).value();
  return Ok{};
}

std::string_view RunReader::word(std::string_view topic, std::uint64_t number) const {
  const auto words = words_.find(topic);
  if (words == words_.end()) return "?";
  const auto at = words->second.find(number);
  return at == words->second.end() ? "?" : std::string_view(at->second);
}

std::string_view RunReader::exhibit_name(std::uint32_t id) const {
  const ExhibitRow* row = find_id(exhibits_, id);
  return row == nullptr ? "?" : std::string_view(row->name);
}

std::string_view RunReader::exhibit_kind(std::uint32_t id) const {
  const ExhibitRow* row = find_id(exhibits_, id);
  return row == nullptr ? "?" : std::string_view(row->kind);
}

std::string_view RunReader::identifier_name(std::uint32_t id) const {
  const IdentifierRow* row = find_id(identifiers_, id);
  return row == nullptr ? "?" : std::string_view(row->name);
}

const RuleRow* RunReader::rule(std::optional<std::uint32_t> id) const { return id ? find_id(rules_, *id) : nullptr; }

const ParagraphRow* RunReader::paragraph(std::string_view id) const { return find_id(paragraphs_, id); }

std::vector<std::string> RunReader::identifiers_of(const IndexItem& item) const {
  std::vector<std::uint32_t> ids;
  for (const IndexHit& hit : item.hits) ids.push_back(hit.identifier);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<std::string> names;
  for (const std::uint32_t id : ids) names.emplace_back(identifier_name(id));
  return names;
}

Result<std::vector<CensusRow>> RunReader::census() const {
  return collect<CensusRow>(
      "SELECT exhibit, disposition, reason, kind, items, bytes FROM census ORDER BY exhibit, disposition, reason, kind",
      [](const RunReader& run, const Query& q) {
        return CensusRow{small(q.number(0)),
                         std::string(run.word("disposition", q.number(1))),
                         std::string(run.word("reason", q.number(2))),
                         std::string(run.word("kind", q.number(3))),
                         q.number(4),
                         q.number(5)};
      });
}

Result<std::vector<CoverageRow>> RunReader::coverage() const {
  return collect<CoverageRow>("SELECT exhibit, part, bytes FROM coverage ORDER BY exhibit, part",
                              [](const RunReader&, const Query& q) {
                                return CoverageRow{small(q.number(0)), q.text(1), q.number(2)};
                              });
}

Result<std::vector<PrivateRow>> RunReader::private_data() const {
  return collect<PrivateRow>("SELECT exhibit, category, found FROM private_data ORDER BY exhibit, category",
                             [](const RunReader&, const Query& q) {
                               return PrivateRow{small(q.number(0)), q.text(1), q.maybe_number(2)};
                             });
}

Result<std::vector<ExceptionRow>> RunReader::exceptions() const {
  return collect<ExceptionRow>(
      "SELECT exhibit, reason, objects, bytes FROM exception ORDER BY exhibit, reason",
      [](const RunReader& run, const Query& q) {
        return ExceptionRow{small(q.number(0)), std::string(run.word("reason", q.number(1))), q.number(2), q.number(3)};
      });
}

Result<std::vector<PrivilegeEntry>> RunReader::privilege_log() const {
  return collect<PrivilegeEntry>(
      "SELECT id, date, kind, basis, rule FROM privilege_log ORDER BY id", [](const RunReader& run, const Query& q) {
        const RuleRow* rule = run.rule(small(q.number(4)));
        PrivilegeEntry row{q.number(0), std::nullopt, std::string(run.word("kind", q.number(2))), q.text(3),
                           rule == nullptr ? "?" : rule->name};
        if (!q.null(1)) row.date = q.signed_number(1);
        return row;
      });
}

Result<std::int64_t> RunReader::disposition_number(const std::string& name) const {
  std::string known;
  const auto words = words_.find("disposition");
  for (const auto& [number, word] : words == words_.end() ? decltype(words->second)() : words->second) {
    if (word == name) return static_cast<std::int64_t>(number);
    known += (known.empty() ? "" : ", ") + word;
  }
  return Error{ErrorKind::usage, "there is no disposition of this name", name, "one of: " + known};
}

Result<> RunReader::known_identifier(const std::string& name) const {
  const auto matches = [&](const IdentifierRow& row) {
    return row.name == name || row.name.compare(0, name.size() + 1, name + ".") == 0;
  };
  if (std::any_of(identifiers_.begin(), identifiers_.end(), matches)) return Ok{};
  return Error{ErrorKind::usage, "the order names no identifier or group of identifiers like this", name,
               "`ambit census DIR` lists them all"};
}

Result<> RunReader::items(const ItemFilter& filter, const Visit& visit) const {
  std::int64_t disposition = -1;
  if (!filter.disposition.empty()) {
    const auto number = disposition_number(filter.disposition);
    if (!number) return number.error();
    disposition = *number;
  }
  if (!filter.identifier.empty()) {
    if (Result<> known = known_identifier(filter.identifier); !known) return known;
  }
  const std::string sql =
      std::string(kItemSelect) +
      "WHERE (?1 < 0 OR disposition = ?1) AND (?2 = '' OR EXISTS (SELECT 1 FROM hit h JOIN identifier n "
      "ON n.id = h.identifier WHERE h.item = coalesce(item.duplicate_of, item.id) AND "
      "(n.name = ?2 OR substr(n.name, 1, length(?2) + 1) = ?2 || '.'))) ORDER BY id";
  Query rows(database_.handle(), sql.c_str(), directory_);
  rows.bind(1, disposition).bind(2, filter.identifier);
  return visit_rows(rows, Duplicates::as_original, visit);
}

Result<> RunReader::leaves(const Visit& visit) const {
  Query rows(database_.handle(), (std::string(kItemSelect) + "ORDER BY id").c_str(), directory_);
  return visit_rows(rows, Duplicates::as_recorded, visit);
}

Result<> RunReader::visit_rows(Query& rows, Duplicates duplicates, const Visit& visit) const {
  Details details(database_.handle(), directory_);
  while (rows.next()) {
    IndexItem item = item_of(rows);
    const bool follow = duplicates == Duplicates::as_original && item.duplicate_of.has_value();
    if (Result<> filled = details.fill(item, follow ? *item.duplicate_of : item.id); !filled) return filled;
    if (follow) hide_places(item);
    if (!visit(item)) return Ok{};
  }
  return rows.status();
}

Result<IndexItem> RunReader::item(const std::string& id_or_locator) const {
  const std::string sql = std::string(kItemSelect) +
                          "WHERE locator = ?1 OR id = ?2 OR id IN (SELECT item FROM link WHERE locator = ?1) "
                          "ORDER BY id = ?2 DESC, locator = ?1 DESC, id LIMIT 1";
  std::int64_t id = -1;  // no item's
  const bool digits = !id_or_locator.empty() && id_or_locator.size() < 19 &&
                      id_or_locator.find_first_not_of("0123456789") == std::string::npos;
  if (digits) id = std::stoll(id_or_locator);
  Query row(database_.handle(), sql.c_str(), directory_);
  row.bind(1, id_or_locator).bind(2, id);
  std::optional<IndexItem> found;
  const Result<> read = visit_rows(row, Duplicates::as_original, [&](const IndexItem& item) {
    found = item;
    return false;
  });
  if (!read) return read.error();
  if (found) return *std::move(found);
  return Error{ErrorKind::usage, "no released item has this id or locator", directory_,
               "`ambit list DIR` shows all; what was not released stands in the sealed ledger only"};
}

Result<> RunReader::check_integrity() const {
  Query check(database_.handle(), "PRAGMA integrity_check(1)", directory_);
  const bool fine = check.next() && check.text(0) == "ok";
  if (Result<> status = check.status(); !status) return status;
  if (fine) return Ok{};
  return Error{ErrorKind::tampered, "relevance.db is damaged inside", directory_, ""};
}

}  // namespace ambit::record
