// UDIF, the disk images of macOS (.dmg).
//
//   file    = blocks …, list, trailer
//   trailer = "koly", 4 u32, 512 u32, …, place of the blocks u64 @24, …, resource fork u64 @40, its bytes u64 @48,
//             its number u32 @56, how many make one image u32 @60, …, list u64 @216, its bytes u64 @224, …, sectors of
//             the disk u64 @492; 512 bytes
//   list    = a property list in XML: <key>blkx</key> <array> … <data> base64 of a table </data> … </array>
//   fork    = where there is no list: 256 u32, …; data from there on: (bytes u32, a table or anything else) …
//   table   = "mish", 1 u32, first sector u64 @8, sectors u64 @16, place to add u64 @24, …, rows u32 @200; @204 rows
//   row     = how u32, …, first sector u64 @8, sectors u64 @16, place u64 @24, bytes u64 @32; 40 bytes
//
// All numbers are big-endian, all sectors of 512 bytes. A volume is a table; what no row names is zeros.
#include "stages/open/udif_table.h"

#include <algorithm>

#include "pipeline/base64.h"
#include "pipeline/limits.h"
#include "stages/open/fields.h"

namespace ambit::open {
namespace {

constexpr std::size_t kTrailerBytes = 512, kTableHeadBytes = 204, kRowBytes = 40;
constexpr std::uint64_t kMaxUdifSectors = std::uint64_t{1} << 48U;  // so that no sum of bytes overflows

enum class How : std::uint32_t {
  zeros = 0,
  raw = 1,
  nothing = 2,  // nobody wrote there
  adc = 0x8000'0004,
  zlib = 0x8000'0005,
  bzip2 = 0x8000'0006,
  lzfse = 0x8000'0007,
  xz = 0x8000'0008,
  comment = 0x7fff'fffe,
  end = 0xffff'ffff
};

using Trailer = std::array<std::byte, kTrailerBytes>;

std::optional<Trailer> trailer_of(const ByteSource& bytes) {
  Trailer block{};
  if (bytes.size() < block.size() || !read_exactly(bytes, bytes.size() - block.size(), block).ok()) return {};
  const bool is_one = text(block).starts_with(kUdifEnd);
  return is_one ? std::optional(block) : std::nullopt;
}

class TableReader {
 public:
  TableReader(const Request& request, const ByteSource& bytes, const Trailer& trailer)
      : request_(request), bytes_(bytes), blocks_at_(big<std::uint64_t>(trailer, 24)) {
    table_.size = big<std::uint64_t>(trailer, 492);
  }

  // In the text of a list.
  Result<> read_list(std::string_view list) {
    const std::size_t key = list.find("<key>blkx</key>");
    if (key == std::string_view::npos) return contradiction();
    list.remove_prefix(key);
    list = list.substr(0, list.find("</array>"));
    for (std::size_t at = list.find("<data>"); at != std::string_view::npos; at = list.find("<data>", at)) {
      const std::size_t end = std::min(list.find("</data>", at), list.size());
      const std::string table = from_base64(list.substr(at + 6, end - at - 6));
      if (Result<> read = read_one(std::as_bytes(std::span(table))); !read.ok()) return read;
      at = end;
    }
    return {};
  }

  Result<> read_fork(std::span<const std::byte> fork) {
    if (fork.size() < 16) return contradiction();
    const std::uint64_t begin = big<std::uint32_t>(fork, 0), length = big<std::uint32_t>(fork, 8);
    if (!fits(begin, length, fork.size())) return contradiction();
    std::span<const std::byte> data = fork.subspan(begin, length);
    while (data.size() > 4) {
      const std::uint32_t bytes = big<std::uint32_t>(data, 0);
      if (bytes > data.size() - 4) break;
      const std::span<const std::byte> each = data.subspan(4, bytes);
      if (text(each).starts_with("mish")) {
        if (Result<> read = read_one(each); !read.ok()) return read;
      }
      data = data.subspan(4 + bytes);
    }
    return {};
  }

  Result<udif::Table> finish() {
    std::uint64_t end = 0;
    for (const udif::Block& block : table_.blocks) end = std::max(end, block.offset + block.bytes);
    if (table_.size > kMaxUdifSectors) return contradiction();
    table_.size = table_.size > 0 ? table_.size * kSector : end;
    std::stable_sort(table_.blocks.begin(), table_.blocks.end(),
                     [](const udif::Block& a, const udif::Block& b) { return a.offset < b.offset; });
    return std::move(table_);
  }

