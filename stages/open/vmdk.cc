// VMDK, the disks of VMware: one sparse file, one packed file ("stream-optimised"), or a text that names its parts.
//
//   sparse    = "KDMV", version u32, flags u32 @8, sectors u64 @12, sectors of a grain u64 @20, place of the text
//               u64 @28, its sectors u64 @36, grains of a table u32 @44, …, place of the directory u64 @56, …,
//               packing u16 @77; 512 bytes; then text, directory, tables, grains
//   directory = place of a table u32 …      0: nothing is stored
//   table     = place of a grain u32 …      0: nothing; 1: zeros, if flag 2 is set
//   grain     = its bytes; if flag 16 is set: its sector u64, packed bytes u32, zlib
//
// All numbers are little-endian, all places in 512-byte sectors. A packed file that was written as a stream says ff…
// for the place of its directory: the header is then repeated in the last sector but one.
//
// A text may name any file of the machine it is read on. Only files beside it are opened.
#include <algorithm>

#include "pipeline/limits.h"
#include "stages/open/formats.h"
#include "stages/open/mapped_image.h"
#include "stages/open/vmdk_text.h"

namespace ambit::open {
namespace {

using namespace std::string_view_literals;

constexpr std::uint32_t kZeroGrains = 1U << 2U;
constexpr std::uint32_t kPacked = 1U << 16U;
constexpr std::uint64_t kAtEnd = UINT64_MAX;
constexpr std::uint64_t kMaxSectors = UINT64_MAX / kSector / 4;
constexpr std::size_t kGrainHeadBytes = 12;

struct Sparse {
  std::uint32_t flags = 0;
  std::uint64_t sectors = 0, grain = 0, grains_per_table = 0;  // grain in bytes
  std::uint64_t directory_at = 0;
  std::uint64_t text_at = 0, text_bytes = 0;
  [[nodiscard]] std::uint64_t span_of_table() const { return grain * grains_per_table; }
};

// A run of the disk: one extent.
struct Piece {
  vmdk::ExtentKind kind = vmdk::ExtentKind::zero;
  std::uint64_t begin = 0, bytes = 0;
  std::uint32_t part = 0;
  std::uint64_t flat_at = 0;
  Sparse sparse = {};
};

class VmdkExhibit final : public MappedImage {
 public:
  VmdkExhibit(const Request& request, std::vector<Bytes> parts, std::vector<Piece> pieces)
      : MappedImage(request, ExhibitKind::vmdk, std::move(parts), pieces.back().begin + pieces.back().bytes),
        pieces_(std::move(pieces)) {}

 private:
  Result<Place> locate(TablePages& pages, std::uint64_t offset) const override {
    const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                        [](std::uint64_t at, const Piece& piece) { return at < piece.begin; });
    const Piece& piece = *std::prev(after);
    const std::uint64_t inside = offset - piece.begin;
    const std::uint64_t left = piece.bytes - inside;
    if (piece.kind == vmdk::ExtentKind::zero) return Place{.length = left};
    if (piece.kind == vmdk::ExtentKind::flat) {
      return Place{.kind = Place::Kind::stored, .part = piece.part, .at = piece.flat_at + inside, .length = left};
    }
    Result<Place> place = locate_grain(pages, piece, inside);
    if (place.ok()) place->length = std::min(place->length, left);
    return place;
  }

  [[nodiscard]] Result<Place> locate_grain(TablePages& pages, const Piece& piece, std::uint64_t inside) const {
    const Sparse& sparse = piece.sparse;
    const ByteSource& file = part(piece.part);
    const std::uint64_t span = sparse.span_of_table();
    const auto table = pages.little_at<std::uint32_t>(file, piece.part, sparse.directory_at + inside / span * 4);
    if (!table.ok()) return table.error();
    if (*table == 0) return Place{.length = span - inside % span};
    const auto grain =
        pages.little_at<std::uint32_t>(file, piece.part, *table * kSector + inside % span / sparse.grain * 4);
    if (!grain.ok()) return grain.error();
    const std::uint64_t before = inside % sparse.grain;
    Place place{.part = piece.part, .length = sparse.grain - before};
    if (*grain == 0 || (*grain == 1 && (sparse.flags & kZeroGrains) != 0)) return place;
    place.at = *grain * kSector;
    if ((sparse.flags & kPacked) == 0) {
      place.kind = Place::Kind::stored;
      place.at += before;
      return place;
    }
    return packed_grain(pages, file, sparse, before, place);
  }

