#include "pipeline/order_problem.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace ambit {
namespace {

constexpr std::size_t kQuotedCharacters = 60;
// Beyond these no suggestion is sought: it would cost more than reading the order.
constexpr std::size_t kMostCandidates = 20'000;
constexpr std::size_t kLongestName = 100;  // bytes
constexpr std::size_t kListedNames = 24;   // all kinds of object fit

// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other; at most `bound`
// + 1. Three rows of the classic table.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t bound) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > bound) return bound + 1;
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

// Ranges of code points, both ends included; sorted. The controls, what Unicode calls Default_Ignorable, and the line
// and paragraph separators.
struct Range {
  char32_t first, last;
};
constexpr std::array kInvisible = std::to_array<Range>({
    {0x0000, 0x001F}, {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C},
    {0x115F, 0x1160}, {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F}, {0x3164, 0x3164},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
});

}  // namespace

std::vector<OrderProblem> Problems::by_position() && {
  std::stable_sort(list_.begin(), list_.end(), [](const OrderProblem& a, const OrderProblem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return std::move(list_);
}

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {0, 0};
  char32_t code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {0, 0};
    code = (code << 6) | (byte(i) & 0x3FU);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return overlong || surrogate || code > 0x10FFFF ? Character{0, 0} : Character{code, bytes};
}

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_invisible(char32_t code) {
  return std::any_of(kInvisible.begin(), kInvisible.end(),
                     [code](const Range& range) { return code >= range.first && code <= range.last; });
}

std::string code_point_name(char32_t code) {
  std::string digits;
  for (auto rest = static_cast<std::uint32_t>(code); rest != 0 || digits.size() < 4; rest >>= 4) {
    digits.insert(digits.begin(), "0123456789ABCDEF"[rest & 0xF]);
  }
  return "U+" + digits;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  std::size_t shown = 0;
  while (!text.empty() && shown++ < kQuotedCharacters) {
    const Character next = first_character(text);
    const std::size_t bytes = std::max<std::size_t>(next.bytes, 1);
    if (next.bytes == 0 || is_invisible(next.code)) {
      out += "<" + code_point_name(next.bytes == 0 ? 0xFFFD : next.code) + ">";
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return out + (text.empty() ? "\"" : "…\"");
}

std::optional<std::string_view> nearest(std::string_view text, std::span<const std::string_view> candidates) {
  if (candidates.size() > kMostCandidates || text.size() > kLongestName) return std::nullopt;
  std::size_t bound = std::max<std::size_t>(1, text.size() / 3);
  std::optional<std::string_view> best;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(text, candidate, bound);
    if (distance > bound || distance >= candidate.size()) continue;
    best = candidate;
    if (distance == 0) return best;
    bound = distance - 1;
  }
  return best;
}

std::string suggest(std::string_view text, std::span<const std::string_view> candidates) {
  if (const auto near = nearest(text, candidates)) return "did you mean " + in_quotes(*near) + "?";
  if (candidates.empty()) return "there is none to choose from";
  std::string list = "choose one of: ";
  for (std::size_t i = 0; i < std::min(candidates.size(), kListedNames); ++i) {
    list += (i == 0 ? "" : ", ") + std::string(candidates[i]);
  }
  return list + (candidates.size() > kListedNames ? ", …" : "");
}

}  // namespace ambit
