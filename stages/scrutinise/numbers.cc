#include "stages/scrutinise/numbers.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>

#include "stages/scrutinise/ascii.h"

namespace ambit::scrutiny {
namespace {

constexpr std::size_t kNumberBlock = 64;

// Bit i: text[i] is a digit. Reads 16 bytes.
std::uint64_t digits_of_part(const char* text) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  // '0'..'9' become -128..-119, the least of all signed bytes.
  const __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8(static_cast<char>(0x80 - '0')));
  const __m128i digit = _mm_cmplt_epi8(moved, _mm_set1_epi8(static_cast<char>(-128 + 10)));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(digit));
}

// The same of kNumberBlock bytes.
std::uint64_t digits_of_block(const char* text) {
  static_assert(kNumberBlock == 64);
  return digits_of_part(text) | digits_of_part(text + 16) << 16 | digits_of_part(text + 32) << 32 |
         digits_of_part(text + 48) << 48;
}

std::uint64_t digits_of_rest(std::string_view text) {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < text.size(); ++i) mask |= std::uint64_t{is_digit(text[i])} << i;
  return mask;
}

// All runs of digits in the text.
void find_runs(std::string_view text, std::vector<DigitRun>& out) {
  bool open = false;  // a run reaches the end of the block before
  for (std::size_t block = 0; block < text.size(); block += kNumberBlock) {
    const bool whole = text.size() - block >= kNumberBlock;
    const std::uint64_t digits = whole ? digits_of_block(text.data() + block) : digits_of_rest(text.substr(block));
    // Where a run begins or ends: every bit that differs from the one before it.
    std::uint64_t changes = digits ^ (digits << 1 | (open ? 1U : 0U));
    for (; changes != 0; changes &= changes - 1) {
      const std::size_t place = block + static_cast<std::size_t>(std::countr_zero(changes));
      if (open) {
        out.back().end = place;
      } else {
        out.push_back({place, place});
      }
      open = !open;
    }
  }
  if (open) out.back().end = text.size();
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
    const bool parted =
        out.runs.empty() == run.separator.empty() && run.separator.size() <= NumberLayout::kMostSeparator;
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

void NumberIndex::add_candidates(const Layouts& layouts, std::size_t first_row, std::size_t length, std::uint8_t front,
                                 std::uint8_t back) {
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    const NumberLayout& layout = layouts[i].first;
    const NumberLayout::Run& first = layout.runs.front();
    if (length < first.fewest || length > first.most || !may_begin(layout, front, back)) continue;
    const bool parted = !layout.in_one_piece() && layout.runs[1].separator.size() == 1;
    Candidate candidate{static_cast<std::uint32_t>(first_row + i)};
    if (parted) candidate = {candidate.row, layout.runs[1].fewest, layout.runs[1].most};
    candidates_.push_back(candidate);
  }
}

void NumberIndex::add_rows(const Layouts& layouts) {
  for (const auto& [layout, id] : layouts) {
    Row row{id, static_cast<std::uint32_t>(pieces_.size()), static_cast<std::uint8_t>(layout.runs.size() - 1),
            layout.back == 'A'};
    for (std::size_t i = 1; i < layout.runs.size(); ++i) {
      const NumberLayout::Run& run = layout.runs[i];
      Piece piece{run.fewest, run.most, static_cast<std::uint8_t>(run.separator.size()), {}};
      std::copy(run.separator.begin(), run.separator.end(), piece.separator.begin());
      pieces_.push_back(piece);
    }
    rows_.push_back(row);
    if (layout.front != 0 && layout.front != 'A') class_for(layout.front);
    if (!layout.in_one_piece()) class_for(layout.runs[1].separator.front());
  }
}

