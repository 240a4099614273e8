#include "stages/unpack/ole/excel_records.h"

#include <algorithm>

#include "stages/unpack/ole/text.h"

namespace ambit::unpack {
namespace {

constexpr std::uint64_t kContinueRecord = 0x3c;
constexpr std::size_t kRecordHeaderBytes = 4;
constexpr std::uint64_t kWide = 1, kSpoken = 4, kFormatted = 8;

}  // namespace

bool ExcelRecords::next() {
  do {
    if (!begin_record()) return false;
  } while (type_ == kContinueRecord);
  return true;
}

bool ExcelRecords::begin_record() {
  if (left_ > 0) static_cast<void>(input_.skip(left_));
  left_ = 0;
  offset_ = input_.offset();
  const auto ahead = input_.ahead(kRecordHeaderBytes);
  if (!ahead.ok() || ahead->size() < kRecordHeaderBytes) {
    is_damaged_ |= !ahead.ok();
    return false;
  }
  type_ = little16(*ahead, 0);
  left_ = little16(*ahead, 2);
  input_.take(kRecordHeaderBytes);
  return true;
}

std::uint64_t ExcelRecords::peek_type() {
  const auto ahead = input_.ahead(kRecordHeaderBytes);
  return ahead.ok() && ahead->size() >= kRecordHeaderBytes ? little16(*ahead, 0) : UINT64_MAX;
}

bool ExcelRecords::has_more() {
  while (left_ == 0) {
    if (peek_type() != kContinueRecord) return false;
    const std::uint16_t type = type_;
    if (!begin_record()) return false;
    type_ = type;
  }
  return true;
}

std::string ExcelRecords::take(std::size_t most) {
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(most, left_));
  const auto ahead = input_.ahead(want);
  const std::size_t count = ahead.ok() ? std::min(want, ahead->size()) : 0;
  std::string out(ahead.ok() ? chars(ahead->first(count)) : std::string_view());
  input_.take(count);
  left_ -= count;
  if (count < want) {
    is_damaged_ = true;
    left_ = 0;
  }
  return out;
}

std::string ExcelRecords::rest() { return take(static_cast<std::size_t>(left_)); }

std::string ExcelRecords::bytes(std::size_t count) {
  std::string out;
  while (out.size() < count && has_more()) out += take(count - out.size());
  return out;
}

std::uint64_t ExcelRecords::number(std::size_t width) { return number_at(bytes(width), 0, width); }

void ExcelRecords::skip(std::uint64_t bytes) {
  while (bytes > 0 && has_more()) {
    const std::uint64_t step = std::min(bytes, left_);
    const auto skipped = input_.skip(step);
    if (!skipped.ok() || *skipped < step) is_damaged_ = true;
    left_ = is_damaged_ ? 0 : left_ - step;
    bytes -= step;
  }
}

std::string ExcelRecords::text(std::size_t characters) {
  std::uint64_t flags = number(1);
  const std::uint64_t runs = (flags & kFormatted) != 0 ? number(2) : 0;
  const std::uint64_t spoken = (flags & kSpoken) != 0 ? number(4) : 0;
  std::string wide;  // UTF-16: halves of a character may stand on both sides of a border
  while (characters > 0) {
    if (left_ == 0) {
      if (!has_more()) break;
      flags = number(1);
      continue;
    }
    const bool is_wide = (flags & kWide) != 0;
    const std::string piece = take(characters * (is_wide ? 2 : 1));
    if (is_wide) {
      wide += piece;
      characters -= std::min(characters, (piece.size() + 1) / 2);
    } else {
      for (const char c : piece) wide.append({c, '\0'});
      characters -= piece.size();
    }
    if (piece.empty()) break;
  }
  skip(4 * runs + spoken);
  return utf16_text(wide);
}

}  // namespace ambit::unpack
