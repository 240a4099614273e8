// An exhibit that is a disk image of Apple: its table is in udif_table.h.
#include <algorithm>

#include "stages/open/formats.h"
#include "stages/open/mapped_image.h"
#include "stages/open/udif_table.h"

namespace ambit::open {
namespace {

class UdifExhibit final : public MappedImage {
 public:
  UdifExhibit(const Request& request, Bytes bytes, udif::Table table)
      : MappedImage(request, ExhibitKind::udif, {std::move(bytes)}, table.size), blocks_(std::move(table.blocks)) {}

 private:
  // Where blocks overlap, as no program writes them, the later one begins with its first byte.
  Result<Place> locate(TablePages&, std::uint64_t offset) const override {
    const auto next =
        std::upper_bound(blocks_.begin(), blocks_.end(), offset,
                         [](std::uint64_t wanted, const udif::Block& block) { return wanted < block.offset; });
    Place place{.length = (next == blocks_.end() ? size() : std::min(next->offset, size())) - offset};
    if (next == blocks_.begin()) return place;
    const udif::Block& block = *std::prev(next);
    const std::uint64_t inside = offset - block.offset;
    if (inside >= block.bytes) return place;
    const std::uint64_t made = block.packing ? block.bytes : std::min(block.bytes, block.stored_bytes);
    if (inside >= made) return place;
    place.length = std::min(place.length, made - inside);
    if (!block.packing) {
      place.kind = Place::Kind::stored;
      place.at = block.at + inside;
      return place;
    }
    place.kind = Place::Kind::packed;
    place.packing = *block.packing;
    place.at = block.at;
    place.packed_bytes = block.stored_bytes;
    place.block_bytes = block.bytes;
    place.inside = inside;
    return place;
  }

  std::vector<udif::Block> blocks_;
};

}  // namespace

Opened open_udif(const Request& request, Bytes bytes) {
  Result<udif::Table> table = udif::read_table(request, *bytes);
  if (!table.ok()) return table.error();
  return std::unique_ptr<Exhibit>(std::make_unique<UdifExhibit>(request, std::move(bytes), std::move(table).value()));
}

}  // namespace ambit::open
