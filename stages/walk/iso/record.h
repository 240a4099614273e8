// A directory record of ISO 9660, with what Rock Ridge adds.
//
//   record    = length:u8 extended-blocks:u8 extent:u32@2 (again big-endian) size:u32@10 (again) time:7@18 flags:u8@25
//               unit:u8 gap:u8 :4 name-bytes:u8@32 name pad? system-use
//               flags: 2 folder, 80 the next record goes on with this file; name 00 the folder itself, 01 its parent
//   time      = year-1900 month day hour minute second quarters-of-an-hour:s8
//   system-use = (tag:2 length:u8 version:u8 data)*
//   NM        = flags:u8 text            1 goes on in the next          CE = block:u32 (again) offset:u32 (again)
//   length:u32 SL        = flags:u8 (flags:u8 length:u8 text)*    1 goes on, 2 ".", 4 "..", 8 "/"      what a link
//   leads to CL        = block:u32: the folder lies there; RE: it only stands here until then; ZF: compressed names in
//   Joliet: UTF-16BE; else bytes. ";1" at the end is a version
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "pipeline/byte_source.h"
#include "stages/walk/byte_window.h"

namespace ambit::walk::iso {

enum class Tree : std::uint8_t { plain, rock_ridge, joliet };

struct Record {
  std::string name;  // empty: "." or ".."
  bool folder = false, goes_on = false, interleaved = false, compressed = false, relocated = false;
  bool self = false;
  std::uint64_t place = 0, size = 0;  // bytes
  std::optional<std::int64_t> modified;
  std::optional<std::string> target;  // of a symbolic link
};

// One whole record; `skip` bytes at the begin of each system-use field are not ours. Nothing: it contradicts itself.
[[nodiscard]] std::optional<Record> read_record(std::span<const std::byte> bytes, Tree tree, std::uint64_t block_bytes,
                                                std::size_t skip, ByteWindow& elsewhere);

// Whether a root's own record begins with Rock Ridge's mark, and how many bytes to skip in the others.
[[nodiscard]] std::optional<std::size_t> rock_ridge_skip(std::span<const std::byte> self);

}  // namespace ambit::walk::iso
