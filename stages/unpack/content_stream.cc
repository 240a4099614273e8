#include "stages/unpack/content_stream.h"

#include <algorithm>

namespace ambit {

Result<std::size_t> ContentStream::read(std::span<std::byte> into) {
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - at_));
  if (want == 0) return std::size_t{0};
  Result<std::size_t> got = content_.read_at(at_, into.first(want));
  if (!got.ok() || *got == 0) {
    size_ = at_;  // nothing comes after an error
    return got;
  }
  at_ += *got;
  return got;
}

Result<std::size_t> ContentPiece::read_at(std::uint64_t offset, std::span<std::byte> into) {
  if (offset >= size_) return std::size_t{0};
  return content_.read_at(begin_ + offset, into.first(std::min<std::uint64_t>(into.size(), size_ - offset)));
}

}  // namespace ambit
