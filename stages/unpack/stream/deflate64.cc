// Deflate64, which Windows writes into zips of more than 2 GB and no library here reads: deflate with a window of 64
// KiB, a length code of 16 more bits, and two more distance codes.
//
//   stream := block…    block := last:1 kind:2 …
//   kind 0: to the byte, length:16 ~length:16 bytes; 1: the fixed codes; 2: codes told before the symbols
#include <algorithm>
#include <array>

#include "stages/unpack/stream/decoder.h"

namespace ambit::unpack {
namespace {

// What ends decoding in the middle: the input ended, or its source failed.
enum class Stop { none, cut, damaged };

// Bits from the least of each byte on.
class Bits {
 public:
  void open(Input& input) { input_ = &input; }
  // Makes `count` (up to 32) bits ready if the input has them; how many are.
  unsigned want(unsigned count) {
    while (ready_ < count && next_byte()) {}
    return ready_;
  }
  [[nodiscard]] std::uint32_t peek(unsigned count) const {
    return static_cast<std::uint32_t>(held_ & ((std::uint64_t{1} << count) - 1));
  }
  void drop(unsigned count) {
    held_ >>= count;
    ready_ -= count;
  }
  // `count` bits, lowest first; 0 and a stop where there are fewer.
  std::uint32_t take(unsigned count) {
    if (want(count) < count) {
      stop_ = Stop::cut;
      return 0;
    }
    const std::uint32_t value = peek(count);
    drop(count);
    return value;
  }
  void to_byte() { drop(ready_ % 8); }
  // Whole bytes that were not used go back.
  void close() {
    input_->give_back(ready_ / 8);
    held_ = ready_ = 0;
  }
  [[nodiscard]] Stop stop() const { return stop_; }
  void damage() { stop_ = Stop::damaged; }
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  bool next_byte() {
    const auto window = input_->ahead();
    if (!window.ok()) failure_ = window.error();
    if (!window.ok() || window->empty()) return false;
    held_ |= std::uint64_t{static_cast<std::uint8_t>((*window)[0])} << ready_;
    ready_ += 8;
    input_->take(1);
    return true;
  }

  Input* input_ = nullptr;
  std::uint64_t held_ = 0;
  unsigned ready_ = 0;
  Stop stop_ = Stop::none;
  std::optional<Error> failure_;
};

// A canonical Huffman code: short codes by table, longer ones by counting up.
class Code {
 public:
  // False: more codes than there is room for.
  bool build(std::span<const std::uint8_t> lengths) {
    counts_.fill(0);
    for (const std::uint8_t length : lengths) ++counts_[length];
    counts_[0] = 0;
    int room = 1;
    std::array<std::uint16_t, kLongest + 2> begins{};
    for (std::size_t length = 1; length <= kLongest; ++length) {
      room = room * 2 - counts_[length];
      if (room < 0) return false;
      begins[length + 1] = static_cast<std::uint16_t>(begins[length] + counts_[length]);
    }
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
      if (lengths[symbol] != 0) symbols_[begins[lengths[symbol]]++] = static_cast<std::uint16_t>(symbol);
    }
    fill_table();
    return true;
  }

