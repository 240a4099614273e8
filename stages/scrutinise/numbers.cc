#include "stages/scrutinise/numbers.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <optional>

#include "stages/scrutinise/ascii.h"

namespace ambit::scrutiny {
namespace {

constexpr std::size_t kBlock = 64;

// Bit i: text[i] is a digit. Reads 16 bytes.
std::uint64_t digits_of_part(const char* text) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  // '0'..'9' become -128..-119, the least of all signed bytes.
  const __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8(static_cast<char>(0x80 - '0')));
  const __m128i digit = _mm_cmplt_epi8(moved, _mm_set1_epi8(static_cast<char>(-128 + 10)));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(digit));
}

// The same of kBlock bytes.
std::uint64_t digits_of_block(const char* text) {
  static_assert(kBlock == 64);
  return digits_of_part(text) | digits_of_part(text + 16) << 16 | digits_of_part(text + 32) << 32 |
         digits_of_part(text + 48) << 48;
}

std::uint64_t digits_of_rest(std::string_view text) {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < text.size(); ++i) mask |= std::uint64_t{is_digit(text[i])} << i;
  return mask;
}

std::size_t run_end(std::string_view text, std::size_t from, std::size_t most) {
  std::size_t end = from;
  while (end < text.size() && end - from <= most && is_digit(text[end])) ++end;
  return end;
}

// Where the number of this layout ends whose first run is [begin, end); what touches that run is known to fit.
std::optional<std::size_t> end_of(const NumberLayout& layout, std::string_view text, std::size_t end) {
  for (std::size_t i = 1; i < layout.runs.size(); ++i) {
    const NumberLayout::Run& run = layout.runs[i];
    for (std::size_t c = 0; c < run.separator.size(); ++c) {
      if (at(text, end + c) != run.separator[c]) return std::nullopt;
    }
    const std::size_t from = end + run.separator.size();
    end = run_end(text, from, run.most);
    if (end - from < run.fewest || end - from > run.most) return std::nullopt;
  }
  if (layout.back == 'A' && !is_alpha(at(text, end))) return std::nullopt;
  return end;
}

Error not_a_layout(std::string_view text) {
  return {ErrorKind::order, "\"" + std::string(text) + "\" is no layout of a number", "",
          "write runs of digits and what parts them, as in 3-2-4, 12,19 or A9"};
}

// Reads a number of digits off the front; 0 where there is none, or none that is possible.
std::uint8_t take_count(std::string_view& text) {
  std::size_t value = 0;
  while (!text.empty() && is_digit(text.front()) && value <= NumberLayout::kMostDigits) {
    value = value * 10 + static_cast<std::size_t>(text.front() - '0');
    text.remove_prefix(1);
  }
  return value <= NumberLayout::kMostDigits ? static_cast<std::uint8_t>(value) : 0;
}

}  // namespace

Result<NumberLayout> NumberLayout::read(std::string_view text) {
  NumberLayout out;
  std::string_view rest = text;
  if (!rest.empty() && std::string_view("A+(.").find(rest.front()) != std::string_view::npos) {
    out.front = rest.front();
    rest.remove_prefix(1);
  }
  while (!rest.empty()) {
    Run run;
    while (!rest.empty() && !is_digit(rest.front())) {
      run.separator += rest.front();
      rest.remove_prefix(1);
    }
    if (rest.empty() && run.separator == "A" && !out.runs.empty()) {
      out.back = 'A';
      break;
    }
    run.fewest = run.most = take_count(rest);
    if (!rest.empty() && rest.front() == ',') {
      rest.remove_prefix(1);
      run.most = take_count(rest);
    }
    const bool parted = out.runs.empty() == run.separator.empty();
    if (run.fewest == 0 || run.most < run.fewest || !parted) return not_a_layout(text);
    out.runs.push_back(run);
  }
  if (out.runs.empty()) return not_a_layout(text);
  return out;
}

std::size_t NumberLayout::most_bytes() const {
  std::size_t bytes = 0;
  for (const Run& run : runs) bytes += run.separator.size() + run.most;
  return bytes;
}

void NumberIndex::class_for(char c) {
  std::uint8_t& own = class_of_[static_cast<unsigned char>(c)];
  if (own != kOther || byte_of_class_.size() == kMostClasses) return;
  own = static_cast<std::uint8_t>(byte_of_class_.size());
  byte_of_class_.push_back(c);
}

bool NumberIndex::may_begin(const NumberLayout& layout, std::uint8_t front, std::uint8_t back) const {
  if (layout.front != 0 && layout.front != byte_of_class_[front]) return false;
  const char next = layout.in_one_piece() ? layout.back : layout.runs[1].separator.front();
  // A separator beyond the most classes is told from others later.
  return next == 0 || next == byte_of_class_[back] ||
         (back == kOther && class_of_[static_cast<unsigned char>(next)] == kOther);
}