  [[nodiscard]] Result<Place> packed_grain(TablePages& pages, const ByteSource& file, const Sparse& sparse,
                                           std::uint64_t before, Place place) const {
    const auto bytes = pages.little_at<std::uint32_t>(file, place.part, place.at + 8);
    if (!bytes.ok()) return bytes.error();
    place.at += kGrainHeadBytes;
    place.kind = Place::Kind::packed;
    place.packed_bytes = *bytes;
    place.block_bytes = sparse.grain;
    place.inside = before;
    if (*bytes > 2 * sparse.grain + 4 * limits::KiB || !fits(place.at, *bytes, file.size())) {
      return broken("a packed block of the image is larger than it can be");
    }
    return place;
  }

  std::vector<Piece> pieces_;
};

Result<Sparse> read_sparse(const Request& request, const ByteSource& bytes) {
  std::array<std::byte, kSector> head{};
  if (!read_exactly(bytes, 0, head).ok()) {
    return cannot(request, "the VMDK ends within its header", "use another copy");
  }
  if (little<std::uint64_t>(head, 56) == kAtEnd) {
    const bool there = bytes.size() >= 4 * kSector && read_exactly(bytes, bytes.size() - 2 * kSector, head).ok();
    if (!there || !text(head).starts_with("KDMV"sv)) {
      return cannot(request, "the VMDK was cut off: its directory stood at its end", "use another copy");
    }
  }
  Sparse sparse = {};
  sparse.flags = little<std::uint32_t>(head, 8);
  sparse.sectors = little<std::uint64_t>(head, 12);
  const auto grain_sectors = little<std::uint64_t>(head, 20);
  sparse.grains_per_table = little<std::uint32_t>(head, 44);
  const auto directory = little<std::uint64_t>(head, 56);
  const auto text_at = little<std::uint64_t>(head, 28), text_sectors = little<std::uint64_t>(head, 36);
  const std::uint64_t file_sectors = bytes.size() / kSector + 1;
  const bool bounded = sparse.sectors > 0 && sparse.sectors < kMaxSectors && grain_sectors > 0 &&
                       grain_sectors <= limits::kMaxImageBlock / kSector && sparse.grains_per_table > 0 &&
                       sparse.grains_per_table <= limits::MiB && directory < file_sectors;
  if (!bounded) return cannot(request, "the header of the VMDK contradicts itself", "use another copy");
  sparse.grain = grain_sectors * kSector;
  sparse.directory_at = directory * kSector;
  if (text_at < file_sectors) {
    sparse.text_at = text_at * kSector;
    sparse.text_bytes = std::min(text_sectors, limits::kMaxVmdkText / kSector) * kSector;
  }
  const std::uint64_t tables = (sparse.sectors - 1) / (sparse.span_of_table() / kSector) + 1;
  if (!fits(sparse.directory_at, tables * 4, bytes.size())) {
    return cannot(request, "the header of the VMDK contradicts itself", "use another copy");
  }
  if ((sparse.flags & kPacked) != 0 && little<std::uint16_t>(head, 77) != 1) {
    return cannot(request, "the VMDK is packed in a way that this version does not read",
                  "convert it with qemu-img convert (on a copy)");
  }
  return sparse;
}

Result<vmdk::Description> read_text(const Request& request, const ByteSource& bytes, std::uint64_t at,
                                    std::uint64_t length) {
  std::vector<std::byte> buffer(std::min(length, limits::kMaxVmdkText));
  const Result<std::size_t> got = read_up_to(bytes, at, buffer);
  if (!got.ok()) return got.error();
  const auto description = vmdk::parse(text(std::span(buffer).first(*got)));
  if (!description) return cannot(request, "the VMDK has more parts than any disk", "use another copy");
  if (description->is_encrypted) {
    return cannot(request, "the VMDK is encrypted", "decrypt it with VMware and its password, on a copy");
  }
  if (description->has_parent) {
    return cannot(request, "the VMDK holds only the changes to another disk",
                  "join them with qemu-img convert in the folder where both are, and give the result");
  }
  return *description;
}

// Null: it is not there.
Bytes open_beside(const Request& request, const std::string& name) {
  if (request.parts != nullptr) {
    const auto part = std::find_if(request.parts->begin(), request.parts->end(),
                                   [&](const NamedPart& each) { return each.name == name; });
    return part == request.parts->end() ? nullptr : part->bytes;
  }
  if (request.path.empty()) return nullptr;
  const std::string path = request.path.substr(0, request.path.rfind('/') + 1) + name;
  Opened file = open_raw({request.name, path, path, request.patience, request.files}, ExhibitKind::raw);
  return file.ok() ? Bytes(std::move(file).value()) : nullptr;
}

Result<Piece> open_part(const Request& request, const vmdk::Extent& extent, std::vector<Bytes>& parts) {
  Piece piece{.kind = extent.kind, .bytes = extent.sectors * kSector};
  if (extent.kind == vmdk::ExtentKind::zero) return piece;
  if (extent.kind == vmdk::ExtentKind::other || extent.file.empty() || extent.file == "..") {
    return cannot(request, "the VMDK has a part of a kind that this version does not read",
                  "convert it with qemu-img convert, or VMware's vmkfstools -i, on a copy");
  }
  Bytes file = open_beside(request, extent.file);
  if (file == nullptr) {
    return cannot(request, "a part of the VMDK is missing or cannot be read",
                  "put all its parts beside it, with the names they had");
  }
  piece.part = static_cast<std::uint32_t>(parts.size());
  parts.push_back(std::move(file));
  if (extent.kind == vmdk::ExtentKind::flat) {
    piece.flat_at = std::min(extent.begin, kMaxSectors) * kSector;
    return piece;
  }
  const bool right = image_format(*parts.back()) == ImageFormat::vmdk;
  if (!right) return cannot(request, "a part of the VMDK is damaged or of another kind", "use another copy");
  Result<Sparse> sparse = read_sparse(request, *parts.back());
  if (!sparse.ok()) return std::move(sparse).error();
  if (sparse->sectors < extent.sectors) {
    return cannot(request, "a part of the VMDK is smaller than its text says", "use another copy");
  }
  piece.sparse = *sparse;
  return piece;
}

}  // namespace

