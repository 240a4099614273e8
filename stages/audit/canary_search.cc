#include "stages/audit/canary_search.h"

#include <algorithm>
#include <span>

#include "pipeline/base64.h"
#include "stages/audit/canary_files.h"

namespace ambit::audit {
namespace {

std::string hex_of(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += {kDigits[byte >> 4], kDigits[byte & 0xf]};
  }
  return out;
}

std::string bytes_of_hex(std::string_view hex) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out += static_cast<char>(value(hex[i]) << 4 | value(hex[i + 1]));
  return out;
}

}  // namespace

void CanarySearch::add(std::uint32_t canary, std::string text, bool ignore_case) {
  if (text.size() < LiteralIndex::kLongBytes) return;  // every value is longer than that; so are its writings
  most_bytes_ = std::max(most_bytes_, text.size());
  texts_.push_back({std::move(text), canary, ignore_case});
}

void CanarySearch::add_value(std::uint32_t canary, const std::string& value) {
  add(canary, value, true);
  std::string little, big;
  for (const char c : value) {
    little += {c, '\0'};
    big += {'\0', c};
  }
  add(canary, little, true);
  add(canary, big, true);
  add(canary, hex_of(value), true);
  // Whatever stands before and behind it: the digits that are the value's alone.
  for (const std::size_t before : {0U, 1U, 2U}) {
    const std::string digits = to_base64(std::string(before, 'x') + value);
    const std::size_t whole = (before + value.size()) / 3 * 4;
    const std::size_t first = before == 0 ? 0 : 4;
    add(canary, digits.substr(first, whole - first), false);
  }
}

CanarySearch::CanarySearch(const Registry& registry) : seen_(registry.canaries.size(), 0) {
  for (std::size_t i = 0; i < registry.canaries.size(); ++i) {
    const Canary& canary = registry.canaries[i];
    if (!canary.is_private) continue;
    const auto number = static_cast<std::uint32_t>(i);
    for (const std::string& value : canary.values) add_value(number, value);
    if (canary.sha256.size() != 64) continue;
    add(number, canary.sha256, true);
    add(number, bytes_of_hex(canary.sha256), false);
  }
  std::vector<PlainLiteral> literals;
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    literals.push_back({texts_[i].bytes, static_cast<std::uint32_t>(i), texts_[i].ignore_case});
  }
  index_ = LiteralIndex(literals);
}

void CanarySearch::look(std::string_view piece) {
  if (index_.empty()) return;
  const auto on_match = [](void* context, std::uint32_t id, std::uint64_t, std::uint64_t) {
    auto& self = *static_cast<CanarySearch*>(context);
    self.seen_[self.texts_[id].canary] = 1;
  };
  LiteralScan scan(index_, std::as_bytes(std::span(piece)), pending_, on_match, this);
  scan.run_to(piece.size());
}

std::vector<std::size_t> CanarySearch::seen() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    if (seen_[i] != 0) out.push_back(i);
  }
  return out;
}

}  // namespace ambit::audit
