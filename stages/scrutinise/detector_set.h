// DetectorSet: detectors made ready to scan. Const, shared by all workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/detector.h"
#include "pipeline/result.h"
#include "pipeline/scanner.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit {

class DetectorSet {
 public:
  // Error: names the detector and the expression or the validator at fault; kind order.
  [[nodiscard]] static Result<DetectorSet> build(std::span<const Detector> detectors);

  // Bytes of lead and of tail that a chunk must carry, so that no finding depends on where the cuts are.
  [[nodiscard]] std::size_t context_bytes() const { return context_bytes_; }
  [[nodiscard]] std::span<const Detector> detectors() const { return detectors_; }  // by DetectorId

  // For the scan. The pattern number `id` of the database is expressions()[id].
  struct Expression {
    DetectorId detector = 0;
    std::uint32_t fixed_width = 0;      // 0: the matcher reports the start
    std::size_t before = 0, after = 0;  // bytes of surroundings that the verdict may depend on
  };
  [[nodiscard]] const ScanDatabase& database() const { return database_; }
  [[nodiscard]] std::span<const Expression> expressions() const { return expressions_; }
  [[nodiscard]] const scrutiny::Validator* validator(DetectorId id) const { return validators_[id]; }
  [[nodiscard]] std::span<const std::string> context_words(DetectorId id) const { return context_words_[id]; }
  [[nodiscard]] std::span<const std::string> exclusions(DetectorId id) const { return exclusions_[id]; }

 private:
  std::vector<Detector> detectors_;
  std::vector<Expression> expressions_;
  std::vector<const scrutiny::Validator*> validators_;   // null: the match is the finding
  std::vector<std::vector<std::string>> context_words_;  // lower case
  std::vector<std::vector<std::string>> exclusions_;     // lower case
  ScanDatabase database_;
  std::size_t context_bytes_ = 0;
};

}  // namespace ambit
