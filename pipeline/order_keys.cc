#include "pipeline/order_keys.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace ambit {
namespace {

constexpr std::string_view kRequired = "required";
constexpr std::string_view kText = "string";
constexpr std::string_view kTexts = "array of strings";
constexpr std::string_view kTextOrTexts = "string or array of strings";
constexpr std::string_view kDate = "date or date-time";
constexpr std::string_view kBoolean = "boolean";
constexpr std::string_view kInteger = "integer";
constexpr std::string_view kTables = "array of tables";
constexpr std::string_view kEmpty = "[]";

constexpr std::array kKeys = std::to_array<OrderKey>({
    {"order", "id", kText, kRequired, "the docket number or another name of the order"},
    {"order", "court", kText, kRequired, "the court that made it"},
    {"order", "seal_to", kTexts, kRequired, "who may open the ledger: age1…, ssh-ed25519 … or ssh-rsa … public keys"},
    {"order", "from", kDate, "no limit", "first day or moment of the order's dates; without an offset in UTC"},
    {"order", "until", kDate, "no limit", "last day or moment, inclusive; without an offset in UTC"},
    {"paragraph", "id", kText, kRequired, "how the order numbers it; unique"},
    {"paragraph", "text", kText, kRequired, "its words, quoted"},
    {"identifier", "name", kText, kRequired, "dotted name, unique; a rule may use it or any group it stands in"},
    {"identifier", "literals", kTexts, kEmpty, "strings as a person would write them"},
    {"identifier", "regex", kTextOrTexts, kEmpty, "regular expressions of bounded width"},
    {"identifier", "hex", kTextOrTexts, kEmpty, "exact bytes as hexadecimal digits; blanks are free"},
    {"identifier", "hashes", kTexts, kEmpty, "md5:…, sha1:… or sha256:… of whole objects; :size in bytes may follow"},
    {"identifier", "hash_set", kTextOrTexts, kEmpty,
     "files of hashes beside the order: lists, databases, sets of ambit hashset"},
    {"identifier", "strength", kText, "\"strong\"", "\"strong\", or \"weak\": alone it only ever earns review"},
    {"identifier", "whole_word", kBoolean, "false", "literals: no letter or digit may touch either end"},
    {"identifier", "ignore_case", kBoolean, "true", "literals and expressions: case does not matter"},
    {"identifier", "forms", kTexts, "all that fit",
     "utf8, utf16le, utf16be, base64, quoted-printable, percent, html, json, hex, utf8-twice, code-pages"},
    {"rule", "name", kText, kRequired, "unique; stands in the index beside what it released"},
    {"rule", "paragraph", kText, kRequired, "id of the paragraph that the rule carries out"},
    {"rule", "when", kText, kRequired,
     "condition: names & | ! ( ) near(a, b, bytes) count(a) >= n path(\"…\") kind(\"…\")"},
    {"rule", "unit", kText, "\"object\"", "\"object\", or \"record\": the row, object or line around the hits"},
    {"rule", "then", kText, "\"relevant\"", "\"relevant\", \"privileged\" or \"quarantine\""},
    {"privacy", "loosen", kTables, kEmpty, "detectors to switch off, each with the paragraph that allows it"},
    {"privacy", "least_grade", kText, "\"shape only\"",
     "from which grade a finding counts as private: \"shape only\", \"plausible\", \"validated\""},
    {"privacy", "least_grade_paragraph", kText, "none", "the paragraph that allows least_grade; required with it"},
    {"privacy", "role_accounts", kTexts, kEmpty,
     "addresses, domains of mail and numbers of the accused company itself: no third party's"},
    {"privacy", "role_accounts_paragraph", kText, "none", "the paragraph that allows role_accounts; required with it"},
    {"privacy.loosen", "detector", kText, kRequired, "name of the detector"},
    {"privacy.loosen", "paragraph", kText, kRequired, "id of the paragraph that allows it"},
    {"known", "sets", kTexts, kEmpty, "files of hashes of known files, which are set aside unless the case hits them"},
    {"volumes", "keys", kTexts, kEmpty,
     "what opens encrypted volumes: passphrases, or file:NAME for a key file beside the order"},
    {"limits", "hits_per_identifier", kInteger, "100000", "hits kept per identifier and object; 1 to 100,000"},
    {"limits", "depth", kInteger, "16", "containers in containers that are taken apart; 1 to 16"},
    {"limits", "members", kInteger, "50000000", "members of one container; 1 to 50,000,000"},
    {"limits", "expanded_bytes", kInteger, "1099511627776", "bytes that one object may expand to; from 1 MiB to 1 PiB"},
    {"limits", "ratio", kInteger, "2000",
     "bytes out for a byte in, beyond the first GiB that comes out; 10 to 1,000,000"},
    {"limits", "seconds", kInteger, "21600", "to take one object apart; 1 to 1,000,000"},
    {"limits", "read_seconds", kInteger, "120", "to wait for a file system that does not answer; 1 to 86,400"},
});

// The tables at the top of the file.
struct TopTable {
  std::string_view name;
  bool repeated, required;
};
constexpr std::array kTopTables = std::to_array<TopTable>({{"order", false, true},
                                                           {"paragraph", true, true},
                                                           {"identifier", true, true},
                                                           {"rule", true, true},
                                                           {"privacy", false, false},
                                                           {"known", false, false},
                                                           {"volumes", false, false},
                                                           {"limits", false, false}});

std::string header(const TopTable& table) {
  const std::string name(table.name);
  return table.repeated ? "[[" + name + "]]" : "[" + name + "]";
}

// True also for an array whose items are of the wrong type: they are looked at one by one.
bool has_type(const Value& value, std::string_view type) {
  switch (value.type()) {
    case ValueType::string:
      return type == kText || type == kTextOrTexts;
    case ValueType::array:
      return type == kTexts || type == kTextOrTexts || type == kTables;
    case ValueType::date:
    case ValueType::date_time:
      return type == kDate;
    case ValueType::boolean:
      return type == kBoolean;
    case ValueType::integer:
      return type == kInteger;
    default:
      return false;
  }
}

std::string_view remedy_for(std::string_view type) {
  if (type == kText) return "write it in quotes";
  if (type == kTexts) return "write [\"…\", \"…\"]";
  if (type == kTextOrTexts) return "write '…' or ['…', '…']";
  if (type == kDate) return "write 2012-01-20 or 2012-01-20T09:30:00Z, without quotes";
  if (type == kBoolean) return "write true or false, without quotes";
  if (type == kInteger) return "write a whole number, without quotes";
  return "write [{…}, {…}]";
}

void check_table(std::string_view table, const std::string& shown, const Value& value, Problems& problems);

std::string with_article(std::string_view noun) {
  return (noun.starts_with('a') || noun.starts_with('i') ? "an " : "a ") + std::string(noun);
}

void check_value(const OrderKey& key, const Value& value, Problems& problems) {
  const std::string takes = std::string(key.name) + " takes " + with_article(key.type);
  const auto refuse = [&](const Value& wrong, const std::string& but) {
    problems.add(wrong.place(), takes + but + std::string(to_string(wrong.type())), std::string(remedy_for(key.type)));
  };
  if (!has_type(value, key.type)) return refuse(value, ", not ");
  const ValueType wanted = key.type == kTables ? ValueType::table : ValueType::string;
  for (const Value& item : value.items()) {
    if (!item.is(wanted)) {
      refuse(item, "; this item is ");
    } else if (wanted == ValueType::table) {
      check_table("privacy.loosen", "loosen", item, problems);
    }
  }
}

void check_table(std::string_view table, const std::string& shown, const Value& value, Problems& problems) {
  std::vector<std::string_view> names;
  for (const OrderKey& key : kKeys) {
    if (key.table != table) continue;
    names.push_back(key.name);
    const Value given = value.find(key.name);
    if (given) {
      check_value(key, given, problems);
    } else if (key.fallback == kRequired) {
      problems.add(value.place(), std::string(key.name) + " is missing in " + shown,
                   "add " + std::string(key.name) + " = …: " + std::string(key.help));
    }
  }
  for (const Member& member : value.members()) {
    if (std::find(names.begin(), names.end(), member.key) != names.end()) continue;
    problems.add(member.place, "unknown key " + in_quotes(member.key) + " in " + shown, suggest(member.key, names));
  }
}

void check_top_table(const TopTable& table, const Value& value, Problems& problems) {
  const std::string shown = header(table);
  if (!table.repeated && value.is(ValueType::table)) return check_table(table.name, shown, value, problems);
  const std::vector<Value> items = value.items();
  const bool tables = std::all_of(items.begin(), items.end(), [](const Value& v) { return v.is(ValueType::table); });
  if (!table.repeated || !value.is(ValueType::array) || !tables) {
    problems.add(value.place(), std::string(table.name) + (table.repeated ? " is a list of tables" : " is one table"),
                 "write " + shown);
    return;
  }
  if (items.empty()) problems.add(value.place(), "there is no " + shown, "add at least one");
  for (const Value& item : items) check_table(table.name, shown, item, problems);
}

// What stands at the top of the file and is none of its tables.
void refuse_at_top(const Member& member, std::span<const std::string_view> tables, Problems& problems) {
  const auto key = std::find_if(kKeys.begin(), kKeys.end(), [&](const OrderKey& k) { return k.name == member.key; });
  const bool misplaced = key != kKeys.end() && !member.value.is(ValueType::table);
  const bool table = member.value.is(ValueType::table) || member.value.is(ValueType::array);
  if (misplaced) {
    problems.add(member.place, in_quotes(member.key) + " stands outside of any table",
                 "write it below the header of its table: " + std::string(key->table));
  } else {
    problems.add(member.place,
                 (table ? "unknown table " : "unknown key outside of any table: ") + in_quotes(member.key),
                 suggest(member.key, tables));
  }
}

}  // namespace

std::span<const OrderKey> order_keys() { return kKeys; }

void check_keys(const Value& root, Problems& problems) {
  if (!root) return;
  std::vector<std::string_view> names;
  for (const TopTable& table : kTopTables) {
    names.push_back(table.name);
    const Value given = root.find(table.name);
    if (given) {
      check_top_table(table, given, problems);
    } else if (table.required) {
      problems.add({1, 1}, "there is no " + header(table),
                   table.repeated ? "add at least one" : "add it: id, court and seal_to are required");
    }
  }
  for (const Member& member : root.members()) {
    if (std::find(names.begin(), names.end(), member.key) != names.end()) continue;
    refuse_at_top(member, names, problems);
  }
}

}  // namespace ambit
