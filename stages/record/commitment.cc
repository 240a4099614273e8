#include "stages/record/commitment.h"

#include <charconv>

namespace ambit::record {
namespace {

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_key(std::string& out, std::string_view key) {
  out += out.back() == '{' ? "\"" : ",\"";
  out += key;
  out += "\":";
}
void append_text(std::string& out, std::string_view key, std::string_view text) {
  append_key(out, key);
  append_json_string(out, text);
}
template <class Number>
void append_integer(std::string& out, std::string_view key, Number number) {
  append_key(out, key);
  append_number(out, number);
}

void append_texts(std::string& out, std::string_view key, std::span<const std::string> texts) {
  if (texts.empty()) return;
  append_key(out, key);
  out += '[';
  for (const std::string& text : texts) {
    if (out.back() != '[') out += ',';
    append_json_string(out, text);
  }
  out += ']';
}

void append_tallies(std::string& out, std::string_view key, std::span<const Tally> tallies) {
  if (tallies.empty()) return;
  append_key(out, key);
  out += '{';
  for (const Tally& tally : tallies) {
    if (out.back() != '{') out += ',';
    append_json_string(out, tally.name);
    out += ':';
    append_number(out, tally.count);
  }
  out += '}';
}

void append_exceptions(std::string& out, std::span<const Exception> exceptions) {
  if (exceptions.empty()) return;
  append_key(out, "exceptions");
  out += '[';
  for (const Exception& exception : exceptions) {
    out += out.back() == '[' ? "{" : ",{";
    append_text(out, "reason", to_string(exception.reason));
    append_integer(out, "offset", exception.offset);
    append_integer(out, "length", exception.length);
    out += '}';
  }
  out += ']';
}

constexpr std::string_view kNonceKey = ",\"nonce\":\"";
constexpr std::size_t kNonceTail = kNonceKey.size() + 64 + 2;

// One field of an item's text: TAB, then the value; nothing for NULL.
template <class Number>
void append_field(std::string& out, Number number) {
  out += '\t';
  append_number(out, +number);
}
template <class Number>
void append_field(std::string& out, const std::optional<Number>& number) {
  out += '\t';
  if (number) append_number(out, *number);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;  // first byte not yet written
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    if (c < 0x20) {
      out.append({'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]});
    } else {
      out.append({'\\', static_cast<char>(c)});
    }
  }
  out.append(text.substr(plain));
  out += '"';
}

void append_record(std::string& out, const Record& record) {
  out += '{';
  append_text(out, "exhibit", record.exhibit);
  append_text(out, "locator", record.locator);
  append_texts(out, "links", record.links);
  if (record.inode != 0) append_integer(out, "inode", record.inode);
  append_text(out, "state", to_string(record.state));
  append_text(out, "kind", to_string(record.kind));
  append_integer(out, "size", record.size);
  if (record.modified) append_integer(out, "modified", *record.modified);
  if (record.sent) append_integer(out, "sent", *record.sent);
  append_text(out, "disposition", to_string(record.disposition));
  append_text(out, "reason", to_string(record.reason));
  if (!record.rule.empty()) append_text(out, "rule", record.rule);
  append_tallies(out, "hits", record.hits);
  append_tallies(out, "findings", record.findings);
  append_exceptions(out, record.exceptions);
  if (record.sha256 != nullptr) append_text(out, "sha256", to_hex(*record.sha256));
  if (!record.duplicate_of.empty()) append_text(out, "duplicate_of", record.duplicate_of);
  out += '}';
}

Commitment Committer::commit(std::string_view locator_sort_key, std::string_view record) const {
  Commitment out;
  out.nonce = hmac_.of({locator_sort_key, std::string_view("\0", 1), record});
  out.hash = commitment_of(out.nonce, record);
  return out;
}

Bytes32 commitment_of(const Bytes32& nonce, std::string_view record) { return Hmac(nonce).of({record}); }

std::string ledger_line(std::string_view record, const Bytes32& nonce) {
  std::string out;
  out.reserve(record.size() + kNonceTail);
  out.append(record.substr(0, record.size() - 1));
  out.append(kNonceKey).append(to_hex(nonce)).append("\"}");
  return out;
}

std::optional<LedgerLine> split_ledger_line(std::string_view line) {
  if (line.size() <= kNonceTail + 1) return std::nullopt;
  const std::string_view tail = line.substr(line.size() - kNonceTail);
  LedgerLine out;
  if (!line.starts_with('{') || !tail.starts_with(kNonceKey) || !tail.ends_with("\"}") ||
      !from_hex(tail.substr(kNonceKey.size(), 64), out.nonce)) {
    return std::nullopt;
  }
  out.record = std::string(line.substr(0, line.size() - kNonceTail)) + "}";
  return out;
}

std::string item_text(const IndexItem& item) {
  std::string out = "item";
  append_field(out, item.id);
  append_field(out, item.exhibit);
  append_field(out, item.parent);
  out += '\t' + item.locator;
  append_field(out, item.state);
  append_field(out, item.kind);
  append_field(out, item.size);
  out += '\t' + (item.sha256 ? to_hex(*item.sha256) : "");
  append_field(out, item.modified);
  append_field(out, item.disposition);
  append_field(out, item.rule);
  append_field(out, item.duplicate_of);
  append_field(out, item.inode);
  for (const std::string& link : item.links) out += "\nlink\t" + link;
  for (const IndexExtent& extent : item.extents) {
    out += "\nextent";
    append_field(out, extent.view);
    append_field(out, extent.start);
    append_field(out, extent.length);
    append_field(out, extent.exhibit_offset);
  }
  for (const IndexPlace& place : item.places) {
    out += "\nplace";
    append_field(out, place.start);
    append_field(out, place.length);
    append_field(out, place.exhibit_offset);
  }
  for (const IndexHit& hit : item.hits) {
    out += "\nhit";
    append_field(out, hit.start);
    append_field(out, hit.identifier);
    append_field(out, hit.view);
    append_field(out, hit.form);
    append_field(out, hit.length);
    append_field(out, hit.crossing ? 1 : 0);
  }
  return out + '\n';
}

}  // namespace ambit::record
