// The 512 bytes that stand before every member of a tar.
//
//   name:100 mode:8 uid:8 gid:8 size:12 mtime:12 sum:8 type:1 link:100 magic:8 uname:32 gname:32 dev:16 …
//   … of POSIX: prefix:155; of GNU: at 386 four pieces of a sparse file (offset:12 length:12), at 482 whether more
//   follow, at 483 its real size:12; of star: prefix:131, at 508 "tar"
//
// Numbers are octal in ASCII or, where the first bit is set, two's complement, highest byte first. The sum is that of
// all bytes, its own field taken as blanks; some old programs added them up as signed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/object.h"

namespace ambit::unpack {

inline constexpr std::size_t kTarBlock = 512;

struct TarHeader {
  std::string name;  // prefix joined
  std::string link;
  char type = '0';
  std::uint64_t size = 0;
  std::int64_t modified = 0;
  // Of a sparse file of the old GNU format (type 'S'):
  std::vector<Run> pieces;  // start: in the file; place: in what is stored
  bool more_pieces = false;
  std::uint64_t real_size = 0;
};

[[nodiscard]] bool is_tar_header(std::span<const std::byte> block);
// Nothing if the sum is wrong.
[[nodiscard]] std::optional<TarHeader> parse_tar_header(std::span<const std::byte> block);
// A block of further pieces of a sparse file; whether still more follow.
[[nodiscard]] bool parse_tar_pieces(std::span<const std::byte> block, std::vector<Run>& pieces);

// Adds a piece behind the others; false, and nothing added, where it overlaps them or overflows.
bool add_piece(std::vector<Run>& pieces, std::uint64_t start, std::uint64_t length);

}  // namespace ambit::unpack
