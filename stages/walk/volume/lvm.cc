// A physical volume of LVM2: where its books lie, and what they say.
//
//   label  := "LABELONE" sector:u64 crc:u32 offset:u32 "LVM2 001"                    in one of the first four sectors
//   pv     := id[32] size:u64 area* 0 0 area* 0 0                    data areas, then metadata areas; at label + offset
//   area   := offset:u64 size:u64
//   header := crc:u32 magic[16] version:u32 start:u64 size:u64 copy*        first sector of a metadata area
//   copy   := offset:u64 size:u64 crc:u32 flags:u32                          text in the area, which is a ring
//
// The text is that of lvm_text.cc. Every change writes a new copy; the first one listed is valid.
#include <algorithm>

#include "pipeline/limits.h"
#include "stages/walk/volume/systems.h"

namespace ambit::walk {
namespace {

constexpr std::uint32_t kCrcStart = 0xF597A6CF;
constexpr std::string_view kHeaderMagic = " LVM2 x[5A%r0N*>";
constexpr std::size_t kSector = 512;
constexpr std::size_t kMostAreas = 16;

struct Label {
  std::uint64_t at = 0;
  std::string id;
  std::vector<Range> data, metadata;
};

// A list of areas that ends with an empty one; returns where the next list begins.
std::size_t read_areas(const Block& block, std::size_t at, std::vector<Range>& areas) {
  for (; at + 16 <= kSector && areas.size() < kMostAreas; at += 16) {
    const Range area{block.le64(at), block.le64(at + 8)};
    if (area.offset == 0) return at + 16;
    areas.push_back(area);
  }
  return kSector;
}

std::optional<Label> read_label(const ByteSource& bytes) {
  for (std::uint64_t at = 0; at < 4 * kSector; at += kSector) {
    const Block block(bytes, at, kSector);
    if (!block.has(0, "LABELONE") || !block.has(24, "LVM2 001") || block.le64(8) != at / kSector) continue;
    if (crc32(kCrcStart, block.bytes().subspan(20)) != block.le32(16)) continue;
    const std::size_t header = block.le32(20);
    if (header < 32 || header + 40 > kSector) continue;
    Label label{at, std::string(block.text(header, 32)), {}, {}};
    read_areas(block, read_areas(block, header + 40, label.data), label.metadata);
    return label;
  }
  return std::nullopt;
}

// The text of one copy: it may run over the end of the area and go on behind the header.
std::string ring_text(const ByteSource& bytes, const Range& area, std::uint64_t offset, std::uint64_t size) {
  std::string text;
  const std::uint64_t first = std::min(size, area.length - offset);
  const Block one(bytes, sum(area.offset, offset), first);
  const Block two(bytes, area.offset + kSector, size - first);
  text.append(one.text(0, first)).append(two.text(0, size - first));
  return text;
}

enum class Found : std::uint8_t { nothing, group, damage };

Found read_metadata(const ByteSource& bytes, const Range& area, PhysicalVolume& volume) {
  const Block header(bytes, area.offset, kSector);
  if (!header.has(4, kHeaderMagic) || crc32(kCrcStart, header.bytes().subspan(4)) != header.le32(0)) {
    return Found::damage;
  }
  const std::uint64_t offset = header.le64(40), size = header.le64(48);
  if (offset == 0 || size == 0) return Found::nothing;
  if (area.length <= kSector || offset < kSector || offset >= area.length || size > area.length - kSector ||
      size > limits::kMaxLvmBytes || sum(area.offset, area.length) > bytes.size()) {
    return Found::damage;
  }
  volume.text_bytes += size;
  const std::string text = ring_text(bytes, area, offset, size);
  if (crc32(kCrcStart, std::as_bytes(std::span(text))) != header.le32(56)) return Found::damage;
  std::optional<VolumeGroup> read = parse_volume_group(text);
  if (!read) return Found::damage;
  if (!volume.group || volume.group->sequence < read->sequence) volume.group = std::move(read);
  return Found::group;
}

}  // namespace

std::optional<Division> look_lvm(const Bytes& bytes, const Surroundings& around) {
  const std::optional<Label> label = read_label(*bytes);
  if (!label) return std::nullopt;
  PhysicalVolume volume;
  volume.id = label->id;
  Division division;
  division.books.push_back({{0, label->at + kSector}, Kind::metadata});
  for (const Range& area : label->metadata) {
    division.books.push_back({area, Kind::metadata});
    const bool bad = !around.groups || read_metadata(*bytes, area, volume) == Found::damage;
    volume.damaged = volume.damaged || bad;
  }
  // What no logical volume takes of the data areas is free.
  for (const Range& area : label->data) {
    const std::uint64_t rest = bytes->size() - std::min(bytes->size(), area.offset);
    division.books.push_back({{area.offset, area.length == 0 ? rest : area.length}, Kind::unallocated});
  }
  division.physical_volume = std::move(volume);
  return division;
}

}  // namespace ambit::walk
