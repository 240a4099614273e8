#include "stages/walk/fat/volume.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace ambit::walk::fat {
namespace {

constexpr std::uint32_t kMostFat12 = 4084, kMostFat16 = 65524;

// Cuts the clusters to those that the table describes and the volume holds.
bool settle(Geometry& g, std::uint64_t clusters, std::uint64_t volume) {
  const std::uint64_t described = g.width == Width::fat12   ? g.table_bytes * 2 / 3
                                  : g.width == Width::fat16 ? g.table_bytes / 2
                                                            : g.table_bytes / 4;
  clusters = std::min(clusters, described > 2 ? described - 2 : 0);
  g.bytes = std::min(g.bytes, volume);
  if (g.heap >= g.bytes) return false;
  clusters = std::min(clusters, (g.bytes - g.heap) / g.cluster_bytes);
  clusters = std::min<std::uint64_t>(clusters, 0xfffffff5);
  g.clusters = static_cast<std::uint32_t>(clusters);
  return clusters > 0;
}

std::optional<Geometry> exfat(std::span<const std::byte> boot, std::uint64_t volume) {
  Geometry g;
  g.width = Width::exfat;
  const unsigned sector = little<std::uint8_t>(boot, 108), cluster = little<std::uint8_t>(boot, 109);
  const unsigned tables = little<std::uint8_t>(boot, 110);
  if (sector < 9 || sector > 12 || cluster > 25 - sector || tables < 1 || tables > 2) return std::nullopt;
  g.cluster_bytes = std::uint64_t{1} << (sector + cluster);
  const std::uint64_t declared = std::min(little<std::uint64_t>(boot, 72), UINT64_MAX >> sector);
  const std::uint64_t sectors = std::min(declared, volume >> sector);
  g.declared_bytes = declared << sector;
  g.bytes = sectors << sector;
  g.table = std::uint64_t{little<std::uint32_t>(boot, 80)} << sector;
  g.table_bytes = std::uint64_t{little<std::uint32_t>(boot, 84)} << sector;
  g.heap = std::uint64_t{little<std::uint32_t>(boot, 88)} << sector;
  g.root = little<std::uint32_t>(boot, 96);
  if (g.table == 0 || g.heap <= g.table || !settle(g, little<std::uint32_t>(boot, 92), volume)) return std::nullopt;
  return g;
}

bool looks_like_fat(std::span<const std::byte> boot, unsigned sector, unsigned cluster, unsigned reserved) {
  const unsigned tables = little<std::uint8_t>(boot, 16), media = little<std::uint8_t>(boot, 21);
  const auto jump = little<std::uint8_t>(boot, 0);
  const bool signed_ = boot[510] == std::byte{0x55} && boot[511] == std::byte{0xaa};
  return std::has_single_bit(sector) && sector >= 512 && sector <= 4096 && std::has_single_bit(cluster) &&
         cluster <= 128 && reserved >= 1 && tables >= 1 && tables <= 4 && (media == 0xf0 || media >= 0xf8) &&
         (signed_ || jump == 0xeb || jump == 0xe9 || jump == 0x60);
}

std::optional<Geometry> fat(std::span<const std::byte> boot, std::uint64_t volume) {
  const unsigned sector = little<std::uint16_t>(boot, 11), cluster = little<std::uint8_t>(boot, 13);
  const unsigned reserved = little<std::uint16_t>(boot, 14);
  if (!looks_like_fat(boot, sector, cluster, reserved)) return std::nullopt;
  Geometry g;
  std::uint64_t sectors = little<std::uint16_t>(boot, 19), table = little<std::uint16_t>(boot, 22);
  if (sectors == 0) sectors = little<std::uint32_t>(boot, 32);
  const bool wide = table == 0;
  if (wide) table = little<std::uint32_t>(boot, 36);
  if (sectors == 0 || table == 0) return std::nullopt;
  g.cluster_bytes = std::uint64_t{cluster} * sector;
  g.table = std::uint64_t{reserved} * sector;
  g.table_bytes = table * sector;
  g.bytes = sectors * sector;
  g.declared_bytes = g.bytes;
  g.root_place = g.table + g.table_bytes * little<std::uint8_t>(boot, 16);
  g.root_bytes = wide ? 0 : std::uint64_t{little<std::uint16_t>(boot, 17)} * 32;
  g.heap = g.root_place + (g.root_bytes + sector - 1) / sector * sector;
  if (g.heap >= g.bytes || (!wide && g.root_bytes == 0)) return std::nullopt;
  // The number of clusters alone says how wide an entry is, before anything is cut.
  const std::uint64_t clusters = (g.bytes - g.heap) / g.cluster_bytes;
  g.width = wide ? Width::fat32 : clusters <= kMostFat12 ? Width::fat12 : Width::fat16;
  if (g.width == Width::fat16 && clusters > kMostFat16) return std::nullopt;
  if (wide) g.root = little<std::uint32_t>(boot, 44) & 0x0fffffff;
  if (!settle(g, clusters, volume)) return std::nullopt;
  return g;
}

}  // namespace

