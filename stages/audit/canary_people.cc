#include "stages/audit/canary_people.h"

#include <array>
#include <string_view>

#include "stages/audit/letters.h"

namespace ambit::audit {
namespace {

constexpr std::array<std::string_view, 32> kSyllables = {
    "vel", "quen", "dor", "mis", "tra", "bel", "zor", "phi", "lan", "gro", "wex", "ith", "cam", "ose", "rud", "nik",
    "hal", "ber",  "oxi", "tan", "pyr", "ule", "ska", "mor", "eda", "fin", "jus", "kel", "bry", "ama", "ond", "sil"};
constexpr std::array<std::string_view, 24> kWords = {"shelf",  "autumn",  "ladder",  "gravel", "meadow", "kettle",
                                                     "window", "lantern", "barley",  "copper", "thread", "harvest",
                                                     "timber", "pebble",  "orchard", "button", "saddle", "marble",
                                                     "candle", "basket",  "feather", "anchor", "willow", "cellar"};
constexpr std::array<std::string_view, 8> kLanes = {"Lane", "Row", "Mews", "Walk", "Close", "Gate", "Hill", "Yard"};

template <class List>
std::string_view one_of(const List& list, Random& random) {
  return list[random() % list.size()];
}

std::string invented_name(Random& random, int syllables) {
  std::string out;
  for (int i = 0; i < syllables; ++i) out += one_of(kSyllables, random);
  out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

// 4929, eleven digits, and the digit that Luhn's rule asks for.
std::string invented_card(Random& random) {
  std::string digits = "4929";
  while (digits.size() < 15) digits += static_cast<char>('0' + random() % 10);
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int value = (digits[i] - '0') * (i % 2 == 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  digits += static_cast<char>('0' + (10 - sum % 10) % 10);
  std::string out;
  for (std::size_t at = 0; at < digits.size(); at += 4) out += (at == 0 ? "" : " ") + digits.substr(at, 4);
  return out;
}

std::string without_spaces(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ') out += c;
  }
  return out;
}

}  // namespace

std::vector<std::string> Person::values() const { return {name, mail, card, without_spaces(card), street}; }

std::string Person::line() const {
  return "customer " + name + ", " + street + ", mail " + mail + ", phone " + phone + ", card " + card;
}

Person invent_person(Random& random) {
  Person out;
  const std::string given = invented_name(random, 3), family = invented_name(random, 3);
  out.name = given + " " + family;
  out.mail = small_letters(given) + "." + small_letters(family) + "@mailbox.example";
  out.phone = "+1 202 555 01" + std::to_string(10 + random() % 90);
  out.card = invented_card(random);
  out.street =
      std::to_string(1 + random() % 300) + " " + invented_name(random, 3) + " " + std::string(one_of(kLanes, random));
  return out;
}

std::vector<std::string> filler_lines(Random& random, std::size_t lines) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < lines; ++i) {
    std::string line = "the " + std::string(one_of(kWords, random));
    for (std::size_t words = 3 + random() % 6; words > 0; --words) line += " " + std::string(one_of(kWords, random));
    out.push_back(line);
  }
  return out;
}

}  // namespace ambit::audit
