// OwnValues: values that are no third party's though a detector finds them: literals that the order names, and the role
// accounts of its [privacy].
//
// The matcher finds a literal as it is written. A detector finds a value however it is written, so it is compared in a
// normal form, which leaves out what only spells it:
//
//   addresses of mail   letters of ASCII in lower case; a role account that is a domain stands for every address at
//                       just that domain, not at those below it, where a company's customers may have theirs
//   telephone numbers   +, 00 and 011 before the country are one; blanks, "-", ".", "/", brackets and "(0)" are nothing
//   other numbers       blanks and "-./()" between letters and digits are nothing; letters of ASCII in upper case
//   anything else       letters of ASCII in lower case
//
// Numbers of networks and places on earth are told apart by their dots: for them only the last rule holds. Nothing is
// guessed: 030 1234567 is not +49 30 1234567, for it is a number in other countries too. An order names both.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "pipeline/scope.h"

namespace ambit::scrutiny {

class OwnValues {
 public:
  explicit OwnValues(const Scope& scope);
  [[nodiscard]] bool empty() const { return texts_.empty(); }
  // `value` is what a detector of `category` found, in ASCII or UTF-8.
  [[nodiscard]] bool hold(std::string_view value, std::string_view category) const;

 private:
  void add(std::string_view value);

  std::unordered_set<std::string> texts_;    // lower case
  std::unordered_set<std::string> numbers_;  // normal form
  std::unordered_set<std::string> domains_;  // lower case
};

}  // namespace ambit::scrutiny
