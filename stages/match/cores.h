// Cores: from an identifier's literal to the strings that Hyperscan looks for.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "stages/match/lattice.h"
#include "stages/match/program.h"

namespace ambit::match {

// Collects cores; the same string is never looked for twice.
class CoreList {
 public:
  // `bytes` in lower case if `ignore_case`.
  void add(const std::string& bytes, bool ignore_case, const Entry& entry);
  // `expression` in Hyperscan's syntax.
  void add_expression(std::string expression, const Entry& entry);

  // Moves all into the program and returns Hyperscan's patterns, in the order of program.cores.
  [[nodiscard]] std::vector<ScanPattern> finish(Program& program);
  [[nodiscard]] std::size_t size() const { return patterns_.size(); }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;  // case rule and bytes -> core
  std::vector<ScanPattern> patterns_;
  std::vector<std::uint32_t> bytes_;
  std::vector<std::pair<std::uint32_t, Entry>> entries_;
};

// Adds the cores of program.literals[subject], whose text is `text` (NFC), in each of `forms`. Returns the forms that
// it has: of an escaped form, only those in which it looks different from plain UTF-8.
[[nodiscard]] FormSet add_literal(const Literal& literal, std::uint32_t subject, const Codes& text, FormSet forms,
                                  const Familiar& familiar, Variants& variants, CoreList& cores);

// base64 alone (cores_base64.cc).
void add_base64(const Literal& literal, std::uint32_t subject, const Codes& text,
                const std::vector<std::uint32_t>& familiar, CoreList& cores);

}  // namespace ambit::match
