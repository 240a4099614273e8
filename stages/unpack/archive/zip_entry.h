// What a zip says of a member, twice: in the header before its bytes, and in the directory at the end of the archive.
//
//   local     := "PK\3\4" version:2 flags:2 method:2 time:2 date:2 crc:4 packed:4 size:4 name-length:2 extra-length:2
//                name extra
//   directory := "PK\1\2" made-by:2 version:2 flags:2 method:2 time:2 date:2 crc:4 packed:4 size:4 name-length:2
//                extra-length:2 comment-length:2 disk:2 attributes:6 local-header-at:4 name extra comment
//   extra     := (id:2 length:2 bytes)…   1: sizes of 64 bits; 000a, 5455, 5855: times; 7075: the name in UTF-8
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stages/unpack/input.h"

namespace ambit::unpack {

inline constexpr std::string_view kZipLocal = "PK\x03\x04", kZipCentral = "PK\x01\x02", kZipEnd = "PK\x05\x06",
                                  kZipDescriptor = "PK\x07\x08", kZip64End = "PK\x06\x06", kZip64Locator = "PK\x06\x07";
inline constexpr std::size_t kZipLocalBytes = 30, kZipCentralBytes = 46;

struct ZipEntry {
  std::string raw_name;      // as it stands
  std::string unicode_name;  // from the extra field, where that belongs to this name; else empty
  std::uint16_t flags = 0, method = 0, disk = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0, size = 0;
  std::uint64_t header_at = 0;  // directory only
  std::optional<std::int64_t> modified;

  [[nodiscard]] const std::string& name() const { return unicode_name.empty() ? raw_name : unicode_name; }
  [[nodiscard]] bool encrypted() const { return (flags & 0x41) != 0 || method == 99; }
  // Crc and sizes stand behind the bytes; the header has zeros as a rule.
  [[nodiscard]] bool has_descriptor() const { return (flags & 8) != 0; }
};

// Reads the header at which `input` stands, and takes it. Nothing, and nothing taken: there is none. Error(evidence):
// it is cut.
[[nodiscard]] Result<std::optional<ZipEntry>> read_zip_local(Input& input);
[[nodiscard]] Result<std::optional<ZipEntry>> read_zip_central(Input& input);

}  // namespace ambit::unpack
