// Expressions over characters as Hyperscan's expressions over bytes.
//
// A class of few ranges becomes the exact byte sequences of its characters. A class of many (\w, a negated one, ".")
// would become hundreds of sequences, and its repetition more than Hyperscan takes: beyond ASCII it is widened to any
// bytes that a character might have. That only adds candidates, which the backward automaton judges exactly.
#include <algorithm>
#include <array>

#include "stages/match/regex.h"

namespace ambit::match {
namespace {

using ByteRange = std::pair<unsigned, unsigned>;
using Sequence = std::vector<ByteRange>;

constexpr std::size_t kMaxSequences = 12;
constexpr char32_t kLastBmp = 0xffff;
constexpr std::size_t kTooWide = std::size_t{1} << 32;  // far beyond any limit, and safe to multiply

std::string hex_byte(unsigned value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  return {'\\', 'x', kHex[value >> 4], kHex[value & 0xf]};
}
std::string byte_class(const ByteRange& range) {
  if (range.first == range.second) return hex_byte(range.first);
  return "[" + hex_byte(range.first) + "-" + hex_byte(range.second) + "]";
}

// Splits two numbers of equal length, given as digits of `bits` bits, into sequences of digit ranges.
void split(const std::vector<unsigned>& low, const std::vector<unsigned>& high, unsigned digit_min, unsigned digit_max,
           std::size_t at, Sequence prefix, std::vector<Sequence>& out) {
  const bool rest_is_full = std::all_of(low.begin() + static_cast<std::ptrdiff_t>(at) + 1, low.end(),
                                        [&](unsigned digit) { return digit == digit_min; }) &&
                            std::all_of(high.begin() + static_cast<std::ptrdiff_t>(at) + 1, high.end(),
                                        [&](unsigned digit) { return digit == digit_max; });
  if (rest_is_full) {
    prefix.emplace_back(low[at], high[at]);
    for (std::size_t i = at + 1; i < low.size(); ++i) prefix.emplace_back(digit_min, digit_max);
    return out.push_back(std::move(prefix));
  }
  if (low[at] == high[at]) {
    prefix.emplace_back(low[at], low[at]);
    return split(low, high, digit_min, digit_max, at + 1, std::move(prefix), out);
  }
  std::vector<unsigned> end_of_first = low, begin_of_last = high;
  std::fill(end_of_first.begin() + static_cast<std::ptrdiff_t>(at) + 1, end_of_first.end(), digit_max);
  std::fill(begin_of_last.begin() + static_cast<std::ptrdiff_t>(at) + 1, begin_of_last.end(), digit_min);
  split(low, end_of_first, digit_min, digit_max, at, prefix, out);
  if (low[at] + 1 < high[at]) {
    std::vector<unsigned> first = end_of_first, last = begin_of_last;
    first[at] = low[at] + 1, last[at] = high[at] - 1;
    std::fill(first.begin() + static_cast<std::ptrdiff_t>(at) + 1, first.end(), digit_min);
    std::fill(last.begin() + static_cast<std::ptrdiff_t>(at) + 1, last.end(), digit_max);
    split(first, last, digit_min, digit_max, at, prefix, out);
  }
  split(begin_of_last, high, digit_min, digit_max, at, std::move(prefix), out);
}

std::vector<unsigned> bytes_of(char32_t code) {
  std::string text;
  append_utf8(text, code);
  std::vector<unsigned> out;
  for (const char c : text) out.push_back(static_cast<unsigned char>(c));
  return out;
}

// The parts of a range whose characters take the same number of bytes.
template <std::size_t N>
std::vector<CodeRange> parts_of(const CodeRange& range, const std::array<char32_t, N>& lasts) {
  std::vector<CodeRange> out;
  char32_t first = range.first;
  for (const char32_t last : lasts) {
    if (first > range.second) break;
    if (first <= last) out.emplace_back(first, std::min(last, range.second));
    first = std::max(first, static_cast<char32_t>(last + 1));
  }
  return out;
}

std::vector<Sequence> utf8_sequences(const CodeSet& set) {
  constexpr std::array<char32_t, 4> kLasts = {0x7f, 0x7ff, kLastBmp, 0x10ffff};
  std::vector<Sequence> out;
  for (const CodeRange& range : set) {
    for (const auto& [first, last] : parts_of(range, kLasts)) {
      split(bytes_of(first), bytes_of(last), 0x80, 0xbf, 0, {}, out);
      if (out.size() > 4 * kMaxSequences) return out;
    }
  }
  return out;
}

std::vector<Sequence> utf16_sequences(const CodeSet& set, bool big_endian) {
  constexpr std::array<char32_t, 2> kLasts = {kLastBmp, 0x10ffff};
  std::vector<Sequence> out;
  for (const CodeRange& range : set) {
    for (const auto& [first, last] : parts_of(range, kLasts)) {
      const auto units = [](char32_t code) {
        std::string text;
        append_utf16(text, code, true);
        std::vector<unsigned> bytes;
        for (const char c : text) bytes.push_back(static_cast<unsigned char>(c));
        return bytes;
      };
      // Of a surrogate pair the inner bytes are taken as full: a little wider than exact.
      split(units(first), units(last), 0, 0xff, 0, {}, out);
      if (out.size() > 4 * kMaxSequences) return out;
    }
  }
  for (Sequence& sequence : out) {
    for (std::size_t i = 0; !big_endian && i + 1 < sequence.size(); i += 2) std::swap(sequence[i], sequence[i + 1]);
  }
  return out;
}

std::vector<Sequence> sequences(const CodeSet& set, Form form) {
  return form == Form::utf8 ? utf8_sequences(set) : utf16_sequences(set, form == Form::utf16be);
}

std::string ascii_class(const CodeSet& set) {
  std::string out;
  for (const auto& [first, last] : set) {
    if (first < 0x80) out += hex_byte(first) + "-" + hex_byte(std::min<unsigned>(last, 0x7f));
  }
  return out;
}

// A large class, widened, `least` to `most` times.
std::string wide_class(const CodeSet& set, Form form, std::uint32_t least, std::uint32_t most) {
  const auto times = [&](std::uint32_t a, std::uint32_t b) {
    return "{" + std::to_string(a) + "," + std::to_string(b) + "}";
  };
  if (form == Form::utf8) return "[" + ascii_class(set) + "\\x80-\\xff]" + times(least, 4 * most);
  if (most > 32) return "[\\x00-\\xff]" + times(2 * least, 4 * most);
  const std::string ascii = ascii_class(set);
  const std::string low = ascii.empty() ? "[\\x80-\\xff]" : "[" + ascii + "\\x80-\\xff]";
  const std::string unit =
      form == Form::utf16le ? low + "\\x00|[\\x00-\\xff][\\x01-\\xff]" : "\\x00" + low + "|[\\x01-\\xff][\\x00-\\xff]";
  return "(?:" + unit + ")" + times(least, 2 * most);
}

bool is_wide(const Node& node, Form form) {
  return node.kind == Node::Kind::set && sequences(node.set, form).size() > kMaxSequences;
}

std::string set_bytes(const CodeSet& set, Form form) {
  const auto all = sequences(set, form);
  if (all.size() > kMaxSequences) return wide_class(set, form, 1, 1);
  std::string singles, longer;
  for (const Sequence& sequence : all) {
    if (sequence.size() == 1) {
      singles += hex_byte(sequence[0].first) + "-" + hex_byte(sequence[0].second);
      continue;
    }
    longer += longer.empty() ? "" : "|";
    for (const ByteRange& range : sequence) longer += byte_class(range);
  }
  if (longer.empty()) return "[" + singles + "]";
  return "(?:" + (singles.empty() ? "" : "[" + singles + "]|") + longer + ")";
}

std::string repeat_bytes(const Node& node, Form form) {
  const Node& inner = node.children[0];
  if (is_wide(inner, form)) return wide_class(inner.set, form, node.least, node.most);
  const std::string bytes = to_bytes(inner, form);
  if (bytes.empty()) return "";
  return "(?:" + bytes + "){" + std::to_string(node.least) + "," + std::to_string(node.most) + "}";
}

}  // namespace

std::string to_bytes(const Node& node, Form form) {
  std::string out;
  switch (node.kind) {
    case Node::Kind::border:
      return "";
    case Node::Kind::set:
      return set_bytes(node.set, form);
    case Node::Kind::repeat:
      return repeat_bytes(node, form);
    case Node::Kind::concat:
      for (const Node& child : node.children) out += to_bytes(child, form);
      return out;
    case Node::Kind::alternate:
      for (const Node& child : node.children) out += (out.empty() ? "(?:" : "|") + to_bytes(child, form);
      return out + ")";
  }
  return out;
}

NodeWidth width_of(const Node& node, Form form) {
  const auto bytes = [form](char32_t code) -> std::size_t {
    if (form != Form::utf8) return code > kLastBmp ? 4 : 2;
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code <= kLastBmp ? 3 : 4;
  };
  NodeWidth width;
  switch (node.kind) {
    case Node::Kind::border:
      return width;
    case Node::Kind::set:
      return {bytes(node.set.front().first), bytes(node.set.back().second)};
    case Node::Kind::repeat:
      width = width_of(node.children[0], form);
      return {std::min(width.least * node.least, kTooWide), std::min(width.most * node.most, kTooWide)};
    case Node::Kind::concat:
      for (const Node& child : node.children) {
        const NodeWidth one = width_of(child, form);
        width.least += one.least, width.most += one.most;
      }
      return width;
    case Node::Kind::alternate:
      width.least = SIZE_MAX;
      for (const Node& child : node.children) {
        const NodeWidth one = width_of(child, form);
        width.least = std::min(width.least, one.least), width.most = std::max(width.most, one.most);
      }
      return width;
  }
  return width;
}

}  // namespace ambit::match
