#include "stages/open/mapped_image.h"

#include <algorithm>

namespace ambit::open {

struct MappedImage::Reader {
  TablePages pages;
  BlockDecoder decoder;
  std::vector<std::byte> packed, block;
  // Which packed block `block` holds.
  std::uint64_t block_at = UINT64_MAX;
  std::uint32_t block_part = 0;
};

MappedImage::MappedImage(const Request& request, ExhibitKind kind, std::vector<Bytes> parts, std::uint64_t size)
    : Exhibit(request.name, request.path, kind),
      parts_(std::move(parts)),
      size_(size),
      blocks_(request.blocks),
      in_blocks_(blocks_ == nullptr ? 0 : blocks_->new_image()) {}
MappedImage::~MappedImage() = default;

// Into the reader's block.
Result<> MappedImage::unpack(Reader& reader, const Place& place) const {
  reader.block_at = UINT64_MAX;
  reader.block.resize(place.block_bytes);
  reader.packed.resize(place.packed_bytes);
  const Result<std::size_t> got = read_up_to(part(place.part), place.at, reader.packed);
  if (!got.ok()) return got.error();
  const auto bytes = reader.decoder.decode(place.packing, std::span(reader.packed).first(*got), reader.block);
  if (!bytes) return broken("a packed block of the image is damaged");
  reader.block.resize(*bytes);
  reader.block_at = place.at;
  reader.block_part = place.part;
  return {};
}

Result<> MappedImage::read_place(Reader& reader, const Place& place, std::span<std::byte> into) const {
  if (place.kind == Place::Kind::zero) {
    std::memset(into.data(), 0, into.size());
    return {};
  }
  const ByteSource& source = part(place.part);
  if (place.kind == Place::Kind::stored) {
    if (!fits(place.at, into.size(), source.size())) return broken("a block of the image lies beyond its end");
    return read_exactly(source, place.at, into);
  }
  if (reader.block_at != place.at || reader.block_part != place.part) {
    if (blocks_ != nullptr && blocks_->get({in_blocks_, place.part, place.at}, place.inside, into)) return {};
    if (Result<> unpacked = unpack(reader, place); !unpacked.ok()) return unpacked;
    if (blocks_ != nullptr) blocks_->put({in_blocks_, place.part, place.at}, reader.block);
  }
  if (!fits(place.inside, into.size(), reader.block.size())) return broken("a packed block of the image is damaged");
  std::memcpy(into.data(), reader.block.data() + place.inside, into.size());
  return {};
}

Result<std::size_t> MappedImage::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  if (offset >= size_) return std::size_t{0};
  into = into.first(std::min<std::uint64_t>(into.size(), size_ - offset));
  const auto reader = readers_.take();
  std::size_t done = 0;
  while (done < into.size()) {
    Result<Place> place = locate(reader->pages, offset + done);
    Result<> got;
    std::size_t take = 0;
    if (place.ok()) {
      take = std::min<std::uint64_t>(place->length, into.size() - done);
      got = read_place(*reader, *place, into.subspan(done, take));
    } else {
      got = place.error();
    }
    if (!got.ok()) return done > 0 ? Result<std::size_t>(done) : got.error();
    done += take;
  }
  return done;
}

// A block that is stored may itself lie in a hole of its file.
bool MappedImage::is_hole(const Place& place, std::uint64_t& length) const {
  length = place.length;
  if (place.kind == Place::Kind::zero) return true;
  const ByteSource& source = part(place.part);
  if (place.kind != Place::Kind::stored || place.at >= source.size()) return false;
  const DataRun run = source.run_at(place.at);
  length = std::min(length, run.length);
  return run.hole;
}

DataRun MappedImage::run_at(std::uint64_t offset) const {
  DataRun run{offset, 0, false};
  if (offset >= size_) return run;
  const auto reader = readers_.take();
  for (std::size_t count = 0; count < limits::kMaxRunBlocks && run.offset + run.length < size_; ++count) {
    const std::uint64_t at = run.offset + run.length;
    const Result<Place> place = locate(reader->pages, at);
    std::uint64_t length = std::min<std::uint64_t>(limits::kRetryBytes, size_ - at);  // of what cannot be located
    const bool hole = place.ok() && is_hole(*place, length);
    if (count > 0 && hole != run.hole) break;
    run.hole = hole;
    run.length += std::min(length, size_ - at);
  }
  return run;
}

}  // namespace ambit::open
