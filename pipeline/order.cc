#include "pipeline/order.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>

#include "pipeline/limits.h"
#include "pipeline/limits_unpack.h"
#include "pipeline/order_document.h"
#include "pipeline/order_fields.h"
#include "pipeline/order_identifiers.h"
#include "pipeline/order_names.h"
#include "pipeline/order_privacy.h"
#include "pipeline/order_recipient.h"
#include "pipeline/order_rules.h"

namespace ambit {
namespace {

constexpr std::int64_t kSecondsOfADay = 86'400;
constexpr std::array<std::string_view, 2> kUnits = {"object", "record"};
constexpr std::array<std::string_view, 3> kDecisions = {"relevant", "privileged", "quarantine"};

// Reads the tables in the order in which they need each other: rules come after the names that they use.
class OrderReader {
 public:
  OrderReader(const Document& document, const std::string& path, Problems& problems, ReadOrder& out)
      : root_(document.root()), fields_(document, path, problems), out_(out), scope_(out.scope) {}

  void read() {
    read_order_table(root_.find("order"));
    read_paragraphs();
    read_identifiers();
    read_limits(root_.find("limits"));
    read_rules();
    read_privacy(root_.find("privacy"), paragraph_ids_, fields_, out_);
    for (const Value& file : Fields::strings(root_.find("known").find("sets"))) {
      if (auto set = fields_.hash_set(file)) scope_.known.push_back({std::string(file.text()), std::move(set)});
    }
    scope_.hash_sets_sha256 = fields_.hash_sets_sha256();
    read_volumes(root_.find("volumes"));
  }

 private:
  using Named = std::map<std::string_view, OrderPlace>;

  void read_order_table(const Value& table);
  void read_recipients(const Value& seal_to);
  void read_window(const Value& from, const Value& until);
  void read_paragraphs();
  void read_identifiers();
  void check_names(const NameIndex& names, const std::vector<Value>& tables);
  void read_rules();
  [[nodiscard]] Rule read_rule(const Value& table, const NameIndex& names, Named& taken);
  void read_condition(const Value& when, const NameIndex& names, Rule& rule);
  void read_volumes(const Value& table);
  void read_limits(const Value& table);

  // False where the name was taken before.
  bool take(const Value& value, std::string_view kind, Named& taken);

