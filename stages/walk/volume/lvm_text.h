// What a volume group says about itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ambit::walk {

// Where the extents of a segment lie: one place per stripe.
struct StripePlace {
  std::string physical_volume;  // name within the group: "pv0"
  std::uint64_t extent = 0;     // of the physical volume
};

struct Segment {
  std::uint64_t start = 0, extents = 0;  // of the logical volume
  std::uint64_t stripe_bytes = 0;        // meaningful where there are several stripes
  std::vector<StripePlace> stripes;      // never empty
};

struct LogicalVolume {
  std::string name;
  std::string description;
  std::uint64_t extents = 0;
  std::vector<Segment> segments;  // by start; of the kinds that can be read
  bool readable = true;           // no: a kind that only Linux assembles; what segments there are is its own bytes
  bool hidden = false;            // stands for others that are listed themselves
};

struct PhysicalVolumeEntry {
  std::string name;
  std::string id;  // without dashes
  std::uint64_t begin_bytes = 0;
  std::uint64_t extents = 0;
};

struct VolumeGroup {
  std::string name, id;
  std::uint64_t sequence = 0;
  std::uint64_t extent_bytes = 0;
  std::vector<PhysicalVolumeEntry> physical_volumes;
  std::vector<LogicalVolume> logical_volumes;
};

// Nothing where the text is none of a volume group, or more than limits.h allows.
[[nodiscard]] std::optional<VolumeGroup> parse_volume_group(std::string_view text);

}  // namespace ambit::walk
