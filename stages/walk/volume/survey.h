// Survey: what is known of all images while they are divided. volumes.cc finds and divides regions, groups.cc
// puts volume groups together, settle.cc draws the balance.
//
// A space is a row of bytes that is read by itself: an image, or a device (decrypted, or put together from several
// spaces). A region is a part of one space in which volumes may lie.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stages/walk/volume/systems.h"
#include "stages/walk/volume/volumes.h"

namespace ambit::walk {

struct Space {
  Bytes bytes;
  std::uint32_t exhibit = 0;
  std::vector<Step> steps;
  std::string description;
  bool is_image = false;
  std::vector<Book> books;
  struct Mapped {
    Range range;
    std::uint32_t device = 0;  // space in which these bytes are seen
  };
  std::vector<Mapped> mapped;
};

struct Region {
  std::uint32_t space = 0;
  std::vector<Run> pieces;  // on the space, by start
  std::uint64_t size = 0;
  std::vector<Step> steps;
  std::string description;
  WalkTrouble trouble = WalkTrouble::none;  // other than none: it is not looked into
  std::size_t depth = 0;
  bool in_partition = false, bsd = false;
  std::uint64_t base = 0;
  std::uint64_t missing = 0;  // bytes: what it lies in ends before it does
};

class Survey {
 public:
  Survey(std::span<const Image> images, std::span<const VolumeKey> keys);
  [[nodiscard]] VolumeMap make();

 private:
  struct Found {
    Region region;
    bool is_whole = false;  // all of its space
  };
  // A physical volume that waits for its group.
  struct Disk {
    Region region;
    PhysicalVolume volume;
    bool taken = false;
  };
  // A volume group and the disks that it is on: for each physical volume of its text one, or none.
  struct Group {
    VolumeGroup text;
    std::vector<std::size_t> disks;  // index into disks_; kNone where it is missing
    [[nodiscard]] bool is_complete() const;
  };
  static constexpr std::size_t kNone = SIZE_MAX;

  // volumes.cc
  void explore(Region region);
  void divide(const Region& region, Division division);
  void enter_part(const Region& region, Part part);
  void keep(Region region);
  [[nodiscard]] std::uint32_t add_device(Bytes bytes, const Region& model);
  [[nodiscard]] Bytes bytes_of(const Region& region) const;
  // Bytes [offset, offset + length) of the region, on its space; starts count from `offset`. Only what is there.
  [[nodiscard]] std::vector<Run> map(const Region& region, std::uint64_t offset, std::uint64_t length);
  void map_to_device(const Region& region, const Range& range, std::uint32_t device);

  // groups.cc
  void assemble_groups();
  [[nodiscard]] std::vector<Group> waiting_groups();
  [[nodiscard]] Group take_disks(const std::string& id, std::vector<bool>& taken);
  void assemble(const Group& group);
  void assemble(const Group& group, const LogicalVolume& volume);
  [[nodiscard]] Region straight(const Group& group, const LogicalVolume& volume, Region region);
  void assemble_device(const Group& group, const LogicalVolume& volume, const Region& model);

  // settle.cc
  [[nodiscard]] VolumeMap settle();
  void add_volumes(VolumeMap& map, std::vector<std::uint32_t>& space_of);
  void add_areas(std::uint32_t image, VolumeMap& map) const;
  [[nodiscard]] std::vector<Range> covered(std::uint32_t space) const;

  std::span<const VolumeKey> keys_;
  std::vector<Space> spaces_;  // the images first
  std::vector<Found> found_;
  std::vector<Disk> disks_;
  std::size_t looks_ = 0;
  std::size_t pieces_left_;
  std::uint64_t lvm_bytes_ = 0;
  std::uint64_t key_work_left_;
};

}  // namespace ambit::walk
