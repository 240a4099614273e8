// A FAT or exFAT volume: its geometry, its table, its chains of clusters.
//
//   FAT boot   = jump:3 name:8 sector-bytes:u16@11 cluster-sectors:u8 reserved:u16 tables:u8 root-entries:u16
//   sectors:u16
//                media:u8 table-sectors:u16 … sectors:u32@32, FAT32: table-sectors:u32@36 … root:u32@44
//   exFAT boot = jump:3 "EXFAT   " … sectors:u64@72 table:u32@80 table-sectors:u32 heap:u32 clusters:u32 root:u32@96 …
//                sector-shift:u8@108 cluster-shift:u8 tables:u8
//   table      = entry*        of 12, 16, 28 (of 32) or 32 bits, by cluster from 2 on: 0 free, the next cluster, or the
//   end
#pragma once

#include <memory>
#include <optional>

#include "stages/walk/byte_window.h"
#include "stages/walk/layout.h"

namespace ambit::walk::fat {

enum class Width : std::uint8_t { fat12, fat16, fat32, exfat };

struct Geometry {
  Width width = Width::fat12;
  std::uint64_t bytes = 0;  // of the volume, as far as it is there
  std::uint64_t declared_bytes = 0;
  std::uint64_t table = 0, table_bytes = 0;
  std::uint64_t heap = 0;      // place of cluster 2
  std::uint32_t clusters = 0;  // those numbered 2 … clusters + 1
  std::uint64_t cluster_bytes = 0;
  std::uint32_t root = 0;  // its first cluster; 0: the root lies between table and heap
  std::uint64_t root_place = 0, root_bytes = 0;
  [[nodiscard]] bool has(std::uint64_t cluster) const { return cluster >= 2 && cluster - 2 < clusters; }
  [[nodiscard]] std::uint64_t place_of(std::uint32_t cluster) const { return heap + (cluster - 2) * cluster_bytes; }
};

// By the boot sector at `at`. Nothing where this is neither.
[[nodiscard]] std::optional<Geometry> geometry_of(const ByteSource& volume, std::uint64_t at = 0);
// By the copy of it: of FAT32 in sector 6, of exFAT in sector 12. Nothing where there is none, or no table behind it.
[[nodiscard]] std::optional<Geometry> geometry_by_copy(const ByteSource& volume);

class Table {
 public:
  Table(const ByteSource& volume, const Geometry& geometry);

  struct Chain {
    std::vector<Run> runs;  // whole clusters, in bytes
    std::uint64_t bytes = 0;
    bool whole = true;  // ends as a chain must
  };
  // The clusters from `first` on. Each cluster of the volume may be visited a few times in all, then chains are broken.
  [[nodiscard]] Chain chain(std::uint32_t first);
  // `bytes` from `first` on in one piece (exFAT says so; for a deleted file it is the best guess); cut at the volume's
  // end.
  [[nodiscard]] Chain straight(std::uint32_t first, std::uint64_t bytes);
  // Whether all clusters of these runs are free.
  [[nodiscard]] bool are_free(const std::vector<Run>& runs);
  // exFAT keeps a bitmap of its own; without one nothing counts as free.
  void use_bitmap(std::vector<Run> runs) { bitmap_ = std::move(runs); }

 private:
  [[nodiscard]] std::optional<std::uint32_t> entry(std::uint32_t cluster);
  [[nodiscard]] bool is_free(std::uint32_t cluster);

  const Geometry geometry_;
  ByteWindow window_, bitmap_window_;
  std::vector<Run> bitmap_;
  Allowance steps_, looks_;
};

}  // namespace ambit::walk::fat