  std::uint32_t read(Bits& bits) const {
    const unsigned ready = bits.want(kLongest);
    const Entry entry = table_[bits.peek(kTableBits)];
    if (entry.length != 0 && entry.length <= ready) {
      bits.drop(entry.length);
      return entry.symbol;
    }
    std::uint32_t code = 0, first = 0, index = 0;
    for (unsigned length = 1; length <= kLongest && length <= ready; ++length) {
      code |= bits.peek(length) >> (length - 1);
      const std::uint32_t count = counts_[length];
      if (code < first + count) {
        bits.drop(length);
        return symbols_[index + (code - first)];
      }
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    if (ready >= kLongest) {
      bits.damage();
    } else {
      static_cast<void>(bits.take(kLongest));  // says that the input is cut
    }
    return 0;
  }

 private:
  static constexpr std::size_t kLongest = 15, kTableBits = 9, kSymbols = 288;
  struct Entry {
    std::uint16_t symbol = 0;
    std::uint8_t length = 0;
  };

  void fill_table() {
    table_.fill({});
    std::uint32_t code = 0, index = 0;
    for (std::size_t length = 1; length <= kTableBits; ++length, code <<= 1) {
      for (std::uint32_t i = 0; i < counts_[length]; ++i, ++code, ++index) {
        std::uint32_t reversed = 0;
        for (std::size_t bit = 0; bit < length; ++bit) reversed |= (code >> bit & 1U) << (length - 1 - bit);
        for (std::size_t at = reversed; at < table_.size(); at += std::size_t{1} << length) {
          table_[at] = {symbols_[index], static_cast<std::uint8_t>(length)};
        }
      }
    }
  }

  std::array<std::uint16_t, kLongest + 1> counts_{};
  std::array<std::uint16_t, kSymbols> symbols_{};
  std::array<Entry, std::size_t{1} << kTableBits> table_{};
};

struct Range {
  std::uint32_t base;
  std::uint8_t extra;
};
constexpr std::array kLengths = {
    Range{3, 0},   Range{4, 0},   Range{5, 0},   Range{6, 0},   Range{7, 0},  Range{8, 0},  Range{9, 0},  Range{10, 0},
    Range{11, 1},  Range{13, 1},  Range{15, 1},  Range{17, 1},  Range{19, 2}, Range{23, 2}, Range{27, 2}, Range{31, 2},
    Range{35, 3},  Range{43, 3},  Range{51, 3},  Range{59, 3},  Range{67, 4}, Range{83, 4}, Range{99, 4}, Range{115, 4},
    Range{131, 5}, Range{163, 5}, Range{195, 5}, Range{227, 5}, Range{3, 16}};
constexpr std::size_t kDistances = 32;
// Distance codes come in pairs, each of twice the reach of the pair before.
constexpr Range distance_range(std::uint32_t code) {
  if (code < 4) return {code + 1, 0};
  const std::uint32_t extra = code / 2 - 1;
  return {((2 + (code & 1U)) << extra) + 1, static_cast<std::uint8_t>(extra)};
}

class Inflate64 final : public Decoder {
 protected:
  Result<Step> step(Input& input, std::span<std::byte> into) override;

 private:
  enum class Block { none, stored, coded, over };
  void begin_block();
  bool read_codes();
  void fixed_codes();
  void begin_match(std::uint32_t symbol);
  void put(std::byte value) {
    history_[at_ % history_.size()] = value;
    out_[made_++] = value;
    ++at_;
  }

