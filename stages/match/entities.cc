// HTML's named characters as far as names and addresses use them: markup, Latin-1, Greek, and a few of punctuation
// and of Latin Extended. From the list of HTML 4 and, for punctuation, of HTML 5. Names are case-sensitive.
#include <algorithm>
#include <array>
#include <vector>

#include "stages/match/reading.h"

namespace ambit::match {
namespace {

struct Entity {
  std::string_view name;
  char32_t code;
};

// U+00A0 and what follows, in the order of Unicode.
constexpr std::array<std::string_view, 96> kLatin1 = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",   "ordf",
    "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",   "acute",  "micro",
    "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave",
    "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",
    "Igrave", "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",
    "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",  "szlig",  "agrave", "aacute",
    "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",   "igrave",
    "iacute", "icirc",  "iuml",   "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide",
    "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

constexpr Entity kOthers[] = {
    {"amp", '&'},       {"lt", '<'},       {"gt", '>'},        {"quot", '"'},     {"apos", '\''},    {"commat", '@'},
    {"period", '.'},    {"plus", '+'},     {"lowbar", '_'},    {"num", '#'},      {"sol", '/'},      {"colon", ':'},
    {"comma", ','},     {"lpar", '('},     {"rpar", ')'},      {"excl", '!'},     {"dollar", '$'},   {"percnt", '%'},
    {"equals", '='},    {"quest", '?'},    {"semi", ';'},      {"ast", '*'},      {"OElig", 0x152},  {"oelig", 0x153},
    {"Scaron", 0x160},  {"scaron", 0x161}, {"Yuml", 0x178},    {"fnof", 0x192},   {"Alpha", 0x391},  {"Beta", 0x392},
    {"Gamma", 0x393},   {"Delta", 0x394},  {"Epsilon", 0x395}, {"Zeta", 0x396},   {"Eta", 0x397},    {"Theta", 0x398},
    {"Iota", 0x399},    {"Kappa", 0x39a},  {"Lambda", 0x39b},  {"Mu", 0x39c},     {"Nu", 0x39d},     {"Xi", 0x39e},
    {"Omicron", 0x39f}, {"Pi", 0x3a0},     {"Rho", 0x3a1},     {"Sigma", 0x3a3},  {"Tau", 0x3a4},    {"Upsilon", 0x3a5},
    {"Phi", 0x3a6},     {"Chi", 0x3a7},    {"Psi", 0x3a8},     {"Omega", 0x3a9},  {"alpha", 0x3b1},  {"beta", 0x3b2},
    {"gamma", 0x3b3},   {"delta", 0x3b4},  {"epsilon", 0x3b5}, {"zeta", 0x3b6},   {"eta", 0x3b7},    {"theta", 0x3b8},
    {"iota", 0x3b9},    {"kappa", 0x3ba},  {"lambda", 0x3bb},  {"mu", 0x3bc},     {"nu", 0x3bd},     {"xi", 0x3be},
    {"omicron", 0x3bf}, {"pi", 0x3c0},     {"rho", 0x3c1},     {"sigmaf", 0x3c2}, {"sigma", 0x3c3},  {"tau", 0x3c4},
    {"upsilon", 0x3c5}, {"phi", 0x3c6},    {"chi", 0x3c7},     {"psi", 0x3c8},    {"omega", 0x3c9},  {"ensp", 0x2002},
    {"emsp", 0x2003},   {"ndash", 0x2013}, {"mdash", 0x2014},  {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201c},
    {"rdquo", 0x201d},  {"bull", 0x2022},  {"hellip", 0x2026}, {"euro", 0x20ac},  {"trade", 0x2122},
};

std::vector<Entity> all_entities() {
  std::vector<Entity> all(std::begin(kOthers), std::end(kOthers));
  for (std::size_t i = 0; i < kLatin1.size(); ++i) all.push_back({kLatin1[i], static_cast<char32_t>(0xa0 + i)});
  return all;
}

}  // namespace

char32_t entity_code(std::string_view name) {
  static const std::vector<Entity> by_name = [] {
    std::vector<Entity> all = all_entities();
    std::sort(all.begin(), all.end(), [](const Entity& a, const Entity& b) { return a.name < b.name; });
    return all;
  }();
  const auto found = std::lower_bound(by_name.begin(), by_name.end(), name,
                                      [](const Entity& entity, std::string_view n) { return entity.name < n; });
  return found != by_name.end() && found->name == name ? found->code : 0;
}

std::string_view entity_name(char32_t code) {
  static const std::vector<Entity> by_code = [] {
    std::vector<Entity> all = all_entities();
    std::sort(all.begin(), all.end(), [](const Entity& a, const Entity& b) { return a.code < b.code; });
    return all;
  }();
  const auto found = std::lower_bound(by_code.begin(), by_code.end(), code,
                                      [](const Entity& entity, char32_t c) { return entity.code < c; });
  return found != by_code.end() && found->code == code ? found->name : std::string_view{};
}

}  // namespace ambit::match
