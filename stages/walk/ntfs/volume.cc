#include "stages/walk/ntfs/volume.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace ambit::walk::ntfs {
namespace {

// Sizes that may be an exponent. 0 where it makes no sense.
std::uint64_t size_of(std::uint8_t stored, std::uint64_t unit) {
  if (stored <= 128) return stored * unit;
  return stored >= 225 ? std::uint64_t{1} << (256U - stored) : 0;
}

// The run that holds byte `at`; null where it is a hole.
const Run* run_with(const std::vector<Run>& runs, std::uint64_t at) {
  auto next =
      std::upper_bound(runs.begin(), runs.end(), at, [](std::uint64_t x, const Run& run) { return x < run.start; });
  if (next == runs.begin() || std::prev(next)->end() <= at) return nullptr;
  return &*std::prev(next);
}

bool same_attribute(const Attribute& a, const Attribute& b) {
  return !a.resident && !b.resident && a.type == b.type && a.name == b.name;
}

// Pieces of one attribute, of several records, become one. False: a piece is missing.
bool join_pieces(std::vector<Attribute>& all) {
  std::stable_sort(all.begin(), all.end(), [](const Attribute& a, const Attribute& b) {
    if (a.type != b.type) return a.type < b.type;
    if (a.name != b.name) return a.name < b.name;
    return a.first_cluster < b.first_cluster;
  });
  bool whole = true;
  std::vector<Attribute> joined;
  for (Attribute& piece : all) {
    if (joined.empty() || !same_attribute(joined.back(), piece)) {
      if (!piece.resident && piece.first_cluster != 0) {
        // Only the first piece knows the sizes.
        piece.size = piece.valid = 0;
        piece.broken = true;
        whole = false;
      }
      joined.push_back(std::move(piece));
      continue;
    }
    Attribute& first = joined.back();
    const std::uint64_t next = first.clusters.empty() ? 0 : first.clusters.back().first + first.clusters.back().count;
    if (piece.first_cluster < next || first.clusters.size() + piece.clusters.size() > limits::kMaxRunsPerFile) {
      first.broken = true;
    } else {
      first.broken |= piece.broken || piece.first_cluster != next;
      first.clusters.insert(first.clusters.end(), piece.clusters.begin(), piece.clusters.end());
    }
    whole &= !first.broken;
  }
  all = std::move(joined);
  return whole;
}

}  // namespace

std::optional<Geometry> geometry_of(const ByteSource& volume, std::uint64_t at) {
  std::vector<std::byte> boot(512);
  if (!read_fully(volume, at, boot).ok()) return std::nullopt;
  if (std::memcmp(boot.data() + 3, "NTFS    ", 8) != 0) return std::nullopt;
  Geometry g;
  g.sector_bytes = little<std::uint16_t>(boot, 11);
  if (!std::has_single_bit(g.sector_bytes) || g.sector_bytes < 256 || g.sector_bytes > 4096) return std::nullopt;
  const auto sectors_a_cluster = little<std::uint8_t>(boot, 13);
  g.cluster_bytes =
      sectors_a_cluster <= 128
          ? std::uint64_t{sectors_a_cluster} * g.sector_bytes
          : (sectors_a_cluster >= 240 ? g.sector_bytes * (std::uint64_t{1} << (256U - sectors_a_cluster)) : 0);
  if (!std::has_single_bit(g.cluster_bytes) || g.cluster_bytes > 2 * limits::MiB) return std::nullopt;
  const std::uint64_t record = size_of(little<std::uint8_t>(boot, 64), g.cluster_bytes);
  if (!std::has_single_bit(record) || record < 512 || record > 64 * limits::KiB) return std::nullopt;
  g.record_bytes = static_cast<std::size_t>(record);
  const std::uint64_t declared = little<std::uint64_t>(boot, 40);
  const std::uint64_t sectors = std::min(declared, volume.size() / g.sector_bytes);
  g.declared_bytes = std::min(declared, UINT64_MAX / g.sector_bytes) * g.sector_bytes;
  g.bytes = std::min(volume.size(), (sectors + 1) * g.sector_bytes);
  g.clusters = sectors * g.sector_bytes / g.cluster_bytes;
  const std::uint64_t table = little<std::uint64_t>(boot, 48), mirror = little<std::uint64_t>(boot, 56);
  g.table = std::min(table, g.clusters) * g.cluster_bytes;
  g.mirror = std::min(mirror, g.clusters) * g.cluster_bytes;
  return g;
}

