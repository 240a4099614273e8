// What volumes.cc chooses from: each volume system looks at a region and says how it divides it. One file per system.
//
// A region is a row of bytes in which volumes may lie: an image, a partition, a logical volume, a decrypted device.
// All offsets here count bytes of the region. They come from the evidence as they stand: whoever takes a Division
// holds them against the region's size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/byte_source.h"
#include "pipeline/facts.h"
#include "pipeline/object.h"
#include "pipeline/scope.h"
#include "stages/walk/volume/lvm_text.h"
#include "stages/walk/volume/volumes.h"

namespace ambit::walk {

using Range = ByteRange;

struct Part {
  std::uint32_t number = 0;  // as in the partition table; 0: the part is no partition and gets no step
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string description;
  WalkTrouble trouble = WalkTrouble::none;
  bool bsd = false;  // holds a BSD disklabel, says the table
};

struct Book {
  Range range;
  Kind kind = Kind::metadata;
};

struct PhysicalVolume {
  std::string id;                    // 32 characters
  std::optional<VolumeGroup> group;  // what its metadata areas say; may be older than what others of the group have
  bool damaged = false;              // there should be metadata, and some of it cannot be used
  std::uint64_t text_bytes = 0;      // that were read for it
};

struct Division {
  std::vector<Part> parts;
  std::vector<Book> books;
  std::shared_ptr<const ByteSource> device;  // the bytes of `device_range`, decrypted
  Range device_range;
  std::string device_description;
  std::uint64_t key_work = 0;  // rounds of key derivation that were spent
  std::optional<PhysicalVolume> physical_volume;
};

// What a system may know about the region that it looks at.
struct Surroundings {
  std::span<const VolumeKey> keys;
  bool in_partition = false;   // the region is a partition: a table in it is believed only where nothing else is
  bool bsd = false;            // … and its table says that there is a BSD disklabel in it
  std::uint64_t base = 0;      // … and it begins here, in bytes of what its table divides
  std::uint64_t key_work = 0;  // rounds of key derivation that may still be spent
  bool groups = true;          // metadata of volume groups may be read: there has not been too much of it
};

using Bytes = std::shared_ptr<const ByteSource>;
using Look = std::optional<Division> (*)(const Bytes& bytes, const Surroundings& around);
[[nodiscard]] std::optional<Division> look_luks(const Bytes& bytes, const Surroundings& around);
[[nodiscard]] std::optional<Division> look_bitlocker(const Bytes& bytes, const Surroundings& around);
[[nodiscard]] std::optional<Division> look_raid(const Bytes& bytes, const Surroundings& around);
[[nodiscard]] std::optional<Division> look_convincing_table(const Bytes& bytes, const Surroundings& around);
[[nodiscard]] std::optional<Division> look_lvm(const Bytes& bytes, const Surroundings& around);
[[nodiscard]] std::optional<Division> look_zfs(const Bytes& bytes, const Surroundings& around);
[[nodiscard]] std::optional<Division> look_table(const Bytes& bytes, const Surroundings& around);

// The partition tables among them. `sector`: bytes in the unit in which the table counts.
struct Mbr {
  Division division;
  bool protective = false;  // says that there is a GPT
};
[[nodiscard]] std::optional<Mbr> read_mbr(const ByteSource& bytes, std::uint64_t sector);
[[nodiscard]] std::optional<Division> read_gpt(const ByteSource& bytes);
[[nodiscard]] std::optional<Division> read_bsd_label(const ByteSource& bytes, std::uint64_t base);
[[nodiscard]] std::optional<Division> read_apple_map(const ByteSource& bytes);

// What begins at byte `offset`, by its magic number: a file system, a swap area, a member of something; empty where
// nothing known does.
[[nodiscard]] std::string_view recognise(const ByteSource& bytes, std::uint64_t offset);
// A FAT, NTFS or exFAT file system: its boot sector ends like that of a disk.
[[nodiscard]] bool is_boot_sector_of_file_system(const ByteSource& bytes);

// Some bytes and the numbers in them. Where the source ends or refuses, it is not `complete`, and zeros stand there.
class Block {
 public:
  Block(const ByteSource& source, std::uint64_t offset, std::size_t bytes);

  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  [[nodiscard]] std::string_view text(std::size_t at, std::size_t bytes) const;
  [[nodiscard]] bool has(std::size_t at, std::string_view magic) const { return text(at, magic.size()) == magic; }
  [[nodiscard]] std::uint8_t u8(std::size_t at) const { return static_cast<std::uint8_t>(little(at, 1)); }
  [[nodiscard]] std::uint16_t le16(std::size_t at) const { return static_cast<std::uint16_t>(little(at, 2)); }
  [[nodiscard]] std::uint32_t le32(std::size_t at) const { return static_cast<std::uint32_t>(little(at, 4)); }
  [[nodiscard]] std::uint64_t le64(std::size_t at) const { return little(at, 8); }
  [[nodiscard]] std::uint16_t be16(std::size_t at) const { return static_cast<std::uint16_t>(big(at, 2)); }
  [[nodiscard]] std::uint32_t be32(std::size_t at) const { return static_cast<std::uint32_t>(big(at, 4)); }
  [[nodiscard]] std::uint64_t be64(std::size_t at) const { return big(at, 8); }

 private:
  [[nodiscard]] std::uint64_t little(std::size_t at, std::size_t bytes) const;
  [[nodiscard]] std::uint64_t big(std::size_t at, std::size_t bytes) const;

  std::vector<std::byte> bytes_;
  bool complete_ = false;
};

// CRC-32 as everybody's, without the inversions: GPT inverts both ends, LVM neither.
[[nodiscard]] std::uint32_t crc32(std::uint32_t initial, std::span<const std::byte> bytes);

// A product of numbers from the evidence; the largest number where it is none.
[[nodiscard]] constexpr std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}
[[nodiscard]] constexpr std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

// Bytes that are pieces of other bytes, by start; what no piece covers cannot be read.
[[nodiscard]] Bytes pieces_of(Bytes whole, std::vector<Run> pieces, std::uint64_t size);

}  // namespace ambit::walk
