// The bytes of a file that NTFS compressed.
//
//   file  = unit*                       a unit of (mostly) 16 clusters, stored as
//     no clusters but holes             zeros
//     as many clusters as a unit has    the bytes as they are
//     fewer                             chunk*, the rest of the unit are holes
//   chunk = header:u16 data             header: bytes of data - 1 in the low 12 bits, bit 15: compressed; 0: the end
//   data  = (flags:u8 item*8)*          for each bit of the flags, lowest first: 0 a byte, 1 a copy:u16
//   copy                                length - 3 in the low bits, distance - 1 in the high ones; where they meet
//                                       depends on how much of the chunk's 4,096 bytes is there already
#pragma once

#include <memory>
#include <vector>

#include "pipeline/byte_source.h"
#include "pipeline/object.h"

namespace ambit::walk::ntfs {

// One compressed unit. Writes all of `out`, zeros behind the end of the data. False: the data contradict themselves;
// what came before stands.
[[nodiscard]] bool expand_unit(std::span<const std::byte> stored, std::span<std::byte> out);

struct CompressedFile {
  std::vector<Run> runs;  // by start; start counts bytes of the file, place bytes of the volume
  std::uint64_t size = 0, valid = 0;
  std::uint64_t mapped = 0;  // bytes that the list of runs speaks of, holes too
  std::uint64_t unit_bytes = 0, cluster_bytes = 0;
  std::optional<std::int64_t> modified;
};

// Shares nothing but the volume, so it may be read from any thread.
[[nodiscard]] std::unique_ptr<Content> compressed_content(const ByteSource& volume, CompressedFile file);

}  // namespace ambit::walk::ntfs