 private:
  [[nodiscard]] Error contradiction() const {
    return cannot(request_, "the tables of the DMG contradict themselves", "use another copy");
  }

  Result<> read_one(std::span<const std::byte> table) {
    if (table.size() < kTableHeadBytes || !text(table).starts_with("mish")) return contradiction();
    const auto first = big<std::uint64_t>(table, 8), at = big<std::uint64_t>(table, 24);
    const std::size_t rows = big<std::uint32_t>(table, 200);
    if (rows > (table.size() - kTableHeadBytes) / kRowBytes) return contradiction();
    for (std::size_t i = 0; i < rows; ++i) {
      const std::span<const std::byte> row = table.subspan(kTableHeadBytes + i * kRowBytes, kRowBytes);
      if (Result<> read = read_row(row, first, at); !read.ok()) return read;
    }
    return {};
  }

  Result<> read_row(std::span<const std::byte> row, std::uint64_t first, std::uint64_t at) {
    udif::Block block;
    switch (static_cast<How>(big<std::uint32_t>(row, 0))) {
      case How::zeros:
      case How::nothing:
      case How::comment:
      case How::end:
        return {};
      case How::raw:
        break;
      case How::adc:
        block.packing = Packing::adc;
        break;
      case How::zlib:
        block.packing = Packing::zlib;
        break;
      case How::bzip2:
        block.packing = Packing::bzip2;
        break;
      case How::xz:
        block.packing = Packing::xz;
        break;
      case How::lzfse:
      default:
        return cannot(request_, "the DMG is packed in a way that this version does not read (LZFSE, as a rule)",
                      "convert it with hdiutil convert -format UDZO, or 7z x, on a copy");
    }
    const auto sector = big<std::uint64_t>(row, 8), sectors = big<std::uint64_t>(row, 16);
    block.at = big<std::uint64_t>(row, 24);
    block.stored_bytes = big<std::uint64_t>(row, 32);
    const bool bounded = first < kMaxUdifSectors && sector < kMaxUdifSectors && sectors < kMaxUdifSectors;
    if (!bounded) return contradiction();
    block.offset = (first + sector) * kSector;
    block.bytes = sectors * kSector;
    if (block.bytes == 0) return {};
    const bool is_block =
        !block.packing || (block.bytes <= limits::kMaxImageBlock && block.stored_bytes <= 2 * limits::kMaxImageBlock);
    if (!is_block || !add(block.at, at) || !add(block.at, blocks_at_) ||
        !fits(block.at, block.stored_bytes, bytes_.size())) {
      return contradiction();
    }
    table_.blocks.push_back(block);
    return {};
  }

  [[nodiscard]] static bool add(std::uint64_t& sum, std::uint64_t more) {
    return !__builtin_add_overflow(sum, more, &sum);
  }

  const Request& request_;
  const ByteSource& bytes_;
  std::uint64_t blocks_at_;
  udif::Table table_;
};

}  // namespace

bool is_udif(const ByteSource& bytes) { return trailer_of(bytes).has_value(); }

Result<udif::Table> udif::read_table(const Request& request, const ByteSource& bytes) {
  const std::optional<Trailer> trailer = trailer_of(bytes);
  if (!trailer) return cannot(request, "the DMG has no end", "use another copy");
  if (big<std::uint32_t>(*trailer, 60) > 1) {
    return cannot(request, "the DMG is one part of several", "join them with hdiutil convert, on a copy");
  }
  const auto list_at = big<std::uint64_t>(*trailer, 216), list_bytes = big<std::uint64_t>(*trailer, 224);
  const auto fork_at = big<std::uint64_t>(*trailer, 40), fork_bytes = big<std::uint64_t>(*trailer, 48);
  const bool has_list = list_bytes > 0;
  const std::uint64_t at = has_list ? list_at : fork_at, length = has_list ? list_bytes : fork_bytes;
  if (length == 0 || length > limits::kMaxUdifList || !fits(at, length, bytes.size())) {
    return cannot(request, "the DMG has no list of its blocks", "use another copy");
  }
  std::vector<std::byte> list(length);
  if (Result<> read = read_exactly(bytes, at, list); !read.ok()) return read.error();
  TableReader reader(request, bytes, *trailer);
  Result<> read = has_list ? reader.read_list(text(list)) : reader.read_fork(list);
  if (!read.ok()) return read.error();
  return reader.finish();
}

}  // namespace ambit::open
