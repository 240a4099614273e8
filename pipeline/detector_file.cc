// One row per key: its name, and what reads it. Every mistake is collected, none stops the reading.
#include "pipeline/detector_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "pipeline/scanner.h"

namespace ambit {
namespace {

constexpr std::uint32_t kMaxContextDistance = 512;  // bytes; farther away a word says nothing about a number

class Reader {
 public:
  Reader(std::string_view file_name, DetectorReading& out) : file_name_(file_name), out_(out) {}

  void read(const toml::table& table);
  void mistake(const toml::source_region& at, std::string what, std::string remedy = "");

  bool text(const toml::node& node, std::string& into);
  bool texts(const toml::node& node, std::vector<std::string>& into);
  void context(const toml::node& node);
  void distance(const toml::node& node);
  void grade(const toml::node& node);
  void ignore_case(const toml::node& node);

 private:
  void check_whole(const toml::table& table);

  std::string_view file_name_;
  DetectorReading& out_;

 public:
  Detector& detector() { return out_.detector; }
};

struct Key {
  std::string_view name;
  bool required;
  void (*read)(Reader&, const toml::node&);
};

constexpr std::array kDetectorKeys = {
    Key{"name", true, [](Reader& r, const toml::node& n) { r.text(n, r.detector().name); }},
    Key{"category", true, [](Reader& r, const toml::node& n) { r.text(n, r.detector().category); }},
    Key{"expressions", false, [](Reader& r, const toml::node& n) { r.texts(n, r.detector().expressions); }},
    Key{"numbers", false, [](Reader& r, const toml::node& n) { r.texts(n, r.detector().numbers); }},
    Key{"ignore_case", false, [](Reader& r, const toml::node& n) { r.ignore_case(n); }},
    Key{"validator", false, [](Reader& r, const toml::node& n) { r.text(n, r.detector().validator); }},
    Key{"grade", false, [](Reader& r, const toml::node& n) { r.grade(n); }},
    Key{"context", false, [](Reader& r, const toml::node& n) { r.context(n); }},
    Key{"context_distance", false, [](Reader& r, const toml::node& n) { r.distance(n); }},
    Key{"exclusions", false, [](Reader& r, const toml::node& n) { r.texts(n, r.detector().exclusions); }},
    Key{"must_match", true, [](Reader& r, const toml::node& n) { r.texts(n, r.detector().must_match); }},
    Key{"must_not_match", true, [](Reader& r, const toml::node& n) { r.texts(n, r.detector().must_not_match); }},
};

void Reader::mistake(const toml::source_region& at, std::string what, std::string remedy) {
  std::string where(file_name_);
  if (at.begin.line > 0) where += ":" + std::to_string(at.begin.line);
  out_.mistakes.push_back({ErrorKind::order, std::move(what), std::move(where), std::move(remedy)});
}

bool Reader::text(const toml::node& node, std::string& into) {
  const auto value = node.value_exact<std::string>();
  if (!value || value->empty()) {
    mistake(node.source(), "this must be a text that is not empty");
    return false;
  }
  into = *value;
  return true;
}

bool Reader::texts(const toml::node& node, std::vector<std::string>& into) {
  const toml::array* array = node.as_array();
  if (array == nullptr || array->empty()) {
    mistake(node.source(), "this must be a list of texts, at least one");
    return false;
  }
  for (const toml::node& element : *array) {
    std::string value;
    if (text(element, value)) into.push_back(std::move(value));
  }
  return true;
}

void Reader::context(const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return mistake(node.source(), "context must be a table of word lists, one key per language");
  for (const auto& [language, words] : *table) {
    ContextWords row{std::string(language.str()), {}};
    if (texts(words, row.words)) out_.detector.context.push_back(std::move(row));
  }
}

void Reader::distance(const toml::node& node) {
  const auto value = node.value_exact<std::int64_t>();
  if (!value || *value < 1 || *value > kMaxContextDistance) {
    return mistake(node.source(), "context_distance must be a number of bytes from 1 to 512");
  }
  out_.detector.context_distance = static_cast<std::uint32_t>(*value);
}

void Reader::grade(const toml::node& node) {
  const auto value = node.value_exact<std::string>();
  const auto name = value ? std::find(kGradeNames.begin(), kGradeNames.end(), *value) : kGradeNames.end();
  if (name == kGradeNames.end()) {
    return mistake(node.source(), "grade must be \"shape only\", \"plausible\" or \"validated\"");
  }
  out_.detector.grade = static_cast<Grade>(name - kGradeNames.begin());
}

void Reader::ignore_case(const toml::node& node) {
  const auto value = node.value_exact<bool>();
  if (!value) return mistake(node.source(), "ignore_case must be true or false");
  out_.detector.ignore_case = *value;
}

// What no key can say alone.
void Reader::check_whole(const toml::table& table) {
  const Detector& d = out_.detector;
  const auto at = [&](std::string_view key) {
    const toml::node* node = table.get(key);
    return node != nullptr ? node->source() : toml::source_region{};
  };
  const bool plain = std::all_of(d.name.begin(), d.name.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  if (!plain) mistake(at("name"), "a detector's name is made of a-z, 0-9 and '-'");
  if (!table.contains("expressions") && !table.contains("numbers")) {
    mistake({}, "there are neither expressions nor numbers", "write what is to be looked for");
  }
  if (!d.validator.empty() && table.contains("grade")) {
    mistake(at("grade"), "grade has no meaning beside a validator, which grades by itself", "remove one of the two");
  }
  if (d.context.empty() != (d.context_distance == 0)) {
    mistake(at("context_distance"), "context and context_distance belong together", "write both or none");
  }
  for (const std::string& expression : d.expressions) {
    const auto width = expression_width({expression, 0, d.ignore_case, false});
    if (!width) {
      mistake(at("expressions"), "expression: " + width.error().what);
    } else if (!width.value().bounded || width.value().least == 0) {
      mistake(at("expressions"), "the expression's width is not bounded, or it matches nothing at all",
              "write {n,m} instead of * or +, and let a validator look around a short core");
    }
  }
}

void Reader::read(const toml::table& table) {
  for (const auto& [name, node] : table) {
    const std::string_view text = name.str();
    const auto key =
        std::find_if(kDetectorKeys.begin(), kDetectorKeys.end(), [&](const Key& k) { return k.name == text; });
    if (key == kDetectorKeys.end()) {
      mistake(name.source(), "unknown key \"" + std::string(text) + "\"", "see docs/detectors.md for the keys");
    } else {
      key->read(*this, node);
    }
  }
  for (const Key& key : kDetectorKeys) {
    if (key.required && !table.contains(key.name)) mistake({}, "the key \"" + std::string(key.name) + "\" is missing");
  }
  check_whole(table);
}

}  // namespace

DetectorReading read_detector(std::string_view file_name, std::string_view toml) {
  DetectorReading out;
  Reader reader(file_name, out);
  try {
    reader.read(toml::parse(toml));
  } catch (const toml::parse_error& error) { reader.mistake(error.source(), std::string(error.description())); }
  return out;
}

Result<std::vector<Detector>> read_embedded_detectors() {
  std::vector<Detector> out;
  for (const EmbeddedDetector& file : embedded_detectors()) {
    DetectorReading reading = read_detector(file.file_name, file.text);
    if (!reading.mistakes.empty()) return std::move(reading.mistakes.front());
    out.push_back(std::move(reading.detector));
  }
  return out;
}

}  // namespace ambit
