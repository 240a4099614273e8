#include "stages/audit/auditor.h"

#include <algorithm>

#include "stages/audit/letters.h"
#include "stages/audit/readings.h"

namespace ambit::audit {
void Auditor::name(std::string_view text) {
  named_.insert(small_letters(text));
  for (const Leak& value : find_values(text))
    named_.insert(small_letters(text.substr(value.offset, value.end - value.offset)));
}

void Auditor::name(const Scope& scope) {
  name(scope.id);
  name(scope.court);
  for (const Paragraph& paragraph : scope.paragraphs) name(paragraph.text);
  for (const Rule& rule : scope.rules) {
    name(rule.name);
    name(rule.expression);
  }
  for (const Identifier& identifier : scope.identifiers) {
    name(identifier.name);
    for (const std::string& literal : identifier.literals) name(literal);
    for (const std::string& expression : identifier.expressions) {
      expressions_.emplace_back(expression, identifier.ignore_case);
    }
  }
  for (const Privacy::Loosened& loosened : scope.privacy.loosened) {
    const auto kind = std::find(kLeakKindNames.begin(), kLeakKindNames.end(), loosened.detector);
    if (kind != kLeakKindNames.end()) allowed_[static_cast<std::size_t>(kind - kLeakKindNames.begin())] = true;
  }
}

bool Auditor::is_named(std::string_view value) const {
  if (named_.contains(small_letters(value))) return true;
  return std::any_of(expressions_.begin(), expressions_.end(),
                     [&](const NamedByExpression& expression) { return expression.matches(value); });
}

std::vector<Leak> Auditor::look(std::string_view text) const {
  std::vector<Leak> out;
  const auto wanted = [&](const Leak& value, std::string_view in) {
    return !allowed_[static_cast<std::size_t>(value.kind)] &&
           !is_named(in.substr(value.offset, value.end - value.offset));
  };
  for (const Leak& value : find_values(text)) {
    if (wanted(value, text)) out.push_back(value);
  }
  const auto add = [&](const Reading& reading, Writing writing) {
    for (const Leak& value : find_values(reading.text)) {
      if (!wanted(value, reading.text)) continue;
      out.push_back(
          {reading.source[value.offset], std::uint64_t{reading.source[value.end - 1]} + 1, value.kind, writing});
    }
  };
  add(read_utf16(text), Writing::utf16);
  add(read_base64(text), Writing::base64);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace ambit::audit
