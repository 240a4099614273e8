#include "stages/scrutinise/detector_set.h"

#include <algorithm>
#include <map>

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/base64_lines.h"

namespace ambit {
namespace {

Error fault(const Detector& detector, std::string what, std::string remedy) {
  return {ErrorKind::order, std::move(what), "detector " + detector.name, std::move(remedy)};
}

Result<const scrutiny::Validator*> find_validator(const Detector& detector) {
  if (detector.validator.empty()) return static_cast<const scrutiny::Validator*>(nullptr);
  std::string known;
  for (const scrutiny::Validator& row : scrutiny::validators()) {
    if (row.name == detector.validator) return &row;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  return fault(detector, "no validator is called \"" + detector.validator + "\"", "one of: " + known);
}

std::vector<std::string> lowered_all(std::span<const std::string> texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) out.push_back(lowered(text));
  return out;
}

}  // namespace

void DetectorSet::add_expression(Expression expression, std::size_t most_bytes) {
  const scrutiny::Validator* row = validators_[expression.detector];
  // A word stands alone or not by the byte before and behind it.
  const std::size_t around = has_words(expression.detector) ? detectors_[expression.detector].context_distance : 0;
  expression.before = (row != nullptr ? row->before : 0) + around;
  expression.after = (row != nullptr ? row->after : 0) + around;
  expressions_.push_back(expression);
  const std::size_t reach = expression.before + most_bytes + expression.after + 2;
  // Text in UTF-16 takes two bytes a letter; in base64 four for three and the ends of lines, and lines are decoded
  // whole.
  constexpr std::size_t kLine = scrutiny::Base64Lines::kMostDigits + 2;
  context_bytes_ = std::max({context_bytes_, 2 * reach + 2, reach * 3 / 2 + 2 * kLine});
}

Result<> DetectorSet::add_expressions(DetectorId id, std::vector<ScanPattern>& patterns) {
  const Detector& detector = detectors_[id];
  for (const std::string& text : detector.expressions) {
    ScanPattern pattern{text, static_cast<std::uint32_t>(expressions_.size()), detector.ignore_case, false};
    auto width = expression_width(pattern);
    if (!width) return fault(detector, "expression: " + width.error().what, "");
    const auto [least, most, bounded] = *width;
    if (!bounded || least == 0) {
      return fault(detector, "an expression's width is not bounded, or it matches nothing at all",
                   "write {n,m} instead of * or +");
    }
    pattern.leftmost_start = least != most;
    patterns.push_back(pattern);
    add_expression({id, least == most ? least : 0}, most);
  }
  return {};
}

Result<> DetectorSet::add_numbers(DetectorId id, Layouts& layouts, Layouts& beside_words) {
  const Detector& detector = detectors_[id];
  const auto means = validators_[id] != nullptr ? validators_[id]->bare : scrutiny::Bare::may_count;
  for (const std::string& text : detector.numbers) {
    const auto layout = scrutiny::NumberLayout::read(text);
    if (!layout) return fault(detector, layout.error().what, layout.error().remedy);
    const bool bare = layout->in_one_piece() && layout->front == 0 && layout->back == 0;
    const bool needs_word =
        means == scrutiny::Bare::like_any_print_only_beside_word || (bare && means == scrutiny::Bare::only_beside_word);
    (needs_word ? beside_words : layouts).emplace_back(*layout, static_cast<std::uint32_t>(expressions_.size()));
    add_expression({id, 0, 0, 0, needs_word}, layout->most_bytes());
    if (!needs_word) continue;
    word_before_ = std::max(word_before_, expressions_.back().before);
    word_after_ = std::max(word_after_, layout->most_bytes() + expressions_.back().after);
  }
  return {};
}

Result<> DetectorSet::compile_words() {
  std::map<std::string, std::size_t> known;
  std::vector<ScanPattern> patterns;
  for (std::size_t id = 0; id < detectors_.size(); ++id) {
    for (const ContextWords& language : detectors_[id].context) {
      for (const std::string& word : lowered_all(language.words)) {
        const auto [row, fresh] = known.emplace(word, words_.size());
        if (fresh) {
          words_.push_back({word.size(), std::vector<char>(detectors_.size(), 0)});
          patterns.push_back({word, static_cast<std::uint32_t>(row->second), true, false, true});
        }
        words_[row->second].speaks_for[id] = 1;
      }
    }
  }
  auto database = ScanDatabase::compile(patterns);
  if (!database) return std::move(database).error();
  word_database_ = std::move(database).value();
  return {};
}

Result<DetectorSet> DetectorSet::build(std::span<const Detector> detectors) {
  DetectorSet out;
  std::vector<ScanPattern> patterns;
  Layouts layouts, beside_words;
  out.context_bytes_ = 2;
  for (const Detector& detector : detectors) {
    const auto id = static_cast<DetectorId>(out.detectors_.size());
    auto validator = find_validator(detector);
    if (!validator) return std::move(validator).error();
    out.detectors_.push_back(detector);
    out.validators_.push_back(*validator);
    out.exclusions_.push_back(lowered_all(detector.exclusions));
    if (auto added = out.add_expressions(id, patterns); !added) return std::move(added).error();
    if (auto added = out.add_numbers(id, layouts, beside_words); !added) return std::move(added).error();
  }
  out.numbers_ = scrutiny::NumberIndex(layouts, beside_words);
  auto database = ScanDatabase::compile(patterns);
  if (!database) return std::move(database).error();
  out.database_ = std::move(database).value();
  if (auto words = out.compile_words(); !words) return std::move(words).error();
  return out;
}

}  // namespace ambit