Opened open_vmdk(const Request& request, Bytes bytes) {
  const Result<Sparse> sparse = read_sparse(request, *bytes);
  if (!sparse.ok()) return sparse.error();
  if (sparse->text_bytes > 0) {
    const auto description = read_text(request, *bytes, sparse->text_at, sparse->text_bytes);
    if (!description.ok()) return description.error();
    if (description->extents.size() > 1) {
      return cannot(request, "this is one part of a VMDK in several", "give the file that names the parts");
    }
  }
  std::vector<Piece> pieces = {{.kind = vmdk::ExtentKind::sparse, .bytes = sparse->sectors * kSector}};
  pieces.front().sparse = *sparse;
  std::vector<Bytes> parts;
  parts.push_back(std::move(bytes));
  return std::unique_ptr<Exhibit>(std::make_unique<VmdkExhibit>(request, std::move(parts), std::move(pieces)));
}

Opened open_vmdk_parts(const Request& request, Bytes bytes) {
  const auto description = read_text(request, *bytes, 0, bytes->size());
  if (!description.ok()) return description.error();
  std::vector<Bytes> parts;
  std::vector<Piece> pieces;
  std::uint64_t begin = 0;
  for (const vmdk::Extent& extent : description->extents) {
    if (extent.sectors == 0) continue;
    if (extent.sectors > kMaxSectors || begin > kMaxSectors) {
      return cannot(request, "the VMDK says that it is larger than any disk", "use another copy");
    }
    Result<Piece> piece = open_part(request, extent, parts);
    if (!piece.ok()) return std::move(piece).error();
    piece->begin = begin;
    begin += piece->bytes;
    pieces.push_back(*piece);
  }
  if (pieces.empty()) return cannot(request, "the text of the VMDK names no part", "use another copy");
  return std::unique_ptr<Exhibit>(std::make_unique<VmdkExhibit>(request, std::move(parts), std::move(pieces)));
}

}  // namespace ambit::open
