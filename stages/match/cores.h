// Cores: from an identifier's literal to the strings that Hyperscan looks for.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stages/match/lattice.h"
#include "stages/match/program.h"

namespace ambit::match {

// A string that one literal wants to have looked for; in lower case if `ignore_case`.
struct FoundCore {
  std::string bytes;
  bool ignore_case = true;
  Entry entry;
};

// Collects cores; the same string is never looked for twice.
class CoreList {
 public:
  void add(FoundCore core);
  // `expression` in Hyperscan's syntax.
  void add_expression(std::string expression, const Entry& entry);

  // Moves all into the program and returns Hyperscan's patterns, in the order of program.cores.
  [[nodiscard]] std::vector<ScanPattern> finish(Program& program);
  [[nodiscard]] std::size_t size() const { return patterns_.size(); }

 private:
  // Hundreds of thousands of short strings: a table of numbers, open addressing, is three times as fast as a map.
  void grow();
  [[nodiscard]] std::size_t slot_of(const std::string& bytes, bool ignore_case) const;

  std::vector<std::uint32_t> slots_;  // 1 + number of the core with this hash; 0: free; a power of two of them
  std::size_t plain_ = 0;             // cores in the table
  std::vector<ScanPattern> patterns_;
  std::vector<std::uint32_t> bytes_;
  std::vector<std::pair<std::uint32_t, Entry>> entries_;
};

// Appends the cores of a literal, whose text is `text` (NFC), in each of `forms`; their entries have no subject yet.
// Returns the forms that it has: of an escaped form, only those in which it looks different from plain UTF-8.
[[nodiscard]] FormSet find_cores(const Literal& literal, const Codes& text, FormSet forms, const Familiar& familiar,
                                 Variants& variants, std::vector<FoundCore>& cores);

// Of `forms` those that know no case (cores_caseless.cc): base64, where every character is written in hexadecimal
// digits, code pages. Returns which of them the literal has.
[[nodiscard]] FormSet find_caseless(const Literal& literal, const Codes& text, FormSet forms,
                                    const std::vector<std::uint32_t>& familiar, std::vector<FoundCore>& cores);

}  // namespace ambit::match