  Bits bits_;
  Code symbols_, distances_;
  Block block_ = Block::none;
  bool last_ = false;
  std::uint32_t stored_left_ = 0, match_left_ = 0;
  std::uint64_t distance_ = 0, at_ = 0;
  std::array<std::byte, 64 * 1024> history_{};
  std::span<std::byte> out_;  // of this step
  std::size_t made_ = 0;
};

void Inflate64::fixed_codes() {
  std::array<std::uint8_t, 288> lengths{};
  for (std::size_t i = 0; i < lengths.size(); ++i) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  symbols_.build(lengths);
  distances_.build(std::vector<std::uint8_t>(kDistances, 5));
}

bool Inflate64::read_codes() {
  constexpr std::array<std::uint8_t, 19> kOrder = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  const std::size_t symbols = bits_.take(5) + 257, distances = bits_.take(5) + 1, told = bits_.take(4) + 4;
  std::array<std::uint8_t, 288 + kDistances + 138> lengths{};
  std::array<std::uint8_t, 19> of_lengths{};
  for (std::size_t i = 0; i < told; ++i) of_lengths[kOrder[i]] = static_cast<std::uint8_t>(bits_.take(3));
  Code code;
  if (symbols > 286 || !code.build(of_lengths)) return false;
  for (std::size_t i = 0; i < symbols + distances && bits_.stop() == Stop::none;) {
    const std::uint32_t symbol = code.read(bits_);
    if (symbol < 16) {
      lengths[i++] = static_cast<std::uint8_t>(symbol);
      continue;
    }
    if (symbol == 16 && i == 0) return false;
    const std::uint8_t repeated = symbol == 16 ? lengths[i - 1] : std::uint8_t{0};
    const std::uint32_t times = symbol == 16   ? 3 + bits_.take(2)
                                : symbol == 17 ? 3 + bits_.take(3)
                                               : 11 + bits_.take(7);
    if (i + times > symbols + distances) return false;
    for (std::uint32_t k = 0; k < times; ++k) lengths[i++] = repeated;
  }
  const std::span<const std::uint8_t> all(lengths);
  return bits_.stop() == Stop::none && lengths[256] != 0 && symbols_.build(all.first(symbols)) &&
         distances_.build(all.subspan(symbols, distances));
}

void Inflate64::begin_block() {
  if (last_) {
    bits_.to_byte();
    bits_.close();
    block_ = Block::over;
    return;
  }
  last_ = bits_.take(1) != 0;
  const std::uint32_t kind = bits_.take(2);
  if (bits_.stop() != Stop::none) return;
  if (kind == 0) {
    bits_.to_byte();
    stored_left_ = bits_.take(16);
    const std::uint32_t check = bits_.take(16);
    if (bits_.stop() == Stop::none && (stored_left_ ^ 0xffff) != check) bits_.damage();
    block_ = Block::stored;
    return;
  }
  if (kind == 1) fixed_codes();
  if (kind == 3 || (kind == 2 && !read_codes() && bits_.stop() == Stop::none)) bits_.damage();
  block_ = Block::coded;
}

void Inflate64::begin_match(std::uint32_t symbol) {
  if (symbol - 257 >= kLengths.size()) return bits_.damage();
  const Range length = kLengths[symbol - 257];
  const std::uint32_t run = length.base + bits_.take(length.extra);
  const std::uint32_t code = distances_.read(bits_);
  const Range range = distance_range(code);
  distance_ = range.base + bits_.take(range.extra);
  if (bits_.stop() != Stop::none) return;
  if (distance_ > at_ || code >= kDistances) return bits_.damage();
  match_left_ = run;
}

Result<Decoder::Step> Inflate64::step(Input& input, std::span<std::byte> into) {
  bits_.open(input);
  out_ = into;
  made_ = 0;
  while (made_ < out_.size() && bits_.stop() == Stop::none && block_ != Block::over) {
    if (match_left_ > 0) {
      put(history_[(at_ - distance_) % history_.size()]);
      --match_left_;
    } else if (block_ == Block::none) {
      begin_block();
    } else if (block_ == Block::stored) {
      if (stored_left_ == 0) {
        block_ = Block::none;
        continue;
      }
      const auto value = static_cast<std::byte>(bits_.take(8));
      if (bits_.stop() != Stop::none) break;
      put(value);
      --stored_left_;
    } else {
      const std::uint32_t symbol = symbols_.read(bits_);
      if (bits_.stop() != Stop::none) break;
      if (symbol == 256) block_ = Block::none;
      if (symbol < 256) put(static_cast<std::byte>(symbol));
      if (symbol > 256) begin_match(symbol);
    }
  }
  if (made_ > 0) return Step{made_, State::going};
  if (bits_.failure()) return *bits_.failure();
  if (bits_.stop() != Stop::none) return Step{0, State::damaged};
  return Step{0, State::ended};
}

}  // namespace

std::unique_ptr<Decoder> inflate64_decoder() { return std::make_unique<Inflate64>(); }

}  // namespace ambit::unpack
