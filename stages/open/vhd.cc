// VHD, the disks of Virtual PC, early Hyper-V, and Azure.
//
//   fixed    = data, footer
//   dynamic  = copy of the footer, header, table, (bitmap, block) …, footer
//   footer   = "conectix", …, place of the header u64 @16, …, size u64 @48, …, type u32 @60 (2 fixed, 3 dynamic,
//              4 differencing), sum u32 @64; 512 bytes
//   header   = "cxsparse", …, place of the table u64 @16, version, entries u32 @28, block bytes u32 @32, sum u32 @36
//   table    = 512-byte sector of a bitmap u32 …; ffffffff: nothing is stored
//
// All numbers are big-endian. A bitmap has a bit for each sector of its block, filled up to a sector. It says which
// sectors were ever written; the others were zeroed with the block, and what stands there is read as it stands.
#include <algorithm>
#include <optional>

#include "pipeline/limits.h"
#include "stages/open/formats.h"
#include "stages/open/mapped_image.h"

namespace ambit::open {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kFooterBytes = 512;
constexpr std::uint32_t kNothing = 0xffffffffU;
enum class DiskType : std::uint32_t { fixed = 2, dynamic = 3, differencing = 4 };

struct Footer {
  DiskType type = DiskType::fixed;
  std::uint64_t size = 0, header_at = 0;
};

// The ones' complement of the sum of all bytes but its own.
bool sum_holds(std::span<const std::byte> block, std::size_t sum_at) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (i < sum_at || i >= sum_at + 4) sum += std::to_integer<std::uint8_t>(block[i]);
  }
  return ~sum == big<std::uint32_t>(block, sum_at);
}

std::optional<Footer> footer_at(const ByteSource& bytes, std::uint64_t at) {
  std::array<std::byte, kFooterBytes> block{};
  if (!fits(at, block.size(), bytes.size()) || !read_exactly(bytes, at, block).ok()) return std::nullopt;
  if (!text(block).starts_with("conectix"sv) || !sum_holds(block, 64)) return std::nullopt;
  return Footer{static_cast<DiskType>(big<std::uint32_t>(block, 60)), big<std::uint64_t>(block, 48),
                big<std::uint64_t>(block, 16)};
}

std::optional<Footer> any_footer(const ByteSource& bytes) {
  const std::optional<Footer> first = footer_at(bytes, 0);  // of a dynamic disk
  if (first || bytes.size() < kFooterBytes) return first;
  return footer_at(bytes, bytes.size() - kFooterBytes);
}

class FixedVhd final : public MappedImage {
 public:
  FixedVhd(const Request& request, Bytes bytes, std::uint64_t size)
      : MappedImage(request, ExhibitKind::vhd, {std::move(bytes)}, size) {}

 private:
  Result<Place> locate(TablePages&, std::uint64_t offset) const override {
    return Place{.kind = Place::Kind::stored, .at = offset, .length = size() - offset};
  }
};

class DynamicVhd final : public MappedImage {
 public:
  DynamicVhd(const Request& request, Bytes bytes, std::uint64_t size, std::uint64_t table_at, std::uint64_t block)
      : MappedImage(request, ExhibitKind::vhd, {std::move(bytes)}, size), table_at_(table_at), block_(block) {}

 private:
  Result<Place> locate(TablePages& pages, std::uint64_t offset) const override {
    const auto sector = pages.big_at<std::uint32_t>(part(0), 0, table_at_ + offset / block_ * 4);
    if (!sector.ok()) return sector.error();
    const std::uint64_t inside = offset % block_;
    Place place{.length = block_ - inside};
    if (*sector == kNothing) return place;
    const std::uint64_t bitmap_bytes = (block_ / kSector / 8 + kSector - 1) / kSector * kSector;
    place.kind = Place::Kind::stored;
    place.at = *sector * kSector + bitmap_bytes + inside;
    return place;
  }

  std::uint64_t table_at_, block_;
};

Opened open_dynamic(const Request& request, Bytes bytes, const Footer& footer) {
  std::array<std::byte, 1024> header{};
  const bool there =
      fits(footer.header_at, header.size(), bytes->size()) && read_exactly(*bytes, footer.header_at, header).ok();
  const bool sound = there && text(header).starts_with("cxsparse"sv) && sum_holds(header, 36);
  const std::uint64_t table_at = sound ? big<std::uint64_t>(header, 16) : 0;
  const std::uint64_t entries = sound ? big<std::uint32_t>(header, 28) : 0;
  const std::uint64_t block = sound ? big<std::uint32_t>(header, 32) : 0;
  const bool fitting = block >= kSector && block % kSector == 0 && block <= limits::kMaxVhdBlock &&
                       fits(table_at, entries * 4, bytes->size()) && footer.size <= entries * block;
  if (!fitting) return damaged("the header of the VHD is damaged", request.name, "use another copy");
  return std::unique_ptr<Exhibit>(
      std::make_unique<DynamicVhd>(request, std::move(bytes), footer.size, table_at, block));
}

}  // namespace

bool is_vhd(const ByteSource& bytes) { return any_footer(bytes).has_value(); }

Opened open_vhd(const Request& request, Bytes bytes) {
  const std::optional<Footer> footer = any_footer(*bytes);
  if (!footer) return damaged("the footer of the VHD is damaged", request.name, "use another copy");
  switch (footer->type) {
    case DiskType::fixed:
      if (footer->size > bytes->size() - kFooterBytes) {
        return damaged("the VHD says that it is larger than its file", request.name, "use another copy");
      }
      return std::unique_ptr<Exhibit>(std::make_unique<FixedVhd>(request, std::move(bytes), footer->size));
    case DiskType::dynamic:
      return open_dynamic(request, std::move(bytes), *footer);
    case DiskType::differencing:
      return damaged("the VHD holds only the changes to another disk", request.name,
                     "merge it with its parent (Hyper-V's Merge-VHD, on copies) and give the result");
  }
  return damaged("the VHD is of an unknown type", request.name, "convert it with qemu-img convert (on a copy)");
}

}  // namespace ambit::open
