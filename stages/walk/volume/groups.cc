// Volume groups of LVM2, put together from the physical volumes that were found on all images.
//
// Each disk has a copy of the group's text; the newest one of those that belong together counts. The same disk may be
// there more than once (both halves of a mirror, or two states of a server in one run): then there are as many groups,
// the first from the first copy of each disk. A physical volume may lie on a logical volume of another group, so groups
// that are complete come first, and what is still incomplete when no new disk comes up stays incomplete.
#include <algorithm>
#include <map>
#include <set>

#include "pipeline/limits.h"
#include "stages/walk/file_system.h"
#include "stages/walk/volume/survey.h"

namespace ambit::walk {
namespace {

// A logical volume that goes through several disks, or in stripes.
//
//   segment of n stripes: bytes [k × stripe, (k + 1) × stripe) of it lie on stripe k mod n, there at k div n × stripe
struct Way {
  std::uint64_t start = 0, length = 0;
  std::uint64_t stripe_bytes = 0;
  struct Place {
    Bytes disk;
    std::uint64_t offset = 0;
  };
  std::vector<Place> places;
};

class StripedSource final : public ByteSource {
 public:
  StripedSource(std::vector<Way> ways, std::uint64_t size) : ways_(std::move(ways)), size_(size) {}
  std::uint64_t size() const override { return size_; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= size_) return std::size_t{0};
    const std::size_t wanted = std::min<std::uint64_t>(into.size(), size_ - offset);
    for (std::size_t done = 0; done < wanted;) {
      const std::optional<Target> target = find(offset + done);
      if (!target) return Error{ErrorKind::evidence, "the volume has no bytes there", "", ""};
      const std::size_t count = std::min<std::uint64_t>(wanted - done, target->length);
      const Result<> read = read_fully(*target->disk, target->offset, into.subspan(done, count));
      if (!read.ok()) return read.error();
      done += count;
    }
    return wanted;
  }

  DataRun run_at(std::uint64_t offset) const override {
    const std::optional<Target> target = find(offset);
    if (!target || target->offset >= target->disk->size()) return {offset, 1, false};
    const DataRun run = target->disk->run_at(target->offset);
    const std::uint64_t end = run.offset + run.length;
    const std::uint64_t known = end > target->offset ? end - target->offset : 1;
    return {offset, std::min({known, target->length, size_ - offset}), run.hole};
  }

 private:
  struct Target {
    const ByteSource* disk;
    std::uint64_t offset, length;
  };
  std::optional<Target> find(std::uint64_t offset) const {
    const auto next = std::upper_bound(ways_.begin(), ways_.end(), offset,
                                       [](std::uint64_t at, const Way& way) { return at < way.start; });
    if (next == ways_.begin()) return std::nullopt;
    const Way& way = *std::prev(next);
    const std::uint64_t inside = offset - way.start;
    if (inside >= way.length) return std::nullopt;
    if (way.places.size() == 1)
      return Target{way.places[0].disk.get(), way.places[0].offset + inside, way.length - inside};
    const std::uint64_t stripe = inside / way.stripe_bytes, skipped = inside % way.stripe_bytes;
    const Way::Place& place = way.places[stripe % way.places.size()];
    return Target{place.disk.get(), place.offset + stripe / way.places.size() * way.stripe_bytes + skipped,
                  way.stripe_bytes - skipped};
  }

  std::vector<Way> ways_;  // by start
  std::uint64_t size_;
};

bool is_name(const std::string& name) { return !name.empty() && name.size() <= limits::kMaxLvmNameBytes; }

// Where a stripe lies: which physical volume of the group's text, and from which byte on.
struct Location {
  std::size_t entry = 0;
  std::uint64_t offset = 0;
};
std::optional<Location> locate(const VolumeGroup& group, const StripePlace& place) {
  const auto entry = std::find_if(group.physical_volumes.begin(), group.physical_volumes.end(),
                                  [&](const PhysicalVolumeEntry& e) { return e.name == place.physical_volume; });
  if (entry == group.physical_volumes.end()) return std::nullopt;
  return Location{static_cast<std::size_t>(entry - group.physical_volumes.begin()),
                  sum(entry->begin_bytes, product(place.extent, group.extent_bytes))};
}

}  // namespace

bool Survey::Group::is_complete() const { return std::find(disks.begin(), disks.end(), kNone) == disks.end(); }

void Survey::assemble_groups() {
  for (;;) {
    std::vector<Group> groups = waiting_groups();
    const bool complete = std::any_of(groups.begin(), groups.end(), [](const Group& g) { return g.is_complete(); });
    for (const Group& group : groups) {
      if (!complete || group.is_complete()) assemble(group);
    }
    if (groups.empty()) break;
  }
  // A disk that no group knows is empty, unless there was something that could not be read.
  for (Disk& disk : disks_) {
    if (disk.taken || (!disk.volume.damaged && !disk.volume.group)) continue;
    disk.region.description = "LVM2 physical volume";
    disk.region.trouble = WalkTrouble::damaged;
    keep(disk.region);
  }
}

std::vector<Survey::Group> Survey::waiting_groups() {
  std::vector<bool> taken(disks_.size());
  for (std::size_t i = 0; i < disks_.size(); ++i) taken[i] = disks_[i].taken;
  std::vector<Group> groups;
  for (std::size_t i = 0; i < disks_.size(); ++i) {
    if (taken[i] || !disks_[i].volume.group) continue;
    Group group = take_disks(disks_[i].volume.group->id, taken);
    // A disk whose text does not name the disk itself.
    if (taken[i]) groups.push_back(std::move(group));
    taken[i] = true;
  }
  return groups;
}

