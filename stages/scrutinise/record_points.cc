#include "stages/scrutinise/record_points.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "pipeline/limits.h"

namespace ambit::scrutiny {
// Eight letters at a time; a mark of `x` is exact up to its lowest one, and more is not asked.
std::size_t find_first(std::string_view text, std::size_t i, char a, char b, char floor) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const auto all = [](char c) { return kOnes * static_cast<unsigned char>(c); };
  const auto below = [](std::uint64_t x, std::uint64_t bound) { return (x - bound) & ~x & kHigh; };
  const std::uint64_t as = all(a), bs = all(b), floors = all(floor);
  for (; i + sizeof(std::uint64_t) <= text.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t x = 0;
    std::memcpy(&x, text.data() + i, sizeof x);
    if ((below(x ^ as, kOnes) | below(x ^ bs, kOnes) | below(x, floors)) != 0) break;
  }
  const auto limit = static_cast<unsigned char>(floor);
  while (i < text.size() && text[i] != a && text[i] != b && static_cast<unsigned char>(text[i]) >= limit) ++i;
  return i;
}

bool Asked::is_undelimited(std::uint64_t size) const {
  const std::uint64_t first = less(hit_begin, limits::kMaxRecordBytes);
  const std::uint64_t last = clipped(hit_end, limits::kMaxRecordBytes, size);
  return (before == kLine && begin == first && first > 0) || (behind == kLine && end == last && last < size);
}

void Points::add(const Hit& hit, std::uint64_t size) {
  const std::uint64_t end = clipped(hit.start, hit.length, size);
  Asked asked;
  asked.hit_begin = hit.start;
  asked.hit_end = end;
  asked.begin = less(hit.start, limits::kMaxRecordBytes);
  asked.end = clipped(end, limits::kMaxRecordBytes, size);
  asked_.push_back(asked);
}

void Points::sort() {
  order_.resize(asked_.size() * 2);
  std::iota(order_.begin(), order_.end(), 0U);
  const auto offset_of = [&](std::uint32_t id) {
    const Asked& asked = asked_[id / 2];
    return id % 2 == 0 ? asked.hit_begin : std::max(asked.hit_begin, less(asked.hit_end, 1));
  };
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return offset_of(a) < offset_of(b); });
}

std::uint64_t Points::offset(std::size_t point) const {
  const Asked& asked = asked_[order_[point] / 2];
  return order_[point] % 2 == 0 ? asked.hit_begin : std::max(asked.hit_begin, less(asked.hit_end, 1));
}

std::size_t Points::skip_to(std::size_t from, std::uint64_t offset) const {
  while (from < order_.size() && this->offset(from) < offset) ++from;
  return from;
}

void Points::draw(std::size_t point, std::uint64_t begin, std::uint64_t end, Dialect dialect) {
  Asked& asked = asked_[order_[point] / 2];
  if (order_[point] % 2 == 0) {
    if (asked.drew_begin > dialect) return;
    asked.drew_begin = dialect;
    asked.before = static_cast<std::uint32_t>(std::min(less(asked.hit_begin, begin), limits::kMaxRecordBytes));
  } else {
    if (asked.drew_end > dialect) return;
    asked.drew_end = dialect;
    asked.behind = static_cast<std::uint32_t>(std::min(less(end, asked.hit_end), limits::kMaxRecordBytes));
  }
}

void Points::draw_line(std::size_t point, Dialect dialect) {
  Asked& asked = asked_[order_[point] / 2];
  const bool is_begin = order_[point] % 2 == 0;
  Dialect& drew = is_begin ? asked.drew_begin : asked.drew_end;
  if (drew > dialect) return;
  drew = dialect;
  (is_begin ? asked.before : asked.behind) = Asked::kLine;
}

void Points::bound(std::size_t point, std::uint64_t begin, std::uint64_t end) {
  Asked& asked = asked_[order_[point] / 2];
  if (order_[point] % 2 == 0) {
    asked.begin = std::max(asked.begin, std::min(begin, asked.hit_begin));
  } else {
    asked.end = std::min(asked.end, std::max(end, asked.hit_end));
  }
}

void Points::narrow(std::size_t point, std::uint64_t begin, std::uint64_t end) {
  Asked& asked = asked_[order_[point] / 2];
  if (order_[point] % 2 == 0) {
    asked.begin =
        std::max({asked.begin, less(asked.hit_begin, limits::kBinaryWindow), std::min(begin, asked.hit_begin)});
  } else {
    asked.end = std::min(clipped(asked.hit_end, limits::kBinaryWindow, asked.end), std::max(end, asked.hit_end));
  }
}

}  // namespace ambit::scrutiny
