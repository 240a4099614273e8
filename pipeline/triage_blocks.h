// BlockCutter: a stream of bytes cut into blocks, each with the bytes around it that a look at it may need.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace ambit {

// Offsets count from the first byte of the stream.
struct Block {
  std::vector<std::byte> bytes;  // [at, at + bytes.size())
  std::uint64_t at = 0;
  std::uint64_t begin = 0, end = 0;  // its own bytes; the others are its neighbours'
};

class BlockCutter {
 public:
  using Take = std::function<void(Block)>;
  // `context`: bytes on either side. `take` gets every block, in order, when at least `behind` bytes behind its context
  // are there, or no more come.
  BlockCutter(std::uint64_t block, std::size_t context, std::size_t behind, Take take)
      : block_(block), context_(context), behind_(behind), take_(std::move(take)) {}

  void append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const std::uint64_t full = body_ + block_ + context_ + behind_;
      const auto step = bytes.first(std::min<std::uint64_t>(bytes.size(), full - size()));
      window_.insert(window_.end(), step.begin(), step.end());
      bytes = bytes.subspan(step.size());
      if (size() == full) cut(body_ + block_, body_ + block_ + context_);
    }
  }
  // The last block, where there are bytes left.
  void end() {
    while (size() > body_ + block_ + context_) cut(body_ + block_, body_ + block_ + context_);
    if (size() > body_) cut(size(), size());
  }
  [[nodiscard]] std::uint64_t size() const { return at_ + window_.size(); }  // bytes so far

 private:
  // Gives away [body_, end) with what is around it, up to `window_end`.
  void cut(std::uint64_t end, std::uint64_t window_end) {
    const std::uint64_t keep = std::max(at_, end - std::min<std::uint64_t>(end, context_));
    std::vector<std::byte> next;
    if (keep < size()) {
      next.reserve(block_ + 2 * context_ + behind_);
      next.assign(window_.begin() + static_cast<std::ptrdiff_t>(keep - at_), window_.end());
    }
    window_.resize(window_end - at_);
    Block block{std::exchange(window_, std::move(next)), at_, body_, end};
    at_ = keep;
    body_ = end;
    take_(std::move(block));
  }

  const std::uint64_t block_;
  const std::size_t context_, behind_;
  const Take take_;
  std::vector<std::byte> window_;
  std::uint64_t at_ = 0, body_ = 0;  // of the window's first byte, of the next block's
};

}  // namespace ambit
