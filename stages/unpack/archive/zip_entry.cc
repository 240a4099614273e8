#include "stages/unpack/archive/zip_entry.h"

#include <chrono>

#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

constexpr std::uint32_t kIn64 = 0xffffffff;

// MS-DOS has local time; nobody knows of where, so it is taken as UTC.
std::optional<std::int64_t> dos_time(std::uint16_t time, std::uint16_t date) {
  using namespace std::chrono;
  const year_month_day day{year(1980 + (date >> 9)), month(date >> 5 & 15U), std::chrono::day(date & 31U)};
  if (!day.ok()) return std::nullopt;
  const std::int64_t seconds = (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2;
  return sys_days(day).time_since_epoch().count() * std::int64_t{86'400} + seconds;
}

std::optional<std::int64_t> ntfs_time(std::span<const std::byte> field) {
  constexpr std::size_t kReserved = 4, kTagBytes = 4, kTimeBytes = 8;
  for (std::size_t at = kReserved; at + kTagBytes + kTimeBytes <= field.size();) {
    const std::size_t length = little16(field, at + 2);
    if (little16(field, at) == 1 && length >= kTimeBytes) {
      constexpr std::int64_t kTicks = 10'000'000, kFrom1601 = 11'644'473'600;
      return static_cast<std::int64_t>(little64(field, at + kTagBytes) / kTicks) - kFrom1601;
    }
    at += kTagBytes + length;
  }
  return std::nullopt;
}

// Those sizes whose place in the header is all ones, in this order.
void read_zip64(std::span<const std::byte> field, ZipEntry& entry) {
  std::size_t at = 0;
  for (std::uint64_t* value : {&entry.size, &entry.packed, &entry.header_at}) {
    if (*value != kIn64 || at + 8 > field.size()) continue;
    *value = little64(field, at);
    at += 8;
  }
}

void read_field(std::uint16_t id, std::span<const std::byte> field, ZipEntry& entry) {
  const auto stamp = [&](std::size_t at) { return static_cast<std::int32_t>(little32(field, at)); };
  if (id == 0x0001) read_zip64(field, entry);
  if (id == 0x000a) {
    if (const auto time = ntfs_time(field)) entry.modified = time;
  }
  if (id == 0x5455 && field.size() >= 5 && (static_cast<std::uint8_t>(field[0]) & 1) != 0) entry.modified = stamp(1);
  if (id == 0x5855 && field.size() >= 8) entry.modified = stamp(4);
  if (id == 0x7075 && field.size() > 5 && little32(field, 1) == crc32(0, std::as_bytes(std::span(entry.raw_name)))) {
    entry.unicode_name = chars(field.subspan(5));
  }
}

void read_extra(std::span<const std::byte> extra, ZipEntry& entry) {
  for (std::size_t at = 0; at + 4 <= extra.size();) {
    const std::size_t length = std::min<std::size_t>(little16(extra, at + 2), extra.size() - at - 4);
    read_field(little16(extra, at), extra.subspan(at + 4, length), entry);
    at += 4 + length;
  }
}

// `common` is where flags and what follows stand in the header.
void read_common(std::span<const std::byte> header, std::size_t common, ZipEntry& entry) {
  entry.flags = little16(header, common);
  entry.method = little16(header, common + 2);
  entry.modified = dos_time(little16(header, common + 4), little16(header, common + 6));
  entry.crc = little32(header, common + 8);
  entry.packed = little32(header, common + 12);
  entry.size = little32(header, common + 16);
}

Result<> read_name_and_extra(Input& input, std::size_t name_bytes, std::size_t extra_bytes, ZipEntry& entry) {
  const auto name = input.ahead(name_bytes);
  if (!name.ok()) return name.error();
  if (name->size() < name_bytes) return evidence_error("a header of a zip is cut");
  entry.raw_name = chars(name->first(name_bytes));
  input.take(name_bytes);
  const auto extra = input.ahead(extra_bytes);
  if (!extra.ok()) return extra.error();
  if (extra->size() < extra_bytes) return evidence_error("a header of a zip is cut");
  read_extra(extra->first(extra_bytes), entry);
  input.take(extra_bytes);
  return Ok{};
}

}  // namespace

Result<std::optional<ZipEntry>> read_zip_local(Input& input) {
  const auto header = input.ahead(kZipLocalBytes);
  if (!header.ok()) return header.error();
  if (!chars(*header).starts_with(kZipLocal)) return std::optional<ZipEntry>();
  if (header->size() < kZipLocalBytes) return evidence_error("a header of a zip is cut");
  ZipEntry entry;
  read_common(*header, 6, entry);
  const std::size_t name_bytes = little16(*header, 26), extra_bytes = little16(*header, 28);
  input.take(kZipLocalBytes);
  const Result<> rest = read_name_and_extra(input, name_bytes, extra_bytes, entry);
  if (!rest.ok()) return rest.error();
  return std::optional<ZipEntry>(std::move(entry));
}

Result<std::optional<ZipEntry>> read_zip_central(Input& input) {
  const auto header = input.ahead(kZipCentralBytes);
  if (!header.ok()) return header.error();
  if (!chars(*header).starts_with(kZipCentral)) return std::optional<ZipEntry>();
  if (header->size() < kZipCentralBytes) return evidence_error("a header of a zip is cut");
  ZipEntry entry;
  read_common(*header, 8, entry);
  entry.disk = little16(*header, 34);
  entry.header_at = little32(*header, 42);
  const std::size_t name_bytes = little16(*header, 28), extra_bytes = little16(*header, 30);
  const std::size_t comment_bytes = little16(*header, 32);
  input.take(kZipCentralBytes);
  const Result<> rest = read_name_and_extra(input, name_bytes, extra_bytes, entry);
  if (!rest.ok()) return rest.error();
  const auto comment = input.skip(comment_bytes);
  if (!comment.ok()) return comment.error();
  return std::optional<ZipEntry>(std::move(entry));
}

}  // namespace ambit::unpack
