// Written from the description in Linux (Documentation/staging/lzo.rst), because liblzo2 is under the GPL.
//
//   block       := [first] instruction… end
//   first       := 18…255                                           byte - 17 literals
//   instruction := byte [more length] [more distance] literal{0,3}  a copy of what came before, then literals
//
// What a byte below 16 means follows from the literals just before it: none, one to three, or a run of four and more.
#include "stages/unpack/stream/lzo.h"

#include <algorithm>
#include <cstdint>

namespace ambit::unpack {
namespace {

class Lzo {
 public:
  Lzo(std::span<const std::byte> packed, std::span<std::byte> into) : packed_(packed), into_(into) {}

  std::optional<std::size_t> unpack() {
    constexpr std::size_t kFirst = 17;
    if (!packed_.empty() && static_cast<std::size_t>(packed_.front()) > kFirst) literals(byte() - kFirst);
    while (!damaged_ && !ended_) take_instruction();
    if (damaged_) return std::nullopt;
    return at_;
  }

 private:
  static constexpr std::size_t kRun = 4;  // literals that count as a run, at least

  std::size_t byte() {
    if (packed_.empty()) {
      damaged_ = true;
      return 0;
    }
    const auto value = static_cast<std::size_t>(packed_.front());
    packed_ = packed_.subspan(1);
    return value;
  }
  std::size_t two_bytes() {
    const std::size_t low = byte();
    return low | byte() << 8;
  }
  // The bits of an instruction, or where they are zero `least` and what follows: 255 for each byte of zero.
  std::size_t length(std::size_t bits, std::size_t least) {
    if (bits != 0) return bits;
    std::size_t more = byte();
    for (; more == 0 && !damaged_; more = byte()) least += 255;
    return least + more;
  }

  void literals(std::size_t count) {
    if (count > packed_.size() || count > into_.size() - at_) {
      damaged_ = true;
      return;
    }
    std::copy_n(packed_.begin(), count, into_.begin() + static_cast<std::ptrdiff_t>(at_));
    packed_ = packed_.subspan(count);
    at_ += count;
    before_ = std::min(count, kRun);
  }
  void copy(std::size_t distance, std::size_t count) {
    if (distance > at_ || count > into_.size() - at_) {
      damaged_ = true;
      return;
    }
    for (const std::size_t end = at_ + count; at_ < end; ++at_) into_[at_] = into_[at_ - distance];  // may overlap
  }
  void copy_then_literals(std::size_t distance, std::size_t count, std::size_t then) {
    copy(distance, count);
    if (!damaged_) literals(then & 3);
  }

  void take_instruction() {
    const std::size_t first = byte();
    if (first < 16 && before_ == 0) return literals(length(first, 15) + 3);
    if (first < 16) {
      const std::size_t distance = (byte() << 2) + (first >> 2);
      return before_ < kRun ? copy_then_literals(distance + 1, 2, first)
                            : copy_then_literals(distance + 2049, 3, first);
    }
    if (first >= 64) return copy_then_literals((byte() << 3) + (first >> 2 & 7) + 1, (first >> 5) + 1, first);
    const std::size_t count = 2 + (first >= 32 ? length(first & 31, 31) : length(first & 7, 7));
    const std::size_t word = two_bytes();
    if (first >= 32) return copy_then_literals((word >> 2) + 1, count, word);
    constexpr std::size_t kFar = 16'384;
    const std::size_t distance = kFar + ((first & 8) << 11) + (word >> 2);
    ended_ = distance == kFar;
    if (!ended_) copy_then_literals(distance, count, word);
  }

  std::span<const std::byte> packed_;
  const std::span<std::byte> into_;
  std::size_t at_ = 0;
  std::size_t before_ = 0;  // literals just before, at most kRun
  bool damaged_ = false, ended_ = false;
};

}  // namespace

std::optional<std::size_t> unpack_lzo(std::span<const std::byte> packed, std::span<std::byte> into) {
  return Lzo(packed, into).unpack();
}

}  // namespace ambit::unpack
