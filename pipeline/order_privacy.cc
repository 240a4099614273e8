#include "pipeline/order_privacy.h"

#include <algorithm>

#include "pipeline/limits.h"

namespace ambit {
namespace {

using Paragraphs = std::span<const std::string_view>;

// A key that takes back protection, and the one that names the paragraph for it: both or neither.
void check_allowance(const Value& key, std::string_view name, std::string_view loosens, const Value& paragraph,
                     Paragraphs paragraphs, Fields& fields) {
  const std::string by(name);
  if (key && !paragraph) {
    fields.blame(key, by + " loosens " + std::string(loosens) + " without a paragraph that allows it",
                 "add " + by + "_paragraph = \"…\"");
  }
  if (paragraph && !key) { fields.blame(paragraph, by + "_paragraph without " + by, "add " + by + ", or remove it"); }
  static_cast<void>(fields.cite(paragraph, paragraphs));
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// An address, a domain of mail, or a number that identifies something. Words alone would be everybody's.
bool is_role_account(std::string_view text) {
  const auto digits =
      static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }));
  if (digits >= limits::kMinRoleDigits) return true;
  const std::size_t dot = text.rfind('.');
  const bool dotted = dot != std::string_view::npos && dot > 0 && dot + 2 < text.size() &&
                      std::none_of(text.begin(), text.end(), is_blank);
  return dotted && text.find('@') == text.rfind('@') && text.find('@') + 1 != dot;
}

void read_role_accounts(const Value& table, Paragraphs paragraphs, Fields& fields, Privacy& out) {
  const Value accounts = table.find("role_accounts");
  for (const Value& account : Fields::strings(accounts)) {
    const std::optional<std::string_view> text = fields.visible(account, "the role account");
    if (!text) continue;
    if (is_role_account(*text)) {
      out.role_accounts.emplace_back(*text);
    } else {
      fields.blame(account, in_quotes(*text) + " is no address, no domain and no number",
                   "write \"info@example.com\", \"example.com\" for all addresses there, or a number of at least " +
                       std::to_string(limits::kMinRoleDigits) + " digits");
    }
  }
  check_allowance(accounts, "role_accounts", "the privacy of those it names", table.find("role_accounts_paragraph"),
                  paragraphs, fields);
}

}  // namespace

void read_privacy(const Value& table, Paragraphs paragraphs, Fields& fields, ReadOrder& out) {
  Privacy& privacy = out.scope.privacy;
  for (const Value& entry : table.find("loosen").items()) {
    const Value detector = entry.find("detector");
    const std::optional<std::uint32_t> paragraph = fields.cite(entry.find("paragraph"), paragraphs);
    if (!fields.visible(detector, "detector")) continue;
    privacy.loosened.push_back({std::string(detector.text()), paragraph.value_or(0)});
    out.loosened_places.push_back(detector.place());
  }
  const Value least = table.find("least_grade");
  if (const auto grade = fields.choice(least, "grade", kGradeNames)) privacy.least = static_cast<Grade>(*grade);
  check_allowance(least, "least_grade", "the privacy of third parties", table.find("least_grade_paragraph"), paragraphs,
                  fields);
  read_role_accounts(table, paragraphs, fields, privacy);
}

}  // namespace ambit
