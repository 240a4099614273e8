// An NTFS volume: its geometry, its master file table, its bitmap of clusters.
//
//   boot sector = jump:3 "NTFS    " sector-bytes:u16@11 cluster-sectors:u8@13 … sectors:u64@40 mft:u64@48 mirror:u64
//                 record-size:s8@64 …        sizes above 128 as a byte: 2^(256 - x), bytes or sectors
#pragma once

#include <memory>
#include <optional>

#include "stages/walk/byte_window.h"
#include "stages/walk/layout.h"
#include "stages/walk/ntfs/record.h"

namespace ambit::walk::ntfs {

struct Geometry {
  std::uint32_t sector_bytes = 0;
  std::uint64_t cluster_bytes = 0, clusters = 0;
  std::size_t record_bytes = 0;
  std::uint64_t bytes = 0;              // with the copy of the boot sector behind the last cluster
  std::uint64_t declared_bytes = 0;     // without that copy, and not cut at the volume's end
  std::uint64_t table = 0, mirror = 0;  // places of the MFT and of the copy of its first records
};

// By the boot sector at `at`. Nothing where this is no NTFS.
[[nodiscard]] std::optional<Geometry> geometry_of(const ByteSource& volume, std::uint64_t at = 0);
// By the copy of it in the last sector. Nothing where there is none that fits a volume of this size and a table in it.
[[nodiscard]] std::optional<Geometry> geometry_by_copy(const ByteSource& volume);

struct Record {
  Head head;
  std::vector<std::byte> bytes;  // opened
};

// Clusters of an attribute as runs of bytes, holes left out; those outside the volume too.
[[nodiscard]] std::vector<Run> runs_of(const Attribute& attribute, const Geometry& geometry);

class Table {
 public:
  // Error: the MFT's own record cannot be read, in neither copy.
  [[nodiscard]] static Result<std::unique_ptr<Table>> open(const ByteSource& volume, const Geometry& geometry);

  [[nodiscard]] std::uint64_t records() const { return records_; }
  [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }
  // Reads and opens a record; nothing where the volume refuses it or has none of this number.
  [[nodiscard]] bool read(std::uint64_t number, Record& record);
  // Where byte `at` of record `number` lies.
  [[nodiscard]] std::optional<std::uint64_t> place_of(std::uint64_t number, std::size_t at) const;

  // Adds to a record's attributes those of the records that its attribute list names, and joins pieces of one
  // attribute. False: something is missing.
  [[nodiscard]] bool gather(const Head& head, std::vector<Attribute>& attributes);

  // Whether all these clusters are free. False also where the bitmap cannot be read or was asked too often.
  [[nodiscard]] bool are_free(std::uint64_t place, std::uint64_t length);

 private:
  Table(const ByteSource& volume, const Geometry& geometry);
  [[nodiscard]] bool read_table_record(std::uint64_t place);
  void read_bitmap_runs();
  [[nodiscard]] std::vector<std::byte> list_bytes(const Attribute& list) const;
  [[nodiscard]] bool read_through(ByteWindow& window, std::uint64_t number, Record& record) const;
  [[nodiscard]] bool extend_table(std::vector<std::uint64_t> numbers, std::vector<Attribute>& attributes);
  [[nodiscard]] bool extend(const Head& head, std::uint64_t number, std::vector<Attribute>& attributes);

  const ByteSource& volume_;
  const Geometry geometry_;
  ByteWindow records_window_, extension_window_, bitmap_window_;
  std::vector<Run> runs_, bitmap_;
  std::uint64_t records_ = 0;
  Allowance extensions_, looks_;
};

}  // namespace ambit::walk::ntfs
