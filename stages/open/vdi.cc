// VDI, the disks of VirtualBox.
//
//   file   = header, map, block …
//   header = text[64], be da 10 7f u32 @64, version u32 @68, its bytes u32 @72, type u32 @76 (1 dynamic, 2 fixed,
//            3 undo, 4 differencing), …, place of the map u32 @340, place of the blocks u32 @344, …, size u64 @368,
//            block bytes u32 @376, bytes before each block u32 @380, blocks u32 @384, …, GUID of the parent @440
//   map    = number of a block u32 …; ffffffff: nothing is stored, fffffffe: zeros
//
// All numbers are little-endian.
#include "pipeline/limits.h"
#include "stages/open/formats.h"
#include "stages/open/mapped_image.h"

namespace ambit::open {
namespace {

constexpr std::size_t kVdiHeaderBytes = 456;
constexpr std::uint32_t kVdiZeros = 0xfffffffeU;  // and what is more
enum class VdiType : std::uint32_t { dynamic = 1, fixed = 2, undo = 3, differencing = 4 };

struct Vdi {
  std::uint64_t map_at = 0, blocks_at = 0, size = 0, block = 0, before_block = 0;
};

class VdiExhibit final : public MappedImage {
 public:
  VdiExhibit(const Request& request, Bytes bytes, const Vdi& image)
      : MappedImage(request, ExhibitKind::vdi, {std::move(bytes)}, image.size), image_(image) {}

 private:
  Result<Place> locate(TablePages& pages, std::uint64_t offset) const override {
    const std::uint64_t inside = offset % image_.block;
    const auto number = pages.little_at<std::uint32_t>(part(0), 0, image_.map_at + offset / image_.block * 4);
    if (!number.ok()) return number.error();
    Place place{.length = image_.block - inside};
    if (*number >= kVdiZeros) return place;
    place.kind = Place::Kind::stored;
    place.at = image_.blocks_at + *number * (image_.block + image_.before_block) + image_.before_block + inside;
    return place;
  }

  Vdi image_;
};

}  // namespace

Opened open_vdi(const Request& request, Bytes bytes) {
  std::array<std::byte, kVdiHeaderBytes> head{};
  if (!read_exactly(*bytes, 0, head).ok()) {
    return cannot(request, "the VDI ends within its header", "use another copy");
  }
  if (little<std::uint32_t>(head, 68) >> 16U != 1) {
    return cannot(request, "the VDI is of a version that this one does not read",
                  "convert it with VBoxManage clonemedium, on a copy");
  }
  const auto type = static_cast<VdiType>(little<std::uint32_t>(head, 76));
  if ((type != VdiType::dynamic && type != VdiType::fixed) || !is_all_zero(std::span(head).subspan(440, 16))) {
    return cannot(request, "the VDI holds only the changes to another disk",
                  "join them with VBoxManage clonemedium where both are, and give the result");
  }
  Vdi image;
  image.map_at = little<std::uint32_t>(head, 340);
  image.blocks_at = little<std::uint32_t>(head, 344);
  image.size = little<std::uint64_t>(head, 368);
  image.block = little<std::uint32_t>(head, 376);
  image.before_block = little<std::uint32_t>(head, 380);
  const std::uint64_t blocks = little<std::uint32_t>(head, 384);
  const bool sound = image.block >= kSector && image.block <= limits::kMaxVhdBlock && image.block % kSector == 0 &&
                     image.before_block <= image.block && image.size <= blocks * image.block &&
                     fits(image.map_at, blocks * 4, bytes->size());
  if (!sound) return cannot(request, "the header of the VDI contradicts itself", "use another copy");
  return std::unique_ptr<Exhibit>(std::make_unique<VdiExhibit>(request, std::move(bytes), image));
}

}  // namespace ambit::open
