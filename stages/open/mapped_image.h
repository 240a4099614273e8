// MappedImage: an image whose bytes lie in blocks anywhere in one or more files, or nowhere: the disks of virtual
// machines. A format says where a byte is (locate); reading, unpacking and holes are the same for all.
//
// The readers are our own. The libraries for these formats open the files that an image names, wherever they are;
// they allow one reader at a time; and they do not say what is a hole, so that a disk of 64 TB with nothing on it,
// which is a file of a megabyte, would be read for a day.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/exhibit.h"
#include "stages/open/formats.h"
#include "stages/open/packed_block.h"
#include "stages/open/readers.h"
#include "stages/open/table_pages.h"

namespace ambit::open {

// Where the bytes from some offset of the image on are.
struct Place {
  enum class Kind : std::uint8_t { stored, zero, packed };
  Kind kind = Kind::zero;
  Packing packing = Packing::zlib;
  std::uint32_t part = 0;    // the file
  std::uint64_t at = 0;      // stored: of the byte asked for; packed: of the packed block
  std::uint64_t length = 0;  // bytes from the offset asked for on that this answers for; never 0
  // Of a packed block: its bytes in the file at most, its bytes unpacked, and how many of them lie before the byte
  // asked for.
  std::uint64_t packed_bytes = 0, block_bytes = 0, inside = 0;
};

class MappedImage : public Exhibit {
 public:
  ~MappedImage() override;
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override;
  [[nodiscard]] DataRun run_at(std::uint64_t offset) const override;

 protected:
  MappedImage(const Request& request, ExhibitKind kind, std::vector<Bytes> parts, std::uint64_t size);
  // `offset` < size().
  [[nodiscard]] virtual Result<Place> locate(TablePages& pages, std::uint64_t offset) const = 0;
  [[nodiscard]] const ByteSource& part(std::uint32_t number) const { return *parts_[number]; }
  [[nodiscard]] Error broken(std::string what) const { return damaged(std::move(what), name()); }

 private:
  struct Reader;
  [[nodiscard]] Result<> read_place(Reader& reader, const Place& place, std::span<std::byte> into) const;
  [[nodiscard]] Result<> unpack(Reader& reader, const Place& place) const;
  [[nodiscard]] bool is_hole(const Place& place, std::uint64_t& length) const;

  std::vector<Bytes> parts_;
  std::uint64_t size_;
  std::shared_ptr<BlockCache> blocks_;
  std::uint64_t in_blocks_ = 0;  // the image's number there
  Readers<Reader> readers_;
};

}  // namespace ambit::open
