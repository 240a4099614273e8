#include "stages/record/item_json.h"

#include <array>
#include <ctime>

namespace ambit::record {
namespace {

// Builds one JSON object or array; commas come by themselves.
class JsonText {
 public:
  explicit JsonText(char open) : out_(1, open) {}
  JsonText& key(std::string_view name) {
    comma();
    append_json_string(out_, name);
    out_ += ':';
    return *this;
  }
  void text(std::string_view key_name, std::string_view value) {
    key(key_name);
    append_json_string(out_, value);
  }
  void number(std::string_view key_name, std::uint64_t value) { key(key_name).out_ += std::to_string(value); }
  void raw(std::string_view key_name, const std::string& json) { key(key_name).out_ += json; }
  void element(const std::string& json) {
    comma();
    out_ += json;
  }
  std::string close(char bracket) { return std::move(out_) + bracket; }

 private:
  void comma() {
    if (out_.size() > 1) out_ += ',';
  }
  std::string out_;
};

std::string hits_json(const RunReader& run, const IndexItem& item) {
  JsonText list('[');
  for (const IndexHit& hit : item.hits) {
    JsonText one('{');
    one.text("identifier", run.identifier_name(hit.identifier));
    one.text("view", run.word("view", hit.view));
    one.text("form", run.word("form", hit.form));
    one.number("start", hit.start);
    one.number("length", hit.length);
    if (hit.crossing) one.raw("crossing", "true");
    list.element(one.close('}'));
  }
  return list.close(']');
}

std::string extents_json(const RunReader& run, const IndexItem& item) {
  JsonText list('[');
  for (const IndexExtent& extent : item.extents) {
    JsonText one('{');
    one.text("view", run.word("view", extent.view));
    one.number("start", extent.start);
    one.number("length", extent.length);
    if (extent.exhibit_offset) one.number("exhibit_offset", *extent.exhibit_offset);
    list.element(one.close('}'));
  }
  return list.close(']');
}

std::string places_json(const IndexItem& item) {
  JsonText list('[');
  for (const IndexPlace& place : item.places) {
    JsonText one('{');
    one.number("start", place.start);
    one.number("length", place.length);
    one.number("exhibit_offset", place.exhibit_offset);
    list.element(one.close('}'));
  }
  return list.close(']');
}

std::string texts_json(const std::vector<std::string>& texts) {
  JsonText list('[');
  for (const std::string& text : texts) {
    std::string quoted;
    append_json_string(quoted, text);
    list.element(quoted);
  }
  return list.close(']');
}

}  // namespace

std::string utc_text(std::int64_t unix_seconds) {
  const std::time_t time = unix_seconds;
  std::tm parts{};
  std::array<char, 32> text{};
  if (gmtime_r(&time, &parts) == nullptr || parts.tm_year < -1900 || parts.tm_year > 8099) {
    return std::to_string(unix_seconds);
  }
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return std::string(text.data(), length);
}

std::string item_json(const RunReader& run, const IndexItem& item, ItemDetail detail) {
  JsonText out('{');
  out.number("id", item.id);
  out.text("exhibit", run.exhibit_name(item.exhibit));
  if (item.parent) out.number("parent", *item.parent);
  out.text("locator", item.locator);
  const bool full = detail == ItemDetail::full;
  if (!item.links.empty()) out.raw("links", full ? texts_json(item.links) : std::to_string(item.links.size()));
  if (item.inode) out.number("inode", *item.inode);
  out.text("state", run.word("state", item.state));
  out.text("kind", run.word("kind", item.kind));
  out.number("size", item.size);
  if (item.sha256) out.text("sha256", to_hex(*item.sha256));
  if (item.modified) out.text("modified", utc_text(*item.modified));
  out.text("disposition", run.word("disposition", item.disposition));
  if (const RuleRow* rule = run.rule(item.rule)) {
    out.text("rule", rule->name);
    out.text("paragraph", rule->paragraph);
  }
  if (item.duplicate_of) out.number("duplicate_of", *item.duplicate_of);
  out.raw("identifiers", texts_json(run.identifiers_of(item)));
  out.raw("hits", full ? hits_json(run, item) : std::to_string(item.hits.size()));
  out.raw("extents", full ? extents_json(run, item) : std::to_string(item.extents.size()));
  if (full && !item.places.empty()) out.raw("places", places_json(item));
  return out.close('}');
}

}  // namespace ambit::record
