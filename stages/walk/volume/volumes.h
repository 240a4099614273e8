// Volumes: what the images of a run are divided into. Partition tables, logical volumes, encryption, RAID members.
//
// All images are looked at together, because a logical volume may lie on several disks. Only a few sectors of each
// are read. The list of volume systems is in volumes.cc; one file per system.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/byte_source.h"
#include "pipeline/facts.h"
#include "pipeline/locator.h"
#include "pipeline/object.h"
#include "pipeline/scope.h"

namespace ambit::walk {

// One image of the run, or a decrypted or assembled device.
struct Image {
  std::uint32_t exhibit = 0;  // number in the run
  std::vector<Step> steps;    // locator of the image itself: empty for an exhibit, else of the file that it is
  const ByteSource* bytes = nullptr;
  std::string_view unread = {};  // Exhibit::unread()
};

struct ByteRange {
  std::uint64_t offset = 0, length = 0;
  [[nodiscard]] std::uint64_t end() const { return offset + length; }
  friend auto operator<=>(const ByteRange&, const ByteRange&) = default;
};

// A volume: it may hold a file system, and has no volumes of its own.
struct Volume {
  std::uint32_t exhibit = 0;  // whose locators its objects have; of several disks the first by number
  std::vector<Step> steps;    // locator, beginning with that of the image
  std::string description;    // for people: "Linux filesystem", "LVM2 logical volume"; nothing from the evidence but
                              // type names
  // Straight on its image: the pieces, by start, neighbours joined. Else `device` is set and pieces is empty.
  std::vector<Run> pieces;
  std::shared_ptr<const ByteSource> device;  // decrypted, or on several images; shared by the objects in it
  std::uint64_t size = 0;                    // bytes; what `pieces` leave out cannot be read
  // Bytes of `device` that are seen through other volumes: a decrypted device that holds a volume group is a volume
  // with what its logical volumes leave. By start, disjoint; no object of this volume covers them. Only with `device`.
  std::vector<ByteRange> inner;
  // encrypted; unsupported: a RAID member that cannot be assembled, a thin volume …; damaged: beyond the image's end,
  // or a disk is missing. There may be no bytes then: neither pieces nor device.
  WalkTrouble trouble = WalkTrouble::none;
  std::uint64_t missing = 0;  // bytes: the image ends before it does; it is looked into as far as it is there
};

// Bytes of an image that belong to no volume.
struct ImageArea {
  std::uint32_t image = 0;  // index into the images
  Kind kind = Kind::gap;    // gap, metadata (a partition table, the books of a volume group), unallocated (its extents)
  std::uint64_t offset = 0, length = 0;
};

// Bytes of an image that are seen through a Volume::device: they are swept there.
struct MappedRange {
  std::uint32_t image = 0;
  std::uint32_t volume = 0;  // index into VolumeMap::volumes
  std::uint64_t offset = 0, length = 0;
};

// Every byte of an image is in a piece, in an area or in a mapped range; areas overlap nothing. An image in which no
// volume system is found is one volume.
struct VolumeMap {
  std::vector<Volume> volumes;   // in the order of their locators, which are distinct
  std::vector<ImageArea> areas;  // by image and offset
  std::vector<MappedRange> mapped;
};

// `keys`: passwords and key files of the order, tried on what is encrypted. Never fails: damage is trouble of a volume.
[[nodiscard]] VolumeMap find_volumes(std::span<const Image> images, std::span<const VolumeKey> keys);

// The bytes of a volume that lies straight on `image`; `pieces` as in Volume.
[[nodiscard]] std::unique_ptr<ByteSource> volume_bytes(const ByteSource& image, std::vector<Run> pieces,
                                                       std::uint64_t size);

}  // namespace ambit::walk
