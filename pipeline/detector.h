// Detector: what a kind of private data looks like, as typed data. Read from configs/detectors/*.toml by
// detector_file, used by stages/scrutinise.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/facts.h"

namespace ambit {

// Words that make a shape more likely when they stand near it, in one language.
struct ContextWords {
  std::string language;            // ISO 639-1: "en", "fr"
  std::vector<std::string> words;  // UTF-8; matched ASCII caseless, as whole words
};

// How a finding comes about: an expression, or a layout of digits, finds a cheap, rare core; the validator looks around
// the core, draws the finding's borders and grades it; context words near it may raise the grade; exclusions drop known
// noise.
struct Detector {
  std::string name;                      // "payment-card": unique, what an order's [privacy] refers to
  std::string category;                  // "financial"
  std::vector<std::string> expressions;  // Hyperscan over bytes, bounded width, no look-around
  std::vector<std::string> numbers;      // layouts of digits, see stages/scrutinise/numbers.h
  bool ignore_case = false;              // of the expressions; ASCII letters only
  std::string validator;                 // a row of stages/scrutinise/validators; empty: the match is the finding
  Grade grade = Grade::shape_only;       // without a validator; one step higher when a context word stands near
  std::vector<ContextWords> context;
  std::uint32_t context_distance = 0;   // bytes to either side of the finding
  std::vector<std::string> exclusions;  // whole finding, ASCII caseless; '*' stands for any run of bytes
  std::vector<std::string> must_match;  // examples: each is a test
  std::vector<std::string> must_not_match;
};

}  // namespace ambit
