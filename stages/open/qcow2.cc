// qcow2, the disks of QEMU and KVM.
//
//   file    = header, then clusters of 2^n bytes: tables and data
//   header  = "QFI" fb, version u32, backing name place u64 @8, its length u32, n u32 @20, size u64 @24, cipher u32
//   @32,
//             entries of L1 u32 @36, place of L1 u64 @40, …; version 3: what a reader must know u64 @72, … @104
//   L1      = place of an L2 table u64 …        0: nothing is stored
//   L2      = place of a cluster u64 …          one cluster long; 0: nothing; bit 0: zeros; bit 62: packed, then
//             place in the low 62 - (n - 8) bits, above it its 512-byte sectors less one
//             extended: (place of a cluster u64, bits u64) …; of its 32 parts the low bits say which are stored, the
//             high ones which are zeros
//
// All numbers are big-endian. Snapshots inside the image (their number u32 @60) are not read, and the run says so: the
// image is as the machine last saw it.
#include <algorithm>

#include "pipeline/limits.h"
#include "stages/open/formats.h"
#include "stages/open/mapped_image.h"

namespace ambit::open {
namespace {

constexpr std::uint64_t kPlace = 0x00ff'ffff'ffff'fe00U;
constexpr std::uint64_t kPackedBit = 1ULL << 62U;
constexpr std::uint64_t kMaxL1Bytes = 32 * limits::MiB;  // QEMU opens no larger one

struct Qcow2 {
  std::uint32_t cluster_bits = 0;
  std::uint64_t size = 0, l1_at = 0, l1_entries = 0;
  bool zero_bit = false;  // version 3
  bool has_snapshots = false;
  bool is_extended = false;
  Packing packing = Packing::deflate;
  [[nodiscard]] std::uint64_t entry_bytes() const { return is_extended ? 16 : 8; }
  [[nodiscard]] std::uint64_t cluster() const { return 1ULL << cluster_bits; }
  [[nodiscard]] std::uint64_t span_of_l2() const { return cluster() / entry_bytes() << cluster_bits; }
};

class Qcow2Exhibit final : public MappedImage {
 public:
  Qcow2Exhibit(const Request& request, Bytes bytes, const Qcow2& image)
      : MappedImage(request, ExhibitKind::qcow2, {std::move(bytes)}, image.size), image_(image) {}

  std::string_view unread() const override { return image_.has_snapshots ? "snapshots" : ""; }

 private:
  Result<Place> locate(TablePages& pages, std::uint64_t offset) const override {
    const std::uint64_t span = image_.span_of_l2();
    const auto l1 = pages.big_at<std::uint64_t>(part(0), 0, image_.l1_at + offset / span * 8);
    if (!l1.ok()) return l1.error();
    const std::uint64_t l2_at = *l1 & kPlace;
    if (l2_at == 0) return Place{.length = span - offset % span};
    if (!fits(l2_at, image_.cluster(), part(0).size())) return broken("a table of the image lies beyond its end");
    const std::uint64_t inside = offset % image_.cluster();
    const std::uint64_t entry_at = l2_at + offset % span / image_.cluster() * image_.entry_bytes();
    const auto l2 = pages.big_at<std::uint64_t>(part(0), 0, entry_at);
    if (!l2.ok()) return l2.error();
    Place place{.length = image_.cluster() - inside};
    if ((*l2 & kPackedBit) != 0) return packed(*l2, inside, place);
    const std::uint64_t at = *l2 & kPlace;
    if (image_.is_extended) {
      const std::uint64_t part_bytes = image_.cluster() / 32, number = inside / part_bytes;
      const auto bits = pages.big_at<std::uint64_t>(part(0), 0, entry_at + 8);
      if (!bits.ok()) return bits.error();
      place.length = part_bytes - inside % part_bytes;
      if ((*bits >> number & 1U) == 0) return place;
    } else if (at == 0 || (image_.zero_bit && (*l2 & 1U) != 0)) {
      return place;
    }
    place.kind = Place::Kind::stored;
    place.at = at + inside;
    return place;
  }

  [[nodiscard]] Place packed(std::uint64_t entry, std::uint64_t inside, Place place) const {
    const std::uint32_t shift = 62 - (image_.cluster_bits - 8);
    place.kind = Place::Kind::packed;
    place.packing = image_.packing;
    place.at = entry & ((1ULL << shift) - 1);
    const std::uint64_t sectors = ((entry & (kPackedBit - 1)) >> shift) + 1;
    place.packed_bytes = sectors * kSector - place.at % kSector;
    place.block_bytes = image_.cluster();
    place.inside = inside;
    return place;
  }

  Qcow2 image_;
};

// Bits of "what a reader must know" (version 3): 0 not closed, 1 found corrupt; neither changes where things are.
Result<> check_features(const Request& request, std::uint64_t bits, std::uint8_t packing) {
  const std::string convert = "convert it with qemu-img convert -O qcow2 (on a copy), or to raw";
  if ((bits & 4U) != 0) return cannot(request, "the qcow2 image keeps its data in another file", convert);
  if ((bits & 8U) != 0 && packing > 1) {
    return cannot(request, "the qcow2 image is packed in a way that this version does not read", convert);
  }
  if ((bits >> 5U) != 0) return cannot(request, "the qcow2 image is of a newer kind", convert);
  return {};
}

}  // namespace

Opened open_qcow2(const Request& request, Bytes bytes) {
  std::array<std::byte, 112> head{};
  const Result<std::size_t> got = read_up_to(*bytes, 0, head);
  if (!got.ok()) return got.error();
  if (*got < 72) return cannot(request, "the qcow2 image ends within its header", "use another copy");
  const auto version = big<std::uint32_t>(head, 4);
  if (version != 2 && version != 3) {
    return cannot(request, "the image is a qcow of a version that this one does not read",
                  "convert it with qemu-img convert -O qcow2 (on a copy)");
  }
  if (big<std::uint64_t>(head, 8) != 0) {
    return cannot(request, "the qcow2 image holds only the changes to another image",
                  "join them with qemu-img convert -O qcow2 in the folder where both are");
  }
  if (big<std::uint32_t>(head, 32) != 0) {
    return cannot(request, "the qcow2 image is encrypted", "decrypt it with qemu-img convert and its key");
  }
  Qcow2 image;
  if (version == 3) {
    const auto bits = big<std::uint64_t>(head, 72);
    image.is_extended = (bits & 16U) != 0;
    if ((bits & 8U) != 0 && head[104] != std::byte{0}) image.packing = Packing::zstd;
    if (Result<> known = check_features(request, bits, std::to_integer<std::uint8_t>(head[104])); !known.ok()) {
      return known.error();
    }
  }
  image.cluster_bits = big<std::uint32_t>(head, 20);
  image.size = big<std::uint64_t>(head, 24);
  image.l1_entries = big<std::uint32_t>(head, 36);
  image.l1_at = big<std::uint64_t>(head, 40);
  image.zero_bit = version == 3;
  image.has_snapshots = big<std::uint32_t>(head, 60) != 0;
  const bool sound =
      image.cluster_bits >= 9 && image.cluster_bits <= 21 && image.l1_entries * 8 <= kMaxL1Bytes &&
      fits(image.l1_at, image.l1_entries * 8, bytes->size()) &&
      image.size / image.span_of_l2() + (image.size % image.span_of_l2() != 0 ? 1 : 0) <= image.l1_entries;
  if (!sound) return cannot(request, "the header of the qcow2 image contradicts itself", "use another copy");
  return std::unique_ptr<Exhibit>(std::make_unique<Qcow2Exhibit>(request, std::move(bytes), image));
}

}  // namespace ambit::open
