// A record of the master file table (MFT), taken apart.
//
//   record    = "FILE" fixups:u16@4 fixup-count:u16@6 … sequence:u16@16 … attributes:u16@20 flags:u16@22
//               used:u32@24 … base:ref@32 …
//   ref       = number:u48 sequence:u16
//   flags     = 1 in use, 2 folder
//   fixups    = check:u16 (original:u16)*      each 512 bytes of the record end in `check` instead of `original`
//   attribute = type:u32 length:u32 nonresident:u8 name-chars:u8 name:u16 flags:u16 id:u16 (value | runs)
//   value     = length:u32@16 offset:u16@20
//   runs      = first-vcn:u64@16 last-vcn:u64 list:u16@32 unit-shift:u16 … allocated:u64@40 size:u64 valid:u64
//   list      = (sizes:u8 count:sizes&15 delta:sizes>>4)* 0      signed little-endian; no delta: a hole
//   name      = parent:ref@0 … chars:u8@64 space:u8@65 utf16*    (type 0x30); space 2: the DOS alias of another
//
// Nothing of this is believed: each length ends at the record's end, each run inside the volume.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/byte_source.h"

namespace ambit::walk::ntfs {

inline constexpr std::uint64_t kRoot = 5, kExtend = 11, kFirstUser = 16;

enum : std::uint32_t {
  kStandard = 0x10,
  kList = 0x20,
  kFileName = 0x30,
  kVolumeInformation = 0x70,
  kData = 0x80,
  kReparse = 0xc0,
  kEnd = 0xffffffff,
};

struct Reference {
  std::uint64_t number = 0;
  std::uint16_t sequence = 0;
};
[[nodiscard]] Reference reference_at(std::span<const std::byte> bytes, std::size_t at);

struct Name {
  Reference parent;
  bool alias = false;  // the DOS name of a file that has a long one
  std::string text;
};

struct Clusters {
  std::uint64_t first = 0;  // cluster of the file
  std::uint64_t place = 0;  // cluster of the volume
  std::uint64_t count = 0;
  bool hole = false;
};

struct Attribute {
  std::uint32_t type = 0;
  std::string name;
  bool resident = true;
  bool compressed = false, encrypted = false;
  // Resident: the value, and where each of its bytes lies in the record (fix-ups lie elsewhere).
  std::vector<std::byte> value;
  std::size_t value_at = 0, fixups = 0;
  std::uint64_t record = 0;
  // Not resident. Sizes are those of the piece that begins with cluster 0.
  std::uint64_t first_cluster = 0;
  std::uint64_t size = 0, valid = 0;
  std::uint32_t unit_clusters = 0;  // a compression unit; 0: none
  std::vector<Clusters> clusters;
  bool broken = false;  // the list of runs contradicts itself; what came before counts
};

enum class RecordState : std::uint8_t { unused, good, damaged };

// What a record says of itself, without its attributes.
struct Head {
  std::uint64_t number = 0;
  RecordState state = RecordState::unused;
  bool in_use = false, folder = false;
  std::uint16_t sequence = 0;
  Reference base;  // of the record that this one extends; number 0: it stands for itself
  std::size_t attributes = 0, used = 0;
  std::size_t fixups = 0;  // where the table of fix-ups begins
  [[nodiscard]] bool extends_another() const { return base.number != 0 || base.sequence != 0; }
};

// Puts the original bytes back in `record`. damaged: the check fails; unused: it is no record.
[[nodiscard]] Head open_record(std::uint64_t number, std::span<std::byte> record);
// All attributes of an opened record; `whole` false: the last ones could not be read.
[[nodiscard]] std::vector<Attribute> attributes_of(const Head& head, std::span<const std::byte> record,
                                                   std::uint64_t volume_clusters, bool& whole);
// A piece of a resident value: where in the record its bytes lie on the disk, before the fix-ups were put back.
struct Piece {
  std::size_t start = 0, at = 0, length = 0;
};
[[nodiscard]] std::vector<Piece> pieces_of(const Attribute& attribute);
[[nodiscard]] std::vector<Name> names_of(const std::vector<Attribute>& attributes);

}  // namespace ambit::walk::ntfs