Survey::Group Survey::take_disks(const std::string& id, std::vector<bool>& taken) {
  const VolumeGroup* newest = nullptr;
  std::map<std::string_view, std::size_t> first;  // by identifier of the disk: the first copy that is left
  for (std::size_t i = 0; i < disks_.size(); ++i) {
    if (taken[i] || !first.try_emplace(disks_[i].volume.id, i).second) continue;
    const std::optional<VolumeGroup>& text = disks_[i].volume.group;
    if (text && text->id == id && (newest == nullptr || newest->sequence < text->sequence)) newest = &*text;
  }
  if (newest == nullptr) return {};
  Group group{*newest, {}};
  for (const PhysicalVolumeEntry& entry : group.text.physical_volumes) {
    const auto disk = first.find(entry.id);
    const bool there = disk != first.end() && !taken[disk->second];
    group.disks.push_back(there ? disk->second : kNone);
    if (there) taken[disk->second] = true;
  }
  return group;
}

void Survey::assemble(const Group& group) {
  for (const std::size_t disk : group.disks) {
    if (disk != kNone) disks_[disk].taken = true;
  }
  for (const LogicalVolume& volume : group.text.logical_volumes) {
    if (found_.size() >= limits::kMaxVolumes) return;
    if (!volume.hidden && is_name(volume.name) && is_name(group.text.name)) assemble(group, volume);
  }
}

void Survey::assemble(const Group& group, const LogicalVolume& volume) {
  std::set<std::size_t> disks;
  std::set<std::uint32_t> spaces;
  bool missing = volume.segments.empty(), striped = false;
  std::uint64_t room = 0;
  for (const Segment& segment : volume.segments) {
    striped = striped || segment.stripes.size() > 1;
    for (const StripePlace& place : segment.stripes) {
      const std::optional<Location> location = locate(group.text, place);
      const std::size_t disk = location ? group.disks[location->entry] : kNone;
      missing = missing || disk == kNone;
      if (disk == kNone || !disks.insert(disk).second) continue;
      spaces.insert(disks_[disk].region.space);
      room += disks_[disk].region.size;
    }
  }
  // Locators begin with those of the disk, if it is one; else with those of the first image.
  const auto any = std::find_if(group.disks.begin(), group.disks.end(), [](std::size_t d) { return d != kNone; });
  if (disks.empty() && any != group.disks.end()) disks.insert(*any);
  if (disks.empty()) return;
  const Region& on = disks_[*disks.begin()].region;
  Region region;
  region.space = spaces.empty() ? on.space : *spaces.begin();
  region.size = product(volume.extents, group.text.extent_bytes);
  region.steps = disks.size() == 1 ? on.steps : spaces_[region.space].steps;
  region.steps.push_back({StepKind::volume, group.text.name + "/" + volume.name, 0, 0});
  region.description = volume.description;
  region.depth = on.depth + 1;
  // What claims more bytes than there are would have them swept again and again.
  const bool absurd = !missing && region.size > room;
  if (!volume.readable) {
    region.trouble = WalkTrouble::unsupported;
  } else if (missing || absurd) {
    region.trouble = WalkTrouble::damaged;
  }
  if (!striped && spaces.size() == 1 && !absurd) {
    explore(straight(group, volume, std::move(region)));
  } else if (region.trouble == WalkTrouble::none) {
    assemble_device(group, volume, region);
  } else {
    explore(std::move(region));
  }
}

Region Survey::straight(const Group& group, const LogicalVolume& volume, Region region) {
  for (const Segment& segment : volume.segments) {
    const std::optional<Location> location = locate(group.text, segment.stripes[0]);
    if (!location || group.disks[location->entry] == kNone) continue;
    const std::uint64_t start = product(segment.start, group.text.extent_bytes);
    if (!region.pieces.empty() && region.pieces.back().end() > start) continue;  // two segments for the same bytes
    const std::uint64_t length = product(segment.extents, group.text.extent_bytes);
    std::uint64_t there = 0;
    for (Run run : map(disks_[group.disks[location->entry]].region, location->offset, length)) {
      there += run.length;
      run.start += start;
      if (!region.pieces.empty() && region.pieces.back().end() == run.start &&
          region.pieces.back().place_end() == run.place) {
        region.pieces.back().length += run.length;
      } else {
        region.pieces.push_back(run);
      }
    }
    region.missing = sum(region.missing, length - std::min(length, there));
  }
  if (region.pieces.empty()) region.size = 0;
  if (region.pieces.empty() && region.trouble == WalkTrouble::none) region.trouble = WalkTrouble::damaged;
  return region;
}

void Survey::assemble_device(const Group& group, const LogicalVolume& volume, const Region& model) {
  struct Share {
    std::size_t disk;
    Range range;
  };
  std::vector<Way> ways;
  std::vector<Share> shares;
  for (const Segment& segment : volume.segments) {
    Way way{product(segment.start, group.text.extent_bytes),
            product(segment.extents, group.text.extent_bytes),
            segment.stripe_bytes,
            {}};
    for (const StripePlace& place : segment.stripes) {
      const std::optional<Location> location = locate(group.text, place);
      const std::size_t disk = group.disks[location->entry];
      way.places.push_back({bytes_of(disks_[disk].region), location->offset});
      shares.push_back({disk, {location->offset, way.length / segment.stripes.size()}});
    }
    ways.push_back(std::move(way));
  }
  const std::uint32_t device = add_device(std::make_shared<StripedSource>(std::move(ways), model.size), model);
  for (const Share& share : shares) map_to_device(disks_[share.disk].region, share.range, device);
  explore({device, {{0, 0, model.size}}, model.size, model.steps, model.description, WalkTrouble::none, model.depth});
}

}  // namespace ambit::walk
