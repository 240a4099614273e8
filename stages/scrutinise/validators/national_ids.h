// Numbers that a state gives to people: for identity, tax, insurance and health.
//
//   number  = up to Front letters and digits, the core, up to Back letters and digits
//   borders = no letter or digit before or behind, no decimal point, no further group in the same print
//
// The check decides over letters and digits alone, in capitals, without what parts them. A number in one piece is one
// only beside a word, for one number in ten passes a check digit by chance; what its print says alone differs
// (Printed). A wrong check digit beside a word, in groups as people write them, is a mistyped number: shape only.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {

// What a right number in its print is worth without a word beside it.
enum class Printed : std::uint8_t { nothing, shape_only, plausible, validated };

// `compact`: capitals and digits, 1 to 24 of them.
using NumberCheck = bool (*)(std::string_view compact);

[[nodiscard]] std::optional<Verdict> judge_number(std::string_view view, std::size_t begin, std::size_t end,
                                                  NumberCheck check, Printed printed, std::size_t front,
                                                  std::size_t back);

template <NumberCheck kCheck, Printed kPrinted, std::size_t kFront = 0, std::size_t kBack = 0>
[[nodiscard]] std::optional<Verdict> number_id(std::string_view view, std::size_t begin, std::size_t end) {
  return judge_number(view, begin, end, kCheck, kPrinted, kFront, kBack);
}

// Of digits alone, so many of them: what a layout brings with another number is none.
template <NumberCheck kCheck, Printed kPrinted, std::size_t kFewest, std::size_t kMost = kFewest>
[[nodiscard]] std::optional<Verdict> digits_id(std::string_view view, std::size_t begin, std::size_t end) {
  constexpr NumberCheck kGuarded = [](std::string_view compact) {
    return (compact.size() == kFewest || compact.size() == kMost) && kCheck(compact);
  };
  return judge_number(view, begin, end, kGuarded, kPrinted, 0, 0);
}

[[nodiscard]] std::span<const Validator> ids_of_europe();
[[nodiscard]] std::span<const Validator> ids_of_the_world();
[[nodiscard]] std::span<const Validator> ids_with_letters();

}  // namespace ambit::scrutiny