// A copy may be another volume's, which ends where this one does: it must say that it is as large, and the table be
// there.
std::optional<Geometry> geometry_by_copy(const ByteSource& volume) {
  for (const std::uint64_t sector : {512U, 4096U}) {
    if (volume.size() / sector < 2) continue;
    const std::uint64_t at = (volume.size() / sector - 1) * sector;
    const std::optional<Geometry> g = geometry_of(volume, at);
    if (!g || g->sector_bytes != sector || g->bytes != at + sector) continue;
    for (const std::uint64_t place : {g->table, g->mirror}) {
      std::array<std::byte, 4> magic{};
      if (read_fully(volume, place, magic).ok() && std::memcmp(magic.data(), "FILE", 4) == 0) return g;
    }
  }
  return std::nullopt;
}

std::vector<Run> runs_of(const Attribute& attribute, const Geometry& g) {
  std::vector<Run> runs;
  for (const Clusters& c : attribute.clusters) {
    if (c.hole) continue;
    if (!append_run(runs, {c.first * g.cluster_bytes, c.place * g.cluster_bytes, c.count * g.cluster_bytes})) break;
  }
  return runs;
}

Table::Table(const ByteSource& volume, const Geometry& geometry)
    : volume_(volume),
      geometry_(geometry),
      records_window_(volume, 1 * limits::MiB),
      extension_window_(volume, 64 * limits::KiB),
      bitmap_window_(volume, 64 * limits::KiB),
      extensions_(0),
      looks_(geometry.clusters * limits::kMaxTimesOverClaimed) {}

bool Table::read_table_record(std::uint64_t place) {
  Record record;
  record.bytes.resize(geometry_.record_bytes);
  if (!read_fully(volume_, place, record.bytes).ok()) return false;
  record.head = open_record(0, record.bytes);
  if (record.head.state != RecordState::good) return false;
  bool whole = false;
  std::vector<Attribute> attributes = attributes_of(record.head, record.bytes, geometry_.clusters, whole);
  const auto data = std::find_if(attributes.begin(), attributes.end(), [](const Attribute& a) {
    return a.type == kData && a.name.empty() && !a.resident && a.first_cluster == 0;
  });
  if (data == attributes.end()) return false;
  const std::uint64_t size = std::min(data->size, geometry_.bytes);  // the table is smaller than its volume
  // The rest of a table in many pieces is described by records that the first pieces hold.
  runs_ = runs_of(*data, geometry_);
  if (runs_.empty() || runs_.front().start != 0) return false;
  records_ = size / geometry_.record_bytes;
  extensions_ = Allowance(2 * records_ + 1024);
  static_cast<void>(gather(record.head, attributes));
  return true;
}

Result<std::unique_ptr<Table>> Table::open(const ByteSource& volume, const Geometry& geometry) {
  std::unique_ptr<Table> table(new Table(volume, geometry));
  if (!table->read_table_record(geometry.table) && !table->read_table_record(geometry.mirror)) {
    return Error{ErrorKind::evidence, "the master file table of an NTFS volume cannot be read", "", ""};
  }
  table->read_bitmap_runs();
  return table;
}

void Table::read_bitmap_runs() {
  constexpr std::uint64_t kBitmap = 6;
  Record record;
  bool whole = false;
  if (!read(kBitmap, record) || record.head.state != RecordState::good) return;
  std::vector<Attribute> attributes = attributes_of(record.head, record.bytes, geometry_.clusters, whole);
  static_cast<void>(gather(record.head, attributes));
  for (const Attribute& a : attributes) {
    if (a.type == kData && a.name.empty() && !a.resident) bitmap_ = runs_of(a, geometry_);
  }
}

bool Table::read(std::uint64_t number, Record& record) { return read_through(records_window_, number, record); }

bool Table::read_through(ByteWindow& window, std::uint64_t number, Record& record) const {
  record.head = Head{};
  if (number >= records_) return false;
  record.bytes.resize(geometry_.record_bytes);
  std::size_t done = 0;
  while (done < record.bytes.size()) {  // a record may lie in two runs where clusters are smaller
    const std::uint64_t at = number * geometry_.record_bytes + done;
    const Run* run = run_with(runs_, at);
    if (run == nullptr) return false;
    const std::size_t part =
        static_cast<std::size_t>(std::min<std::uint64_t>(record.bytes.size() - done, run->end() - at));
    const std::span<const std::byte> bytes = window.at(run->place + (at - run->start), part);
    if (bytes.empty()) return false;
    std::memcpy(record.bytes.data() + done, bytes.data(), part);
    done += part;
  }
  record.head = open_record(number, record.bytes);
  return true;
}

