// The balance: every byte of every image is in a volume, seen through a device, or in an area; and areas overlap
// nothing.
#include <algorithm>
#include <numeric>

#include "stages/walk/volume/survey.h"

namespace ambit::walk {
namespace {

// Sorted, disjoint, neighbours joined.
std::vector<Range> united(std::vector<Range> ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::vector<Range> out;
  for (const Range& range : ranges) {
    if (range.length == 0) continue;
    if (out.empty() || out.back().end() < range.offset) {
      out.push_back(range);
    } else if (range.end() > out.back().end()) {
      out.back().length = range.end() - out.back().offset;
    }
  }
  return out;
}

// What of `ranges` is not in `taken`; both united.
std::vector<Range> without(const std::vector<Range>& ranges, const std::vector<Range>& taken) {
  std::vector<Range> out;
  auto next = taken.begin();
  for (Range range : ranges) {
    while (next != taken.end() && next->end() <= range.offset) ++next;
    for (auto cut = next; cut != taken.end() && cut->offset < range.end(); ++cut) {
      if (cut->offset > range.offset) out.push_back({range.offset, cut->offset - range.offset});
      const std::uint64_t end = range.end();
      range.offset = std::min(std::max(range.offset, cut->end()), end);
      range.length = end - range.offset;
    }
    if (range.length != 0) out.push_back(range);
  }
  return out;
}

}  // namespace

// Bytes of a space that are seen elsewhere: through the volumes that lie straight on it, or through devices.
std::vector<Range> Survey::covered(std::uint32_t space) const {
  std::vector<Range> ranges;
  for (const Found& found : found_) {
    if (found.region.space != space) continue;
    for (const Run& piece : found.region.pieces) ranges.push_back({piece.place, piece.length});
  }
  for (const Space::Mapped& mapped : spaces_[space].mapped) ranges.push_back(mapped.range);
  return united(std::move(ranges));
}

VolumeMap Survey::settle() {
  VolumeMap map;
  std::vector<std::uint32_t> space_of;  // per volume: the device that it is the whole of, or 0
  add_volumes(map, space_of);
  std::vector<std::uint32_t> volume_of(spaces_.size());
  for (std::uint32_t v = 0; v < space_of.size(); ++v) volume_of[space_of[v]] = v;
  for (std::uint32_t s = 0; s < spaces_.size() && spaces_[s].is_image; ++s) {
    for (const Space::Mapped& mapped : spaces_[s].mapped) {
      map.mapped.push_back({s, volume_of[mapped.device], mapped.range.offset, mapped.range.length});
    }
    add_areas(s, map);
  }
  return map;
}

// In the order of their locators. Two volumes of one name (a group that is there twice) are told apart by a number.
void Survey::add_volumes(VolumeMap& map, std::vector<std::uint32_t>& space_of) {
  struct Draft {
    Volume volume;
    std::uint32_t whole = 0;
  };
  std::vector<Draft> drafts;
  std::vector<bool> has_volume(spaces_.size());
  for (const Found& found : found_) {
    const Region& region = found.region;
    const Space& space = spaces_[region.space];
    Volume volume{space.exhibit, region.steps, region.description, {}, nullptr, region.size, {}, region.trouble};
    volume.missing = region.missing;
    if (space.is_image) {
      volume.pieces = region.pieces;
    } else if (!region.pieces.empty()) {
      volume.device = bytes_of(region);
    }
    const bool is_device = found.is_whole && !space.is_image && !has_volume[region.space];
    if (is_device) has_volume[region.space] = true;
    drafts.push_back({std::move(volume), is_device ? region.space : 0});
  }
  for (std::uint32_t s = 0; s < spaces_.size(); ++s) {
    const Space& space = spaces_[s];
    if (space.is_image || has_volume[s]) continue;
    Volume rest{space.exhibit, space.steps, space.description, {}, space.bytes, space.bytes->size(), covered(s)};
    drafts.push_back({std::move(rest), s});
  }
  const auto place = [](const Draft& d) { return std::tie(d.volume.exhibit, d.volume.steps); };
  std::stable_sort(drafts.begin(), drafts.end(), [&](const Draft& a, const Draft& b) { return place(a) < place(b); });
  std::size_t copy = 1;
  std::vector<Step> last;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    Draft& draft = drafts[i];
    const bool again = i > 0 && drafts[i - 1].volume.exhibit == draft.volume.exhibit && last == draft.volume.steps;
    last = draft.volume.steps;
    copy = again ? copy + 1 : 1;
    if (again && !draft.volume.steps.empty()) draft.volume.steps.back().name += "#" + std::to_string(copy);
    space_of.push_back(draft.whole);
    map.volumes.push_back(std::move(draft.volume));
  }
}

void Survey::add_areas(std::uint32_t image, VolumeMap& map) const {
  std::vector<Range> taken = covered(image);
  std::vector<ImageArea> areas;
  for (const Kind kind : {Kind::metadata, Kind::unallocated, Kind::gap}) {
    std::vector<Range> ranges;
    for (const Book& book : spaces_[image].books) {
      if (book.kind == kind) ranges.push_back(book.range);
    }
    if (kind == Kind::gap) ranges = {{0, spaces_[image].bytes->size()}};
    ranges = without(united(std::move(ranges)), taken);
    for (const Range& range : ranges) areas.push_back({image, kind, range.offset, range.length});
    taken.insert(taken.end(), ranges.begin(), ranges.end());
    taken = united(std::move(taken));
  }
  std::sort(areas.begin(), areas.end(), [](const ImageArea& a, const ImageArea& b) { return a.offset < b.offset; });
  map.areas.insert(map.areas.end(), areas.begin(), areas.end());
}

}  // namespace ambit::walk
