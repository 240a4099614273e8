#include "stages/unpack/database/redis_entries.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <functional>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/database/redis_packed.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

constexpr std::size_t kRedisHeaderBytes = 9;
constexpr std::size_t kMostFrames = 8;  // lists in lists

// The parts of a value:
//
//   s  a string                  x  one that is no text        n  a number behind its length: a score
//   f  a score in 8 bytes        d  8 bytes                   b  16 bytes               l  a length
//   Z M I P  a string with a ziplist, a zipmap, an intset, a listpack      q  how a node is packed, and the node
//   *  how many times what stands behind it comes              o  a value of a module, up to its end
//   L E F C K G H J  lists in a stream: see kLists
constexpr std::array<std::string_view, 26> kTypes = {
    "s", "*s", "*s",    "*sn", "*ss", "*sf", "",           "lo", "",           "M",    "Z", "I",     "Z",
    "Z", "*Z", "LlllG", "P",   "P",   "*q",  "LllllllllH", "P",  "LllllllllJ", "*lss", "P", "d*lss", "dP"};
struct RedisList {
  char name;
  std::string_view item;
};
constexpr std::array kLists = {RedisList{'L', "xP"},     RedisList{'E', "bdl"},   RedisList{'F', "b"},
                               RedisList{'C', "sdF"},    RedisList{'K', "sddF"},  RedisList{'G', "sllEC"},
                               RedisList{'H', "slllEC"}, RedisList{'J', "slllEK"}};

std::uint64_t big64(std::span<const std::byte> bytes) { return std::uint64_t{big32(bytes, 0)} << 32 | big32(bytes, 4); }

}  // namespace

bool RedisEntries::advance() {
  if (is_over_) return false;
  if (input_.offset() == 0) {
    static_cast<void>(pass(kRedisHeaderBytes));
    return !is_over_;
  }
  if (!frames_.empty()) {
    take_part();
  } else if (is_amid_) {
    is_amid_ = false;
    on_end();
  } else {
    begin_entry();
  }
  return true;
}

bool RedisEntries::pass(std::uint64_t bytes) {
  const auto passed = input_.skip(bytes);
  if (!passed.ok() || *passed < bytes) fail();
  return !is_over_;
}

std::span<const std::byte> RedisEntries::ahead(std::size_t bytes) {
  const auto window = input_.ahead(bytes);
  if (window.ok() && window->size() >= bytes) return window->first(bytes);
  fail();
  return {};
}

std::uint8_t RedisEntries::byte() {
  const auto bytes = ahead(1);
  if (bytes.empty()) return 0;
  const auto value = static_cast<std::uint8_t>(bytes[0]);
  input_.take(1);
  return value;
}

std::uint64_t RedisEntries::number(std::size_t width, bool is_big) {
  const auto bytes = ahead(width);
  if (bytes.empty()) return 0;
  const std::uint64_t small = width == 8 ? big64(bytes) : width == 4 ? big32(bytes, 0) : 0;
  const std::uint64_t value = is_big ? small : little(bytes, 0, width);
  input_.take(width);
  return value;
}

RedisEntries::Length RedisEntries::length() {
  const std::uint8_t first = byte();
  switch (first >> 6) {
    case 0:
      return {first & 0x3fU};
    case 1:
      return {(first & 0x3fU) << 8 | byte()};
    case 3:
      return {first & 0x3fU, true};
    default:
      if (first != 0x80 && first != 0x81) fail();
      return {number(first == 0x81 ? 8 : 4, true)};
  }
}

std::uint64_t RedisEntries::plain_length() {
  const Length length = this->length();
  if (length.is_special) fail();
  return length.value;
}

void RedisEntries::read_bytes(std::uint64_t bytes) {
  value_.clear();
  const std::uint64_t kept = std::min(bytes, limits::kMaxRedisStringBytes);
  while (value_.size() < kept) {
    const auto window = input_.ahead();
    if (!window.ok() || window->empty()) return fail();
    const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(window->size(), kept - value_.size()));
    value_ += chars(window->first(step));
    input_.take(step);
  }
  is_damaged_ |= kept < bytes;
  static_cast<void>(pass(bytes - kept));
}

void RedisEntries::read_lzf() {
  const std::uint64_t packed = plain_length(), plain = plain_length();
  if (is_over_) return;
  const bool is_long = packed > limits::kMaxRedisStringBytes || plain > limits::kMaxRedisStringBytes;
  is_damaged_ |= is_long;
  if (is_long) {
    value_.clear();
    return void(pass(packed));
  }
  read_bytes(packed);
  auto decoded = lzf_block(std::as_bytes(std::span(value_)), static_cast<std::size_t>(plain));
  is_damaged_ |= !decoded.ok();
  value_ = decoded.ok() ? std::move(decoded).value() : std::string();
}

