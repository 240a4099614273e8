#include "stages/open/ewf_sections.h"

#include <algorithm>
#include <array>
#include <vector>

#include "pipeline/limits.h"
#include "stages/open/fields.h"
#include "stages/open/packed_block.h"

namespace ambit::open::ewf {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kSignature = "EVF\x09\x0d\x0a\xff\x00"sv;
constexpr std::array kNames = {"header"sv, "header2"sv, "xheader"sv, "volume"sv, "disk"sv,      "data"sv, "sectors"sv,
                               "table"sv,  "table2"sv,  "next"sv,    "done"sv,   "digest"sv,    "hash"sv, "xhash"sv,
                               "error2"sv, "session"sv, "ltree"sv,   "ltypes"sv, "incomplete"sv};
constexpr std::size_t kNameBytes = 16;

using Descriptor = std::array<std::byte, kDescriptorBytes>;

std::string_view name_of(std::span<const std::byte> descriptor) {
  const std::string_view field = text(descriptor.first(kNameBytes));
  return field.substr(0, field.find('\0'));
}

bool is_known(std::string_view name) { return std::find(kNames.begin(), kNames.end(), name) != kNames.end(); }

bool sum_holds(std::span<const std::byte> block) {
  const std::size_t last = block.size() - sizeof(std::uint32_t);
  return adler32(kAdlerStart, block.first(last)) == little<std::uint32_t>(block, last);
}

std::optional<Section> parse(std::span<const std::byte> descriptor, std::uint64_t at) {
  if (!sum_holds(descriptor)) return std::nullopt;
  Section section{std::string(name_of(descriptor)), at, little<std::uint64_t>(descriptor, kNameBytes)};
  if (section.end < at || (section.end < at + kDescriptorBytes && !section.is_last())) return std::nullopt;
  return section;
}

std::optional<Geometry> plausible(std::uint64_t chunks, std::uint64_t sectors_per_chunk, std::uint64_t sector_bytes,
                                  std::uint64_t sectors) {
  if (sectors_per_chunk == 0 || sector_bytes == 0) return std::nullopt;
  const std::uint64_t chunk_bytes = sectors_per_chunk * sector_bytes;  // of two 32-bit numbers
  if (chunk_bytes > limits::kMaxImageBlock || sectors > (UINT64_MAX >> 2U) / sector_bytes) return std::nullopt;
  const std::uint64_t bytes = sectors * sector_bytes;
  const std::uint64_t needed = bytes / chunk_bytes + (bytes % chunk_bytes != 0 ? 1 : 0);
  if (needed > UINT32_MAX || chunks < needed) return std::nullopt;
  return Geometry{needed, chunk_bytes, bytes};
}

}  // namespace

std::optional<Section> section_at(const ByteSource& segment, std::uint64_t at) {
  Descriptor descriptor;
  if (!fits(at, descriptor.size(), segment.size())) return std::nullopt;
  if (!read_exactly(segment, at, descriptor).ok()) return std::nullopt;
  return parse(descriptor, at);
}

std::optional<Section> next_sound_section(const ByteSource& segment, std::uint64_t from) {
  std::vector<std::byte> window(limits::kEwfWindowBytes);
  while (fits(from, kDescriptorBytes, segment.size())) {
    const Result<std::size_t> got = read_up_to(segment, from, window);
    if (!got.ok() || *got < kDescriptorBytes) {
      from += got.ok() ? window.size() : limits::kRetryBytes;
      continue;
    }
    const std::span<const std::byte> bytes(window.data(), *got);
    for (std::size_t i = 0; i + kDescriptorBytes <= bytes.size(); ++i) {
      const std::span<const std::byte> descriptor = bytes.subspan(i, kDescriptorBytes);
      const auto first = std::to_integer<unsigned char>(descriptor.front());
      if (first < 'd' || first > 'x' || !is_known(name_of(descriptor))) continue;
      if (auto section = parse(descriptor, from + i)) return section;
    }
    from += bytes.size() - kDescriptorBytes + 1;
  }
  return std::nullopt;
}

bool is_segment(const ByteSource& file) {
  std::array<std::byte, kSignature.size()> head{};
  if (!read_exactly(file, 0, head).ok()) return false;
  if (text(head) == kSignature) return true;
  const auto first = text(head).starts_with("LVF"sv) ? std::nullopt : section_at(file, kHeaderBytes);
  return first && is_known(first->name);
}

std::optional<std::uint32_t> segment_number(const ByteSource& segment) {
  std::array<std::byte, kHeaderBytes> head{};
  if (!read_exactly(segment, 0, head).ok() || !text(head).starts_with(kSignature)) return std::nullopt;
  return little<std::uint16_t>(head, 9);
}

std::optional<Geometry> read_geometry(const ByteSource& segment, const Section& section) {
  std::array<std::byte, 1052> body{};
  const std::size_t bytes = std::min<std::uint64_t>(body.size(), section.end - section.body());
  const bool old = bytes >= 94 && bytes < body.size();
  if (!old && bytes < body.size()) return std::nullopt;
  const std::span<std::byte> used = std::span(body).first(old ? 94 : body.size());
  if (!read_exactly(segment, section.body(), used).ok() || !sum_holds(used)) return std::nullopt;
  const std::uint64_t sectors = old ? little<std::uint32_t>(used, 16) : little<std::uint64_t>(used, 16);
  return plausible(little<std::uint32_t>(used, 4), little<std::uint32_t>(used, 8), little<std::uint32_t>(used, 12),
                   sectors);
}

std::optional<TableHead> read_table_head(const ByteSource& segment, const Section& section) {
  std::array<std::byte, kTableHeaderBytes> head{};
  if (section.end - section.at < kDescriptorBytes + head.size()) return std::nullopt;
  if (!read_exactly(segment, section.body(), head).ok() || !sum_holds(head)) return std::nullopt;
  const TableHead table{little<std::uint32_t>(head, 0), little<std::uint64_t>(head, 8)};
  const std::uint64_t room = section.end - section.body() - head.size();
  const bool whole = fits(section.body() + head.size(), std::uint64_t{table.entries} * 4, segment.size());
  if (std::uint64_t{table.entries} * 4 > room || !whole || table.base > segment.size()) return std::nullopt;
  return table;
}

}  // namespace ambit::open::ewf
