// DetectorSet: detectors made ready to scan. Const, shared by all workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/detector.h"
#include "pipeline/result.h"
#include "pipeline/scanner.h"
#include "stages/scrutinise/numbers.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit {

class DetectorSet {
 public:
  // Error: names the detector and the expression or the validator at fault; kind order.
  [[nodiscard]] static Result<DetectorSet> build(std::span<const Detector> detectors);

  // Bytes of lead and of tail that a chunk must carry, so that no finding depends on where the cuts are.
  [[nodiscard]] std::size_t context_bytes() const { return context_bytes_; }
  [[nodiscard]] std::span<const Detector> detectors() const { return detectors_; }  // by DetectorId

  // For the scan. Pattern and number `id` of database and numbers is expressions()[id].
  struct Expression {
    DetectorId detector = 0;
    std::uint32_t fixed_width = 0;      // 0: the matcher reports the start
    std::size_t before = 0, after = 0;  // bytes of surroundings that the verdict may depend on
    bool only_beside_word = false;      // means nothing elsewhere: the validator need not be asked
  };
  [[nodiscard]] const ScanDatabase& database() const { return database_; }
  [[nodiscard]] const scrutiny::NumberIndex& numbers() const { return numbers_; }
  // How far from where it begins the word may stand beside which alone a number means something.
  [[nodiscard]] std::size_t word_before() const { return word_before_; }
  [[nodiscard]] std::size_t word_after() const { return word_after_; }
  [[nodiscard]] std::span<const Expression> expressions() const { return expressions_; }
  [[nodiscard]] const scrutiny::Validator* validator(DetectorId id) const { return validators_[id]; }
  // The words of all detectors. Pattern number `id` of their database is words()[id].
  struct Word {
    std::size_t bytes = 0;
    std::vector<char> speaks_for;  // by DetectorId; 0 or 1
  };
  [[nodiscard]] const ScanDatabase& word_database() const { return word_database_; }
  [[nodiscard]] std::span<const Word> words() const { return words_; }
  [[nodiscard]] bool has_words(DetectorId id) const { return !detectors_[id].context.empty(); }
  [[nodiscard]] std::span<const std::string> exclusions(DetectorId id) const { return exclusions_[id]; }

 private:
  void add_expression(Expression expression, std::size_t most_bytes);
  [[nodiscard]] Result<> add_expressions(DetectorId id, std::vector<ScanPattern>& patterns);
  using Layouts = scrutiny::NumberIndex::Layouts;
  [[nodiscard]] Result<> add_numbers(DetectorId id, Layouts& layouts, Layouts& beside_words);
  [[nodiscard]] Result<> compile_words();

  std::vector<Detector> detectors_;
  std::vector<Expression> expressions_;
  std::vector<const scrutiny::Validator*> validators_;  // null: the match is the finding
  std::vector<std::vector<std::string>> exclusions_;    // lower case
  std::vector<Word> words_;
  scrutiny::NumberIndex numbers_;
  std::size_t word_before_ = 0, word_after_ = 0;
  ScanDatabase database_, word_database_;
  std::size_t context_bytes_ = 0;
};

}  // namespace ambit
