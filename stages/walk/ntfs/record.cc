#include "stages/walk/ntfs/record.h"

#include <algorithm>
#include <optional>

#include "pipeline/limits.h"
#include "stages/walk/byte_window.h"
#include "stages/walk/layout.h"

namespace ambit::walk::ntfs {
namespace {

constexpr std::size_t kStride = 512;  // of the fix-ups, whatever a sector is
constexpr std::uint32_t kFile = 0x454c4946;

std::uint64_t unsigned_of(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<std::uint64_t>(bytes[i]);
  return value;
}

std::uint64_t signed_of(std::span<const std::byte> bytes) {
  std::uint64_t value = unsigned_of(bytes);
  if (!bytes.empty() && bytes.size() < 8 && (bytes.back() & std::byte{0x80}) != std::byte{0}) {
    value |= ~std::uint64_t{0} << 8 * bytes.size();
  }
  return value;
}

// False: the list contradicts itself; the runs before that are kept.
bool read_list(std::span<const std::byte> list, std::uint64_t first, std::uint64_t volume, std::vector<Clusters>& out) {
  std::uint64_t place = 0;
  for (std::size_t at = 0; at < list.size() && list[at] != std::byte{0};) {
    const std::size_t counts = static_cast<std::size_t>(list[at]) & 15U;
    const std::size_t deltas = static_cast<std::size_t>(list[at]) >> 4U;
    ++at;
    if (counts == 0 || counts > 8 || deltas > 8 || counts + deltas > list.size() - at) return false;
    const std::uint64_t count = unsigned_of(list.subspan(at, counts));
    place += signed_of(list.subspan(at + counts, deltas));
    at += counts + deltas;
    const bool hole = deltas == 0;
    constexpr std::uint64_t kMost = std::uint64_t{1} << 48;  // clusters; keeps every product below 2^64
    if (count == 0 || count > kMost || first > kMost) return false;
    if (!hole && (place > volume || count > volume - place)) return false;
    out.push_back({first, place, count, hole});
    first += count;
  }
  return true;
}

std::string attribute_name(std::span<const std::byte> attribute) {
  const std::size_t at = little<std::uint16_t>(attribute, 10);
  const std::size_t bytes = std::size_t{little<std::uint8_t>(attribute, 9)} * 2;
  if (at > attribute.size() || bytes > attribute.size() - at) return "?";
  return name_from_utf16(attribute.subspan(at, bytes));
}

bool read_value(std::span<const std::byte> bytes, std::size_t place, Attribute& out) {
  if (bytes.size() < 24) return false;
  const std::size_t length = little<std::uint32_t>(bytes, 16), at = little<std::uint16_t>(bytes, 20);
  if (at > bytes.size() || length > bytes.size() - at) return false;
  const std::span<const std::byte> value = bytes.subspan(at, length);
  out.value.assign(value.begin(), value.end());
  out.value_at = place + at;
  out.size = out.valid = length;
  return true;
}

bool read_runs(std::span<const std::byte> bytes, std::uint64_t volume, Attribute& out) {
  if (bytes.size() < 64) return false;
  out.resident = false;
  out.first_cluster = little<std::uint64_t>(bytes, 16);
  const std::uint16_t shift = little<std::uint16_t>(bytes, 34);
  out.unit_clusters = shift > 0 && shift <= 12 ? std::uint32_t{1} << shift : 0;
  out.size = little<std::uint64_t>(bytes, 48);
  out.valid = little<std::uint64_t>(bytes, 56);
  const std::size_t at = little<std::uint16_t>(bytes, 32);
  out.broken = at > bytes.size() || !read_list(bytes.subspan(at), out.first_cluster, volume, out.clusters);
  return true;
}

std::optional<Attribute> read_attribute(std::span<const std::byte> bytes, std::size_t place, std::uint64_t volume) {
  Attribute out;
  out.type = little<std::uint32_t>(bytes, 0);
  out.name = attribute_name(bytes);
  const std::uint16_t flags = little<std::uint16_t>(bytes, 12);
  out.encrypted = (flags & 0x4000) != 0;
  const bool resident = bytes[8] == std::byte{0};
  if (resident ? !read_value(bytes, place, out) : !read_runs(bytes, volume, out)) return std::nullopt;
  out.compressed = !resident && (flags & 0xff) != 0 && out.unit_clusters != 0;
  return out;
}

}  // namespace

Reference reference_at(std::span<const std::byte> bytes, std::size_t at) {
  const std::uint64_t whole = little<std::uint64_t>(bytes, at);
  return {whole & 0xffffffffffff, static_cast<std::uint16_t>(whole >> 48)};
}

Head open_record(std::uint64_t number, std::span<std::byte> record) {
  Head head;
  head.number = number;
  if (little<std::uint32_t>(record, 0) != kFile) return head;
  head.state = RecordState::damaged;
  const std::size_t fixups = little<std::uint16_t>(record, 4), count = little<std::uint16_t>(record, 6);
  if (count != record.size() / kStride + 1 || fixups % 2 != 0 || fixups + count * 2 > kStride - 2) return head;
  for (std::size_t i = 1; i < count; ++i) {
    const std::size_t at = i * kStride - 2;
    if (record[at] != record[fixups] || record[at + 1] != record[fixups + 1]) return head;
    record[at] = record[fixups + 2 * i];
    record[at + 1] = record[fixups + 2 * i + 1];
  }
  head.fixups = fixups;
  head.sequence = little<std::uint16_t>(record, 16);
  head.attributes = little<std::uint16_t>(record, 20);
  head.in_use = (record[22] & std::byte{1}) != std::byte{0};
  head.folder = (record[22] & std::byte{2}) != std::byte{0};
  head.base = reference_at(record, 32);
  head.used = std::min<std::size_t>(little<std::uint32_t>(record, 24), record.size());
  if (head.attributes > head.used || head.attributes < 42) return head;
  head.state = RecordState::good;
  return head;
}

std::vector<Attribute> attributes_of(const Head& head, std::span<const std::byte> record, std::uint64_t volume_clusters,
                                     bool& whole) {
  std::vector<Attribute> all;
  whole = false;
  for (std::size_t at = head.attributes; at + 4 <= head.used;) {
    if (little<std::uint32_t>(record, at) == kEnd) {
      whole = true;
      break;
    }
    if (at + 16 > head.used) break;
    const std::size_t length = little<std::uint32_t>(record, at + 4);
    if (length < 16 || length > head.used - at) break;
    std::optional<Attribute> one = read_attribute(record.subspan(at, length), at, volume_clusters);
    if (!one) break;
    one->record = head.number;
    one->fixups = head.fixups;
    all.push_back(std::move(*one));
    at += length;
  }
  return all;
}

std::vector<Piece> pieces_of(const Attribute& attribute) {
  std::vector<Piece> pieces;
  for (std::size_t done = 0; done < attribute.value.size();) {
    const std::size_t at = attribute.value_at + done, in_stride = at % kStride;
    const bool moved = in_stride >= kStride - 2;
    const std::size_t border = moved ? kStride : kStride - 2;
    const std::size_t length = std::min(border - in_stride, attribute.value.size() - done);
    const std::size_t place = moved ? attribute.fixups + 2 * (at / kStride + 1) + (in_stride - (kStride - 2)) : at;
    pieces.push_back({done, place, length});
    done += length;
  }
  return pieces;
}

std::vector<Name> names_of(const std::vector<Attribute>& attributes) {
  std::vector<Name> names;
  for (const Attribute& attribute : attributes) {
    const std::span<const std::byte> value = attribute.value;
    if (attribute.type != kFileName || value.size() < 66) continue;
    const std::size_t bytes = std::size_t{little<std::uint8_t>(value, 64)} * 2;
    if (bytes == 0 || bytes > value.size() - 66) continue;
    names.push_back({reference_at(value, 0), value[65] == std::byte{2}, name_from_utf16(value.subspan(66, bytes))});
  }
  // The alias counts where it is the only name.
  const auto is_alias = [](const Name& name) { return name.alias; };
  if (!std::all_of(names.begin(), names.end(), is_alias)) std::erase_if(names, is_alias);
  return names;
}

}  // namespace ambit::walk::ntfs
