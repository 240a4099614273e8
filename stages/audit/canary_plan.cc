// From a rule to words that satisfy it.
//
// A condition is met by the smallest set of literals that makes it true; what it forbids is simply not written. Whether
// the rest of the order then agrees is not asked here: whoever plants runs the stages over the text.
#include <algorithm>
#include <optional>

#include "stages/audit/canary.h"

namespace ambit::audit {
namespace {

constexpr std::uint64_t kMostRepeats = 64;  // of count()

using Words = std::optional<std::vector<std::string>>;

FormSet as_it_stands() {
  FormSet out;
  out.add(Form::utf8);
  return out;
}

bool is_text(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

class Planner {
 public:
  // `turn` says which of several ways is taken where there are some.
  Planner(const Scope& scope, const Rule& rule, std::size_t turn) : scope_(scope), rule_(rule), turn_(turn) {}

  std::optional<Recipe> recipe() {
    Words words = words_of(static_cast<std::uint32_t>(rule_.conditions.size() - 1));
    if (!words || words->empty()) return std::nullopt;
    recipe_.words = std::move(*words);
    recipe_.unit = rule_.unit;
    return std::move(recipe_);
  }

 private:
  Words words_of(std::uint32_t index) {
    const Condition& c = rule_.conditions[index];
    switch (c.op) {
      case Op::any_of:
        return literal_of(c.identifiers, 1);
      case Op::count:
        return c.number <= kMostRepeats ? literal_of(c.identifiers, c.number) : std::nullopt;
      case Op::near:
        return joined(literal_of(c.identifiers, 1), literal_of(c.others, 1));
      case Op::all:
        return all_of(c.children);
      case Op::any:
        return one_of(c.children);
      case Op::negate:
        return std::vector<std::string>();
      case Op::path:
        return at_place(c.text);
      case Op::kind:
        return of_kind(c.kind);
    }
    return std::nullopt;
  }

  // A glob that ends in a star leaves the file's name to us; what its other stars stand for is ours too.
  Words at_place(std::string_view glob) {
    if (!glob.ends_with('*') || !recipe_.place.empty()) return std::nullopt;
    while (glob.ends_with('*')) glob.remove_suffix(1);
    while (glob.starts_with('/')) glob.remove_prefix(1);
    for (std::size_t i = 0; i < glob.size(); ++i) {
      const bool star = glob[i] == '*' || glob[i] == '?';
      if (star && i > 0 && glob[i] == '*' && glob[i - 1] == '*') continue;
      recipe_.place += star ? 'x' : glob[i];
    }
    return std::vector<std::string>();
  }
  Words of_kind(Kind kind) {
    const bool written = kind == Kind::text || kind == Kind::mail || kind == Kind::sql_dump;
    if (!written || recipe_.kind != Kind::unknown) return std::nullopt;
    recipe_.kind = kind;
    return std::vector<std::string>();
  }

  static Words joined(Words a, const Words& b) {
    if (!a || !b) return std::nullopt;
    a->insert(a->end(), b->begin(), b->end());
    return a;
  }
  Words all_of(const std::vector<std::uint32_t>& children) {
    Words out = std::vector<std::string>();
    for (const std::uint32_t child : children) out = joined(std::move(out), words_of(child));
    return out;
  }
  Words one_of(const std::vector<std::uint32_t>& children) {
    for (std::size_t i = 0; i < children.size(); ++i) {
      if (Words words = words_of(children[(turn_ + i) % children.size()]); words && !words->empty()) return words;
    }
    return std::nullopt;
  }
  // The literals of strong identifiers come first: weak ones alone earn no release.
  Words literal_of(const std::vector<IdentifierId>& ids, std::uint64_t times) {
    for (const Strength strength : {Strength::strong, Strength::weak}) {
      std::vector<std::pair<std::string, FormSet>> ways;
      for (const IdentifierId id : ids) {
        const Identifier& identifier = scope_.identifiers[id];
        if (identifier.strength != strength || !identifier.forms.has(Form::utf8)) continue;
        for (const std::string& literal : identifier.literals) ways.emplace_back(literal, identifier.forms);
        for (const std::string& bytes : identifier.byte_strings) {
          if (is_text(bytes)) ways.emplace_back(bytes, as_it_stands());
        }
      }
      if (ways.empty()) continue;
      const auto& [literal, forms] = ways[turn_ % ways.size()];
      recipe_.forms &= forms;
      return std::vector<std::string>(static_cast<std::size_t>(times), literal);
    }
    return std::nullopt;
  }

  const Scope& scope_;
  const Rule& rule_;
  std::size_t turn_;
  Recipe recipe_;
};

}  // namespace

std::vector<Recipe> recipes_of(const Scope& scope, std::uint32_t rule, std::size_t most) {
  std::vector<Recipe> out;
  const Rule& of = scope.rules[rule];
  if (of.then != RuleDecision::relevant) return out;
  for (std::size_t turn = 0; turn < most; ++turn) {
    std::optional<Recipe> recipe = Planner(scope, of, turn).recipe();
    if (!recipe) return out;
    const bool known = std::any_of(out.begin(), out.end(), [&](const Recipe& r) { return r.words == recipe->words; });
    if (known && turn >= 16) return out;  // the turns come round again
    recipe->rule = rule;
    if (!known) out.push_back(std::move(*recipe));
  }
  return out;
}

std::string line_of(const Recipe& recipe) {
  std::string line;
  for (const std::string& word : recipe.words) line += (line.empty() ? "" : " ") + word;
  return line;
}

}  // namespace ambit::audit
