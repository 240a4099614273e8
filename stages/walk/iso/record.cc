#include "stages/walk/iso/record.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "pipeline/limits.h"
#include "stages/walk/layout.h"

namespace ambit::walk::iso {
namespace {

constexpr std::size_t kFixed = 33;

std::optional<std::int64_t> time_of(std::span<const std::byte> t) {
  const auto part = [&](std::size_t i) { return static_cast<unsigned>(t[i]); };
  const std::chrono::year_month_day day{std::chrono::year{static_cast<int>(1900 + part(0))},
                                        std::chrono::month{part(1)}, std::chrono::day{part(2)}};
  if (!day.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  const int zone = static_cast<std::int8_t>(part(6));
  return days * 86'400 + part(3) * 3'600 + part(4) * 60 + part(5) - zone * 900;
}

std::string text_of(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte b : bytes) {
    const char c = static_cast<char>(b);
    text += c == '/' || c == '\0' ? '^' : c;
  }
  return text;
}

std::string joliet_name(std::span<const std::byte> bytes) {
  std::vector<std::byte> little_endian(bytes.begin(), bytes.end());
  for (std::size_t i = 0; i + 1 < little_endian.size(); i += 2) std::swap(little_endian[i], little_endian[i + 1]);
  return name_from_utf16(little_endian);
}

std::string without_version(std::string name) {
  const std::size_t at = name.rfind(';');
  if (at != std::string::npos && at > 0) name.erase(at);
  if (name.size() > 1 && name.ends_with('.')) name.pop_back();
  return name;
}

// What Rock Ridge says, collected over the fields of one record.
struct Extras {
  std::string name;
  std::optional<std::string> target;
  bool in_component = false;
  bool compressed = false, relocated = false;
  std::optional<std::uint64_t> child;
  std::uint64_t next_block = 0, next_offset = 0, next_length = 0;
};

void read_link(std::span<const std::byte> data, Extras& extras) {
  std::string& target = extras.target ? *extras.target : extras.target.emplace();
  for (std::size_t at = 1; at + 2 <= data.size() && target.size() < limits::kMaxLinkTargetBytes;) {
    const auto flags = static_cast<unsigned>(data[at]);
    const std::size_t length = static_cast<std::size_t>(data[at + 1]);
    if (length > data.size() - at - 2) break;
    if (!target.empty() && !extras.in_component && target != "/") target += '/';
    if ((flags & 8U) != 0) target = "/";
    if ((flags & 2U) != 0) target += ".";
    if ((flags & 4U) != 0) target += "..";
    target += text_of(data.subspan(at + 2, length));
    extras.in_component = (flags & 1U) != 0;
    at += 2 + length;
  }
}

void read_fields(std::span<const std::byte> area, Extras& extras) {
  for (std::size_t at = 0; at + 4 <= area.size();) {
    const std::size_t length = static_cast<std::size_t>(area[at + 2]);
    if (length < 4 || length > area.size() - at) return;
    const std::uint16_t tag = little<std::uint16_t>(area, at);
    const std::span<const std::byte> data = area.subspan(at + 4, length - 4);
    const auto is = [tag](char a, char b) {
      return tag == (static_cast<unsigned>(b) << 8U | static_cast<unsigned>(a));
    };
    if (is('N', 'M') && !data.empty() && (data[0] & std::byte{6}) == std::byte{0})
      extras.name += text_of(data.subspan(1));
    if (is('S', 'L') && !data.empty()) read_link(data, extras);
    if (is('Z', 'F')) extras.compressed = true;
    if (is('R', 'E')) extras.relocated = true;
    if (is('C', 'L') && data.size() >= 4) extras.child = little<std::uint32_t>(data, 0);
    if (is('C', 'E') && data.size() >= 20) {
      extras.next_block = little<std::uint32_t>(data, 0);
      extras.next_offset = little<std::uint32_t>(data, 8);
      extras.next_length = little<std::uint32_t>(data, 16);
    }
    if (is('S', 'T')) return;
    at += length;
  }
}

Extras read_extras(std::span<const std::byte> area, std::uint64_t block_bytes, ByteWindow& elsewhere) {
  Extras extras;
  read_fields(area, extras);
  // A name of 255 bytes or a long link goes on elsewhere, a few times at most.
  for (int i = 0; i < 16 && extras.next_length > 0; ++i) {
    const std::uint64_t place = extras.next_block * block_bytes + extras.next_offset;
    const std::size_t length = static_cast<std::size_t>(std::min<std::uint64_t>(extras.next_length, 2048));
    extras.next_length = 0;
    const std::span<const std::byte> more = elsewhere.at(place, length);
    const std::vector<std::byte> held(more.begin(), more.end());
    read_fields(held, extras);
  }
  return extras;
}

std::span<const std::byte> system_use(std::span<const std::byte> bytes) {
  const std::size_t name = static_cast<std::size_t>(bytes[32]);
  const std::size_t at = kFixed + name + (name % 2 == 0 ? 1 : 0);
  return at < bytes.size() ? bytes.subspan(at) : std::span<const std::byte>();
}

}  // namespace

std::optional<std::size_t> rock_ridge_skip(std::span<const std::byte> self) {
  if (self.size() < 34 + 7) return std::nullopt;
  const std::span<const std::byte> area = self.subspan(34);
  const bool marked = area[0] == std::byte{'S'} && area[1] == std::byte{'P'} && area[4] == std::byte{0xbe};
  if (!marked) return std::nullopt;
  return static_cast<std::size_t>(area[6]);
}

std::optional<Record> read_record(std::span<const std::byte> bytes, Tree tree, std::uint64_t block_bytes,
                                  std::size_t skip, ByteWindow& elsewhere) {
  if (bytes.size() < kFixed + 1) return std::nullopt;
  const std::size_t name = static_cast<std::size_t>(bytes[32]);
  if (name == 0 || kFixed + name > bytes.size()) return std::nullopt;
  Record record;
  record.place = (std::uint64_t{little<std::uint32_t>(bytes, 2)} + static_cast<std::uint64_t>(bytes[1])) * block_bytes;
  record.size = little<std::uint32_t>(bytes, 10);
  record.modified = time_of(bytes.subspan(18, 7));
  record.folder = (bytes[25] & std::byte{2}) != std::byte{0};
  record.goes_on = (bytes[25] & std::byte{0x80}) != std::byte{0};
  record.interleaved = bytes[26] != std::byte{0} || bytes[27] != std::byte{0};
  const std::span<const std::byte> text = bytes.subspan(kFixed, name);
  if (name == 1 && text[0] <= std::byte{1}) {
    record.self = text[0] == std::byte{0};
    return record;
  }
  record.name = tree == Tree::joliet ? without_version(joliet_name(text)) : without_version(text_of(text));
  if (tree != Tree::rock_ridge) return record;
  const std::span<const std::byte> area = system_use(bytes);
  Extras extras = read_extras(area.subspan(std::min(skip, area.size())), block_bytes, elsewhere);
  if (!extras.name.empty()) record.name = std::move(extras.name);
  record.target = std::move(extras.target);
  record.compressed = extras.compressed;
  record.relocated = extras.relocated;
  if (extras.child) {
    record.folder = true;
    record.place = *extras.child * block_bytes;
    record.size = 0;  // its own first record says it
  }
  return record;
}

}  // namespace ambit::walk::iso
