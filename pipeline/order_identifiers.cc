#include "pipeline/order_identifiers.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "pipeline/hash_list.h"
#include "pipeline/limits.h"

namespace ambit {
namespace {

constexpr std::array<std::string_view, 2> kStrengths = {"strong", "weak"};

bool is_dotted_name(std::string_view name) {
  bool part_begins = true;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (c == '.' ? part_begins : !letter && c != '_' && c != '-') return false;
    part_begins = c == '.';
  }
  return !part_begins;
}

std::string read_name(const Value& value, Fields& fields) {
  const std::optional<std::string_view> name = fields.visible(value, "name");
  if (!name) return {};
  if (name->size() > limits::kMaxNameBytes) {
    fields.blame(value, "a name has at most " + std::to_string(limits::kMaxNameBytes) + " characters", "shorten it");
  } else if (!is_dotted_name(*name)) {
    fields.blame(value, in_quotes(*name) + " is not a name",
                 "use letters without accents, digits, _ and -, with dots between parts: accused.mail");
  } else {
    return std::string(*name);
  }
  return {};
}

// The entries of one key, each once, with the place of its first.
class Entries {
 public:
  Entries(std::vector<std::string>& texts, std::vector<OrderPlace>& places) : texts_(texts), places_(places) {}
  void add(std::optional<std::string> text, const Value& value) {
    if (!text || !seen_.insert(*text).second) return;
    texts_.push_back(std::move(*text));
    places_.push_back(value.place());
  }

 private:
  std::vector<std::string>& texts_;
  std::vector<OrderPlace>& places_;
  std::unordered_set<std::string> seen_;
};

std::optional<std::string> read_literal(const Value& value, Fields& fields) {
  const std::optional<std::string_view> text = fields.visible(value, "the literal");
  if (!text) return std::nullopt;
  if (count_characters(*text) <= limits::kMaxLiteralChars) return std::string(*text);
  fields.blame(value, "a literal has at most " + std::to_string(limits::kMaxLiteralChars) + " characters",
               "take its most telling part");
  return std::nullopt;
}

std::optional<std::string> read_hex(const Value& value, Fields& fields) {
  std::string digits;
  const std::string_view text = value.text();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ') continue;
    if (std::string_view("0123456789abcdefABCDEF").find(text[i]) == std::string_view::npos) {
      fields.blame(value, i, "hex takes hexadecimal digits and blanks only", "write pairs of 0-9 and a-f: 70 61 6e");
      return std::nullopt;
    }
    digits += text[i];
  }
  const std::size_t bytes = digits.size() / 2;
  if (digits.size() % 2 != 0) {
    fields.blame(value, "hex has half a byte too many", "write two digits for each byte");
  } else if (bytes < limits::kMinExpressionBytes || bytes > limits::kMaxPatternBytes) {
    fields.blame(value,
                 "hex has " + std::to_string(limits::kMinExpressionBytes) + " to " +
                     std::to_string(limits::kMaxPatternBytes) + " bytes, not " + std::to_string(bytes),
                 bytes < limits::kMinExpressionBytes ? "so few bytes stand everywhere: take more of what surrounds them"
                                                     : "take its most telling part");
  } else {
    std::string raw;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
      raw += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    }
    return raw;
  }
  return std::nullopt;
}

