#include "stages/walk/layout.h"

#include <algorithm>

#include "stages/walk/byte_window.h"

namespace ambit::walk {

bool append_run(std::vector<Run>& runs, const Run& run) {
  if (run.length == 0) return true;
  if (!runs.empty() && runs.back().end() == run.start && runs.back().place_end() == run.place) {
    runs.back().length += run.length;
    return true;
  }
  if (runs.size() >= limits::kMaxRunsPerFile) return false;
  runs.push_back(run);
  return true;
}

void lay_out(const std::vector<Run>& blocks, std::uint64_t size, std::uint64_t valid, std::uint64_t block_bytes,
             FileEntry& entry, EntrySink& sink) {
  entry.size = size;
  valid = std::min(valid, size);
  for (const Run& block : blocks) {
    const std::uint64_t used = valid <= block.start ? 0 : std::min(block.length, valid - block.start);
    if (used > 0 && !append_run(entry.runs, {block.start, block.place, used})) entry.trouble = WalkTrouble::damaged;
    std::uint64_t rest = block.length - used;
    // The end of the file lies in this block: what follows there, up to the block's own end, is its slack.
    if (used > 0 && rest > 0 && valid == size && block.start + used == size) {
      entry.slack = std::min(rest, (block_bytes - used % block_bytes) % block_bytes);
      rest -= entry.slack;
    }
    if (rest > 0) sink.area(Kind::slack, block.place_end() - rest, rest);
  }
}

bool Claims::overlaps(std::uint64_t begin, std::uint64_t length) const {
  auto next = taken_.lower_bound(begin);
  if (next != taken_.end() && next->first - begin < length) return true;
  return next != taken_.begin() && std::prev(next)->second > begin;
}

bool Claims::claim(std::uint64_t begin, std::uint64_t length) {
  if (length == 0) return true;
  if (taken_.size() >= limits::kMaxClaims || overlaps(begin, length)) return false;
  taken_.emplace(begin, begin + length);
  return true;
}

void Claims::release(std::uint64_t begin) { taken_.erase(begin); }

bool Claims::claim_all(const std::vector<Run>& runs) {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (claim(runs[i].place, runs[i].length)) continue;
    while (i-- > 0) release(runs[i].place);
    return false;
  }
  return true;
}

std::string name_from_utf16(std::span<const std::byte> bytes) {
  std::string name;
  name.reserve(bytes.size());
  const auto put = [&name](std::uint32_t lead, std::uint32_t point, int more) {
    name += static_cast<char>(lead | (point >> (6 * more)));
    while (more-- > 0) name += static_cast<char>(0x80 | ((point >> (6 * more)) & 0x3f));
  };
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    std::uint32_t point = little<std::uint16_t>(bytes, i);
    if (point == 0 || point == '/') point = 0xfffd;
    if (point >= 0xd800 && point < 0xdc00 && i + 3 < bytes.size()) {
      const std::uint32_t low = little<std::uint16_t>(bytes, i + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        i += 2;
      }
    }
    if (point < 0x80) {
      name += static_cast<char>(point);
    } else if (point < 0x800) {
      put(0xc0, point, 1);
    } else if (point < 0x10000) {
      put(0xe0, point, 2);
    } else {
      put(0xf0, point, 3);
    }
  }
  return name;
}

}  // namespace ambit::walk