std::optional<Geometry> geometry_of(const ByteSource& volume, std::uint64_t at) {
  std::vector<std::byte> boot(512);
  if (!read_fully(volume, at, boot).ok()) return std::nullopt;
  if (std::memcmp(boot.data() + 3, "EXFAT   ", 8) == 0) return exfat(boot, volume.size());
  if (std::memcmp(boot.data() + 3, "NTFS    ", 8) == 0) return std::nullopt;
  return fat(boot, volume.size());
}

// The table begins with the number of the medium: f8 ff ff 0f, or f0 or f9 to ff for the first byte.
std::optional<Geometry> geometry_by_copy(const ByteSource& volume) {
  for (const std::uint64_t sector : {512U, 1024U, 2048U, 4096U}) {
    for (const auto& [number, width] : {std::pair(6U, Width::fat32), std::pair(12U, Width::exfat)}) {
      const std::optional<Geometry> g = geometry_of(volume, number * sector);
      std::array<std::byte, 4> medium{};
      if (!g || g->width != width || g->table <= number * sector || !read_fully(volume, g->table, medium).ok())
        continue;
      const auto entry = little<std::uint32_t>(medium, 0);
      if ((entry & 0x0fffff00U) == 0x0fffff00U && ((entry & 0xffU) == 0xf0U || (entry & 0xffU) >= 0xf8U)) return g;
    }
  }
  return std::nullopt;
}

Table::Table(const ByteSource& volume, const Geometry& geometry)
    : geometry_(geometry),
      window_(volume, 64 * limits::KiB),
      bitmap_window_(volume, 64 * limits::KiB),
      steps_(geometry.clusters * limits::kMaxTimesOverClaimed),
      looks_(geometry.clusters * limits::kMaxTimesOverClaimed) {}

std::optional<std::uint32_t> Table::entry(std::uint32_t cluster) {
  if (geometry_.width == Width::fat12) {
    const std::span<const std::byte> pair = window_.at(geometry_.table + cluster + cluster / 2, 2);
    if (pair.empty()) return std::nullopt;
    const std::uint32_t both = little<std::uint16_t>(pair, 0);
    return cluster % 2 == 0 ? both & 0xfffU : both >> 4U;
  }
  const std::size_t width = geometry_.width == Width::fat16 ? 2 : 4;
  const std::span<const std::byte> bytes = window_.at(geometry_.table + std::uint64_t{cluster} * width, width);
  if (bytes.empty()) return std::nullopt;
  if (width == 2) return little<std::uint16_t>(bytes, 0);
  const std::uint32_t value = little<std::uint32_t>(bytes, 0);
  return geometry_.width == Width::fat32 ? value & 0x0fffffff : value;
}

Table::Chain Table::chain(std::uint32_t first) {
  const std::uint32_t ends = geometry_.width == Width::fat12   ? 0xff8
                             : geometry_.width == Width::fat16 ? 0xfff8
                             : geometry_.width == Width::fat32 ? 0x0ffffff8
                                                               : 0xfffffff8;
  Chain chain;
  std::uint32_t at = first;
  for (; geometry_.has(at) && chain.whole;) {
    if (!steps_.spend(1) || !append_run(chain.runs, {chain.bytes, geometry_.place_of(at), geometry_.cluster_bytes})) {
      chain.whole = false;
      break;
    }
    chain.bytes += geometry_.cluster_bytes;
    // A chain with more clusters than there are runs in a circle.
    const std::optional<std::uint32_t> next = entry(at);
    chain.whole = next.has_value() && chain.bytes / geometry_.cluster_bytes <= geometry_.clusters;
    at = next.value_or(0);
  }
  chain.whole &= at >= ends;
  return chain;
}

Table::Chain Table::straight(std::uint32_t first, std::uint64_t bytes) {
  Chain chain;
  if (!geometry_.has(first)) return chain.whole = bytes == 0, chain;
  const std::uint64_t left = (geometry_.clusters - (first - 2)) * geometry_.cluster_bytes;
  const std::uint64_t units = bytes / geometry_.cluster_bytes + (bytes % geometry_.cluster_bytes != 0);
  chain.whole = bytes <= left && steps_.spend(std::min<std::uint64_t>(units, geometry_.clusters));
  if (!chain.whole) return chain;
  chain.bytes = units * geometry_.cluster_bytes;
  static_cast<void>(append_run(chain.runs, {0, geometry_.place_of(first), chain.bytes}));
  return chain;
}

bool Table::is_free(std::uint32_t cluster) {
  if (!looks_.spend(1)) return false;
  if (geometry_.width != Width::exfat) return entry(cluster) == std::uint32_t{0};
  const std::uint64_t at = (cluster - 2) / 8;
  const auto run = std::find_if(bitmap_.begin(), bitmap_.end(), [&](const Run& r) { return r.end() > at; });
  if (run == bitmap_.end()) return false;
  const std::span<const std::byte> bits = bitmap_window_.at(run->place + (at - run->start), 1);
  return !bits.empty() && (static_cast<unsigned>(bits[0]) >> ((cluster - 2) % 8) & 1U) == 0;
}

bool Table::are_free(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    const auto first = static_cast<std::uint32_t>((run.place - geometry_.heap) / geometry_.cluster_bytes + 2);
    const auto count = static_cast<std::uint32_t>(run.length / geometry_.cluster_bytes);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!is_free(first + i)) return false;
    }
  }
  return true;
}

}  // namespace ambit::walk::fat
