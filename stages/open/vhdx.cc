// VHDX, the disks of Hyper-V.
//
//   file     = "vhdxfile" …, header @64 KiB, header @128 KiB, regions @192 KiB, regions @256 KiB; table, metadata,
//   blocks header   = "head", CRC-32C, sequence u64 @8, …, log GUID @48; 4 KiB; the sound one of the higher sequence
//   counts regions  = "regi", CRC-32C, count u32 @8, 0; (GUID, place u64, length u32, flags u32) …; 64 KiB metadata =
//   "metadata", 0 u16, count u16 @10, …; @32 (GUID, place in the region u32, length u32, flags u64) … table    = entry
//   u64 …: bits 0-2 state, the rest without the low 20 bits the place. After the entries of a
//              "chunk ratio" of blocks comes that of a bitmap, which only the disks with a parent use.
//
// All numbers are little-endian. A log that is not empty holds writes which the machine had not finished when it
// stopped; without them the tables are wrong, and nothing of ours writes to an image.
#include <algorithm>
#include <optional>

#include "pipeline/limits.h"
#include "stages/open/mapped_image.h"

namespace ambit::open {
namespace {

using namespace std::string_view_literals;
using limits::KiB;
using limits::MiB;

constexpr std::array<std::uint64_t, 2> kHeaders = {64 * KiB, 128 * KiB};
constexpr std::array<std::uint64_t, 2> kRegions = {192 * KiB, 256 * KiB};
constexpr std::uint64_t kPlaceMask = ~(MiB - 1);
constexpr std::size_t kGuidBytes = 16;
constexpr std::size_t kMaxEntries = 2047;  // of regions and of metadata, by the format
constexpr std::uint64_t kMaxSize = 64 * 1024 * limits::GiB;

// GUIDs as they lie in the file.
constexpr auto kTableRegion = "\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08"sv;
constexpr auto kMetadataRegion = "\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e"sv;
constexpr auto kFileParameters = "\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b"sv;
constexpr auto kDiskSize = "\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8"sv;
constexpr auto kSectorSize = "\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f"sv;

enum class BlockState : std::uint8_t { not_present, undefined, zero, unmapped, present = 6, partly_present = 7 };

// CRC-32C (Castagnoli) of a block in which the four bytes at 4, its own, count as zeros.
std::uint32_t checksum(std::span<const std::byte> block) {
  std::uint32_t crc = ~0U;
  for (std::size_t i = 0; i < block.size(); ++i) {
    crc ^= i >= 4 && i < 8 ? 0U : std::to_integer<std::uint32_t>(block[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82f6'3b78U : 0U);
  }
  return ~crc;
}

// The block if its signature and its checksum hold.
std::optional<std::vector<std::byte>> sound_block(const ByteSource& bytes, std::uint64_t at, std::size_t length,
                                                  std::string_view signature) {
  std::vector<std::byte> block(length);
  if (!read_exactly(bytes, at, block).ok() || !text(block).starts_with(signature)) return std::nullopt;
  if (checksum(block) != little<std::uint32_t>(block, 4)) return std::nullopt;
  return block;
}

struct Region {
  std::uint64_t at = 0, bytes = 0;
};

struct Vhdx {
  Region table, metadata;
  std::uint64_t block = 0, size = 0, ratio = 0;
  bool has_parent = false, is_dirty = false;
};

class VhdxExhibit final : public MappedImage {
 public:
  VhdxExhibit(const Request& request, Bytes bytes, const Vhdx& image)
      : MappedImage(request, ExhibitKind::vhdx, {std::move(bytes)}, image.size), image_(image) {}

 private:
  Result<Place> locate(TablePages& pages, std::uint64_t offset) const override {
    const std::uint64_t block = offset / image_.block;
    const std::uint64_t entry = block + block / image_.ratio;
    const auto found = pages.little_at<std::uint64_t>(part(0), 0, image_.table.at + entry * 8);
    if (!found.ok()) return found.error();
    Place place{.length = image_.block - offset % image_.block};
    switch (static_cast<BlockState>(*found & 7U)) {
      case BlockState::not_present:
      case BlockState::undefined:
      case BlockState::zero:
      case BlockState::unmapped:
        return place;
      case BlockState::present:
        place.kind = Place::Kind::stored;
        place.at = (*found & kPlaceMask) + offset % image_.block;
        return place;
      case BlockState::partly_present:
        break;
    }
    return broken("a block of the image is in a state that it cannot have");
  }

  Vhdx image_;
};

bool read_headers(const ByteSource& bytes, Vhdx& image) {
  std::optional<std::uint64_t> newest;
  for (const std::uint64_t at : kHeaders) {
    const auto header = sound_block(bytes, at, 4 * KiB, "head"sv);
    if (!header) continue;
    const auto sequence = little<std::uint64_t>(*header, 8);
    if (newest && *newest >= sequence) continue;
    newest = sequence;
    image.is_dirty = !is_all_zero(std::span(*header).subspan(48, kGuidBytes));
  }
  return newest.has_value();
}

bool read_regions(const ByteSource& bytes, Vhdx& image) {
  auto block = sound_block(bytes, kRegions[0], 64 * KiB, "regi"sv);
  if (!block) block = sound_block(bytes, kRegions[1], 64 * KiB, "regi"sv);
  if (!block) return false;
  const std::size_t count = std::min<std::size_t>(little<std::uint32_t>(*block, 8), kMaxEntries);
  for (std::size_t i = 0; i < count; ++i) {
    const std::span<const std::byte> entry = std::span(*block).subspan(16 + i * 32, 32);
    const Region region{little<std::uint64_t>(entry, 16), little<std::uint32_t>(entry, 24)};
    if (!fits(region.at, region.bytes, bytes.size())) continue;
    if (text(entry).starts_with(kTableRegion)) image.table = region;
    if (text(entry).starts_with(kMetadataRegion)) image.metadata = region;
  }
  return image.table.bytes > 0 && image.metadata.bytes >= 64 * KiB;
}

bool read_metadata(const ByteSource& bytes, Vhdx& image) {
  std::vector<std::byte> table(64 * KiB);
  if (!read_exactly(bytes, image.metadata.at, table).ok() || !text(table).starts_with("metadata"sv)) return false;
  std::uint32_t sector = 0;
  const std::size_t count = std::min<std::size_t>(little<std::uint16_t>(table, 10), kMaxEntries - 1);
  for (std::size_t i = 0; i < count; ++i) {
    const std::span<const std::byte> entry = std::span(table).subspan(32 + i * 32, 32);
    const auto at = little<std::uint32_t>(entry, 16);
    std::array<std::byte, 8> value{};
    if (!fits(at, value.size(), image.metadata.bytes)) continue;
    if (!read_exactly(bytes, image.metadata.at + at, value).ok()) continue;
    if (text(entry).starts_with(kFileParameters)) {
      image.block = little<std::uint32_t>(value, 0);
      image.has_parent = (little<std::uint32_t>(value, 4) & 2U) != 0;
    }
    if (text(entry).starts_with(kDiskSize)) image.size = little<std::uint64_t>(value, 0);
    if (text(entry).starts_with(kSectorSize)) sector = little<std::uint32_t>(value, 0);
  }
  if (sector != 512 && sector != 4096) return false;
  if (image.block < MiB || image.block > limits::kMaxVhdBlock || image.block % MiB != 0) return false;
  image.ratio = (std::uint64_t{sector} << 23U) / image.block;
  const std::uint64_t blocks = image.size / image.block + (image.size % image.block != 0 ? 1 : 0);
  return image.ratio > 0 && image.size <= kMaxSize && (blocks + blocks / image.ratio) * 8 <= image.table.bytes;
}

}  // namespace

Opened open_vhdx(const Request& request, Bytes bytes) {
  const std::string where = request.path.empty() ? request.name : request.path;
  Vhdx image;
  if (!read_headers(*bytes, image) || !read_regions(*bytes, image) || !read_metadata(*bytes, image)) {
    return damaged("the headers of the VHDX are damaged", where, "use another copy");
  }
  if (image.has_parent) {
    return damaged("the VHDX holds only the changes to another disk", where,
                   "merge it with its parent (Hyper-V's Merge-VHD, on copies) and give the result");
  }
  if (image.is_dirty) {
    return damaged("the VHDX was not closed: its log holds writes that are not in its tables yet", where,
                   "replay the log of a copy with qemu-img check -r all and give the copy");
  }
  return std::unique_ptr<Exhibit>(std::make_unique<VhdxExhibit>(request, std::move(bytes), image));
}

}  // namespace ambit::open
