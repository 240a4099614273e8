// .Z, of the compress of Unix: LZW.
//
//   file := 1f 9d flags code…     flags: 1f the longest code in bits (9 to 16), 80 whether code 256 clears the table
//
// Codes begin with nine bits, lowest bit first, and grow by one whenever the table is full for their length. They come
// in groups of eight: whenever their length changes, what is left of the group is padding. The table is a tree of
// prefixes: an entry is a byte behind another entry, and is spelt from its end.
#include <algorithm>
#include <array>

#include "stages/unpack/formats.h"
#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

class Lzw final : public Decoder {
 public:
  explicit Lzw(std::uint8_t flags)
      : longest_(flags & 0x1f), clears_((flags & 0x80) != 0), next_(clears_ ? kClear + 1 : kClear) {
    spelt_.reserve(kMostCodes);
  }

 protected:
  Result<Step> step(Input& input, std::span<std::byte> into) override {
    if (longest_ < kShortest || longest_ > kLongest) return Step{0, State::damaged};
    std::size_t made = 0;
    while (made < into.size()) {
      for (; made < into.size() && !spelt_.empty(); spelt_.pop_back()) into[made++] = spelt_.back();
      if (made == into.size()) break;
      const Result<std::optional<std::uint32_t>> code = read_code(input);
      if (!code.ok()) return code.error();
      // The file has no other end than its last code.
      if (!*code) return Step{made, made == 0 ? State::ended : State::going};
      if (!take_code(**code)) return Step{made, State::damaged};
    }
    return Step{made, State::going};
  }

 private:
  static constexpr unsigned kShortest = 9, kLongest = 16, kGroup = 8;
  static constexpr std::uint32_t kClear = 256, kNone = UINT32_MAX;
  static constexpr std::size_t kMostCodes = std::size_t{1} << kLongest;

  Result<std::optional<std::uint32_t>> read_code(Input& input) {
    if (unread_ == 0 || at_bit_ + length_ > unread_ * 8) {
      const auto window = input.ahead(length_);
      if (!window.ok()) return window.error();
      // A group of eight codes has as many bytes as a code has bits.
      unread_ = std::min<std::size_t>(window->size(), length_);
      std::copy_n(window->begin(), unread_, group_.begin());
      input.take(unread_);
      at_bit_ = 0;
      if (unread_ * 8 < length_) return std::optional<std::uint32_t>();
    }
    std::uint32_t value = 0;
    for (unsigned bit = 0; bit < length_; ++bit, ++at_bit_) {
      const auto byte = static_cast<std::uint8_t>(group_[at_bit_ / 8]);
      value |= static_cast<std::uint32_t>(byte >> at_bit_ % 8 & 1) << bit;
    }
    return std::optional(value);
  }

  void set_length(unsigned length) {
    length_ = length;
    unread_ = 0;  // the rest of the group is padding
  }

  // Spells what the code stands for; false: it stands for nothing.
  bool take_code(std::uint32_t code) {
    if (code == kClear && clears_) {
      next_ = kClear + 1;
      before_ = kNone;
      set_length(kShortest);
      return true;
    }
    const bool is_new = code == next_ && before_ != kNone;  // what was before, and its first byte again
    if (!is_new && code >= next_) return false;
    if (before_ == kNone && code >= kClear) return false;
    if (is_new) spelt_.push_back(first_);
    for (std::uint32_t at = is_new ? before_ : code;; at = prefix_[at]) {
      spelt_.push_back(at < kClear ? static_cast<std::byte>(at) : last_[at]);
      if (at < kClear) break;
    }
    first_ = spelt_.back();
    if (before_ != kNone && next_ < std::uint32_t{1} << longest_) {
      prefix_[next_] = static_cast<std::uint16_t>(before_);
      last_[next_] = first_;
      ++next_;
    }
    before_ = code;
    if (next_ >= std::uint32_t{1} << length_ && length_ < longest_) set_length(length_ + 1);
    return true;
  }

  unsigned longest_, length_ = kShortest;
  bool clears_;
  std::uint32_t next_, before_ = kNone;  // the next entry of the table; the code before
  std::byte first_{};                    // of what the code before stood for
  std::array<std::uint16_t, kMostCodes> prefix_{};
  std::array<std::byte, kMostCodes> last_{};
  std::vector<std::byte> spelt_;  // from its end
  std::array<std::byte, kLongest> group_{};
  std::size_t unread_ = 0;  // bytes of the group
  unsigned at_bit_ = 0;     // … and the next bit of it
};

class Compress final : public MemberStream {
 public:
  using MemberStream::MemberStream;

 protected:
  Result<std::unique_ptr<Decoder>> begin() override {
    if (!is_first()) return std::unique_ptr<Decoder>();
    const auto head = input_.ahead(3);
    if (!head.ok()) return head.error();
    if (head->size() < 3 || !chars(*head).starts_with("\x1f\x9d")) return std::unique_ptr<Decoder>();
    const auto flags = static_cast<std::uint8_t>((*head)[2]);
    input_.take(3);
    return std::unique_ptr<Decoder>(std::make_unique<Lzw>(flags));
  }
};

}  // namespace

Opened open_compress(const Packed& packed) {
  return one_part(packed, std::make_unique<Compress>(*packed.stream, "not a file of compress"));
}

}  // namespace ambit::unpack