void NumberIndex::add_candidates(std::size_t from, std::size_t to, std::size_t length, std::uint8_t front,
                                 std::uint8_t back) {
  for (std::size_t row = from; row < to; ++row) {
    const NumberLayout& layout = rows_[row].first;
    const NumberLayout::Run& first = layout.runs.front();
    if (length < first.fewest || length > first.most || !may_begin(layout, front, back)) continue;
    const bool parted = !layout.in_one_piece() && layout.runs[1].separator.size() == 1;
    Candidate candidate{static_cast<std::uint32_t>(row)};
    if (parted) candidate = {candidate.row, layout.runs[1].fewest, layout.runs[1].most};
    candidates_.push_back(candidate);
  }
}

NumberIndex::NumberIndex(Layouts layouts, Layouts beside_words) : rows_(std::move(layouts)) {
  const std::size_t second = rows_.size();
  rows_.insert(rows_.end(), beside_words.begin(), beside_words.end());
  for (std::size_t byte = 0; byte < class_of_.size(); ++byte) {
    if (is_alpha(static_cast<char>(byte))) class_of_[byte] = kLetter;
  }
  for (const auto& [layout, id] : rows_) {
    if (layout.front != 0 && layout.front != 'A') class_for(layout.front);
    if (!layout.in_one_piece()) class_for(layout.runs[1].separator.front());
  }
  const std::size_t classes = byte_of_class_.size();
  cells_.resize(cell(NumberLayout::kMostDigits + 1, 0, 0));
  for (std::size_t length = 1; length <= NumberLayout::kMostDigits; ++length) {
    for (std::size_t pair = 0; pair < classes * classes; ++pair) {
      const auto front = static_cast<std::uint8_t>(pair / classes), back = static_cast<std::uint8_t>(pair % classes);
      Range& range = cells_[cell(length, front, back)];
      range.begin = static_cast<std::uint32_t>(candidates_.size());
      add_candidates(0, second, length, front, back);
      range.second = static_cast<std::uint32_t>(candidates_.size());
      add_candidates(second, rows_.size(), length, front, back);
      range.end = static_cast<std::uint32_t>(candidates_.size());
    }
  }
}

NumberIndex::Range NumberIndex::range_at(std::string_view text, std::size_t begin, std::size_t end) const {
  if (end - begin > NumberLayout::kMostDigits) return {};
  const std::uint8_t front = begin > 0 ? class_of_[static_cast<unsigned char>(text[begin - 1])] : kOther;
  return cells_[cell(end - begin, front, class_of_[static_cast<unsigned char>(at(text, end))])];
}

void NumberIndex::look_at(std::string_view text, std::size_t begin, std::size_t end, std::uint32_t from,
                          std::uint32_t to, std::vector<Match>& out) const {
  const std::size_t second = run_end(text, end + 1, NumberLayout::kMostDigits) - (end + 1);
  for (std::uint32_t i = from; i < to; ++i) {
    const Candidate& candidate = candidates_[i];
    if (second < candidate.fewest || second > candidate.most) continue;
    const auto& [layout, id] = rows_[candidate.row];
    if (const auto last = end_of(layout, text, end)) out.push_back({id, begin, *last});
  }
}

bool NumberIndex::fits_any(std::string_view text, std::size_t end, std::uint32_t from, std::uint32_t to) const {
  const std::size_t second = run_end(text, end + 1, NumberLayout::kMostDigits) - (end + 1);
  for (std::uint32_t i = from; i < to; ++i) {
    const Candidate& candidate = candidates_[i];
    if (second < candidate.fewest || second > candidate.most) continue;
    if (end_of(rows_[candidate.row].first, text, end)) return true;
  }
  return false;
}

void NumberIndex::look_beside_word(std::string_view text, std::size_t begin, std::vector<Match>& out) const {
  const std::size_t end = run_end(text, begin, NumberLayout::kMostDigits);
  const Range range = range_at(text, begin, end);
  look_at(text, begin, end, range.second, range.end, out);
}

void NumberIndex::scan(std::string_view text, std::vector<Match>& out, std::vector<std::size_t>& starts) const {
  if (rows_.empty()) return;
  std::uint64_t before = 0;  // 1: the byte before the block is a digit
  for (std::size_t block = 0; block < text.size(); block += kBlock) {
    const bool whole = text.size() - block >= kBlock;
    const std::uint64_t digits = whole ? digits_of_block(text.data() + block) : digits_of_rest(text.substr(block));
    std::uint64_t begins = digits & ~(digits << 1 | before);
    before = digits >> (kBlock - 1);
    for (; begins != 0; begins &= begins - 1) {
      const auto place = static_cast<std::size_t>(std::countr_zero(begins));
      const std::size_t begin = block + place;
      const auto length = static_cast<std::size_t>(std::countr_one(digits >> place));
      // A run that reaches the block's end may go on in the next.
      const bool ends_here = place + length < kBlock;
      const std::size_t end = ends_here ? begin + length : run_end(text, begin, NumberLayout::kMostDigits);
      const Range range = range_at(text, begin, end);
      if (range.begin != range.second) look_at(text, begin, end, range.begin, range.second, out);
      if (range.second != range.end && fits_any(text, end, range.second, range.end)) starts.push_back(begin);
    }
  }
}

}  // namespace ambit::scrutiny
