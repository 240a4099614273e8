// Every image is a region. Each volume system looks at it, the first that knows it divides it, and the parts are
// regions again: a table in a logical volume in a decrypted partition is nothing special. What no system divides is a
// volume. Physical volumes are put aside until all images were looked at; then the groups are put together, and their
// volumes are regions again.
//
// The price of so much freedom is that evidence could divide itself for ever: depth, regions, pieces and metadata are
// bounded (limits.h), and beyond a bound a region is a volume, or its bytes are a gap: swept in any case.
#include "stages/walk/volume/volumes.h"

#include <algorithm>

#include "pipeline/limits.h"
#include "stages/walk/volume/survey.h"
#include "stages/walk/volume/systems.h"

namespace ambit::walk {
namespace {

// The list of volume systems, in the order in which they are asked. What tells itself with certainty comes first; a
// table comes before what it may have been written over, if it leads somewhere.
constexpr std::array<Look, 7> kSystems = {look_luks, look_bitlocker, look_raid, look_convincing_table,
                                          look_lvm,  look_zfs,       look_table};

}  // namespace

Survey::Survey(std::span<const Image> images, std::span<const VolumeKey> keys)
    : keys_(keys), pieces_left_(limits::kMaxVolumePieces), key_work_left_(limits::kMaxKeyWork) {
  for (const Image& image : images) {
    spaces_.push_back({Bytes(Bytes(), image.bytes), image.exhibit, image.steps, "whole image", true, {}, {}});
  }
}

VolumeMap Survey::make() {
  const auto images = static_cast<std::uint32_t>(spaces_.size());
  for (std::uint32_t i = 0; i < images; ++i) {
    const std::uint64_t size = spaces_[i].bytes->size();
    if (size != 0) explore({i, {{0, 0, size}}, size, spaces_[i].steps, spaces_[i].description});
  }
  assemble_groups();
  return settle();
}

void Survey::explore(Region region) {
  if (found_.size() >= limits::kMaxVolumes) return;
  const bool look =
      region.trouble == WalkTrouble::none && region.depth < limits::kMaxVolumeDepth && ++looks_ <= limits::kMaxVolumes;
  if (!look) return keep(std::move(region));
  const Bytes bytes = bytes_of(region);
  const Surroundings around{keys_,       region.in_partition, region.bsd,
                            region.base, key_work_left_,      lvm_bytes_ < limits::kMaxLvmTotalBytes};
  for (const Look system : kSystems) {
    if (std::optional<Division> division = system(bytes, around)) return divide(region, std::move(*division));
  }
  if (recognise(*bytes, 0) == "Linux swap" && region.description.find("swap") == std::string::npos) {
    region.description += ": Linux swap";
  }
  keep(std::move(region));
}

void Survey::divide(const Region& region, Division division) {
  key_work_left_ -= std::min(key_work_left_, division.key_work);
  for (const Book& book : division.books) {
    for (const Run& run : map(region, book.range.offset, book.range.length)) {
      spaces_[region.space].books.push_back({{run.place, run.length}, book.kind});
    }
  }
  if (division.device) {
    Region model = region;
    model.description = std::move(division.device_description);
    const std::uint32_t device = add_device(std::move(division.device), model);
    map_to_device(region, division.device_range, device);
    const std::uint64_t size = spaces_[device].bytes->size();
    Region inner{device, {{0, 0, size}}, size, region.steps, model.description, WalkTrouble::none, region.depth + 1};
    inner.missing = region.missing;
    explore(std::move(inner));
  }
  if (division.physical_volume) {
    lvm_bytes_ += division.physical_volume->text_bytes;
    disks_.push_back({region, std::move(*division.physical_volume), false});
  }
  for (Part& part : division.parts) enter_part(region, std::move(part));
}

void Survey::enter_part(const Region& region, Part part) {
  Region inner{region.space, {}, 0, region.steps, std::move(part.description), part.trouble, region.depth + 1};
  if (part.number != 0) {
    inner.steps.push_back({StepKind::partition, {}, part.number, 0});
    inner.in_partition = true;
    inner.bsd = part.bsd;
    inner.base = part.offset;
  }
  if (part.offset < region.size) {
    inner.size = std::min(part.length, region.size - part.offset);
    inner.pieces = map(region, part.offset, inner.size);
  }
  if (inner.pieces.empty()) inner.trouble = WalkTrouble::damaged;
  inner.missing = part.length - std::min(part.length, inner.size);
  explore(std::move(inner));
}

void Survey::keep(Region region) {
  if (found_.size() >= limits::kMaxVolumes) return;
  const std::uint64_t size = spaces_[region.space].bytes->size();
  const bool is_whole = region.pieces == std::vector<Run>{{0, 0, size}} && region.size == size;
  found_.push_back({std::move(region), is_whole});
}

std::uint32_t Survey::add_device(Bytes bytes, const Region& model) {
  const std::uint32_t exhibit = spaces_[model.space].exhibit;
  spaces_.push_back({std::move(bytes), exhibit, model.steps, model.description, false, {}, {}});
  return static_cast<std::uint32_t>(spaces_.size() - 1);
}

Bytes Survey::bytes_of(const Region& region) const {
  return pieces_of(spaces_[region.space].bytes, region.pieces, region.size);
}

std::vector<Run> Survey::map(const Region& region, std::uint64_t offset, std::uint64_t length) {
  std::vector<Run> runs;
  const std::uint64_t end = std::min(sum(offset, length), region.size);
  for (const Run& piece : region.pieces) {
    if (piece.end() <= offset) continue;
    if (piece.start >= end || pieces_left_ == 0) break;
    const std::uint64_t from = std::max(piece.start, offset), to = std::min(piece.end(), end);
    const Run run{from - offset, piece.place + (from - piece.start), to - from};
    if (!runs.empty() && runs.back().end() == run.start && runs.back().place_end() == run.place) {
      runs.back().length += run.length;
      continue;
    }
    --pieces_left_;
    runs.push_back(run);
  }
  return runs;
}

void Survey::map_to_device(const Region& region, const Range& range, std::uint32_t device) {
  for (const Run& run : map(region, range.offset, range.length)) {
    spaces_[region.space].mapped.push_back({{run.place, run.length}, device});
  }
}

VolumeMap find_volumes(std::span<const Image> images, std::span<const VolumeKey> keys) {
  return Survey(images, keys).make();
}

}  // namespace ambit::walk
