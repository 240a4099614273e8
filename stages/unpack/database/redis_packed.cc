#include "stages/unpack/database/redis_packed.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "stages/unpack/input.h"

namespace ambit::unpack {
namespace {

using Give = std::function<void(std::string_view)>;
constexpr std::uint8_t kPackEnd = 0xff, kWideLength = 0xfe;

// Bytes that are taken from the front; `is_over` once fewer are there than asked for.
class PackedBytes {
 public:
  explicit PackedBytes(std::string_view bytes) : bytes_(bytes) {}
  std::string_view take(std::uint64_t count) {
    is_over_ = is_over_ || count > bytes_.size();
    if (is_over_) return {};
    const std::string_view out = bytes_.substr(0, static_cast<std::size_t>(count));
    bytes_.remove_prefix(out.size());
    return out;
  }
  std::uint8_t byte() {
    const std::string_view one = take(1);
    return one.empty() ? kPackEnd : static_cast<std::uint8_t>(one[0]);
  }
  std::uint64_t small_first(std::size_t width) {
    const std::string_view bytes = take(width);
    return bytes.empty() ? 0 : little(std::as_bytes(std::span(bytes)), 0, width);
  }
  std::uint32_t high_first() {
    const std::string_view bytes = take(4);
    return bytes.empty() ? 0 : big32(std::as_bytes(std::span(bytes)), 0);
  }
  void give_number(std::size_t width, const Give& give) {
    const std::uint64_t digits = small_first(width);
    const auto shift = static_cast<unsigned>(64 - 8 * width);
    if (!is_over_) give(std::to_string(static_cast<std::int64_t>(digits << shift) >> shift));
  }
  void give_string(std::uint64_t bytes, const Give& give) {
    const std::string_view text = take(bytes);
    if (!is_over_) give(text);
  }
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }
  [[nodiscard]] bool is_over() const { return is_over_; }
  void fail() { is_over_ = true; }

 private:
  std::string_view bytes_;
  bool is_over_ = false;
};

void give_ziplist_entry(PackedBytes& bytes, const Give& give) {
  const std::uint8_t code = bytes.byte();
  if (code < 0x40) return bytes.give_string(code, give);
  if (code < 0x80) {
    const std::uint8_t low = bytes.byte();
    return bytes.give_string((code & 0x3fU) << 8 | low, give);
  }
  if (code < 0xc0) return bytes.give_string(bytes.high_first(), give);
  switch (code) {
    case 0xc0:
      return bytes.give_number(2, give);
    case 0xd0:
      return bytes.give_number(4, give);
    case 0xe0:
      return bytes.give_number(8, give);
    case 0xf0:
      return bytes.give_number(3, give);
    case 0xfe:
      return bytes.give_number(1, give);
    default:
      break;
  }
  if (code < 0xf1 || code > 0xfd) return bytes.fail();
  give(std::to_string(code - 0xf1));
}

bool give_ziplist(PackedBytes bytes, const Give& give) {
  constexpr std::size_t kHead = 10;
  static_cast<void>(bytes.take(kHead));
  while (!bytes.is_over()) {
    const std::uint8_t before = bytes.byte();
    if (before == kPackEnd) return !bytes.is_over();
    if (before == kWideLength) static_cast<void>(bytes.take(4));
    give_ziplist_entry(bytes, give);
  }
  return false;
}

void give_listpack_entry(std::uint8_t code, PackedBytes& bytes, const Give& give) {
  if (code < 0x80) return give(std::to_string(code));
  if (code < 0xc0) return bytes.give_string(code & 0x3f, give);
  if (code < 0xe0) {
    const std::uint64_t digits = (code & 0x1fU) << 8 | bytes.byte();
    return give(std::to_string(static_cast<std::int64_t>(digits << 51) >> 51));
  }
  if (code < 0xf0) {
    const std::uint8_t low = bytes.byte();
    return bytes.give_string((code & 0x0fU) << 8 | low, give);
  }
  switch (code) {
    case 0xf0:
      return bytes.give_string(bytes.small_first(4), give);
    case 0xf1:
      return bytes.give_number(2, give);
    case 0xf2:
      return bytes.give_number(3, give);
    case 0xf3:
      return bytes.give_number(4, give);
    case 0xf4:
      return bytes.give_number(8, give);
    default:
      return bytes.fail();
  }
}

bool give_listpack(PackedBytes bytes, const Give& give) {
  constexpr std::size_t kHead = 6;
  static_cast<void>(bytes.take(kHead));
  while (!bytes.is_over()) {
    const std::size_t before = bytes.left();
    const std::uint8_t code = bytes.byte();
    if (code == kPackEnd) return !bytes.is_over();
    give_listpack_entry(code, bytes, give);
    const std::size_t entry = before - bytes.left();
    const std::size_t back = entry <= 127          ? 1
                             : entry < 16'383      ? 2
                             : entry < 2'097'151   ? 3
                             : entry < 268'435'455 ? 4
                                                   : 5;
    static_cast<void>(bytes.take(back));
  }
  return false;
}

bool give_zipmap(PackedBytes bytes, const Give& give) {
  static_cast<void>(bytes.byte());
  for (bool is_key = true; !bytes.is_over(); is_key = !is_key) {
    const std::uint8_t first = bytes.byte();
    if (first == kPackEnd) return !bytes.is_over();
    const std::uint64_t length = first == kWideLength ? bytes.small_first(4) : first;
    const std::uint8_t unused = is_key ? 0 : bytes.byte();
    bytes.give_string(length, give);
    static_cast<void>(bytes.take(unused));
  }
  return false;
}

bool give_intset(PackedBytes bytes, const Give& give) {
  const std::uint64_t width = bytes.small_first(4), count = bytes.small_first(4);
  if (bytes.is_over() || (width != 2 && width != 4 && width != 8) || count > bytes.left() / width) return false;
  for (std::uint64_t i = 0; i < count; ++i) bytes.give_number(static_cast<std::size_t>(width), give);
  return true;
}

}  // namespace

bool redis_unpacked(char how, std::string_view packed, const Give& give) {
  const PackedBytes bytes(packed);
  if (how == 'Z') return give_ziplist(bytes, give);
  if (how == 'P') return give_listpack(bytes, give);
  return how == 'M' ? give_zipmap(bytes, give) : give_intset(bytes, give);
}

}  // namespace ambit::unpack