  Value root_;
  Fields fields_;
  ReadOrder& out_;
  Scope& scope_;
  std::vector<std::string_view> paragraph_ids_;  // as in scope_.paragraphs
};

// --- [order] -------------------------------------------------------------------------------------------------

void OrderReader::read_order_table(const Value& table) {
  scope_.id = fields_.visible(table.find("id"), "id").value_or("");
  scope_.court = fields_.visible(table.find("court"), "court").value_or("");
  read_recipients(table.find("seal_to"));
  read_window(table.find("from"), table.find("until"));
}

void OrderReader::read_recipients(const Value& seal_to) {
  if (seal_to.is(ValueType::array) && seal_to.items().empty()) {
    fields_.blame(seal_to, "seal_to is empty: nobody could open the ledger", "add the public key of the court");
  }
  for (const Value& recipient : Fields::strings(seal_to)) {
    if (auto mistake = recipient_mistake(recipient.text())) {
      fields_.blame(recipient, std::move(mistake->what), std::move(mistake->remedy));
      continue;
    }
    std::vector<std::string>& known = scope_.seal_to;
    const std::string key(recipient.text());
    if (std::find(known.begin(), known.end(), key) == known.end()) known.push_back(key);
  }
}

void OrderReader::read_window(const Value& from, const Value& until) {
  const auto is_date = [](const Value& v) { return v.is(ValueType::date) || v.is(ValueType::date_time); };
  if (is_date(from)) scope_.window.from = from.seconds() + (from.has_fraction() ? 1 : 0);
  if (is_date(until)) { scope_.window.until = until.seconds() + (until.is(ValueType::date) ? kSecondsOfADay : 1); }
  if (scope_.window.from && scope_.window.until && *scope_.window.from >= *scope_.window.until) {
    fields_.blame(until, "until lies before from", "exchange the two, or correct one");
  }
}

// --- [[paragraph]] -------------------------------------------------------------------------------------------

bool OrderReader::take(const Value& value, std::string_view kind, Named& taken) {
  const auto [first, fresh] = taken.try_emplace(value.text(), value.place());
  if (fresh) return true;
  fields_.blame(value, "a second " + std::string(kind) + " " + in_quotes(value.text()),
                "the first stands in line " + std::to_string(first->second.line) + ": give one of them another name");
  return false;
}

void OrderReader::read_paragraphs() {
  Named taken;
  for (const Value& table : root_.find("paragraph").items()) {
    const Value id = table.find("id");
    const Value text = table.find("text");
    if (fields_.visible(id, "id")) take(id, "paragraph", taken);
    if (text.is(ValueType::string) && text.text().find_first_not_of(" \t\r\n") == std::string_view::npos) {
      fields_.blame(text, "text is empty", "quote the paragraph of the order");
    }
    scope_.paragraphs.push_back({std::string(id.text()), std::string(text.text())});
    paragraph_ids_.push_back(id.text());
  }
}

// --- [[identifier]] ------------------------------------------------------------------------------------------

void OrderReader::read_identifiers() {
  for (const Value& table : root_.find("identifier").items()) {
    if (scope_.identifiers.size() == limits::kMaxIdentifiers) {
      fields_.blame(table, "an order has at most " + std::to_string(limits::kMaxIdentifiers) + " identifiers",
                    "put several literals into one identifier");
      return;
    }
    ReadIdentifier read = read_identifier(table, fields_);
    scope_.identifiers.push_back(std::move(read.identifier));
    out_.identifier_places.push_back(table.place());
    out_.literal_places.push_back(std::move(read.literal_places));
    out_.expression_places.push_back(std::move(read.expression_places));
    out_.byte_string_places.push_back(std::move(read.byte_string_places));
  }
}

void OrderReader::check_names(const NameIndex& names, const std::vector<Value>& tables) {
  for (const NameIndex::Clash& clash : names.clashes()) {
    const std::string& name = scope_.identifiers[clash.one].name;
    const std::string& other = scope_.identifiers[clash.other].name;
    const std::string line = std::to_string(tables[clash.other].find("name").place().line);
    const Value place = tables[clash.one].find("name");
    if (clash.group) {
      fields_.blame(place,
                    in_quotes(name) + " is also the group in which " + in_quotes(other) + " stands (line " + line + ")",
                    "rename one: a rule could not tell which is meant");
    } else {
      fields_.blame(place, "a second identifier " + in_quotes(name),
                    "the first stands in line " + line + ": give one of them another name");
    }
  }
}

// --- [[rule]] ------------------------------------------------------------------------------------------------

void OrderReader::read_rules() {
  const NameIndex names(scope_.identifiers);
  check_names(names, root_.find("identifier").items());
  Named taken;
  for (const Value& table : root_.find("rule").items()) {
    if (scope_.rules.size() == limits::kMaxRules) {
      fields_.blame(table, "an order has at most " + std::to_string(limits::kMaxRules) + " rules",
                    "join the conditions of rules that cite the same paragraph with |");
      return;
    }
    scope_.rules.push_back(read_rule(table, names, taken));
  }
}

Rule OrderReader::read_rule(const Value& table, const NameIndex& names, Named& taken) {
  Rule rule;
  const Value name = table.find("name");
  if (fields_.visible(name, "name") && take(name, "rule", taken)) {
    if (name.text().size() > limits::kMaxNameBytes) {
      fields_.blame(name, "a name has at most " + std::to_string(limits::kMaxNameBytes) + " bytes", "shorten it");
    }
    rule.name = name.text();
  }
  rule.paragraph = fields_.cite(table.find("paragraph"), paragraph_ids_).value_or(0);
  if (const Value when = table.find("when"); when.is(ValueType::string)) read_condition(when, names, rule);
  if (const auto unit = fields_.choice(table.find("unit"), "unit", kUnits)) rule.unit = static_cast<Unit>(*unit);
  if (const auto then = fields_.choice(table.find("then"), "decision", kDecisions)) {
    rule.then = static_cast<RuleDecision>(*then);
  }
  return rule;
}

void OrderReader::read_condition(const Value& when, const NameIndex& names, Rule& rule) {
  rule.expression = when.text();
  ParsedCondition parsed = parse_condition(when.text(), names, scope_.max_hits_per_identifier);
  for (RuleMistake& mistake : parsed.mistakes) {
    fields_.blame(when, mistake.offset, std::move(mistake.what), std::move(mistake.remedy));
  }
  if (!parsed.mistakes.empty()) return;
  if (holds_for_nothing(parsed.conditions)) {
    fields_.blame(when, "the rule would reach objects that carry nothing the order names",
                  "join what must not be there with something that must: a & !b");
  }
  rule.conditions = std::move(parsed.conditions);
}

// --- [volumes], [limits] ---------------------------------------------------------------------------------------

void OrderReader::read_volumes(const Value& table) {
  for (const Value& value : Fields::strings(table.find("keys"))) {
    if (scope_.volume_keys.size() == limits::kMaxVolumeKeys) {
      fields_.blame(value, "an order has at most " + std::to_string(limits::kMaxVolumeKeys) + " keys of volumes",
                    "leave out those that open nothing: each is tried on every encrypted volume");
      return;
    }
    if (std::optional<VolumeKey> key = fields_.volume_key(value)) scope_.volume_keys.push_back(std::move(*key));
  }
}

void OrderReader::read_limits(const Value& table) {
  scope_.max_hits_per_identifier = limits::kMaxHitsPerIdentifier;
  struct Row {
    const char* key;
    std::uint64_t least, most;
    std::uint64_t& into;
  };
  const std::array rows = {
      Row{"hits_per_identifier", 1, limits::kMaxHitsPerIdentifier, scope_.max_hits_per_identifier},
      Row{"depth", 1, limits::kMaxUnpackDepth, scope_.unpack.depth},
      Row{"members", 1, limits::kMaxParts, scope_.unpack.members},
      Row{"expanded_bytes", limits::MiB, 1024 * limits::kMaxExpandedBytes, scope_.unpack.expanded_bytes},
      Row{"ratio", 10, 1'000'000, scope_.unpack.ratio},
      Row{"seconds", 1, 1'000'000, scope_.unpack.seconds},
      Row{"read_seconds", 1, limits::kMaxReadSeconds, scope_.read_seconds}};
  for (const Row& row : rows) {
    const Value value = table.find(row.key);
    if (!value.is(ValueType::integer)) continue;
    if (value.integer() >= static_cast<std::int64_t>(row.least) &&
        value.integer() <= static_cast<std::int64_t>(row.most)) {
      row.into = static_cast<std::uint64_t>(value.integer());
      continue;
    }
    fields_.blame(value, std::string(row.key) + " is " + std::to_string(row.least) + " to " + std::to_string(row.most),
                  "write such a number, or leave it out");
  }
}

OrderProblem too_large() {
  return {0, 0, "the order file is larger than " + std::to_string(limits::kMaxOrderBytes / limits::MiB) + " MiB",
          "put long lists of hashes into hash sets"};
}

}  // namespace

ReadOrder read_order(const std::string& path) {
  ReadOrder out;
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text;
  std::vector<char> block(limits::kChunkBytes);
  while (in && text.size() <= limits::kMaxOrderBytes) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.eof()) return read_order_text(text, path);
  if (text.size() > limits::kMaxOrderBytes) {
    out.problems.push_back(too_large());
  } else {
    const std::string why = std::strerror(errno != 0 ? errno : EIO);
    out.problems.push_back({0, 0, "the order file cannot be read: " + why, "check the path"});
  }
  return out;
}

ReadOrder read_order_text(std::string_view text, const std::string& path) {
  ReadOrder out;
  if (text.size() > limits::kMaxOrderBytes) {
    out.problems.push_back(too_large());
    return out;
  }
  Problems problems;
  const Document document(text, problems);
  if (document.root()) {
    check_keys(document.root(), problems);
    OrderReader(document, path, problems, out).read();
  }
  out.problems = std::move(problems).by_position();
  return out;
}

}  // namespace ambit
