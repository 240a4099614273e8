// The log ($LogFile, record 2) is not played back. Two pages at its beginning tell whether it would have to be:
//
//   page = "RSTR" … page-bytes:u32@16 … area:u16@24
//   area = lsn:u64 clients:u16 free:u16 in-use:u16@12 flags:u16@14      of both pages, the greater number counts
//
// A client in use, and not flag 2: whoever had the volume open did not close it. Windows empties no log, Linux fills it
// with ff when it mounts. $Volume (record 3) has a flag of its own for a volume that has to be checked.
#include "stages/walk/ntfs/log.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace ambit::walk::ntfs {
namespace {

constexpr std::uint64_t kLogRecord = 2, kVolumeRecord = 3;
constexpr std::uint16_t kNoClient = 0xffff, kClosed = 2, kDirty = 1;
constexpr std::size_t kAreaBytes = 16;

struct Restart {
  std::uint64_t lsn = 0;
  bool is_closed = true;
};

std::optional<Restart> restart_at(const ByteSource& volume, const std::vector<Run>& runs, std::uint64_t at) {
  std::array<std::byte, 512> page{};
  const auto run = std::find_if(runs.begin(), runs.end(),
                                [&](const Run& r) { return r.start <= at && at + page.size() <= r.end(); });
  if (run == runs.end() || !read_fully(volume, run->place + (at - run->start), page).ok()) return std::nullopt;
  if (std::memcmp(page.data(), "RSTR", 4) != 0) return std::nullopt;
  const std::size_t area = little<std::uint16_t>(page, 24);
  if (area > page.size() - 2 - kAreaBytes) return std::nullopt;
  const bool in_use = little<std::uint16_t>(page, area + 12) != kNoClient;
  return Restart{little<std::uint64_t>(page, area), !in_use || (little<std::uint16_t>(page, area + 14) & kClosed) != 0};
}

bool is_log_closed(const ByteSource& volume, const std::vector<Run>& runs) {
  std::array<std::byte, 4> bytes{};
  std::uint64_t page = 4096;
  const bool has_first = !runs.empty() && read_fully(volume, runs.front().place + 16, bytes).ok();
  if (has_first && restart_at(volume, runs, 0)) page = little<std::uint32_t>(bytes, 0);
  const auto first = restart_at(volume, runs, 0), second = restart_at(volume, runs, page);
  if (!first || !second) return (first ? *first : second.value_or(Restart{})).is_closed;
  return (first->lsn >= second->lsn ? *first : *second).is_closed;
}

}  // namespace

bool was_closed(const ByteSource& volume, const Geometry& geometry) {
  const Result<std::unique_ptr<Table>> opened = Table::open(volume, geometry);
  if (!opened.ok()) return true;
  bool closed = true;
  for (const std::uint64_t number : {kLogRecord, kVolumeRecord}) {
    Record record;
    bool whole = false;
    if (!(*opened)->read(number, record) || record.head.state != RecordState::good) continue;
    for (const Attribute& a : attributes_of(record.head, record.bytes, geometry.clusters, whole)) {
      const bool is_log = number == kLogRecord && a.type == kData && a.name.empty() && !a.resident;
      if (is_log) closed = closed && is_log_closed(volume, runs_of(a, geometry));
      const bool has_flags = a.type == kVolumeInformation && a.resident && a.value.size() >= 12;
      if (has_flags) closed = closed && (little<std::uint16_t>(a.value, 10) & kDirty) == 0;
    }
  }
  return closed;
}

}  // namespace ambit::walk::ntfs