void read_hash(const Value& value, Fields& fields, std::vector<HashValue>& hashes) {
  const std::string_view text = value.text();
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  if (colon == std::string_view::npos) {
    const std::optional<HashValue> bare = parse_digest(text);
    fields.blame(value, "a hash says its kind first",
                 bare ? "write \"" + std::string(to_string(bare->kind)) + ":…\"" : "write \"sha256:…\"");
    return;
  }
  const auto name = std::find(kDigestNames.begin(), kDigestNames.end(), kind);
  if (name == kDigestNames.end()) {
    return fields.blame(value, "there is no kind of hash " + in_quotes(kind), suggest(kind, kDigestNames));
  }
  const auto wanted = static_cast<DigestKind>(name - kDigestNames.begin());
  const std::string_view rest = text.substr(colon + 1);
  const std::size_t second = rest.find(':');
  std::optional<HashValue> hash = parse_digest(rest.substr(0, second));
  if (!hash || hash->kind != wanted) {
    return fields.blame(value,
                        std::string(kind) + ": takes " + std::to_string(2 * digest_bytes(wanted)) +
                            " hexadecimal digits, not " + std::to_string(rest.substr(0, second).size()) + " characters",
                        "copy the whole digest");
  }
  if (second != std::string_view::npos) {
    hash->size = parse_whole_number(rest.substr(second + 1));
    if (!hash->size) {
      return fields.blame(value, text.size() - rest.size() + second + 1, "the size is a whole number of bytes",
                          "write \"sha256:…:1048576\", or leave the size out");
    }
  }
  hashes.push_back(*hash);
}

void read_hashes(const Value& table, Fields& fields, Identifier& identifier) {
  std::vector<HashValue>& hashes = identifier.hashes;
  for (const Value& hash : Fields::strings(table.find("hashes"))) read_hash(hash, fields, hashes);
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  for (const Value& file : Fields::string_or_strings(table.find("hash_set"))) {
    if (auto set = fields.hash_set(file)) identifier.hash_sets.push_back(std::move(set));
  }
}

FormSet read_forms(const Value& value, Fields& fields) {
  if (!value) return FormSet::text();
  // The code pages are one choice; the last forms are what hex and hashes give, none.
  constexpr auto kPlain = static_cast<std::size_t>(kFirstCodePage);
  std::array<std::string_view, kPlain + 1> names{};
  std::copy_n(kFormNames.begin(), kPlain, names.begin());
  names.back() = "code-pages";
  FormSet forms;
  for (const Value& form : Fields::strings(value)) {
    const auto chosen = fields.choice(form, "form", names);
    if (!chosen) continue;
    forms |= *chosen == kPlain ? FormSet::code_pages() : FormSet::of(static_cast<Form>(*chosen));
  }
  if (value.is(ValueType::array) && value.items().empty()) {
    fields.blame(value, "forms is empty: the identifier would never be found", "name a form, or leave forms out");
  }
  return forms;
}

}  // namespace

ReadIdentifier read_identifier(const Value& table, Fields& fields) {
  ReadIdentifier out;
  Identifier& identifier = out.identifier;
  identifier.name = read_name(table.find("name"), fields);
  if (const auto strength = fields.choice(table.find("strength"), "strength", kStrengths)) {
    identifier.strength = static_cast<Strength>(*strength);
  }
  identifier.whole_word = table.find("whole_word").integer() != 0;
  const Value ignore_case = table.find("ignore_case");
  identifier.ignore_case = !ignore_case.is(ValueType::boolean) || ignore_case.integer() != 0;
  identifier.forms = read_forms(table.find("forms"), fields);

  Entries literals(identifier.literals, out.literal_places);
  for (const Value& value : Fields::strings(table.find("literals"))) literals.add(read_literal(value, fields), value);
  Entries expressions(identifier.expressions, out.expression_places);
  for (const Value& value : Fields::string_or_strings(table.find("regex"))) {
    if (const auto text = fields.visible(value, "the expression")) expressions.add(std::string(*text), value);
  }
  Entries byte_strings(identifier.byte_strings, out.byte_string_places);
  for (const Value& value : Fields::string_or_strings(table.find("hex")))
    byte_strings.add(read_hex(value, fields), value);
  read_hashes(table, fields, identifier);

  static constexpr std::array<std::string_view, 5> kSources = {"literals", "regex", "hex", "hashes", "hash_set"};
  const bool something = std::any_of(kSources.begin(), kSources.end(), [&](std::string_view key) {
    const Value value = table.find(key);
    return value && !(value.is(ValueType::array) && value.items().empty());
  });
  if (!something) {
    fields.blame(table, "this identifier says nothing to look for", "add literals, regex, hex, hashes or hash_set");
  }
  return out;
}

}  // namespace ambit