void RedisEntries::read_string() {
  const Length length = this->length();
  value_.clear();
  place_.reset();
  if (is_over_) return;
  if (!length.is_special) {
    place_ = input_.offset();
    return read_bytes(length.value);
  }
  if (length.value == 3) return read_lzf();
  if (length.value > 3) return fail();
  const std::size_t width = std::size_t{1} << length.value;
  const std::uint64_t digits = number(width, false);
  const auto shift = static_cast<unsigned>(64 - 8 * width);
  value_ = std::to_string(static_cast<std::int64_t>(digits << shift) >> shift);
}

std::optional<std::uint64_t> RedisEntries::place_of(std::string_view value) const {
  const std::less_equal<const char*> is_before;
  const char* const end = value_.data() + value_.size();
  if (!place_ || !is_before(value_.data(), value.data()) || !is_before(value.data() + value.size(), end)) {
    return std::nullopt;
  }
  return *place_ + static_cast<std::uint64_t>(value.data() - value_.data());
}

void RedisEntries::show_string() {
  read_string();
  if (!is_over_ || !value_.empty()) on_string(value_);
}

void RedisEntries::begin_entry() {
  const std::uint8_t code = byte();
  if (is_over_) return;
  switch (code) {
    case 0xff:
      is_over_ = true;
      return;
    case 0xfa:
      return push("ss");
    case 0xf5:
      return push("s");
    case 0xf7:
      return push("llo");
    case 0xf4:
      return push("lll");
    case 0xfb:
      return push("ll");
    case 0xfe:
    case 0xf8:
      return push("l");
    case 0xfd:
    case 0xfc:
      return void(pass(code == 0xfd ? 4 : 8));
    case 0xf9:
      return void(pass(1));
    default:
      break;
  }
  if (code >= kTypes.size() || kTypes[code].empty()) return fail();
  push(kTypes[code]);
  show_string();
}

void RedisEntries::push(std::string_view pattern) {
  is_amid_ = true;
  frames_.push_back({pattern});
}

void RedisEntries::take_part() {
  Frame& frame = frames_.back();
  if (frame.times == 0 || frame.at == frame.pattern.size()) {
    if (frame.times > 0) --frame.times;
    frame.at = 0;
    if (frame.times == 0) frames_.pop_back();
    return;
  }
  const char part = frame.pattern[frame.at++];
  if (part == '*') {
    const std::string_view item = std::exchange(frame.pattern, frame.pattern.substr(0, frame.at)).substr(frame.at);
    return push_list(item);
  }
  if (part == 'o') return take_module(frame);
  const auto* const list =
      std::find_if(kLists.begin(), kLists.end(), [&](const RedisList& each) { return each.name == part; });
  if (list != kLists.end()) return push_list(list->item);
  take_simple(part);
}

void RedisEntries::push_list(std::string_view item) {
  const std::uint64_t times = plain_length();
  if (frames_.size() >= kMostFrames) return fail();
  if (!is_over_ && times > 0) frames_.push_back({item, 0, times});
}

void RedisEntries::take_simple(char part) {
  if (part == 's') return show_string();
  if (part == 'l') return void(plain_length());
  if (part == 'd' || part == 'b') return void(pass(part == 'd' ? 8 : 16));
  if (part == 'n') return take_score();
  if (part == 'f') return take_double();
  bool is_one_string = false;
  if (part == 'q') {
    const std::uint64_t how = plain_length();
    if (how != 1 && how != 2) return fail();
    is_one_string = how == 1;
    part = 'P';
  }
  read_string();
  if (part == 'x' || is_over_) return;
  if (is_one_string) return on_string(value_);
  is_damaged_ |= !redis_unpacked(part, value_, [this](std::string_view value) { on_string(value); });
}

void RedisEntries::take_double() {
  const std::uint64_t bits = number(8, false);
  std::array<char, 40> text{};
  const auto* const end = std::to_chars(text.data(), text.data() + text.size(), std::bit_cast<double>(bits)).ptr;
  if (!is_over_) on_string({text.data(), static_cast<std::size_t>(end - text.data())});
}

// Of old versions: digits, or one of three lengths that stand for what has none.
void RedisEntries::take_score() {
  constexpr std::uint8_t kLeastWord = 253;
  const std::uint8_t bytes = byte();
  if (bytes >= kLeastWord) return;
  place_.reset();
  read_bytes(bytes);
  if (!is_over_) on_string(value_);
}

// A value of a module is a row of parts, of which each says what it is.
void RedisEntries::take_module(Frame& frame) {
  enum : std::uint64_t { kEnd, kSigned, kUnsigned, kFloat, kDouble, kString };
  const std::uint64_t what = plain_length();
  if (is_over_ || what == kEnd) return;
  --frame.at;  // once more
  if (what == kString) return show_string();
  if (what == kSigned || what == kUnsigned) return void(plain_length());
  if (what == kFloat || what == kDouble) return void(pass(what == kFloat ? 4 : 8));
  fail();
}

}  // namespace ambit::unpack