NumberIndex::NumberIndex(const Layouts& layouts, const Layouts& beside_words) {
  for (std::size_t byte = 0; byte < class_of_.size(); ++byte) {
    if (is_alpha(static_cast<char>(byte))) class_of_[byte] = kLetter;
  }
  add_rows(layouts);
  add_rows(beside_words);
  const std::size_t classes = byte_of_class_.size();
  cells_.resize(cell(NumberLayout::kMostDigits + 1, 0, 0));
  for (std::size_t length = 1; length <= NumberLayout::kMostDigits; ++length) {
    for (std::size_t pair = 0; pair < classes * classes; ++pair) {
      const auto front = static_cast<std::uint8_t>(pair / classes), back = static_cast<std::uint8_t>(pair % classes);
      Range& range = cells_[cell(length, front, back)];
      range.begin = static_cast<std::uint32_t>(candidates_.size());
      add_candidates(layouts, 0, length, front, back);
      range.second = static_cast<std::uint32_t>(candidates_.size());
      add_candidates(beside_words, layouts.size(), length, front, back);
      range.end = static_cast<std::uint32_t>(candidates_.size());
    }
  }
}

NumberIndex::Range NumberIndex::range_at(std::string_view text, DigitRun run) const {
  if (run.digits() > NumberLayout::kMostDigits) return {};
  const std::uint8_t front = run.begin > 0 ? class_of_[static_cast<unsigned char>(text[run.begin - 1])] : kOther;
  return cells_[cell(run.digits(), front, class_of_[static_cast<unsigned char>(at(text, run.end))])];
}

std::size_t NumberIndex::end_of(const Candidate& candidate, std::string_view text, const std::vector<DigitRun>& runs,
                                std::size_t start) const {
  const Row& row = rows_[candidate.row];
  if (runs.size() - start <= row.further) return 0;
  for (std::size_t i = 0; i < row.further; ++i) {
    const Piece& piece = pieces_[row.pieces + i];
    const std::size_t before = runs[start + i].end;
    const DigitRun run = runs[start + i + 1];
    if (run.begin - before != piece.gap || run.digits() < piece.fewest || run.digits() > piece.most) return 0;
    for (std::size_t c = 0; c < piece.gap; ++c) {  // one byte, as a rule
      if (text[before + c] != piece.separator[c]) return 0;
    }
  }
  const std::size_t end = runs[start + row.further].end;
  return row.letter_behind && !is_alpha(at(text, end)) ? 0 : end;
}

void NumberIndex::look_beside_word(std::string_view text, const std::vector<DigitRun>& runs, std::size_t start,
                                   std::vector<Match>& out) const {
  const Range range = range_at(text, runs[start]);
  for (std::uint32_t i = range.second; i < range.end; ++i) {
    const Candidate& candidate = candidates_[i];
    if (const std::size_t end = end_of(candidate, text, runs, start); end > 0) {
      out.push_back({rows_[candidate.row].id, runs[start].begin, end});
    }
  }
}

void NumberIndex::scan(std::string_view text, Found& found) const {
  found.runs.clear();
  found.matches.clear();
  found.starts.clear();
  if (rows_.empty()) return;
  find_runs(text, found.runs);
  for (std::size_t i = 0; i < found.runs.size(); ++i) {
    const Range range = range_at(text, found.runs[i]);
    if (range.begin == range.end) continue;
    const bool beside = i + 1 < found.runs.size() && found.runs[i + 1].begin == found.runs[i].end + 1;
    const std::size_t second = beside ? found.runs[i + 1].digits() : 0;
    const auto end_if = [&](const Candidate& candidate) {
      return second < candidate.fewest || second > candidate.most ? 0 : end_of(candidate, text, found.runs, i);
    };
    for (std::uint32_t c = range.begin; c < range.second; ++c) {
      if (const std::size_t end = end_if(candidates_[c]); end > 0) {
        found.matches.push_back({rows_[candidates_[c].row].id, found.runs[i].begin, end});
      }
    }
    for (std::uint32_t c = range.second; c < range.end; ++c) {
      if (end_if(candidates_[c]) == 0) continue;
      found.starts.push_back(i);
      break;
    }
  }
}

}  // namespace ambit::scrutiny