std::optional<std::uint64_t> Table::place_of(std::uint64_t number, std::size_t at) const {
  const std::uint64_t offset = number * geometry_.record_bytes + at;
  const Run* run = run_with(runs_, offset);
  if (run == nullptr) return std::nullopt;
  return run->place + (offset - run->start);
}

std::vector<std::byte> Table::list_bytes(const Attribute& list) const {
  if (list.resident) return list.value;
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(list.size, limits::kMaxAttributeListBytes)));
  for (const Run& run : runs_of(list, geometry_)) {
    if (run.start >= bytes.size()) break;
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(run.length, bytes.size() - run.start));
    if (!read_fully(volume_, run.place, std::span(bytes).subspan(run.start, part)).ok()) return {};
  }
  return bytes;
}

bool Table::extend(const Head& head, std::uint64_t number, std::vector<Attribute>& attributes) {
  Record record;
  // Through a window of its own: the walk's place in the table stays warm.
  if (!extensions_.spend(1) || !read_through(extension_window_, number, record)) return false;
  if (record.head.state != RecordState::good || record.head.base.number != head.number) return false;
  if (head.in_use && !record.head.in_use) return false;
  bool whole = false;
  for (Attribute& one : attributes_of(record.head, record.bytes, geometry_.clusters, whole)) {
    attributes.push_back(std::move(one));
  }
  return whole;
}

bool Table::gather(const Head& head, std::vector<Attribute>& attributes) {
  const auto list =
      std::find_if(attributes.begin(), attributes.end(), [](const Attribute& a) { return a.type == kList; });
  if (list == attributes.end()) return join_pieces(attributes);
  const std::vector<std::byte> bytes = list_bytes(*list);
  bool whole = !bytes.empty() && !list->broken;
  std::vector<std::uint64_t> numbers;
  for (std::size_t at = 0; at + 26 <= bytes.size();) {
    const std::size_t length = little<std::uint16_t>(bytes, at + 4);
    if (length < 26 || length > bytes.size() - at) break;
    const Reference other = reference_at(bytes, at + 16);
    if (other.number != head.number) numbers.push_back(other.number);
    at += length;
  }
  if (head.number == 0) return extend_table(numbers, attributes) && join_pieces(attributes) && whole;
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  for (const std::uint64_t number : numbers) whole &= extend(head, number, attributes);
  return join_pieces(attributes) && whole;
}

// The table describes itself: each piece may be needed to reach the next, so the runs of each count at once. The list
// names the records in the order of the pieces.
bool Table::extend_table(std::vector<std::uint64_t> numbers, std::vector<Attribute>& attributes) {
  Head head;
  head.in_use = true;
  bool whole = true;
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  for (const std::uint64_t number : numbers) {
    const std::size_t before = attributes.size();
    whole &= extend(head, number, attributes);
    for (std::size_t i = before; i < attributes.size(); ++i) {
      if (attributes[i].type != kData || !attributes[i].name.empty()) continue;
      for (const Run& run : runs_of(attributes[i], geometry_)) {
        if (run.start >= runs_.back().end()) whole &= append_run(runs_, run);
      }
    }
  }
  return whole;
}

bool Table::are_free(std::uint64_t place, std::uint64_t length) {
  const std::uint64_t end = (place + length + geometry_.cluster_bytes - 1) / geometry_.cluster_bytes;
  for (std::uint64_t cluster = place / geometry_.cluster_bytes; cluster < end;) {
    const Run* run = run_with(bitmap_, cluster / 8);
    if (run == nullptr) return false;
    const std::span<const std::byte> byte = bitmap_window_.at(run->place + (cluster / 8 - run->start), 1);
    const std::uint64_t bits = std::min<std::uint64_t>(8 - cluster % 8, end - cluster);
    const auto mask = static_cast<std::uint8_t>(((1U << bits) - 1) << cluster % 8);
    if (byte.empty() || !looks_.spend(bits) || (static_cast<std::uint8_t>(byte[0]) & mask) != 0) return false;
    cluster += bits;
  }
  return true;
}

}  // namespace ambit::walk::ntfs
