#include "stages/scrutinise/detector_set.h"

#include <algorithm>

#include "stages/scrutinise/ascii.h"

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
  for (const std::string& text : texts) out.push_back(scrutiny::lowered(text));
  return out;
}

}  // namespace

Result<DetectorSet> DetectorSet::build(std::span<const Detector> detectors) {
  DetectorSet out;
  std::vector<ScanPattern> patterns;
  std::size_t reach = 0;  // of the widest detector: core and surroundings
  for (const Detector& detector : detectors) {
    const auto id = static_cast<DetectorId>(out.detectors_.size());
    auto validator = find_validator(detector);
    if (!validator) return std::move(validator).error();
    const scrutiny::Validator* row = *validator;
    out.detectors_.push_back(detector);
    out.validators_.push_back(row);
    out.exclusions_.push_back(lowered_all(detector.exclusions));
    out.context_words_.emplace_back();
    for (const ContextWords& words : detector.context) {
      const auto more = lowered_all(words.words);
      out.context_words_.back().insert(out.context_words_.back().end(), more.begin(), more.end());
    }
    for (const std::string& text : detector.expressions) {
      ScanPattern pattern{text, static_cast<std::uint32_t>(patterns.size()), detector.ignore_case, false};
      auto width = expression_width(pattern);
      if (!width) return fault(detector, "expression: " + width.error().what, "");
      const auto [least, most, bounded] = *width;
      if (!bounded || least == 0) {
        return fault(detector, "an expression's width is not bounded, or it matches nothing at all",
                     "write {n,m} instead of * or +");
      }
      pattern.leftmost_start = least != most;
      patterns.push_back(pattern);
      const std::size_t around = detector.context_distance;
      const Expression expression{id, least == most ? least : 0, (row != nullptr ? row->before : 0) + around,
                                  (row != nullptr ? row->after : 0) + around};
      out.expressions_.push_back(expression);
      reach = std::max(reach, expression.before + most + expression.after);
    }
  }
  auto database = ScanDatabase::compile(patterns);
  if (!database) return std::move(database).error();
  out.database_ = std::move(database).value();
  out.context_bytes_ = 2 * reach + 2;  // text in UTF-16 takes two bytes a letter
  return out;
}

}  // namespace ambit
